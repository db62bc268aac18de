"""What Windows knows of files: attributes, exact times, rights, streams, links, holes.

Where a source is read, the privilege to back up opens what the admin may not read; where a restore
writes, everything is set on the open file, read back, and what differs is told.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence

from offline_backup_gui.adapters.files import win32
from offline_backup_gui.adapters.files import windows_bytes as wb
from offline_backup_gui.adapters.files.windows_handles import OWN
from offline_backup_gui.adapters.files.windows_paths import long_path
from offline_backup_gui.adapters.files.windows_source import WindowsSource
from offline_backup_gui.adapters.windows_library import patiently
from offline_backup_gui.domain.file_traits import Info, Kept
from offline_backup_gui.domain.windows_names import is_stream_name, is_verbatim_name

_FIFO = 3  # `formats.catalogue.Kind`


class WindowsFiles(WindowsSource):
    """Source and target on Windows."""

    def full(self, path: bytes) -> bytes:
        r"""Give an absolute path in the form \\?\; one that has it is not changed any more."""
        if path.startswith(b"\\\\?\\"):
            return path
        return os.fsencode(long_path(os.path.abspath(path)))

    def takes(self, name: bytes) -> bool:
        """Say whether a name is one plain name on Windows."""
        return is_verbatim_name(name)

    def lstat(self, path: bytes) -> Info:
        """Look at a name, not followed."""
        fd = self._door.open(long_path(path), win32.READ_ATTRIBUTES, win32.OPEN_EXISTING, OWN)
        try:
            return self._info(fd)
        finally:
            os.close(fd)

    def create(self, path: bytes, kept: Kept) -> int:
        """Make a new file; compressed and sparse before the first byte, so that it costs less."""
        fd = self._setter.create(long_path(path))
        self._setter.prepare(fd, kept)
        return fd

    def create_stream(self, path: bytes, stream: bytes) -> int | None:
        """Make a stream of a file or folder."""
        if not is_stream_name(stream):
            raise OSError(errno.EINVAL, "no name of a stream")
        fd = self._door.open(
            long_path(path), win32.READ_ATTRIBUTES, win32.OPEN_EXISTING, win32.BACKUP_SEMANTICS
        )
        try:
            if not self._door.volume_flags(fd) & win32.NAMED_STREAMS:
                return None
        finally:
            os.close(fd)
        whole = long_path(path) + ":" + os.fsdecode(stream) + ":$DATA"
        fd = self._door.open(whole, win32.GENERIC_WRITE, win32.OPEN_ALWAYS, win32.BACKUP_SEMANTICS)
        try:
            # A folder that was there may have it already, and longer. To make it anew by opening
            # would cost the folder its attributes.
            self.truncate(fd, 0)
        except BaseException:
            os.close(fd)
            raise
        return fd

    def truncate(self, descriptor: int, size_bytes: int) -> None:
        """Set the size; what was not written stays a hole (the C library would write zeros)."""
        self._door.put(descriptor, win32.END_OF_FILE, size_bytes.to_bytes(8, "little"))

    def makers(self, _count: int) -> None:
        """Say that there are none: the threads of the restore make the files."""
        return

    def make_link(self, path: bytes, kept: Kept) -> None:
        """Make a symbolic link or junction from its reparse point, or from where it leads."""
        if kept.kind == _FIFO:
            raise OSError(errno.EOPNOTSUPP, "Windows has no FIFO")
        self._setter.make_link(path, kept)

    def set(self, where: bytes | int, kept: Kept) -> Sequence[str]:
        """Set everything on an open file or a name itself; give what is not as it was."""
        return self._setter.set(where if isinstance(where, int) else long_path(where), kept)

    def rename(self, part: bytes, path: bytes) -> None:
        """Give a file its name; what had it before goes, even if it was read-only."""
        mine = self.lstat(part) if os.path.lexists(path) else None
        try:
            patiently(lambda: os.replace(part, path))
        except PermissionError:
            if mine is None or not self._make_writable(path):
                raise
            patiently(lambda: os.replace(part, path))
        if isinstance(mine, wb.WindowsInfo):
            self._keep_made(path, mine.created)

    def _keep_made(self, path: bytes, created: int) -> None:
        """Set the time again at which a file was made.

        To a name that went and comes again soon, Windows gives the time of the file that had it
        before (KB172190, "tunneling").
        """
        access = win32.READ_ATTRIBUTES | win32.WRITE_ATTRIBUTES
        fd = self._door.open(long_path(path), access, win32.OPEN_EXISTING, OWN)
        try:
            if wb.basic_info(self._door.query(fd, win32.BASIC, 40)).created != created:
                self._door.put(fd, win32.BASIC, wb.BasicInfo(created, 0, 0, 0, 0).data())
        finally:
            os.close(fd)

    def remove(self, path: bytes) -> None:
        """Remove a file or link, even a read-only one."""
        try:
            patiently(lambda: os.unlink(path))
        except PermissionError:
            if not self._make_writable(path):
                raise
            patiently(lambda: os.unlink(path))

    def _make_writable(self, path: bytes) -> bool:
        """Take the read-only attribute away; say whether it was there."""
        info = self.lstat(path)
        assert isinstance(info, wb.WindowsInfo)
        if not info.attributes & wb.READ_ONLY:
            return False
        fd = self._door.open(
            long_path(path),
            win32.READ_ATTRIBUTES | win32.WRITE_ATTRIBUTES,
            win32.OPEN_EXISTING,
            OWN,
        )
        try:
            self._door.put(fd, win32.BASIC, wb.BasicInfo(0, 0, 0, 0, wb.NORMAL).data())
        finally:
            os.close(fd)
        return True
