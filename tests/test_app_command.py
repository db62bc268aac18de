"""How the program starts itself anew, from a checkout and from an installation."""

from __future__ import annotations

import pytest

from offline_backup_gui import app


@pytest.mark.parametrize(
    ("executable", "command"),
    [
        ("/usr/bin/python3.11", ["/usr/bin/python3.11", "-m", "offline_backup_gui"]),
        ("C:/Program Files/Offline Backup/OfflineBackup.exe", None),
        ("C:/Program Files/Offline Backup/offline-backup.exe", None),
    ],
)
def test_an_installed_launcher_is_not_told_the_module_again(
    executable: str, command: list[str] | None
) -> None:
    assert app._own_command(executable) == (command or [executable])
