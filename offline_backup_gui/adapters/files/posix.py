"""What Linux and other Unixes know of files: modes, owners, extended attributes, holes, links."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Sequence
from operator import attrgetter

from offline_backup_gui.adapters.files.maker import own
from offline_backup_gui.domain.book import Reason
from offline_backup_gui.domain.file_ports import SmallFileMakers
from offline_backup_gui.domain.file_traits import Child, Info, Kept, Traits, WindowsTraits

# A FIFO put in a file's place would otherwise stop the reader for ever at open.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_NO_ATIME = getattr(os, "O_NOATIME", 0)
_SEEK_DATA = getattr(os, "SEEK_DATA", None)
_HAS_ATTRIBUTES = hasattr(os, "listxattr")
_NOT_KEPT = {
    stat.S_IFSOCK: (Reason.SOCKET, ""),
    stat.S_IFBLK: (Reason.DEVICE, ""),
    stat.S_IFCHR: (Reason.DEVICE, ""),
}
_SYMLINK = 2  # `formats.catalogue.Kind`
_NOTHING = Traits()
_name = attrgetter("name")


class PosixFiles:
    """Source and target on a Unix. Holds nothing."""

    # --- source

    def children(self, folder: bytes, on_trouble: Callable[[bytes, OSError], None]) -> list[Child]:
        """List a folder in byte order; single names that hide go to `on_trouble(path, error)`."""
        with os.scandir(folder) as entries:
            names = sorted(entries, key=_name)
        children = []
        for entry in names:
            try:
                children.append(Child(entry.name, entry.stat(follow_symlinks=False)))
            except OSError as error:
                on_trouble(entry.path, error)
        return children

    def look(self, _path: bytes, child: Child) -> tuple[Child, Sequence[Child]]:
        """Give the child as it is: listing showed everything, and there are no streams."""
        return child, ()

    def refusal(self, info: Info) -> tuple[Reason, str] | None:
        """Name what no backup can hold: sockets and devices."""
        return _NOT_KEPT.get(stat.S_IFMT(info.st_mode))

    def open(self, path: bytes, _child: Child | None = None) -> int:
        """Open a regular file, without touching its access time where that is allowed."""
        fd = _open(path)
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                # The scan saw a file here: what stands in its place is another thing.
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        except BaseException:
            os.close(fd)
            raise
        return fd

    def info(self, opened: int | bytes) -> Info:
        """Look at an open file or a path again."""
        return os.stat(opened)

    def next_data(self, descriptor: int, offset: int, size: int) -> int:
        """Give the offset of the next byte that is not in a hole (`size` when there is none)."""
        if _SEEK_DATA is None:
            return offset
        try:
            return os.lseek(descriptor, offset, _SEEK_DATA)
        except OSError as error:
            if error.errno not in (errno.ENXIO, errno.EINVAL, errno.ENOTSUP):
                raise  # a disk that fails must not look like a hole
            # ENXIO: nothing but a hole up to the end. A file system that cannot tell says so too;
            # reading the zeros then finds the hole.
            past_end = os.fstat(descriptor).st_size < size
            return offset if past_end or not _tells_holes(descriptor) else size

    def traits(self, opened: int | bytes, _info: Info) -> Traits:
        """Give the extended attributes; access control lists are among them."""
        found, trouble = attributes(opened)
        if trouble is None:
            return Traits(found) if found else _NOTHING
        reason = Reason.ATTRIBUTES_NOT_READABLE
        return Traits(found, lacks=((reason, trouble.strerror or ""),))

    def target(self, path: bytes, _info: Info) -> bytes:
        """Give where a link leads."""
        return os.readlink(path)

    # --- target

    def full(self, path: bytes) -> bytes:
        """Give an absolute path; every part means itself."""
        return os.path.abspath(path)

    def takes(self, _name: bytes) -> bool:
        """Say that every name is one."""
        return True

    def create(self, path: bytes, _kept: Kept) -> int:
        """Make a new file for writing, private."""
        return os.open(path, _CREATE, 0o600)

    @property
    def has_streams(self) -> bool:
        """Say that there are no streams."""
        return False

    @property
    def folds_case(self) -> bool:
        """Say that case counts."""
        return False

    def create_stream(self, _path: bytes, _stream: bytes) -> None:
        """Say that there are no streams."""
        return

    def truncate(self, descriptor: int, size_bytes: int) -> None:
        """Set the size of an open file."""
        os.ftruncate(descriptor, size_bytes)

    def lstat(self, path: bytes) -> Info:
        """Look at a name, not followed."""
        return os.lstat(path)

    def rename(self, part: bytes, path: bytes) -> None:
        """Give a finished file its name."""
        os.replace(part, path)

    def remove(self, path: bytes) -> None:
        """Remove a file or link."""
        os.unlink(path)

    def make_link(self, path: bytes, kept: Kept) -> None:
        """Make a symbolic link or FIFO."""
        if kept.kind == _SYMLINK:
            os.symlink(kept.target, path)
        else:
            os.mkfifo(path, 0o600)

    def set(self, where: bytes | int, kept: Kept) -> Sequence[str]:
        """Set owner, attributes, mode and times, in the order in which they do not undo each other.

        Gives what could not be set.
        """
        # The calls refuse the wish not to follow a link where there can be none.
        follow = isinstance(where, int)
        not_owned = own(where, kept.uid, kept.gid, follow=follow)
        lacks = [] if not_owned is None else [not_owned]
        for name, value in kept.attributes.items():
            try:
                os.setxattr(where, name, value, follow_symlinks=follow)
            except (OSError, ValueError, AttributeError) as error:
                why = getattr(error, "strerror", None) or str(error)
                lacks.append(f"attribute {name.decode('utf-8', 'backslashreplace')}: {why}")
        try:
            if kept.kind != _SYMLINK:
                os.chmod(where, kept.mode)
            os.utime(where, ns=(kept.mtime_ns, kept.mtime_ns), follow_symlinks=follow)
        except (OSError, OverflowError) as error:
            lacks.append(f"times: {getattr(error, 'strerror', None) or error}")
        if kept.windows is not None:
            lacks.append(_not_here(kept.windows))
        return lacks

    def makers(self, count: int) -> SmallFileMakers | None:
        """Start processes that make small files."""
        from offline_backup_gui.adapters.files.makers import Makers

        try:
            return Makers(count)
        except OSError:
            return None  # then the restore makes them all by itself


def _not_here(known: WindowsTraits) -> str:
    """Say what Windows knew of a name that no Unix can keep."""
    parts = ["rights"] if known.sddl or known.descriptor else []
    return "other-system: " + ", ".join([*parts, "flags", "times"])


def _open(path: bytes) -> int:
    if _NO_ATIME:
        try:
            return os.open(path, _FLAGS | _NO_ATIME)
        except PermissionError:
            pass  # only the owner may leave the access time alone
    return os.open(path, _FLAGS)


def _tells_holes(fd: int) -> bool:
    try:
        os.lseek(fd, 0, os.SEEK_HOLE)
    except (OSError, AttributeError):
        return False
    return True


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
