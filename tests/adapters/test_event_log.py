"""The machine's own log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from offline_backup_gui import words
from offline_backup_gui.adapters.event_log import NoLog, SystemLog, WindowsLog
from offline_backup_gui.app import _log_text
from offline_backup_gui.domain.errors import Parameter
from offline_backup_gui.domain.machine_log import LogLevel, LogNumber

PAGE = Path(__file__).parents[2] / "docs" / "events.md"


class StandIn:
    """Windows' side."""

    def __init__(self, *, registers: bool = True, reports: bool = True) -> None:
        self.registers, self.reports = registers, reports
        self.said: list[object] = []

    def register(self) -> None:
        self.said.append("register")
        if not self.registers:
            raise OSError("denied")

    def report(self, number: int, kind: int, text: str) -> None:
        if not self.reports:
            raise OSError("denied")
        self.said.append((number, kind, text))


def log(stand_in: StandIn) -> SystemLog:
    def say(number: LogNumber, parameters: Mapping[str, Parameter]) -> str:
        return f"{parameters['plan']}\r\nnext\tline"

    return SystemLog(say, WindowsLog(stand_in))


def test_an_entry_is_one_line_with_its_number_and_type() -> None:
    stand_in = StandIn()
    written = log(stand_in)
    written.note(LogNumber.JOB_STARTED, plan="a")
    written.note(LogNumber.DRIVE_GONE, plan="b")
    written.note(LogNumber.JOB_FAILED, plan="c")
    assert stand_in.said == [
        "register",
        (100, 4, "a next line"),
        (120, 2, "b next line"),
        (200, 1, "c next line"),
    ]


def test_a_path_with_a_percent_sign_is_not_read_as_a_place_for_another_text() -> None:
    stand_in = StandIn()
    log(stand_in).note(LogNumber.JOB_DONE, plan="D:\\%1\\100%\\%%12 of %TEMP%")
    assert stand_in.said[1] == (101, 4, "D:\\% 1\\100%\\%% 12 of %TEMP% next line")


@pytest.mark.parametrize("stand_in", [StandIn(registers=False), StandIn(reports=False)])
def test_a_log_that_refuses_disturbs_nobody(stand_in: StandIn) -> None:
    log(stand_in).note(LogNumber.JOB_STARTED, plan="a")
    expected = ["register", (100, 4, "a next line")] if stand_in.reports else ["register"]
    assert stand_in.said == expected
    NoLog().note(LogNumber.JOB_STARTED)


def test_an_entry_never_grows_beyond_what_windows_takes() -> None:
    stand_in = StandIn()
    log(stand_in).note(LogNumber.JOB_DONE, plan="x" * 100_000)
    assert stand_in.said[1] == (101, 4, "x" * 8000)


def test_the_numbers_are_those_that_the_message_file_knows_and_the_page_lists() -> None:
    listed = dict(re.findall(r"^\| (\d+) \| (\w+) \|", PAGE.read_text("utf-8"), re.M))
    assert {int(number): kind.upper() for number, kind in listed.items()} == {
        int(number): number.level.name for number in LogNumber
    }
    assert all(1 <= number <= 1000 for number in LogNumber)


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_entry_has_a_sentence_without_gaps(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(words.LANGUAGE_VARIABLE, language)
    given: dict[str, Parameter] = {
        "plan": "branch-042",
        "kind": "copy",
        "job": 7,
        "count": 3,
        "drive": "OB-1",
        "code": "drive-gone",
        "what": "due.tracking-number",
        "at": "2026-12-01T09:00:00+00:00",
    }
    unknown = words.load(language).raw("unknown.any")
    for number in LogNumber:
        text = _log_text(number, given)
        assert "branch-042" in text
        assert unknown not in text
        assert "{" not in text
        assert len(text) < 250


def test_the_weight_of_an_entry_is_in_its_number() -> None:
    assert LogNumber.JOB_STOPPED.level is LogLevel.INFORMATION
    assert LogNumber.JOB_EXCEPTIONS.level is LogLevel.WARNING
    assert LogNumber.DRIVE_FAILING.level is LogLevel.ERROR
