"""A process that makes small files for a restore, several of which work at once.

A restored file is half a dozen short system calls, and Python's lock lets one thread of a process
at a time come from one to the next. This file is run by its path and needs nothing but Python
itself, so that it starts in 20 ms. What its parent writes to it, `order` says; Unix only.
"""

from __future__ import annotations

import contextlib
import errno
import marshal
import os
import stat
import struct
import sys
from collections.abc import Callable, Sequence

# name, mode, uid, gid, mtime_ns, size in bytes
Row = tuple[bytes, int, int, int, int, int]
# None when all is well; what of it differs; or errno and the system's word when it is not there
Made = str | tuple[int, str] | None
EXISTS = "exists"
# Gives the file of a temporary name in an open folder its own, or says that it is taken
Rename = Callable[[int, bytes, bytes], bool]
_HEAD = struct.Struct("<QQ")
_ROOM_BYTES = 4 << 20
_NO_REPLACE = 1  # RENAME_NOREPLACE of renameat2(2)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_SPECIAL = stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX


def order(folder: bytes, part: bytes, rows: Sequence[Row], *, replace: bool) -> bytes:
    """Give what goes before the contents of the files: they are made in `folder`.

    `part` begins their temporary names; without `replace`, what is there stays.
    """
    head = marshal.dumps((folder, part, list(rows), replace))
    return _HEAD.pack(len(head), sum(row[5] for row in rows)) + head


def answer_of(read: Callable[[int], bytes | bytearray]) -> list[Made]:
    """Read what became of the files; `read` gives just as many bytes as asked, or raises."""
    length, _ = _HEAD.unpack(read(_HEAD.size))
    made: list[Made] = marshal.loads(read(length))
    return made


def own(where: bytes | int, uid: int, gid: int, *, follow: bool) -> str | None:
    """Give a file to its owner; say what the system had against it."""
    try:
        os.chown(where, uid, gid, follow_symlinks=follow)
    except OSError as error:
        # Without administrator rights files belong to who restores them; that is expected.
        if error.errno != errno.EPERM or os.geteuid() == 0:
            return f"owner: {error.strerror}"
    return None


