"""Reads an object past the cache: a cached page would verify our memory, not the drive."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import re
from pathlib import Path
from types import TracebackType
from typing import Protocol

from offline_backup_gui.adapters.stores import windows_io
from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.adapters.stores.held import let_go
from offline_backup_gui.adapters.stores.trouble import Place
from offline_backup_gui.adapters.stores.windows_io import UnbufferedFile

# A whole number of 4 KiB sectors; anything between 1 and 4 MiB is equally fast (measured).
SLAB_BYTES = 4 * 1024 * 1024
_SECTOR_BYTES = 4096
_DIRECT = getattr(os, "O_DIRECT", 0)
# mountinfo writes blanks, tabs, line ends and backslashes as three octal digits.
_OCTAL = re.compile(r"\\([0-7]{3})")


class _Source(Protocol):
    past_cache: bool

    def read_into(self, slab: memoryview) -> int: ...

    def close(self) -> None: ...


class SlabReader:
    """A RawReader that reads page-aligned slabs and hands out whatever is asked for."""

    def __init__(self, source: _Source, place: Place, name: str) -> None:
        self._source = source
        self._place = place
        self._name = name
        self._slab = memoryview(mmap.mmap(-1, SLAB_BYTES))
        self._begin = 0
        self._end = 0

    @property
    def past_cache(self) -> bool:
        """Say whether the bytes come from the medium; certain only after the first read."""
        return self._source.past_cache

    def read_into(self, buffer: memoryview) -> int:
        """Fill the buffer from the current position; give the count, 0 at the end."""
        target = buffer.cast("B")
        done = 0
        while done < len(target):
            if self._begin == self._end and _takes_slabs(target[done:]):
                # Without a stop in between: a copy costs as much as hashing half the bytes.
                with self._place.watched(self._name):
                    count = self._source.read_into(target[done:])
                if count == 0:
                    break
                done += count
                continue
            if self._begin == self._end:
                with self._place.watched(self._name):
                    self._begin, self._end = 0, self._source.read_into(self._slab)
                if self._end == 0:
                    break
            count = min(len(target) - done, self._end - self._begin)
            target[done : done + count] = self._slab[self._begin : self._begin + count]
            self._begin += count
            done += count
        return done

    def __enter__(self) -> SlabReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._source.close()


class _PosixFile:
    """An open file, read directly where its file system can, else after its pages were dropped."""

    def __init__(self, descriptor: int, *, on_medium: bool) -> None:
        self._fd = descriptor
        self._offset = 0
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        self.past_cache = _read_directly(descriptor, True) and on_medium

    @classmethod
    def beside(cls, descriptor: int, *, on_medium: bool) -> _PosixFile:
        """Read a file through a descriptor of its own."""
        own = os.dup(descriptor)
        try:
            return cls(own, on_medium=on_medium)
        except BaseException:
            let_go(own)
            raise

    def read_into(self, slab: memoryview) -> int:
        try:
            count = os.preadv(self._fd, [slab], self._offset)
        except OSError as error:
            # Some file systems take the wish for direct reading and then refuse to read.
            if error.errno != errno.EINVAL or not _read_directly(self._fd, False):
                raise
            self.past_cache = False
            count = os.preadv(self._fd, [slab], self._offset)
        self._offset += count
        return count

    def close(self) -> None:
        if self._fd >= 0:
            descriptor, self._fd = self._fd, -1
            let_go(descriptor)


def _takes_slabs(target: memoryview) -> bool:
    """Say whether direct reading may fill a buffer: whole sectors of any disk, at a page's begin.

    After a short read the rest of a buffer is no longer aligned, and goes through the slab.
    """
    if len(target) % _SECTOR_BYTES or not len(target):
        return False
    return ctypes.addressof(ctypes.c_char.from_buffer(target)) % _SECTOR_BYTES == 0


def open_past_cache(store: FolderStore, name: str, *, on_medium: bool) -> SlabReader:
    """Open an object of a folder for reading back; OBJECT_MISSING when it is no plain file.

    `on_medium` says whether direct reads there reach a medium (`is_read_from_medium`).
    """
    with store.opened(name) as descriptor:
        if os.name == "nt":
            path = store.root.joinpath(*store.naming.parts(name))
            return SlabReader(UnbufferedFile(path, on_medium=on_medium), store.place, name)
        source = _PosixFile.beside(descriptor, on_medium=on_medium)
        return SlabReader(source, store.place, name)


def is_read_from_medium(folder: Path) -> bool:
    """Say whether direct reads below a folder reach a medium, by what is mounted there.

    Not so in memory file systems, on network shares (the server has a cache), through FUSE
    (its daemon reads the device through our cache) and on loop devices without direct I/O.
    """
    if os.name == "nt":
        return windows_io.is_read_from_medium(folder)
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
        return _is_medium(lines, os.path.realpath(folder), Path("/sys/block"))
    except OSError:
        return False


def _is_medium(mountinfo: str, path: str, blocks: Path) -> bool:
    best, kind, source = "", "", ""
    for line in mountinfo.splitlines():
        # proc(5): 36 35 98:0 /root /mount/point options fields... - type source options
        left, _, right = line.partition(" - ")
        point = _OCTAL.sub(lambda found: chr(int(found[1], 8)), left.split(" ")[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        # Later lines lie over earlier ones at the same point.
        if inside and len(point) >= len(best):
            best, (kind, source) = point, (right.split(" ")[0], right.split(" ")[1])
    if kind.startswith("fuse") or not source.startswith("/dev/"):
        return False
    device = os.path.basename(os.path.realpath(source))
    if device.startswith("loop"):
        return (blocks / device / "loop" / "dio").read_text(encoding="ascii").strip() == "1"
    return True


def _read_directly(descriptor: int, wanted: bool) -> bool:
    """Switch direct reading on or off for an open file; say whether that worked."""
    if not _DIRECT:
        return False
    import fcntl  # POSIX only

    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | _DIRECT if wanted else flags & ~_DIRECT)
    except OSError:
        return False
    return True
