"""The program starts itself in the way it was started."""

from __future__ import annotations

import pytest

from offline_backup_gui.adapters.itself import own_command


@pytest.mark.parametrize("name", ["OfflineBackup.exe", "offline-backup.exe", "OFFLINEBACKUP.EXE"])
def test_an_installed_program_starts_its_command_line_through_the_launcher(name):
    command = own_command(rf"C:\Program Files\Offline Backup\{name}")
    assert command == (r"C:\Program Files\Offline Backup\offline-backup.exe",)


@pytest.mark.parametrize("python", ["/opt/venv/bin/python", r"C:\Python311\python.exe"])
def test_a_checkout_starts_its_command_line_through_python(python):
    assert own_command(python) == (python, "-m", "offline_backup_gui")