class Maker:
    """Makes the files of one folder, each whole under its name or not at all."""

    def __init__(self, folder: int, part: bytes, rename: Rename | None) -> None:
        """Work in an open folder; `rename` gives a name that is free, or says that it is not."""
        self._folder, self._part, self._rename = folder, part, rename
        self._has_rules = _has_rules(folder)
        self._owner: tuple[int, int] | None = None  # of what is made here, by itself
        self._takes_mode: dict[int, bool] = {}

    def make(self, row: Row, data: memoryview) -> str | None:
        """Make one file; give what of it differs. OSError when it cannot be."""
        name, mode, uid, gid, mtime_ns, _ = row
        # What belongs to somebody else in the end is nobody's business until then.
        private = self._owner != (uid, gid) or self._has_rules or bool(mode & _SPECIAL)
        fd = os.open(self._part, _CREATE, 0o600 if private else mode, dir_fd=self._folder)
        try:
            try:
                left = data
                while left:
                    left = left[os.write(fd, left) :]
                lacks = self._set(fd, mode, uid, gid, mtime_ns, private=private)
            finally:
                os.close(fd)  # may tell of a write that came late
            if self._name(name):
                return lacks
            os.unlink(self._part, dir_fd=self._folder)
        except OSError:
            self._remove()
            raise
        return EXISTS

    def _set(
        self, fd: int, mode: int, uid: int, gid: int, mtime_ns: int, *, private: bool
    ) -> str | None:
        """Set what the new file did not get by itself."""
        if self._owner is None:
            info = os.fstat(fd)
            self._owner = info.st_uid, info.st_gid
        lacks = None if self._owner == (uid, gid) else own(fd, uid, gid, follow=True)
        try:
            if private or not self._took(fd, mode):
                os.chmod(fd, mode)
            os.utime(fd, ns=(mtime_ns, mtime_ns))
        except (OSError, OverflowError) as error:
            times = f"times: {getattr(error, 'strerror', None) or error}"
            return f"{lacks}; {times}" if lacks else times
        return lacks

    def _took(self, fd: int, mode: int) -> bool:
        """Say whether files made with a mode have it here; one of them tells of all."""
        takes = self._takes_mode.get(mode)
        if takes is None:
            takes = self._takes_mode[mode] = stat.S_IMODE(os.fstat(fd).st_mode) == mode
        return takes

    def _name(self, name: bytes) -> bool:
        """Give the finished file its name; say False when another has it."""
        if self._rename is not None:
            return self._rename(self._folder, self._part, name)
        os.rename(self._part, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        return True

    def _remove(self) -> None:
        # It was never there, or the disk is gone; a restore that goes on sweeps.
        with contextlib.suppress(OSError):
            os.unlink(self._part, dir_fd=self._folder)


def _has_rules(folder: int) -> bool:
    """Say whether a folder has a list of access rights for what is made in it."""
    try:
        return b"system.posix_acl_default" in map(os.fsencode, os.listxattr(folder))
    except (OSError, AttributeError):
        return True  # who cannot tell sets every mode


def free_name(folder: int, part: bytes, name: bytes) -> bool:
    """Rename unless the name is taken, in two calls."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
        return True
    return False


def system_rename() -> Rename:
    """Give a rename that never replaces: in one call of Linux, where there is one."""
    import ctypes  # only here: whoever takes rows and answers from this file has no need of it

    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return free_name
    call.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]

    def rename(folder: int, part: bytes, name: bytes) -> bool:
        if call(folder, part, folder, name, _NO_REPLACE) == 0:
            return True
        number = ctypes.get_errno()
        if number == errno.EEXIST:
            return False
        if number in (errno.EINVAL, errno.ENOSYS):  # not every file system knows the wish
            return free_name(folder, part, name)
        raise OSError(number, os.strerror(number))

    return rename


def _made(
    folder: bytes, part: bytes, rows: list[Row], data: memoryview, rename: Rename | None
) -> list[Made]:
    parent = os.getppid()
    try:
        descriptor = os.open(folder, _FOLDER)
    except OSError as error:
        return [(error.errno or 0, error.strerror or "")] * len(rows)
    made: list[Made] = []
    try:
        maker = Maker(descriptor, part, rename)
        at = 0
        for row in rows:
            if os.getppid() != parent:
                sys.exit()  # who would hear of it is dead, and another restore may go on here
            try:
                made.append(maker.make(row, data[at : at + row[5]]))
            except OSError as error:
                made.append((error.errno or 0, error.strerror or str(error)))
            at += row[5]
    finally:
        os.close(descriptor)
    return made


def _read_into(view: memoryview) -> None:
    """Fill a buffer; leave when there is nobody any more who writes."""
    while view:
        got = os.readv(0, [view])
        if got == 0:
            sys.exit()
        view = view[got:]


def _read(count: int) -> bytearray:
    data = bytearray(count)
    _read_into(memoryview(data))
    return data


def main() -> None:
    """Make what is ordered until the parent closes its end."""
    os.umask(0)  # each file asks for the mode it is to have
    rename, room = system_rename(), memoryview(bytearray(_ROOM_BYTES))
    while True:
        length, size_bytes = _HEAD.unpack(_read(_HEAD.size))
        folder, part, rows, replace = marshal.loads(_read(length))
        if size_bytes > len(room):
            # Kept from now on: memory that is new costs more than to fill it.
            room = memoryview(bytearray(size_bytes))
        _read_into(room[:size_bytes])
        made = _made(folder, part, rows, room, None if replace else rename)
        answer = marshal.dumps(made)
        os.writev(1, [_HEAD.pack(len(answer), 0), answer])


if __name__ == "__main__":
    main()
