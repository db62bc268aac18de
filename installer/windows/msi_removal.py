"""Lets the MSI take along what the program itself made: what uninstall.nsh does for setup.

wixl writes no action with a command line of Windows, so the rows are added to what it made. All of
them run as the machine account, only when the program goes for good, and whether or not the one
before found anything: a task that is left behind is no reason to keep the program.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from installer.windows.launchers import NAME

# msidbCustomActionType: an executable with a directory, in the script, without impersonation, and
# with no look at its exit code.
_TYPE = 34 + 1024 + 2048 + 64
_BEFORE_REMOVE_FILES = 3400
# The installation folder. Not all in capitals, so nobody names another one on the command line of
# msiexec: only below Program Files the folder is protected without our doing.
FOLDER_KEY = "ProgramFolder"
_WHEN = 'REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE'
_TOOLS = "[System64Folder]"
_MAX_LETTERS = 255  # the width of the column Target

# Windows keeps a file for each task of a folder, so no plan has to be read to find ours.
_TASKS = (
    rf'{_TOOLS}cmd.exe /d /c cd /d "{_TOOLS}Tasks\{NAME}" '
    rf'&& for %t in (*) do {_TOOLS}schtasks.exe /Delete /TN "{NAME}\%t" /F'
)
# schtasks cannot remove a folder; where PowerShell may not either, an empty one stays.
_TASK_FOLDER = (
    rf"{_TOOLS}WindowsPowerShell\v1.0\powershell.exe -NoProfile -NonInteractive -Command "
    r'"$s = New-Object -ComObject Schedule.Service; $s.Connect(); '
    rf'$s.GetFolder(\"\\\").DeleteFolder(\"{NAME}\", 0)"'
)
_LOG_SOURCE = (
    rf"{_TOOLS}reg.exe delete "
    rf'"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\{NAME}" /f'
)
# Without /s it goes only when it is empty: plans and keys stay.
_EMPTY_STATE = rf'{_TOOLS}cmd.exe /d /c rmdir "[CommonAppDataFolder]{NAME}"'
REMOVALS = {
    "RemoveTasks": _TASKS,
    "RemoveTaskFolder": _TASK_FOLDER,
    "RemoveLogSource": _LOG_SOURCE,
    "RemoveEmptyState": _EMPTY_STATE,
}


def add_removals(msi: Path) -> None:
    """Add the actions to an MSI that wixl made."""
    for number, (name, command) in enumerate(REMOVALS.items()):
        assert len(command) <= _MAX_LETTERS, name
        assert "'" not in command, f"{name}: the SQL of an MSI knows no way to write it"
        _insert(
            msi,
            "`CustomAction` (`Action`, `Type`, `Source`, `Target`)",
            f"('{name}', {_TYPE}, '{FOLDER_KEY}', '{command}')",
        )
        _insert(
            msi,
            "`InstallExecuteSequence` (`Action`, `Condition`, `Sequence`)",
            f"('{name}', '{_WHEN}', {_BEFORE_REMOVE_FILES + number})",
        )


def _insert(msi: Path, into: str, values: str) -> None:
    question = f"INSERT INTO {into} VALUES {values}"
    subprocess.run(["msibuild", str(msi), "-q", question], check=True, capture_output=True)
