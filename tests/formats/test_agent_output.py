"""Answers of the scripts are read strictly, and nothing that is printed can break the reading."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.agents import Answer, InitialMethod
from offline_backup_gui.formats.agent_output import ANSWER_MOST_BYTES, parse_answer

GOOD = {
    "schema": 1,
    "trouble": "",
    "method": "OfflineBackup",
    "fields": {"StagingLocation": "\\\\nas\\s", "AzureImportJobName": "j"},
    "sources": [{"name": "D:\\"}, {"name": 'a"}]', "size": 7}],
    "groups": [{"name": "g", "sources": [{"name": "x", "size": None}]}],
    "jobs": [
        {"kind": "Backup", "state": "Failed", "started": "2026-11-20T20:00:00Z", "codes": [100242]},
        {"kind": "Backup", "state": "Queued", "started": None},
        {"kind": "Backup", "state": "Done", "started": "2026-11-21T20:00:00Z"},
    ],
}


def printed(**changes: object) -> bytes:
    return json.dumps(GOOD | changes).encode()


def test_a_good_answer_is_read_whole() -> None:
    read = parse_answer(printed())
    assert read.answer is Answer.READ
    assert read.method is InitialMethod.OFFLINE
    assert (read.fields.staging_location, read.fields.import_job_name) == ("\\\\nas\\s", "j")
    assert [(source.name, source.size_bytes) for source in read.sources] == [
        ("D:\\", None),
        ('a"}]', 7),
    ]
    assert [job.state for job in read.jobs] == ["Queued", "Done", "Failed"]
    assert read.jobs[2].started_at == datetime(2026, 11, 20, 20, tzinfo=UTC)
    assert read.jobs[2].codes == (100242,)


def test_a_mark_in_front_and_lines_around_do_not_matter() -> None:
    assert parse_answer(b"\xef\xbb\xbf\r\n" + printed() + b"\r\n").answer is Answer.READ
    greeting = b"Welcome to the {DPM} Management Shell.\r\n\r\n"
    assert parse_answer(greeting + printed()) == parse_answer(printed())
    assert parse_answer(greeting).answer is Answer.NOT_UNDERSTOOD


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": 2},
        {"schema": "1"},
        {"more": 1},
        {"sources": [{"name": 1}]},
        {"sources": [{"name": "a", "size": -1}]},
        {"sources": [{"name": "a", "size": 1.5}]},
        {"sources": [{"name": "a", "size": 10**19}]},
        {"sources": {"name": "a"}},
        {"jobs": [{"kind": "a", "state": "b", "started": "21.11.2026 20:00"}]},
        {"jobs": [{"kind": "a", "state": "b", "started": "0001-01-01T00:00:00"}]},
        {"jobs": [{"kind": "a", "state": "b", "started": "/Date(1700000000000)/"}]},
        {"trouble": "something new"},
        {"trouble": None},
    ],
)
def test_what_is_not_our_answer_is_not_used(changes: dict[str, object]) -> None:
    assert parse_answer(printed(**changes)).answer is Answer.NOT_UNDERSTOOD


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (b"", Answer.EMPTY),
        (b" \r\n", Answer.EMPTY),
        (b"\xef\xbb\xbf", Answer.EMPTY),
        (b"[]", Answer.NOT_UNDERSTOOD),
        (b"null", Answer.NOT_UNDERSTOOD),
        (json.dumps(GOOD).encode("utf-16"), Answer.NOT_UNDERSTOOD),
        (b'{"schema": 1, "trouble": "B\x81ro"}', Answer.NOT_UNDERSTOOD),
        (b'{"schema": 1, "trouble": ""} and more', Answer.NOT_UNDERSTOOD),
        (b"{" * 100_000, Answer.CUT),
        (b" " * (ANSWER_MOST_BYTES + 1), Answer.TOO_LONG),
    ],
)
def test_other_bytes_are_named(raw: bytes, answer: Answer) -> None:
    assert parse_answer(raw).answer is answer


def test_an_answer_cut_anywhere_is_told_as_cut() -> None:
    whole = printed()
    told = {parse_answer(whole[:length]).answer for length in range(1, len(whole))}
    assert told == {Answer.CUT}


def test_letters_that_steer_a_screen_do_not_get_through() -> None:
    read = parse_answer(printed(sources=[{"name": "a\x1b[2J\x00\n\u202eb"}]))
    assert read.sources[0].name == "a [2J b"


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_any_bytes_are_an_answer(raw: bytes) -> None:
    assert parse_answer(raw).answer in Answer


@given(st.integers(0, len(printed()) - 1), st.integers(0, 255))
def test_a_flipped_byte_never_raises(place: int, value: int) -> None:
    raw = bytearray(printed())
    raw[place] = value
    assert parse_answer(bytes(raw)).answer in Answer
