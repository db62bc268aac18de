"""Reads source files as they are: contents, holes, extended attributes, changes while reading."""

from __future__ import annotations

import errno
import os
import stat

from offline_backup_gui.domain.book import Reason
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.engine.scan import Child, kept_time, shown
from offline_backup_gui.formats.catalogue import Entry, Kind

# A FIFO put in a file's place would otherwise stop the reader for ever at open.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
_NO_ATIME = getattr(os, "O_NOATIME", 0)
_SEEK_DATA = getattr(os, "SEEK_DATA", None)


def open_source(path: bytes) -> int:
    """Open a regular source file, without touching its access time where that is allowed."""
    fd = _open(path)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        # The scan saw a file here: what stands in its place is another thing.
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    return fd


def _open(path: bytes) -> int:
    if _NO_ATIME:
        try:
            return os.open(path, _FLAGS | _NO_ATIME)
        except PermissionError:
            pass  # only the owner may leave the access time alone
    return os.open(path, _FLAGS)


def source_missing(root: bytes) -> BackupError:
    """Give the trouble with a source that is not there, or not a folder that can be listed."""
    return BackupError(ErrorCode.SOURCE_MISSING, path=shown(root))


def is_sparse(info: os.stat_result) -> bool:
    """Say whether a file has holes: fewer blocks than its size needs."""
    blocks = getattr(info, "st_blocks", None)
    return blocks is not None and blocks * 512 < info.st_size


def next_data(fd: int, offset: int, size: int) -> int:
    """Give the offset of the next byte that is not in a hole (`size` when there is none)."""
    if _SEEK_DATA is None:
        return offset
    try:
        return os.lseek(fd, offset, _SEEK_DATA)
    except OSError:
        # ENXIO: nothing but a hole up to the end. A file system that cannot tell says so too;
        # reading the zeros then finds the hole.
        return size if os.fstat(fd).st_size >= size and _tells_holes(fd) else offset


def _tells_holes(fd: int) -> bool:
    try:
        os.lseek(fd, 0, os.SEEK_HOLE)
    except (OSError, AttributeError):
        return False
    return True


def unchanged(before: os.stat_result, after: os.stat_result) -> bool:
    """Say whether a file is still what it was when the scan saw it."""
    return (
        before.st_size == after.st_size
        and before.st_mtime_ns == after.st_mtime_ns
        and before.st_ino == after.st_ino
    )


def attributes(path: bytes) -> tuple[dict[bytes, bytes], OSError | None]:
    """Give the extended attributes (access control lists are among them), and what hid them."""
    if not hasattr(os, "listxattr"):
        return {}, None
    try:
        names = os.listxattr(path, follow_symlinks=False)
        return {
            os.fsencode(name): os.getxattr(path, name, follow_symlinks=False)
            for name in sorted(names)
        }, None
    except OSError as error:
        missing = (errno.ENOTSUP, errno.ENODATA)  # no attributes here; one vanished meanwhile
        return {}, None if error.errno in missing else error


def entry_of(child: Child) -> Entry:
    """Begin the catalogue entry of a name."""
    info = child.stat
    kind = {stat.S_IFDIR: Kind.FOLDER, stat.S_IFLNK: Kind.SYMLINK, stat.S_IFIFO: Kind.FIFO}.get(
        stat.S_IFMT(info.st_mode), Kind.FILE
    )
    return Entry(
        name=child.name,
        kind=kind,
        mode=stat.S_IMODE(info.st_mode),
        uid=info.st_uid,
        gid=info.st_gid,
        size=info.st_size if kind is Kind.FILE else 0,
        mtime_ns=kept_time(info.st_mtime_ns),
        sparse=kind is Kind.FILE and is_sparse(info),
    )


def cannot_be_kept(info: os.stat_result) -> Reason | None:
    """Name what no backup can hold: sockets and devices."""
    if stat.S_ISSOCK(info.st_mode):
        return Reason.SOCKET
    if stat.S_ISBLK(info.st_mode) or stat.S_ISCHR(info.st_mode):
        return Reason.DEVICE
    return None
