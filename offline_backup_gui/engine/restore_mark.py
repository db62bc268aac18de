"""The mark in the target of an unfinished restore: which point, since when, and what is safe."""

from __future__ import annotations

import contextlib
import os

from offline_backup_gui.domain.file_traits import Info

_NAME = b".offline-backup-restore"
_NEW = _NAME + b".part"
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)
# Windows cannot flush everything at once: there, large files are flushed one by one.
_FLUSHES_ALL = hasattr(os, "sync")
_LARGE_BYTES = 1 << 20


def is_flushed_alone(size_bytes: int) -> bool:
    """Say whether a file of this size is flushed by itself before it gets its name."""
    return not _FLUSHES_ALL and size_bytes >= _LARGE_BYTES


class Mark:
    """A file whose own age counts: what got its name before the mark was made is on the medium.

    A file that is younger may be torn by a power cut, though it has the right size and time. Every
    method raises OSError.
    """

    def __init__(self, folder: bytes, point_id: bytes) -> None:
        self._folder, self._point_id = folder, point_id
        self._begun_ns = self._kept_ns = 0
        self.continued = False  # whether a restore of this very point was begun before

    def read(self) -> None:
        """Learn what an earlier run left."""
        try:
            with open(self._path(_NAME), "rb") as file:
                point_id, _, begun = file.read(200).partition(b"\n")
                self._kept_ns = os.fstat(file.fileno()).st_mtime_ns
        except FileNotFoundError:
            return
        self.continued = point_id == self._point_id and begun.strip().isdigit()
        if self.continued:
            self._begun_ns = int(begun)

    def put(self) -> None:
        """Mark the beginning."""
        self._put(flush_all=False)

    def renew(self) -> None:
        """Bring everything that is finished onto the medium, and say so."""
        if _FLUSHES_ALL:
            self._put(flush_all=True)

    def covers(self, info: Info) -> bool:
        """Say whether a file was made by the restore that was cut off, and is safe.

        A file that was there before was never touched since (its change time tells), however much
        it looks like the promised one.
        """
        if not self.continued or info.st_ctime_ns < self._begun_ns:
            return False
        if not _FLUSHES_ALL:
            return is_flushed_alone(info.st_size)
        return info.st_ctime_ns < self._kept_ns

    def remove(self) -> None:
        """Flush everything and take the mark away."""
        if _FLUSHES_ALL:
            os.sync()
        os.unlink(self._path(_NAME))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(_NEW))  # of a run that was cut off

    def _path(self, name: bytes) -> bytes:
        return os.path.join(self._folder, name)

    def _put(self, *, flush_all: bool) -> None:
        part = self._path(_NEW)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part)
        descriptor = os.open(part, _CREATE | _BINARY, 0o600)
        try:
            self._begun_ns = self._begun_ns or os.fstat(descriptor).st_mtime_ns
            os.write(descriptor, b"%s\n%d\n" % (self._point_id, self._begun_ns))
            if flush_all:
                os.sync()  # after the mark got its age
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(part, self._path(_NAME))
        _flush_names(self._folder)


def _flush_names(folder: bytes) -> None:
    """Bring the names in a folder to the medium, where the system can."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with contextlib.suppress(OSError):  # some network file systems cannot
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
