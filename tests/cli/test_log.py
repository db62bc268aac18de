"""`log`: logs of Azure's services in plain words."""

from __future__ import annotations

from pathlib import Path

import pytest

from offline_backup_gui import words
from offline_backup_gui.domain.service_log import LogVerdict
from tests.cli.desk import Desk

SAMPLES = Path(__file__).parents[1] / "formats" / "service_logs"


@pytest.mark.parametrize(
    ("name", "code", "judged"),
    [
        ("copy-2018-good.xml", 0, "complete"),
        ("copy-2021-names-changed.xml", 0, "names-changed"),
        ("copy-2019-refused.xml", 3, "incomplete"),
        ("drive-2018-error.xml", 3, "incomplete"),
        ("drive-2018-renamed.xml", 0, "names-changed"),
        ("device-names.xml", 3, "mend-first"),
        ("validation-names.xml", 3, "mend-first"),
    ],
)
def test_a_log_is_judged(desk: Desk, name: str, code: int, judged: str) -> None:
    told = desk.here("log", SAMPLES / name, "--json")
    assert (told.code, told.result["logs"][0]["verdict"]) == (code, judged)
    spoken = desk.here("log", SAMPLES / name)
    assert spoken.out.count("\n") >= 3


def test_a_bill_and_a_verbose_log_are_compared(desk: Desk) -> None:
    told = desk.here(
        "log", SAMPLES / "verbose-2021.xml", SAMPLES / "bill-of-materials.xml", "--json"
    )
    assert told.code == 3
    assert told.result["differing"] == ["\\photos\\a.jpg", "\\photos\\lost.jpg"]


@pytest.mark.parametrize(
    ("name", "told"), [("audit-log.txt", "ANONYMOUS LOGON"), ("order-history.txt", "gusacct")]
)
def test_what_custody_logs_say_is_told(desk: Desk, name: str, told: str) -> None:
    assert desk.here("log", SAMPLES / name, "--json").code == 0
    assert told in desk.here("log", SAMPLES / name).out


def test_a_file_that_is_no_log_is_refused(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("<html>sign in</html>")
    for path in (file, tmp_path / "missing.xml"):
        told = desk.here("log", path, "--json")
        assert (told.code, told.result["code"]) == (2, "service-log-unreadable")


def test_every_verdict_has_its_sentences() -> None:
    for language in ("en", "de"):
        spoken = words.load(language)
        for one in LogVerdict:
            for part in ("title", "why", "do"):
                assert spoken.text(f"log-verdict.{one}.{part}", status="Failed", refused=2)
