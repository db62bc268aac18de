"""What Windows knows of files: today their times and whether they are read-only."""

from __future__ import annotations

import os
from collections.abc import Sequence

from offline_backup_gui.adapters.files.posix import PosixFiles
from offline_backup_gui.domain.file_traits import Kept

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class WindowsFiles(PosixFiles):
    """Source and target on Windows."""

    def __init__(self) -> None:
        self._path_by_descriptor: dict[int, bytes] = {}

    def create(self, path: bytes, _kept: Kept) -> int:
        """Make a new file for writing."""
        descriptor = os.open(path, _CREATE, 0o600)
        self._path_by_descriptor[descriptor] = path
        return descriptor

    def set(self, where: bytes | int, kept: Kept) -> Sequence[str]:
        """Set mode and times; links are left as they are."""
        path = self._path_by_descriptor.pop(where) if isinstance(where, int) else where
        if os.path.islink(path):
            return ()
        try:
            os.chmod(path, kept.mode)
            os.utime(path, ns=(kept.mtime_ns, kept.mtime_ns))
        except (OSError, OverflowError) as error:
            return (f"times: {getattr(error, 'strerror', None) or error}",)
        return ()
