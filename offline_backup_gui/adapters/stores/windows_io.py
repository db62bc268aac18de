"""File calls that Windows has and Python does not offer; used on Windows only."""

from __future__ import annotations

import ctypes
import ntpath
import os
import time
from pathlib import Path, PurePath

from offline_backup_gui.adapters.windows_library import (
    GENERIC_READ,
    HELD_BY_OTHERS,
    OPEN_EXISTING,
    SHARE_READ,
    is_handle,
    kernel32,
    patiently,
)

_MOVEFILE_REPLACE_EXISTING = 0x1
_MOVEFILE_WRITE_THROUGH = 0x8
_FILE_FLAG_SEQUENTIAL_SCAN = 0x08000000
_FILE_FLAG_NO_BUFFERING = 0x20000000
_ERROR_HANDLE_EOF = 38
_HELD_OR_DENIED = HELD_BY_OTHERS | {5}  # ERROR_ACCESS_DENIED: what some scanners answer with
_PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8)
_LARGEST_SECTOR = 4096
_REMOTE, _MEMORY = 4, 6  # DRIVE_REMOTE, DRIVE_RAMDISK
_LONGEST_PATH = 32768


def move(source: Path, target: Path, *, replace: bool) -> None:
    """Rename through to the medium; FileExistsError when the target exists and may not go.

    Virus scanners and indexers open a file the moment it is closed, some without letting others
    rename it: what is refused for that reason is tried again for a moment.
    """
    flags = _MOVEFILE_WRITE_THROUGH | (_MOVEFILE_REPLACE_EXISTING if replace else 0)

    def rename() -> None:
        if not kernel32().MoveFileExW(long_text(source), long_text(target), flags):
            raise _last_error(target)

    patiently(rename, time.sleep, codes=_HELD_OR_DENIED, pauses_s=_PAUSES_S)


class UnbufferedFile:
    """A file read past the Windows cache, in whole sectors, from the beginning."""

    def __init__(self, path: Path, *, on_medium: bool = True) -> None:
        self.past_cache = on_medium
        # Not as the reparse point that may lie there: a deduplicated file reads as zeros then. That
        # it is no link has been looked at, and who looked holds it open.
        flags = _FILE_FLAG_NO_BUFFERING | _FILE_FLAG_SEQUENTIAL_SCAN
        self._path = path
        self._ended = False
        self._kernel32 = kernel32()
        self._handle: int | None = self._kernel32.CreateFileW(
            long_text(path), GENERIC_READ, SHARE_READ, None, OPEN_EXISTING, flags, None
        )
        if not is_handle(self._handle):
            self._handle = None
            raise _last_error(path)

    def read_into(self, slab: memoryview) -> int:
        """Fill the slab (page-aligned, a multiple of the sector); give the count, 0 at the end."""
        if self._ended:
            return 0
        target = (ctypes.c_char * len(slab)).from_buffer(slab)
        count = ctypes.c_uint32(0)
        if not self._kernel32.ReadFile(self._handle, target, len(slab), ctypes.byref(count), None):
            error = _last_error(self._path)
            if getattr(error, "winerror", None) != _ERROR_HANDLE_EOF:
                raise error
            return 0
        # Less than whole sectors can only be the end. What comes after it would be asked for at a
        # place between sectors, which some file systems answer with "invalid parameter".
        self._ended = count.value % _LARGEST_SECTOR != 0
        return count.value

    def close(self) -> None:
        """Close the handle; safe to call twice."""
        if self._handle is not None:
            self._kernel32.CloseHandle(self._handle)
            self._handle = None


def is_read_from_medium(folder: PurePath) -> bool:
    """Say whether unbuffered reads below a folder reach a medium.

    Not so on shares, whose server has a cache of its own, and in memory.
    """
    text, library = ntpath.abspath(folder), kernel32()
    if text.startswith("\\\\") and text[:4] not in ("\\\\?\\", "\\\\.\\"):
        return False  # also while the share does not answer, when it has no type
    room = ctypes.create_unicode_buffer(_LONGEST_PATH)
    # Of a volume mounted in a folder, the volume counts and not the letter above it.
    found = library.GetVolumePathNameW(text, room, _LONGEST_PATH)
    root = room.value if found else ntpath.splitdrive(text)[0] + "\\"
    return library.GetDriveTypeW(root) not in (_REMOTE, _MEMORY)


def long_text(path: Path) -> str:
    """Write a path so that Windows takes more than 260 characters of it, and changes nothing."""
    text = str(path)
    if text.startswith("\\\\?\\"):
        return text
    text = os.path.abspath(text)  # in the long form nobody follows ".."
    return "\\\\?\\UNC\\" + text[2:] if text.startswith("\\\\") else "\\\\?\\" + text


def _last_error(path: Path) -> OSError:
    number = getattr(ctypes, "get_last_error")()  # noqa: B009
    text = getattr(ctypes, "FormatError")(number)  # noqa: B009
    # With four arguments Python picks the subclass (FileExistsError for 183) by itself.
    return OSError(0, text, str(path), number)
