"""The installed command line: its exit codes, its letters, its drives."""

from __future__ import annotations

from offline_backup_gui import words
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from tests.wine.machine import Machine


def test_a_command_that_does_not_exist_is_wrong_usage(installed: Machine) -> None:
    said = installed.say("backup-everything")
    assert said.code == 2
    assert "backup-everything" in said.err


def test_a_plan_that_is_not_there_is_told_in_german_letters_through_a_pipe(
    installed: Machine,
) -> None:
    language = {"OFFLINE_BACKUP_LANGUAGE": "de"}
    said = installed.say("plan", "check", r"C:\none\plän.toml", environment=language)
    assert said.code == 2
    trouble = BackupError(ErrorCode.PLAN_NOT_FOUND, name=r"C:\none\plän.toml")
    told = words.load("de").trouble(trouble)
    assert (told.title in said.err, told.why in said.err, told.do in said.err) == (True,) * 3
    assert "ä" in told.title
    assert f"({ErrorCode.PLAN_NOT_FOUND.value})" in said.err


def test_the_drives_of_this_windows_are_listed(installed: Machine) -> None:
    said = installed.say("drives", "--json")
    assert said.code == 0
    (system,) = said.result["drives"]
    assert system["mounts"] == ["C:\\"]
    assert "drive-is-system" in [finding["code"] for finding in system["findings"]]
