"""A newer version over this one, an older one refused, and a removal that leaves the state only."""

from __future__ import annotations

from pathlib import PureWindowsPath

import offline_backup_gui
from tests.installer.built import quick_setup
from tests.wine.machine import CONSOLE, PROGRAM_FOLDER, STATE_FOLDER, Machine, until
from tests.wine.test_setup import UNINSTALL

NEWER, NEWER_THERE = "99.0.0", 7
OWN_KEY = r"HKLM\Software\Offline Backup"


def test_an_upgrade_takes_old_files_away_and_keeps_the_state(installed: Machine) -> None:
    stale = installed.here(PROGRAM_FOLDER + r"\app\offline_backup_gui\stale.py")
    stale.write_text("raise SystemExit('an old module was loaded')\n")
    kept = installed.here(STATE_FOLDER) / "plans" / "kept by the test"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("a plan")
    assert installed.run_setup(quick_setup(NEWER), "/S").code == 0
    assert installed.registry(UNINSTALL)["DisplayVersion"] == NEWER
    assert not stale.exists()
    assert kept.read_text() == "a plan"
    said = installed.say("--version")
    version = offline_backup_gui.__version__  # only setup was told another number
    assert (said.code, said.out, said.err) == (0, f"offline-backup {version}\n", "")


def test_an_older_version_is_refused(installed: Machine) -> None:
    assert installed.run_setup(quick_setup(), "/S").code == NEWER_THERE
    assert installed.registry(UNINSTALL)["DisplayVersion"] == NEWER


def test_a_silent_removal_leaves_nothing_but_the_state(
    installed: Machine, files_before: set[str]
) -> None:
    assert installed.run(PROGRAM_FOLDER + r"\uninstall.exe", "/S").code == 0
    until(lambda: not installed.here(PROGRAM_FOLDER).exists(), "an empty place")
    assert not installed.here(CONSOLE).exists()
    until(lambda: not installed.registry(UNINSTALL), "no entry in the list of programs")
    assert not installed.registry(OWN_KEY)
    state = PureWindowsPath(STATE_FOLDER).relative_to("C:\\").as_posix()
    left = {path for path in installed.files() - files_before if not path.startswith(state)}
    assert left == set()
    assert (installed.here(STATE_FOLDER) / "plans" / "kept by the test").exists()
