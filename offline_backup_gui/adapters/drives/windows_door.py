"""Letting go of a drive on Windows: flush, lock, dismount, eject; and who is in the way."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence

from offline_backup_gui.adapters.drives import windows_bytes as ioctl
from offline_backup_gui.adapters.drives.guard import Guard
from offline_backup_gui.adapters.drives.release_findings import in_use, runs_the_system
from offline_backup_gui.adapters.drives.win32 import (
    GENERIC_READ,
    GENERIC_WRITE,
    Answer,
    Volume,
    Win32,
)
from offline_backup_gui.adapters.drives.win32_devices import Devices, Veto
from offline_backup_gui.adapters.drives.windows_layout import parse_extents
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.ports import Clock

_LETTER = re.compile(r"([A-Za-z]):[\\/]?")
# The system itself looks at a drive for a moment after the last write, so one try is not enough.
_LOCK_TRIES = 10
_LOCK_PAUSE_S = 0.5
_LOCAL_KINDS = frozenset({2, 3})  # removable, fixed
_MISSING_CODES = frozenset({2, 3, 15, 21, 1112})  # no such path or drive, not ready, no medium
# ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED: a volume that knows no such thing has none to undo.
_UNKNOWN_CODES = frozenset({1, 50})
_ALLOW_REMOVAL = b"\0"  # PREVENT_MEDIA_REMOVAL with FALSE
_ROOM = 4096
# PNP_VETO_TYPE: a program or a service, whose name comes along; and a device that left by itself.
_NAMED_VETOES = frozenset({3, 4})
_ALREADY_REMOVED = 13
USERS_LIMIT_S = 8.0


class WindowsReleaser:
    """Releases local volumes, at a letter or in a folder; shares and mere folders need nothing."""

    def __init__(
        self,
        win32: Win32,
        clock: Clock,
        devices: Devices,
        users: Callable[[str], Sequence[str]] | None = None,
    ) -> None:
        self._win32 = win32
        self._clock = clock
        self._devices = devices
        self._users = users or users_of
        self._guard = Guard()

    def release(self, mount: str) -> Sequence[Finding]:
        """Flush and eject; findings say what still uses the drive. See `door.Releaser`."""
        matched = _LETTER.fullmatch(mount)
        letter = matched[1].upper() if matched else ""
        if letter and letter == self._win32.windows_letter():
            return (runs_the_system(mount),)
        if letter and letter not in self._win32.letters():
            raise BackupError(ErrorCode.DRIVE_GONE, drive=mount, path=mount)
        name = f"{letter}:\\" if letter else self._win32.volume_at(mount)
        if not name or self._win32.drive_type(name) not in _LOCAL_KINDS:
            return ()
        path = f"\\\\.\\{letter}:" if letter else name.rstrip("\\")
        volume = self._win32.open(path, GENERIC_READ | GENERIC_WRITE)
        if isinstance(volume, Answer):
            if volume.code in _MISSING_CODES:
                raise BackupError(ErrorCode.DRIVE_GONE, drive=mount, path=mount)
            return (self._in_use(mount),)
        try:
            disks = {
                extent.disk
                for extent in parse_extents(
                    volume.control(ioctl.IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, b"", _ROOM).data
                )
            }
            held = self._let_go(volume, mount)
        finally:
            # Closing the handle ends the lock, so a drive that stays can be used again. It also has
            # to be closed before the device may go: an open handle is a veto.
            volume.close()
        return held or self._eject(disks, mount)

    def _let_go(self, volume: Volume, mount: str) -> Sequence[Finding]:
        volume.flush()
        if not self._lock(volume):
            return (self._in_use(mount),)
        if volume.control(ioctl.FSCTL_DISMOUNT_VOLUME).code not in {0, *_UNKNOWN_CODES}:
            return (self._in_use(mount),)
        # Cards leave their reader this way; hard disks know no ejecting and refuse.
        volume.control(ioctl.IOCTL_STORAGE_MEDIA_REMOVAL, _ALLOW_REMOVAL)
        volume.control(ioctl.IOCTL_STORAGE_EJECT_MEDIA)
        return ()

    def _lock(self, volume: Volume) -> bool:
        """Take the volume for ourselves, which only succeeds when nobody has a file open there."""
        for attempt in range(_LOCK_TRIES):
            if attempt:
                self._clock.wait(_LOCK_PAUSE_S)
            if volume.control(ioctl.FSCTL_LOCK_VOLUME).code in {0, *_UNKNOWN_CODES}:
                return True
        return False

    def _eject(self, disks: set[int], mount: str) -> Sequence[Finding]:
        """Ask Windows to switch the enclosure off; flushed and dismounted, most may go anyway.

        A volume over several disks is not ejected: the others would be torn from it.
        """
        if len(disks) != 1:
            return ()
        (number,) = disks
        interface = next(
            (path for path in self._devices.disk_interfaces() if self._number(path) == number), ""
        )
        veto = self._devices.eject(interface) if interface else None
        if veto is None or veto.kind == _ALREADY_REMOVED:
            return ()
        return (self._in_use(mount, veto),)

    def _number(self, interface: str) -> int | None:
        disk = self._win32.open(interface)
        if isinstance(disk, Answer):
            return None
        try:
            answer = disk.control(ioctl.IOCTL_STORAGE_GET_DEVICE_NUMBER, b"", _ROOM)
            return ioctl.parse_disk_number(answer.data)
        finally:
            disk.close()

    def _in_use(self, mount: str, veto: Veto | None = None) -> Finding:
        if veto and veto.kind in _NAMED_VETOES and veto.name:
            return in_use(mount, (veto.name,))
        found = self._guard.ask_all({mount: lambda: self._users(mount)}, USERS_LIMIT_S)
        return in_use(mount, found.get(mount, ()))


def users_of(mount: str) -> list[str]:
    """Name the programs with a file or their folder on a mount, like "notepad.exe (412)".

    Windows tells files of other accounts to administrators only; those it hides are passed over.
    """
    import psutil

    place = mount.rstrip("\\/").lower() + "\\"
    until = time.monotonic() + USERS_LIMIT_S / 2
    found = []
    for process in psutil.process_iter():
        if time.monotonic() > until:
            break
        try:
            places = [process.cwd(), *(file.path for file in process.open_files())]
            if any(f"{path}\\".lower().startswith(place) for path in places):
                found.append(f"{process.name()} ({process.pid})")
        except (psutil.Error, OSError):
            continue
    return found
