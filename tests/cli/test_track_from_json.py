"""`track --from-json`: job bodies out of a file, whatever resource they are of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.desk import Desk
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


def test_a_plan_and_a_file_together_are_refused(desk: Desk, tmp_path: Path) -> None:
    told = desk.here("track", "plan.toml", "--from-json", tmp_path / "body.json", "--json")
    assert told.code == 2
