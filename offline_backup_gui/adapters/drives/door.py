"""Letting go of drives on this computer. Opening what lies on them is not done here."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Protocol

from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.ports import Clock


class Releaser(Protocol):
    """Lets go of a drive."""

    def release(self, mount: str) -> Sequence[Finding]:
        """Flush and eject the drive mounted there; findings say what is in the way.

        A folder or memory is only flushed: closing it would lose what is in it. DRIVE_GONE when
        nothing is there, DRIVE_SILENT and DRIVE_FAILING when flushing does not end well.
        """


def system_releaser(clock: Clock) -> Releaser:
    """Give what releases drives on this computer."""
    # Each system loads its own part: every command pays for what is loaded when it starts.
    if sys.platform == "win32":
        from offline_backup_gui.adapters.drives.win32 import RealWin32
        from offline_backup_gui.adapters.drives.win32_devices import RealDevices
        from offline_backup_gui.adapters.drives.windows_door import WindowsReleaser

        return WindowsReleaser(RealWin32(), clock, RealDevices())
    from offline_backup_gui.adapters.drives.linux_door import LinuxReleaser

    return LinuxReleaser()
