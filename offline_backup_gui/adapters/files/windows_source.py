"""Reads a source on Windows; the privilege to back up opens what the admin may not read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Sequence
from functools import lru_cache

import msgspec

from offline_backup_gui.adapters.files import reparse, win32
from offline_backup_gui.adapters.files import windows_bytes as wb
from offline_backup_gui.adapters.files.sddl import CannotSayError, sddl_of
from offline_backup_gui.adapters.files.windows_handles import OWN, WindowsHandles
from offline_backup_gui.adapters.files.windows_paths import (
    is_whole_volume,
    long_path,
    stream_path,
)
from offline_backup_gui.domain.book import Reason
from offline_backup_gui.domain.file_traits import Child, Info, Traits, WindowsTraits
from offline_backup_gui.domain.windows_names import has_some_of_windows, is_of_windows

_LISTING_BYTES, _STREAM_BYTES = 64 << 10, 64 << 10
_NO_STREAMS = frozenset(
    {
        win32.ERROR_INVALID_FUNCTION,
        win32.ERROR_HANDLE_EOF,
        win32.ERROR_NOT_SUPPORTED,
        win32.ERROR_INVALID_PARAMETER,
    }
)
_SOCKETS, _DEVICES = {wb.TAG_AF_UNIX}, {wb.TAG_LX_FIFO, wb.TAG_LX_CHR, wb.TAG_LX_BLK}


class WindowsSource(WindowsHandles):
    """The source on Windows; `door` makes the calls."""

    @property
    def has_streams(self) -> bool:
        """Say that files may have streams."""
        return True

    @property
    def folds_case(self) -> bool:
        """Say that case does not count, as in every folder nobody changed."""
        return True

    def children(self, folder: bytes, on_trouble: Callable[[bytes, OSError], None]) -> list[Child]:
        """List a folder in byte order, everything of a name at once: no name can hide."""
        path = long_path(folder)
        try:
            found = self._listed(path, win32.BACKUP_SEMANTICS)
        except OSError as error:
            if not win32.is_of_cloud(error):
                raise
            # Who keeps the rest of it elsewhere does not answer: what is here is listed.
            found = self._listed(path, OWN)
            on_trouble(os.path.join(folder, b"*"), error)
        top = is_whole_volume(folder)
        if has_some_of_windows(folder, top=top):
            found = [child for child in found if not is_of_windows(child.name, top=top)]
        found.sort(key=_name)
        return found

    def _listed(self, path: str, flags: int) -> list[Child]:
        door, found = self._door, list[Child]()
        access = win32.LIST_DIRECTORY | win32.READ_ATTRIBUTES
        fd = door.open(path, access, win32.OPEN_EXISTING, flags)
        try:
            volume = wb.volume_of(door.by_handle(fd))
            while True:
                try:
                    data = door.query(fd, win32.ID_BOTH_DIRECTORY, _LISTING_BYTES)
                except OSError as error:
                    # An empty volume answers as a search without a hit: its root has no dots.
                    empty = not found and _code(error) == win32.ERROR_FILE_NOT_FOUND
                    if empty or _code(error) == win32.ERROR_NO_MORE_FILES:
                        return found
                    raise
                found += [Child(name, info) for name, info in wb.directory_rows(data, volume)]
        except ValueError as error:
            raise OSError(errno.EIO, str(error)) from error
        finally:
            os.close(fd)

    def look(self, path: bytes, child: Child) -> tuple[Child, Sequence[Child]]:
        """Open a name to learn how many names its file has, and its streams."""
        door = self._door
        fd = door.open(long_path(path), win32.READ_ATTRIBUTES, win32.OPEN_EXISTING, OWN)
        try:
            info = self.info(fd)
            assert isinstance(child.stat, wb.WindowsInfo)
            assert isinstance(info, wb.WindowsInfo)
            lacks: tuple[tuple[Reason, str], ...] = ()
            if child.stat.ea_bytes:
                lacks = ((Reason.EXTENDED_ATTRIBUTES, ""),)
            streams = self._streams(fd)
        finally:
            os.close(fd)
        if stat.S_ISLNK(info.st_mode):
            lacks += tuple((Reason.STREAMS_OF_LINK, stream.name) for stream in streams)
            streams = []
        beside = []
        for stream in streams:
            name = child.name + b":" + wb.name_bytes(stream.name)
            # What is a folder is not a file, but its streams are.
            attributes = info.attributes & ~(wb.DIRECTORY | wb.SPARSE)
            beside.append(
                Child(
                    name,
                    msgspec.structs.replace(
                        info,
                        st_mode=wb.mode_of(attributes, 0),
                        st_size=stream.size_bytes,
                        st_blocks=-(-stream.size_bytes // 512),
                        st_nlink=1,
                        attributes=attributes,
                    ),
                    stream=True,
                )
            )
        return Child(child.name, info, lacks=lacks), beside

    def _streams(self, fd: int) -> list[wb.Stream]:
        room_bytes = _STREAM_BYTES
        while True:
            try:
                data = self._door.query(fd, win32.STREAMS, room_bytes)
                return wb.streams(data)
            except OSError as error:
                if _code(error) in _NO_STREAMS:
                    return []
                if _code(error) != win32.ERROR_MORE_DATA or room_bytes > 1 << 24:
                    raise
                room_bytes *= 4
            except ValueError as error:
                raise OSError(errno.EIO, str(error)) from error

    def refusal(self, info: Info) -> tuple[Reason, str] | None:
        """Name what is not backed up: encrypted files, what lies in a cloud, unknown links."""
        assert isinstance(info, wb.WindowsInfo)
        folder = info.attributes & wb.DIRECTORY
        waits = wb.RECALL_ON_OPEN if folder else wb.RECALL_ON_OPEN | wb.RECALL_ON_DATA | wb.OFFLINE
        if info.attributes & waits:
            return Reason.CLOUD_PLACEHOLDER, ""
        if info.attributes & wb.ENCRYPTED and not folder:
            return Reason.ENCRYPTED_BY_WINDOWS, ""
        if info.tag in wb.LINKS or wb.is_read_through(info.tag):
            return None
        name = wb.TAG_NAMES.get(info.tag, f"0x{info.tag:08x}")
        if info.tag in _SOCKETS:
            return Reason.SOCKET, name
        return (Reason.DEVICE if info.tag in _DEVICES else Reason.REPARSE_POINT), name

    def open(self, path: bytes, child: Child | None = None) -> int:
        """Open a regular file or stream; a link that took its place is not followed."""
        flags = win32.BACKUP_SEMANTICS | win32.SEQUENTIAL_SCAN
        through = child is not None and bool(getattr(child.stat, "tag", 0))
        fd, info = self._open_regular(path, flags if through else flags | win32.OPEN_REPARSE_POINT)
        if through or not info.tag or not wb.is_read_through(info.tag):
            return fd
        # On the disk such a file is a hole; its contents come from the driver that knows its tag.
        os.close(fd)
        return self._open_regular(path, flags)[0]

    def _open_regular(self, path: bytes, flags: int) -> tuple[int, wb.WindowsInfo]:
        fd = self._open_best(stream_path(path), win32.GENERIC_READ, flags)
        try:
            info = self._info(fd)
            regular = stat.S_ISREG(info.st_mode) or b":" in os.path.basename(path)
            if not regular:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            refused = self.refusal(info)
            if refused is not None:  # since it was listed
                raise OSError(errno.EBUSY, refused[0].value, path)
        except BaseException:
            os.close(fd)
            raise
        return fd, info

    def next_data(self, descriptor: int, offset: int, size: int) -> int:
        """Ask for the first range of a sparse file that takes room; zeros elsewhere are holes."""
        try:
            data = self._door.control(
                descriptor, win32.QUERY_RANGES, wb.range_question(offset, size - offset), 16
            )
            found = wb.first_range(data)
        except (OSError, ValueError):
            return offset  # reading the zeros then finds the hole
        return size if found is None else max(offset, min(found[0], size))

    def traits(self, opened: int | bytes, info: Info) -> Traits:
        """Give attributes, times and rights, and of a link where it leads; never raises OSError."""
        assert isinstance(info, wb.WindowsInfo)
        lacks: list[tuple[Reason, str]] = []
        sddl, descriptor, link = "", b"", b""
        try:
            sddl, descriptor, link = self._opened_traits(opened, info)
        except (OSError, ValueError) as error:
            word = getattr(error, "strerror", None) or str(error)
            lacks.append((Reason.ATTRIBUTES_NOT_READABLE, word))
        if link and reparse.is_volume(link):
            lacks.append((Reason.MOUNTED_VOLUME, ""))
        attributes = info.attributes
        top = wb.HIDDEN | wb.SYSTEM
        if attributes & top == top and isinstance(opened, bytes) and is_whole_volume(opened):
            # NTFS marks the top folder of a volume so, and a restore makes a plain folder of it:
            # nobody would see it.
            attributes &= ~top
        known = WindowsTraits(
            attributes,
            info.created,
            info.written,
            info.accessed,
            info.changed,
            sddl,
            descriptor,
            link,
        )
        return Traits(windows=known, lacks=tuple(lacks))

    def _opened_traits(self, opened: int | bytes, info: wb.WindowsInfo) -> tuple[str, bytes, bytes]:
        fd = opened if isinstance(opened, int) else self._open_own(opened)
        try:
            link = self._reparse_point(fd) if info.tag in wb.LINKS else b""
            sddl, descriptor = _rights(self._setter.rights_of(fd))
            return sddl, descriptor, link
        finally:
            if not isinstance(opened, int):
                os.close(fd)

    def target(self, path: bytes, _info: Info) -> bytes:
        """Give where a link leads; the link itself is among its traits."""
        fd = self._open_own(path)
        try:
            return reparse.target_of(self._reparse_point(fd))
        except ValueError as error:
            raise OSError(errno.EIO, str(error)) from error
        finally:
            os.close(fd)


def _name(child: Child) -> bytes:
    return child.name


def _code(error: OSError) -> int:
    return int(getattr(error, "winerror", None) or 0)


@lru_cache(maxsize=1024)
def _rights(descriptor: bytes) -> tuple[str, bytes]:
    """Give a descriptor as SDDL, or as it is; most files of a tree have one of a few."""
    try:
        return sddl_of(descriptor), b""
    except CannotSayError:
        return "", descriptor
