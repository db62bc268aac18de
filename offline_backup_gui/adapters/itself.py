"""How this program starts itself again: through its launcher where one started it."""

from __future__ import annotations

from pathlib import PureWindowsPath

_LAUNCHERS = frozenset({"offlinebackup.exe", "offline-backup.exe"})


def own_command(executable: str) -> tuple[str, ...]:
    """Give what starts the command line of the program that runs as `executable`.

    In an installation on Windows `sys.executable` is the launcher, which takes our words and none
    of Python's; anywhere else it is Python.
    """
    path = PureWindowsPath(executable)
    if path.name.lower() in _LAUNCHERS:
        return (str(path.with_name("offline-backup.exe")),)
    return (executable, "-m", "offline_backup_gui")
