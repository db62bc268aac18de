"""Letting go of a drive on Windows: flush, lock, dismount, eject."""

from __future__ import annotations

import re
from collections.abc import Sequence

from offline_backup_gui.adapters.drives import windows_bytes as ioctl
from offline_backup_gui.adapters.drives.release_findings import in_use, runs_the_system
from offline_backup_gui.adapters.drives.win32 import (
    GENERIC_READ,
    GENERIC_WRITE,
    Answer,
    Volume,
    Win32,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.ports import Clock

_LETTER = re.compile(r"([A-Za-z]):[\\/]?")
# The system itself looks at a drive for a moment after the last write, so one try is not enough.
_LOCK_TRIES = 10
_LOCK_PAUSE_S = 0.5
_LOCAL_KINDS = frozenset({2, 3})  # removable, fixed
_MISSING_CODES = frozenset({2, 3, 15, 21, 1112})  # no such path or drive, not ready, no medium
_ALLOW_REMOVAL = b"\0"  # PREVENT_MEDIA_REMOVAL with FALSE


class WindowsReleaser:
    """Releases drives with a letter; shares and folders need nothing."""

    def __init__(self, win32: Win32, clock: Clock) -> None:
        self._win32 = win32
        self._clock = clock

    def release(self, mount: str) -> Sequence[Finding]:
        """Flush and eject; findings say what still uses the drive. See `door.Releaser`."""
        matched = _LETTER.fullmatch(mount)
        if not matched:
            return ()
        letter = matched[1].upper()
        if letter == self._win32.windows_letter():
            return (runs_the_system(mount),)
        if letter not in self._win32.letters():
            raise BackupError(ErrorCode.DRIVE_GONE, drive=mount, path=mount)
        if self._win32.drive_type(f"{letter}:\\") not in _LOCAL_KINDS:
            return ()
        volume = self._win32.open(f"\\\\.\\{letter}:", GENERIC_READ | GENERIC_WRITE)
        if isinstance(volume, Answer):
            if volume.code in _MISSING_CODES:
                raise BackupError(ErrorCode.DRIVE_GONE, drive=mount, path=mount)
            return (in_use(mount),)
        try:
            return self._eject(volume, mount)
        finally:
            # Closing the handle ends the lock, so a drive that stays can be used again.
            volume.close()

    def _eject(self, volume: Volume, mount: str) -> Sequence[Finding]:
        volume.flush()
        if not self._lock(volume):
            return (in_use(mount),)
        if volume.control(ioctl.FSCTL_DISMOUNT_VOLUME).code:
            return (in_use(mount),)
        # Hard disks know no ejecting and refuse; flushed and dismounted, they may be unplugged.
        volume.control(ioctl.IOCTL_STORAGE_MEDIA_REMOVAL, _ALLOW_REMOVAL)
        volume.control(ioctl.IOCTL_STORAGE_EJECT_MEDIA)
        return ()

    def _lock(self, volume: Volume) -> bool:
        """Take the volume for ourselves, which only succeeds when nobody has a file open there."""
        for attempt in range(_LOCK_TRIES):
            if attempt:
                self._clock.wait(_LOCK_PAUSE_S)
            if not volume.control(ioctl.FSCTL_LOCK_VOLUME).code:
                return True
        return False
