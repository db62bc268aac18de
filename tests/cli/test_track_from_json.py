"""`track --from-json`: job bodies out of a file, whatever resource they are of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.desk import Desk, on
from tests.formats.test_service_job import CORPUS


def test_every_official_body_is_told_and_no_enum_shows(desk: Desk, tmp_path: Path) -> None:
    for name, body in CORPUS.items():
        file = tmp_path / "body.json"
        file.write_text(json.dumps(body))
        told = desk.here("track", "--from-json", file, "--json")
        assert told.code == 0, (name, told)
        assert told.result["stages"], name
        assert not told.result["safe_to_erase"]
        spoken = desk.here("track", "--from-json", file)
        for text in (json.dumps(told.result), spoken.out):
            assert not any(
                word in text for word in ("StageName.", "StageStatus.", "JobFamily.", "Source.")
            ), name


def test_a_page_gives_each_of_its_jobs(desk: Desk, tmp_path: Path) -> None:
    page = tmp_path / "page.json"
    page.write_text(json.dumps({"value": list(CORPUS.values())[:3], "nextLink": None}))
    told = desk.here("track", "--from-json", page, "--json")
    assert [job["azure"]["name"] for job in told.result["jobs"]] == [
        body["name"] for body in list(CORPUS.values())[:3]
    ]


@pytest.mark.parametrize(
    "content", [None, b"", b"{}", b"[1, 2]", b'{"properties": 1}', b"\xff\xfe"]
)
def test_a_file_without_a_job_is_refused_in_words(
    desk: Desk, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "body.json"
    if content is not None:
        file.write_bytes(content)
    told = desk.here("track", "--from-json", file, "--json")
    assert (told.code, told.result["code"]) == (2, "azure-answer-unreadable")


def test_a_body_given_with_a_plan_is_remembered(desk: Desk, tmp_path: Path) -> None:
    plan = desk.plan(desk.office())
    (drive,) = desk.drives(1)
    assert desk.json("copy", plan, *on([drive]), "--passphrase-file", desk.passphrase).code == 0
    body = next(b for n, b in CORPUS.items() if "customer-disk" in n and "details" in str(b))
    file = tmp_path / "body.json"
    file.write_text(json.dumps(body))
    told = desk.here("track", plan, "--from-json", file, "--json")
    assert told.code == 0
    again = desk.here("track", plan, "--json")
    assert again.result["stages"] == told.result["stages"]
    assert any(stage["azure_name"] == "AwaitingShipmentDetails" for stage in again.result["stages"])


def test_a_body_of_another_route_is_refused(desk: Desk, tmp_path: Path) -> None:
    plan = desk.plan(desk.office())
    (drive,) = desk.drives(1)
    assert desk.json("copy", plan, *on([drive]), "--passphrase-file", desk.passphrase).code == 0
    file = tmp_path / "body.json"
    file.write_text(json.dumps(next(b for n, b in CORPUS.items() if n.endswith("JobsGet.json:0"))))
    told = desk.here("track", plan, "--from-json", file, "--json")
    assert (told.code, told.result["code"]) == (2, "value-not-understood")


def test_statuses_read_in_the_portal_move_the_timeline(desk: Desk) -> None:
    plan = desk.plan(desk.office())
    (drive,) = desk.drives(1)
    assert desk.json("copy", plan, *on([drive]), "--passphrase-file", desk.passphrase).code == 0
    told = desk.here("track", plan, "--status", "Received", "--json")
    received = next(one for one in told.result["stages"] if one["name"] == "stage.received")
    assert (received["status"], received["source"]) == ("done", "you")
    odd = desk.here("track", plan, "--status", "Beamed up", "--json")
    assert [s["status"] for s in odd.result["stages"]] == [
        s["status"] for s in told.result["stages"]
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--status", "Received", "--on", "2999-01-01"),
        ("--status", "Received", "--on", "yesterday"),
        ("--on", "2026-01-01"),
    ],
)
def test_a_day_that_cannot_be_is_refused(desk: Desk, arguments: tuple[str, ...]) -> None:
    plan = desk.plan(desk.office())
    (drive,) = desk.drives(1)
    assert desk.json("copy", plan, *on([drive]), "--passphrase-file", desk.passphrase).code == 0
    told = desk.here("track", plan, *arguments, "--json")
    assert (told.code, told.result["code"]) == (2, "value-not-understood")
