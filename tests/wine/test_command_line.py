"""The installed command line: its version, its exit codes, its letters."""

from __future__ import annotations

import offline_backup_gui
from tests.wine.machine import Machine


def test_it_says_its_version(installed: Machine) -> None:
    said = installed.say("--version")
    assert (said.code, said.out, said.err) == (
        0,
        f"offline-backup {offline_backup_gui.__version__}\n",
        "",
    )


def test_a_command_that_does_not_exist_is_wrong_usage(installed: Machine) -> None:
    said = installed.say("backup-everything")
    assert said.code == 2
    assert "backup-everything" in said.err


def test_german_letters_come_through_a_pipe_in_utf_8(installed: Machine) -> None:
    said = installed.say("routes", environment={"OFFLINE_BACKUP_LANGUAGE": "de"})
    assert said.code == 0
    assert "Größe" in said.out or "für" in said.out


def test_a_plan_that_is_not_there_is_told_with_its_code(installed: Machine) -> None:
    said = installed.say("plan", "check", r"C:\none\plän.toml", "--json")
    assert said.code == 2
    assert said.result["code"] == "plan-not-found"
    assert said.result["parameters"]["name"].endswith("plän.toml")


def test_the_drives_of_this_windows_are_listed(installed: Machine) -> None:
    said = installed.say("drives", "--json")
    assert said.code == 0
    (system,) = said.result["drives"]
    assert system["mounts"] == ["C:\\"]
    assert "drive-is-system" in [finding["code"] for finding in system["findings"]]
