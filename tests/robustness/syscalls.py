"""Lets the n-th system call in one area of the disk fail, whoever makes it."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Fault:
    """One kind of trouble. `stays`: from then on every call of the area answers the same."""

    name: str
    errno: int = 0
    stays: bool = False

    def __str__(self) -> str:
        return self.name


EIO = Fault("EIO", errno.EIO)
EACCES = Fault("EACCES", errno.EACCES)
ENOENT = Fault("ENOENT", errno.ENOENT)
ENXIO = Fault("ENXIO", errno.ENXIO)
ENOSPC = Fault("ENOSPC", errno.ENOSPC)
EROFS = Fault("EROFS", errno.EROFS)
ENOTSUP = Fault("ENOTSUP", errno.ENOTSUP)
FULL = Fault("full from now on", errno.ENOSPC, stays=True)
GONE = Fault("gone from now on", errno.ENODEV, stays=True)
SHORT = Fault("short")
SLOW = Fault("slow")

_LOOKING = (EIO, EACCES, ENXIO, GONE, SLOW)
_WRITING = (EIO, ENOSPC, EACCES, EROFS, FULL, GONE, SLOW)
FAULTS: dict[str, tuple[Fault, ...]] = {
    "open": _WRITING,
    "read": (EIO, SHORT, GONE, SLOW),
    "readv": (EIO, SHORT, GONE, SLOW),
    "preadv": (EIO, SHORT, GONE, SLOW),
    "write": (EIO, ENOSPC, SHORT, FULL, GONE, SLOW),
    "fsync": (EIO, ENOSPC, GONE, SLOW),
    "fdatasync": (EIO, ENOSPC, GONE, SLOW),
    "link": _WRITING,
    "rename": _WRITING,
    "replace": _WRITING,
    "mkdir": _WRITING,
    "symlink": _WRITING,
    "mkfifo": _WRITING,
    "ftruncate": (EIO, ENOSPC, GONE),
    "setxattr": (EIO, ENOSPC, ENOTSUP, GONE),
    "unlink": (EIO, EACCES, EROFS, GONE),
    "utime": (EIO, EACCES, GONE),
    "chmod": (EIO, EACCES, GONE),
    "lchown": (EIO, EACCES, GONE),
    "stat": _LOOKING,
    "lstat": _LOOKING,
    "fstat": (EIO, GONE),
    "scandir": _LOOKING,
    "next entry": (EIO, GONE),
    "stat of entry": (EIO, EACCES, GONE),
    "statvfs": (EIO, GONE),
    "readlink": (EIO, EACCES),
    "listxattr": (EIO, EACCES),
    "getxattr": (EIO, EACCES),
    "lseek": (EIO, GONE),
    "posix_fadvise": (EIO,),
    "dup": (EIO,),
    "close": (EIO,),
}
_REAL = {name: getattr(os, name) for name in FAULTS if hasattr(os, name)}
_SLOW_S = 100.0


class Injector:
    """Counts the calls of one name below one folder; at the n-th there is trouble."""

    def __init__(
        self, area: str, call: str, number: int, fault: Fault, jump: Callable[[float], None]
    ) -> None:
        self._area, self._call, self._left = os.fsencode(area), call, number
        self._fault, self._jump = fault, jump
        self._lock = threading.Lock()
        self.fired = False
        self.counts: dict[str, int] = {}

    def strikes(self, call: str, where: bytes) -> Fault | None:
        """Give the trouble of this call, or None."""
        if where != self._area and not where.startswith(self._area + b"/"):
            return None
        with self._lock:
            self.counts[call] = self.counts.get(call, 0) + 1
            if self.fired:
                return self._fault if self._fault.stays and call in _STAYS[self._fault] else None
            if call != self._call:
                return None
            self._left -= 1
            if self._left:
                return None
            self.fired = True
        if self._fault is SLOW:
            self._jump(_SLOW_S)
            return None
        return self._fault


_STAYS = {
    FULL: {"write", "mkdir", "symlink", "mkfifo", "link"},
    GONE: set(FAULTS) - {"close", "dup", "lseek"},
}


def trouble(fault: Fault, path: object) -> OSError:
    return OSError(fault.errno, os.strerror(fault.errno), path)


def _where(target: object, dir_fd: int | None) -> bytes:
    """Give the full path a call is about."""
    if isinstance(target, int):
        return _link_of(target)
    path = os.fsencode(target)  # type: ignore[arg-type]
    if os.path.isabs(path):
        return path
    return os.path.join(_link_of(dir_fd) if dir_fd is not None else os.fsencode(os.getcwd()), path)


def _link_of(descriptor: int) -> bytes:
    try:
        return os.fsencode(_REAL["readlink"](f"/proc/self/fd/{descriptor}"))
    except OSError:
        return b""


def _wrapped(injector: Injector, name: str) -> Callable[..., Any]:
    real = _REAL[name]

    def call(*args: Any, **words: Any) -> Any:
        first = args[1] if name == "symlink" else args[0] if args else "."
        where = _where(first, words.get("dir_fd", words.get("src_dir_fd")))
        fault = injector.strikes(name, where)
        if fault is None:
            result = real(*args, **words)
            return _Entries(result, injector, where) if name == "scandir" else result
        if fault is SHORT:
            return _short(real, name, args)
        if name == "close":
            real(*args)  # the descriptor is free whatever close says
        raise trouble(fault, first)

    return call


def _short(real: Callable[..., Any], name: str, args: tuple[Any, ...]) -> Any:
    """Do a part of a read or write, and say so."""
    if name == "write":
        return real(args[0], memoryview(args[1])[: max(1, len(args[1]) // 2)])
    if name == "read":
        return real(args[0], max(1, args[1] // 2))
    buffer = memoryview(args[1][0])
    return real(args[0], [buffer[: max(1, len(buffer) // 2)]], *args[2:])


class _Entries:
    """What `os.scandir` gives, with trouble at an entry or while listing."""

    def __init__(self, inner: Any, injector: Injector, folder: bytes) -> None:
        self._inner, self._injector, self._folder = inner, injector, folder

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *_: object) -> None:
        self._inner.close()

    def close(self) -> None:
        self._inner.close()

    def __iter__(self) -> Iterator[_Entry]:
        for entry in self._inner:
            fault = self._injector.strikes("next entry", self._folder)
            if fault is not None:
                raise trouble(fault, self._folder)
            yield _Entry(entry, self._injector, self._folder)


class _Entry:
    def __init__(self, inner: os.DirEntry[Any], injector: Injector, folder: bytes) -> None:
        self._inner, self._injector, self._folder = inner, injector, folder
        self.name, self.path = inner.name, inner.path

    def __fspath__(self) -> Any:
        return self.path

    def __getattr__(self, name: str) -> Any:
        def asked(**words: Any) -> Any:
            fault = self._injector.strikes("stat of entry", self._folder)
            if fault is not None:
                raise trouble(fault, self.path)
            return getattr(self._inner, name)(**words)

        return asked


@contextmanager
def installed(injector: Injector) -> Iterator[None]:
    """Put the injector between this process and the system, for the block."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _REAL:
            patch.setattr(os, name, _wrapped(injector, name))
        yield
