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
from offline_backup_gui.adapters.drives.windows_volumes import extents_of
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.ports import Clock

_LETTER = re.compile(r"([A-Za-z]):[\\/]?")
# The system itself looks at a drive for a moment after the last write, so one try is not enough.
_LOCK_TRIES = 10
_LOCK_PAUSE_S = 0.5
_LOCAL_KINDS = frozenset({2, 3})  # removable, fixed
# ERROR_FILE_NOT_FOUND, PATH_NOT_FOUND, INVALID_DRIVE, NOT_READY, DEV_NOT_EXIST, NO_SUCH_DEVICE,
# MEDIA_CHANGED, NO_MEDIA_IN_DRIVE, DEVICE_NOT_CONNECTED: whatever it was, it is no longer there.
_MISSING_CODES = frozenset({2, 3, 15, 21, 55, 433, 1110, 1112, 1167})
# ERROR_CRC, SECTOR_NOT_FOUND, WRITE_FAULT, GEN_FAILURE, SEM_TIMEOUT, DEVICE_HARDWARE_ERROR,
# LOST_WRITEBEHIND_DATA, IO_DEVICE, DISK_OPERATION_FAILED: what was written may not be on it.
_FAILING_CODES = frozenset({23, 27, 29, 31, 121, 483, 596, 1117, 1127})
# ERROR_ACCESS_DENIED, ERROR_WRITE_PROTECT: locking asks for no more than reading.
_NOT_FOR_WRITING = frozenset({5, 19})
# ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED: a volume that knows no such thing has none to undo.
# FVE_E_LOCKED_VOLUME: on one that BitLocker keeps closed nobody has anything open.
_UNKNOWN_CODES = frozenset({1, 50, 0x80310000})
_ALLOW_REMOVAL = b"\0"  # PREVENT_MEDIA_REMOVAL with FALSE
_ROOM = 4096
# A slow stick may still have gigabytes of our data before it when the last write returns.
FLUSH_LIMIT_S = 900.0
# Whoever looks at the disk at this moment, this program's own listing included, is a veto.
_EJECT_TRIES = 4
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
        *,
        flush_limit_s: float = FLUSH_LIMIT_S,
    ) -> None:
        self._win32 = win32
        self._clock = clock
        self._devices = devices
        self._users = users or users_of
        self._flush_limit_s = flush_limit_s
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
        self._flush(path, mount)
        volume = self._open(path)
        if isinstance(volume, Answer):
            self._assert_there(volume.code, mount)
            return (self._in_use(mount),)
        try:
            disks = {extent.disk for extent in extents_of(volume)}
            held = self._let_go(volume, mount)
        finally:
            # Closing the handle ends the lock, so a drive that stays can be used again. It also has
            # to be closed before the device may go: an open handle is a veto.
            volume.close()
        return held or self._eject(disks, mount)

    def _open(self, path: str) -> Volume | Answer:
        volume = self._win32.open(path, GENERIC_READ | GENERIC_WRITE)
        if isinstance(volume, Answer) and volume.code in _NOT_FOR_WRITING:
            return self._win32.open(path, GENERIC_READ)
        return volume

    def _flush(self, path: str, mount: str) -> None:
        """Write what Windows still holds. Only on a handle of its own may it hang: closing waits.

        A volume that takes no flush (write-protected, of a foreign file system) has nothing to
        write.
        """
        question = ("flush", mount)
        answers = self._guard.ask_all(
            {question: lambda: _flushed(self._win32, path)}, self._flush_limit_s
        )
        if question not in answers:
            raise BackupError(ErrorCode.DRIVE_SILENT, drive=mount)
        code = answers[question]
        self._assert_there(code, mount)
        if code in _FAILING_CODES:
            reason = f"FlushFileBuffers: {code}"
            raise BackupError(ErrorCode.DRIVE_FAILING, drive=mount, path=mount, reason=reason)

    def _assert_there(self, code: int, mount: str) -> None:
        if code in _MISSING_CODES:
            raise BackupError(ErrorCode.DRIVE_GONE, drive=mount, path=mount)

    def _let_go(self, volume: Volume, mount: str) -> Sequence[Finding]:
        if not self._lock(volume, mount):
            return (self._in_use(mount),)
        if volume.control(ioctl.FSCTL_DISMOUNT_VOLUME).code not in {0, *_UNKNOWN_CODES}:
            return (self._in_use(mount),)
        # Cards leave their reader this way; hard disks know no ejecting and refuse.
        volume.control(ioctl.IOCTL_STORAGE_MEDIA_REMOVAL, _ALLOW_REMOVAL)
        volume.control(ioctl.IOCTL_STORAGE_EJECT_MEDIA)
        return ()

    def _lock(self, volume: Volume, mount: str) -> bool:
        """Take the volume for ourselves, which only succeeds when nobody has a file open there."""
        for attempt in range(_LOCK_TRIES):
            if attempt:
                self._clock.wait(_LOCK_PAUSE_S)
            code = volume.control(ioctl.FSCTL_LOCK_VOLUME).code
            self._assert_there(code, mount)
            if code in {0, *_UNKNOWN_CODES}:
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
        veto = None
        for attempt in range(_EJECT_TRIES if interface else 0):
            if attempt:
                self._clock.wait(_LOCK_PAUSE_S)
            veto = self._devices.eject(interface)
            if veto is None or veto.kind == _ALREADY_REMOVED:
                return ()
        return (self._in_use(mount, veto),) if veto else ()

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


def _flushed(win32: Win32, path: str) -> int:
    """Flush a volume on a handle of its own; give the code, 0 when it went well."""
    volume = win32.open(path, GENERIC_READ | GENERIC_WRITE)
    if isinstance(volume, Answer):
        return volume.code
    try:
        return volume.flush().code
    finally:
        volume.close()


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
