"""A folder held open, so that nothing put in its place is ever read or written by mistake.

On POSIX every step goes through the folder's descriptor and never follows a link below the first
folder. Windows has no such calls: there each step checks the path for links first.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from offline_backup_gui.adapters.stores import windows_io
from offline_backup_gui.adapters.stores.trouble import not_a_plain_file

_HAS_DESCRIPTORS = os.open in os.supports_dir_fd and hasattr(os, "O_DIRECTORY")
_ALWAYS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
# A planted FIFO would otherwise stop us for ever at open.
_NO_WAITING = getattr(os, "O_NONBLOCK", 0)
_NAME_SURROGATE = 0x20000000  # IsReparseTagNameSurrogate of winnt.h
_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL}


def reachable(path: Path) -> Path:
    r"""Give a path as Windows takes it at any length, in the form \\?\; elsewhere as it is."""
    return Path(windows_io.long_text(path)) if os.name == "nt" else path


class Found(Struct, frozen=True):
    """One plain file or plain folder inside a held folder; links and devices are never found."""

    name: str
    is_folder: bool
    size_bytes: int


class HeldFolder:
    """One open folder. Every method raises OSError; callers translate."""

    def __init__(self, path: Path, descriptor: int | None) -> None:
        self.path = path
        self._fd = descriptor

    @classmethod
    def hold(cls, path: Path) -> HeldFolder:
        """Open a folder the admin chose; links on the way to it are followed."""
        if _HAS_DESCRIPTORS:
            return cls(path, os.open(path, os.O_RDONLY | os.O_DIRECTORY | _ALWAYS))
        path = reachable(path)
        if not stat.S_ISDIR(os.stat(path).st_mode):
            raise not_a_plain_file()
        return cls(path, None)

    @classmethod
    def make(cls, path: Path) -> None:
        """Make a folder the admin chose, with those above it; their names are on the medium then.

        A folder that is there is taken as it is, a link to one as well.
        """
        path = reachable(path)
        if not path.parent.is_dir():
            cls.make(path.parent)
        with cls.hold(path.parent) as above:
            if not path.is_dir():
                with suppress(FileExistsError):
                    os.mkdir(path)
            above.flush()

    def inner(self, name: str, *, create: bool = False) -> HeldFolder:
        """Open a plain folder inside this one, made and flushed first when `create`."""
        if create:
            with suppress(FileExistsError):
                os.mkdir(self._at(name), dir_fd=self._fd)
            # Also when it was there: who made it may have been killed before, or is about to flush.
            self.flush()
        if self._fd is not None:
            flags = os.O_RDONLY | os.O_DIRECTORY | _NO_LINKS | _ALWAYS
            return HeldFolder(self.path / name, os.open(name, flags, dir_fd=self._fd))
        if not stat.S_ISDIR(self.status(name).st_mode):
            raise not_a_plain_file()
        return HeldFolder(self.path / name, None)

    def status(self, name: str) -> os.stat_result:
        """Describe an entry without following it; what leads elsewhere on Windows is refused."""
        status = os.stat(self._at(name), dir_fd=self._fd, follow_symlinks=False)
        if _leads_elsewhere(status):
            raise not_a_plain_file()
        return status

    def device(self) -> int:
        """Give the number of the device this folder lies on."""
        return os.stat(self.path if self._fd is None else self._fd).st_dev

    def found(self) -> list[Found]:
        """List the plain files and folders, sorted as full object names sort."""
        with os.scandir(self.path if self._fd is None else self._fd) as entries:
            found = [each for entry in entries if (each := _found(entry)) is not None]
        return sorted(found, key=lambda each: each.name + "/" if each.is_folder else each.name)

    def open_plain(self, name: str, extra_flags: int = 0) -> int:
        """Open a regular file for reading; anything else is not a plain file."""
        if not stat.S_ISREG(self.status(name).st_mode):
            raise not_a_plain_file()
        flags = os.O_RDONLY | _NO_LINKS | _NO_WAITING | _ALWAYS | extra_flags
        descriptor = os.open(self._at(name), flags, dir_fd=self._fd)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise not_a_plain_file()
        except BaseException:
            let_go(descriptor)
            raise
        return descriptor

    def open_new(self, name: str) -> int:
        """Make a file that must not exist yet and open it for writing."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS | _ALWAYS
        return os.open(self._at(name), flags, 0o644, dir_fd=self._fd)

    def remove(self, name: str) -> None:
        """Remove a file or a link itself; no trouble when it is not there."""
        with suppress(FileNotFoundError):
            os.unlink(self._at(name), dir_fd=self._fd)

    def publish(self, part: str, name: str, *, replace: bool) -> None:
        """Give a finished file its name; FileExistsError unless it may replace."""
        if os.name == "nt":
            windows_io.move(self.path / part, self.path / name, replace=replace)
        elif replace:
            os.replace(self._at(part), self._at(name), src_dir_fd=self._fd, dst_dir_fd=self._fd)
        else:
            self._publish_new(part, name)
        self.flush()

    def flush(self) -> None:
        """Bring the folder's entries to the medium (Windows moves write through instead)."""
        if self._fd is None:
            return
        try:
            os.fsync(self._fd)
        except OSError as error:
            # Some network and FUSE file systems cannot flush folders; the file itself is flushed.
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
                raise

    def close(self) -> None:
        """Let go; safe to call twice."""
        if self._fd is not None and self._fd >= 0:
            descriptor, self._fd = self._fd, -1
            let_go(descriptor)

    def __enter__(self) -> HeldFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _at(self, name: str) -> str:
        return name if self._fd is not None else str(self.path / name)

    def _publish_new(self, part: str, name: str) -> None:
        source, target = self._at(part), self._at(name)
        try:
            os.link(source, target, src_dir_fd=self._fd, dst_dir_fd=self._fd, follow_symlinks=False)
        except FileExistsError:
            raise
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            # FAT and exFAT have no hard links. One plan has one runner, so nobody races us here.
            if self._has(name):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name) from error
            os.rename(source, target, src_dir_fd=self._fd, dst_dir_fd=self._fd)
        else:
            self.remove(part)

    def _has(self, name: str) -> bool:
        try:
            os.stat(self._at(name), dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True


def let_go(descriptor: int) -> None:
    """Close a descriptor that was only read, or flushed: what closing says then means nothing.

    The descriptor is free even when closing fails.
    """
    with suppress(OSError):
        os.close(descriptor)


@contextmanager
def descended(top: HeldFolder, parts: tuple[str, ...], *, create: bool) -> Iterator[HeldFolder]:
    """Hold the folder `parts` below `top`, and close every folder but `top` afterwards."""
    here = top
    try:
        for part in parts:
            deeper = here.inner(part, create=create)
            if here is not top:
                here.close()
            here = deeper
        yield here
    finally:
        if here is not top:
            here.close()


def _leads_elsewhere(status: os.stat_result) -> bool:
    """Say whether a reparse point is a link or a mounted volume.

    Others are the file itself, deduplicated or compressed by the system: an archive of packs on a
    file server becomes that some days after it was written.
    """
    return bool(getattr(status, "st_reparse_tag", 0) & _NAME_SURROGATE)


def _found(entry: os.DirEntry[str]) -> Found | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # removed since the folder was listed
        return None
    if _leads_elsewhere(status):
        return None
    if stat.S_ISDIR(status.st_mode):
        return Found(entry.name, True, 0)
    return Found(entry.name, False, status.st_size) if stat.S_ISREG(status.st_mode) else None
