"""What a silent setup leaves behind."""

from __future__ import annotations

import hashlib
from pathlib import Path

import offline_backup_gui
from installer.windows.places import Places
from tests.wine.machine import PROGRAM_FOLDER, WINDOW, Machine

UNINSTALL = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\OfflineBackup"
MENU = r"C:\ProgramData\Microsoft\Windows\Start Menu\Programs\Offline Backup.lnk"
DESKTOP = r"C:\users\Public\Desktop\Offline Backup.lnk"


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_every_staged_file_is_installed_as_it_is(installed: Machine) -> None:
    found = hashes(installed.here(PROGRAM_FOLDER))
    assert found.pop("uninstall.exe")
    assert found == hashes(Places().stage)


def test_shortcuts_and_the_list_of_programs_name_it(installed: Machine) -> None:
    for place in (MENU, DESKTOP):
        # A shortcut holds its target in both widths of letters.
        assert WINDOW.encode("utf-16-le") in installed.here(place).read_bytes()
    values = installed.registry(UNINSTALL)
    assert values["DisplayName"] == "Offline Backup"
    assert values["DisplayVersion"] == offline_backup_gui.__version__
    assert values["InstallLocation"] == PROGRAM_FOLDER
    assert values["QuietUninstallString"] == f'"{PROGRAM_FOLDER}\\uninstall.exe" /S'
    assert int(values["EstimatedSize"], 16) > 50_000
    assert installed.registry(r"HKLM\Software\Offline Backup")["InstalledBy"] == "setup"
