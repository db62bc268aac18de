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
_HAS_BLOCKS = hasattr(os.stat_result, "st_blocks")
_HAS_ATTRIBUTES = hasattr(os, "listxattr")
_SEEK_DATA = getattr(os, "SEEK_DATA", None)


_NOT_KEPT = {
    stat.S_IFSOCK: Reason.SOCKET,
    stat.S_IFBLK: Reason.DEVICE,
    stat.S_IFCHR: Reason.DEVICE,
}
_KINDS = {stat.S_IFDIR: Kind.FOLDER, stat.S_IFLNK: Kind.SYMLINK, stat.S_IFIFO: Kind.FIFO}


def open_source(path: bytes) -> int:
    """Open a regular source file, without touching its access time where that is allowed."""
    fd = _open(path)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            # The scan saw a file here: what stands in its place is another thing.
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    except BaseException:
        os.close(fd)
        raise
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
    return _HAS_BLOCKS and info.st_blocks * 512 < info.st_size


def next_data(fd: int, offset: int, size: int) -> int:
    """Give the offset of the next byte that is not in a hole (`size` when there is none)."""
    if _SEEK_DATA is None:
        return offset
    try:
        return os.lseek(fd, offset, _SEEK_DATA)
    except OSError as error:
        if error.errno not in (errno.ENXIO, errno.EINVAL, errno.ENOTSUP):
            raise  # a disk that fails must not look like a hole
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


def attributes(path: bytes | int) -> tuple[dict[bytes, bytes], OSError | None]:
    """Give the extended attributes (access control lists are among them), and what hid them.

    An open file is asked without looking its path up again.
    """
    if not _HAS_ATTRIBUTES:
        return {}, None
    # An open file cannot be a link, and the system call refuses the wish not to follow one.
    follow = isinstance(path, int)
    found: dict[bytes, bytes] = {}
    try:
        for name in sorted(os.listxattr(path, follow_symlinks=follow)):
            try:
                found[os.fsencode(name)] = os.getxattr(path, name, follow_symlinks=follow)
            except OSError as error:
                if error.errno != errno.ENODATA:  # this one vanished meanwhile; the others did not
                    raise
    except OSError as error:
        # A file system without attributes has none to lose.
        return {}, None if error.errno == errno.ENOTSUP and not found else error
    return found, None


def entry_of(child: Child) -> Entry:
    """Begin the catalogue entry of a name."""
    info = child.stat
    mode = info.st_mode
    kind = _KINDS.get(stat.S_IFMT(mode), Kind.FILE)
    return Entry(
        name=child.name,
        kind=kind,
        mode=stat.S_IMODE(mode),
        uid=info.st_uid,
        gid=info.st_gid,
        size=info.st_size if kind is Kind.FILE else 0,
        mtime_ns=kept_time(info.st_mtime_ns),
        sparse=kind is Kind.FILE and is_sparse(info),
    )


def cannot_be_kept(info: os.stat_result) -> Reason | None:
    """Name what no backup can hold: sockets and devices."""
    return _NOT_KEPT.get(stat.S_IFMT(info.st_mode))
