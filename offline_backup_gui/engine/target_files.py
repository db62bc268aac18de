"""Files and streams being restored: whole under their names or not there at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Sequence
from typing import BinaryIO

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.file_ports import TargetFiles
from offline_backup_gui.engine.restore_mark import is_flushed_alone
from offline_backup_gui.engine.scan import shown
from offline_backup_gui.formats.catalogue import Entry

EXISTS = "exists"  # the reason when something stands in the place of a file
_ZEROS = bytes(1 << 20)
_BINARY = getattr(os, "O_BINARY", 0)


def not_writable(path: bytes, error: OSError) -> BackupError:
    """Give the trouble that ends a restore."""
    code = ErrorCode.TARGET_NOT_WRITABLE
    return BackupError(code, path=shown(path), reason=error.strerror or str(error))


# What concerns the whole target ends a restore; anything else is the matter of one name.
_WHOLE_TARGET = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EROFS,
        errno.EIO,
        errno.ENODEV,
        errno.ENXIO,
        errno.ESTALE,
        errno.ENOTCONN,
    }
)


def is_there(path: bytes) -> bool:
    """Say whether a name is taken; a disk that does not answer is no free place (OSError)."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    return True


class CannotKeepError(Exception):
    """One entry cannot be restored here: its name, its size, or what stands in its place."""


def cannot_keep(path: bytes, error: OSError) -> CannotKeepError:
    """Give the reason why one name cannot be restored; raise when the whole target is meant."""
    if error.errno in _WHOLE_TARGET:
        raise not_writable(path, error) from error
    return CannotKeepError(error.strerror or str(error))


class Writer:
    """Contents being written through a descriptor: those of a file, or of a stream."""

    def __init__(self, files: TargetFiles, path: bytes, entry: Entry, fd: int) -> None:
        self._files, self._path, self._entry, self._fd = files, path, entry, fd
        self._position = 0

    def write(self, position: int, data: memoryview) -> None:
        """Write bytes at a position; sizes in bytes."""
        try:
            if position != self._position:
                os.lseek(self._fd, position, os.SEEK_SET)
            self._position = position + len(data)
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError as error:
            raise cannot_keep(self._path, error) from error

    def hole(self, position: int, length: int) -> None:
        """Leave a hole in a sparse file, write zeros into any other."""
        if self._entry.sparse:
            return
        while length:
            count = min(length, len(_ZEROS))
            self.write(position, memoryview(_ZEROS)[:count])
            position, length = position + count, length - count

    def close(self) -> None:
        """Complete a stream."""
        try:
            if self._position != self._entry.size:
                self._files.truncate(self._fd, self._entry.size)
            descriptor, self._fd = self._fd, -1
            os.close(descriptor)  # may tell of a write that came late
        except OSError as error:
            raise cannot_keep(self._path, error) from error

    def abort(self) -> None:
        """Let go of what is not complete; safe after it is."""
        descriptor, self._fd = self._fd, -1
        if descriptor >= 0:
            with contextlib.suppress(OSError):
                os.close(descriptor)


class FileWriter(Writer):
    """One file being restored; it appears under its name by `finish` only."""

    def __init__(
        self, files: TargetFiles, path: bytes, part: bytes, entry: Entry, *, replace: bool
    ) -> None:
        self._part, self._replace = part, replace
        try:
            fd = files.create(part, entry)
        except OSError as error:
            raise cannot_keep(path, error) from error
        super().__init__(files, path, entry, fd)

    def stream(self, name: bytes, entry: Entry) -> Writer | None:
        """Begin a stream of this file; None where there are no streams."""
        return stream_writer(self._files, self._part, name, entry)

    def finish(self) -> str | None:
        """Complete the file and give it its name; a reason when something of it differs."""
        try:
            if self._position != self._entry.size:
                self._files.truncate(self._fd, self._entry.size)
            # Through the open file: no path is looked up again.
            lacks = self._files.set(self._fd, self._entry)
            if is_flushed_alone(self._entry.size):
                os.fsync(self._fd)
            descriptor, self._fd = self._fd, -1
            os.close(descriptor)  # may tell of a write that came late
            if not self._replace and is_there(self._path):
                self._files.remove(self._part)
                return EXISTS
            self._files.rename(self._part, self._path)
        except OSError as error:
            raise cannot_keep(self._path, error) from error
        self._part = b""
        return together(lacks) if lacks else None

    def abort(self) -> None:
        """Take an unfinished file away; safe after `finish`."""
        super().abort()
        if self._part:
            with contextlib.suppress(OSError):
                self._files.remove(self._part)
            self._part = b""


def stream_writer(files: TargetFiles, path: bytes, name: bytes, entry: Entry) -> Writer | None:
    """Begin a stream of a file or folder; None where there are no streams."""
    try:
        fd = files.create_stream(path, name)
    except OSError as error:
        raise cannot_keep(path, error) from error
    return None if fd is None else Writer(files, path, entry, fd)


def open_plain(path: bytes) -> BinaryIO:
    """Open a restored file for reading; OSError when something else stands in its place."""
    # A FIFO would keep whoever opens it waiting.
    flags = os.O_RDONLY | _BINARY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    fd = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a file")
    return os.fdopen(fd, "rb")


def together(lacks: Sequence[str]) -> str | None:
    """Give one reason of several things that could not be set, or None."""
    return "; ".join(lacks) or None
