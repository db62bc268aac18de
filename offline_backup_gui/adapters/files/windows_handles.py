"""Opens names of Windows with the most that is given, and looks at what was opened."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import cached_property

import msgspec

from offline_backup_gui.adapters.files import reparse, win32
from offline_backup_gui.adapters.files import windows_bytes as wb
from offline_backup_gui.adapters.files.win32 import Win32Files
from offline_backup_gui.adapters.files.windows_paths import long_path
from offline_backup_gui.adapters.files.windows_setting import Setter
from offline_backup_gui.domain.file_traits import Info

_PRIVILEGES = (
    "SeBackupPrivilege",
    "SeRestorePrivilege",
    "SeSecurityPrivilege",
    "SeCreateSymbolicLinkPrivilege",
)
OWN = win32.BACKUP_SEMANTICS | win32.OPEN_REPARSE_POINT


class WindowsHandles:
    """What source and target have in common; `door` makes the calls."""

    def __init__(self, door: Callable[[], Win32Files] = win32.RealWin32Files) -> None:
        self._make_door = door
        self._has: frozenset[str] = frozenset()

    @cached_property
    def _door(self) -> Win32Files:
        door = self._make_door()
        self._has = door.enable(_PRIVILEGES)
        return door

    @cached_property
    def _setter(self) -> Setter:
        door = self._door
        return Setter(door, audits=self._has_audits)

    @property
    def _has_audits(self) -> bool:
        return "SeSecurityPrivilege" in self._has

    def info(self, opened: int | bytes) -> Info:
        """Look at an open file, or at what a path leads to."""
        if isinstance(opened, int):
            return self._info(opened)
        fd = self._door.open(
            long_path(opened), win32.READ_ATTRIBUTES, win32.OPEN_EXISTING, win32.BACKUP_SEMANTICS
        )
        try:
            return self._info(fd)
        finally:
            os.close(fd)

    def _info(self, fd: int) -> wb.WindowsInfo:
        door = self._door
        basic = door.query(fd, win32.BASIC, 40)
        try:
            attributes = wb.basic_info(basic).attributes
            allocated, tag = -1, 0
            if wb.has_holes(attributes):
                allocated = int.from_bytes(door.query(fd, win32.STANDARD, 24)[:8], "little")
            if attributes & wb.REPARSE:
                answer = door.query(fd, win32.ATTRIBUTE_TAG, 8)
                tag = int.from_bytes(answer[4:8], "little")
            info = wb.handle_info(door.by_handle(fd), basic, allocated, tag)
            return self._told_apart(fd, info) if info.st_nlink > 1 else info
        except ValueError as error:
            raise OSError(errno.EIO, str(error)) from error

    def _told_apart(self, fd: int, info: wb.WindowsInfo) -> wb.WindowsInfo:
        """Give a file with several names the number by which these are known to be its own."""
        try:
            number = wb.file_number(self._door.query(fd, win32.FILE_ID, 24))
        except OSError:
            number = None if info.st_ino == (1 << 64) - 1 else info.st_ino
        if number is None:  # better kept twice than taken for another
            return msgspec.structs.replace(info, st_nlink=1)
        return msgspec.structs.replace(info, st_ino=number)

    def _open_own(self, path: bytes) -> int:
        """Open a name itself to read all about it, the audit list where that is allowed."""
        return self._open_best(long_path(path), win32.READ_CONTROL | win32.READ_ATTRIBUTES, OWN)

    def _open_best(self, path: str, access: int, flags: int) -> int:
        """Open with the right to read the audit list, where that is given."""
        door = self._door
        if self._has_audits:
            try:
                wanted = access | win32.ACCESS_SYSTEM_SECURITY
                return door.open(path, wanted, win32.OPEN_EXISTING, flags)
            except OSError as error:
                if not win32.is_denied(error):  # a server may not give it
                    raise
        return door.open(path, access, win32.OPEN_EXISTING, flags)

    def _reparse_point(self, fd: int) -> bytes:
        return self._door.control(fd, win32.GET_REPARSE_POINT, b"", reparse.MAX_BYTES)
