"""Logs what the program does to watched folders: every write, flush and change of a name, in order.

It stands between the program and the system, at the functions of `os`. A call that changes a
watched folder and is not understood here fails, so nothing can escape the log.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.robustness.fs_ops import (
    Flushed,
    Marked,
    Moved,
    Named,
    Node,
    Op,
    Removed,
    Resized,
    Said,
    Written,
)

_UNKNOWN = (
    *("writev", "pwrite", "pwritev", "sendfile", "copy_file_range", "posix_fallocate", "truncate"),
    *("symlink", "mknod", "mkfifo", "splice", "rmdir"),
)


class PowerOffError(BaseException):
    """The process was killed: nothing it still tries reaches the system."""


@dataclass(frozen=True)
class Fuse:
    """Where a process is killed: at its n-th call, or right after its n-th link; 0 is never."""

    calls: int = 0
    links: int = 0


@dataclass
class FsLog:
    """The log of some folders below `base`, from the moment `recording` begins."""

    base: Path
    ops: list[Op] = field(default_factory=list)
    roots: dict[str, Node] = field(default_factory=dict)  # watched folders, by path below base
    old_names: list[Named] = field(default_factory=list)  # what was there when the log began
    hard_links: bool = True

    def __post_init__(self) -> None:
        self._fuse = Fuse()
        self._calls = self._links = 0
        self._lock = threading.RLock()
        self._nodes: dict[tuple[int, int], Node] = {}
        self._numbers = iter(range(1 << 60))
        self._dead = False
        self._real: dict[str, Callable[..., Any]] = {}

    # --- the course of things

    def watch(self, name: str) -> Path:
        """Watch a folder below `base` with all that is in it; give its path."""
        top = self.base / name
        top.mkdir(parents=True, exist_ok=True)
        self.roots[name] = self._old(top)
        return top

    def _old(self, path: Path) -> Node:
        info = path.lstat()
        node = self._new(info, path.is_dir())
        if not node.is_folder:
            node.old = path.read_bytes()
            return node
        for inner in sorted(path.iterdir()):
            self.old_names.append(Named(node, inner.name, self._old(inner), True))
        return node

    def say(self, what: str, subject: Any, path: Path | None = None) -> None:
        """Note what the program says at this moment."""
        with self._lock:
            node = self._nodes[_key(os.stat(path))] if path is not None else None
            self.ops.append(Said(what, subject, node))

    def alive(self) -> None:
        """Count a call; at the last one, and ever after, the process is dead."""
        with self._lock:
            if self._dead:
                raise PowerOffError
            self._calls += 1
            if self._calls == self._fuse.calls:
                self._die()

    def _die(self) -> None:
        self._dead = True
        raise PowerOffError

    @property
    def dead(self) -> bool:
        """Say whether the process was killed."""
        return self._dead

    def restart(self, fuse: Fuse | None = None) -> None:
        """Begin another process."""
        with self._lock:
            self._dead, self._calls, self._links = False, 0, 0
            self._fuse = fuse or Fuse()

    @contextmanager
    def recording(self) -> Iterator[FsLog]:
        """Log what this process does until the end of the block."""
        logged = (
            *("open", "write", "fsync", "fdatasync", "ftruncate", "link", "rename", "replace"),
            *("unlink", "remove", "mkdir", "utime", "chmod", "sync"),
        )
        with pytest.MonkeyPatch.context() as patch:
            for name in (*logged, *_UNKNOWN):
                self._real[name] = getattr(os, name)
                call = getattr(self, f"_{name}", None) or self._not_understood(name)
                patch.setattr(os, name, self._guarded(call))
            yield self

    def _guarded(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **words: Any) -> Any:
            with self._lock:
                return call(*args, **words)

        return guarded

    def _not_understood(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **words: Any) -> Any:
            for arg in args[:2]:
                if isinstance(arg, int):
                    assert self._open_node(arg) is None, f"os.{name} is not understood"
                elif isinstance(arg, str | bytes | os.PathLike):
                    where = self._where(arg, words.get("dir_fd"))
                    assert where is None, f"os.{name} is not understood"
            return self._real[name](*args, **words)

        return call

    # --- who is who

    def _new(self, info: os.stat_result, is_folder: bool) -> Node:
        node = self._nodes[_key(info)] = Node(next(self._numbers), is_folder)
        return node

    def _open_node(self, descriptor: int) -> Node | None:
        return self._nodes.get(_key(os.fstat(descriptor)))

    def _where(self, path: Any, dir_fd: int | None) -> tuple[Node, str] | None:
        """Give the watched folder a path leads into and the name in it; None when unwatched."""
        text = os.fsdecode(path).rstrip("/")
        above, _, name = text.rpartition("/")
        try:
            if dir_fd is None or text.startswith("/"):
                info = os.stat(above or ("/" if text.startswith("/") else "."))
            else:
                info = os.stat(above or ".", dir_fd=dir_fd) if above else os.fstat(dir_fd)
        except OSError:
            return None  # the call itself will say so
        folder = self._nodes.get(_key(info))
        return None if folder is None else (folder, name)

    def _named(self, path: Any, dir_fd: int | None) -> Node | None:
        """Give the node that has a name now."""
        try:
            info = os.stat(path, dir_fd=dir_fd, follow_symlinks=False)
        except OSError:
            return None
        return self._nodes.get(_key(info))

    # --- the calls

    def _open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        where = self._where(path, dir_fd) if flags & (os.O_CREAT | os.O_TRUNC) else None
        if where is None:
            descriptor: int = self._real["open"](path, flags, mode, dir_fd=dir_fd)
            return descriptor
        self.alive()
        known = self._named(path, dir_fd)
        descriptor = self._real["open"](path, flags, mode, dir_fd=dir_fd)
        if known is None:
            node = self._new(os.fstat(descriptor), False)
            self.ops.append(Named(*where, node, True))
        elif flags & os.O_TRUNC:
            self.ops.append(Resized(known, 0))
        return descriptor

    def _write(self, descriptor: int, data: Any) -> int:
        node = self._open_node(descriptor)
        if node is None:
            return int(self._real["write"](descriptor, data))
        self.alive()
        offset = os.lseek(descriptor, 0, os.SEEK_CUR)
        count: int = self._real["write"](descriptor, data)
        self.ops.append(Written(node, offset, bytes(memoryview(data).cast("B")[:count])))
        return count

    def _ftruncate(self, descriptor: int, size: int) -> None:
        node = self._open_node(descriptor)
        if node is not None:
            self.alive()
            self.ops.append(Resized(node, size))
        self._real["ftruncate"](descriptor, size)

    def _fsync(self, descriptor: int) -> None:
        node = self._open_node(descriptor)
        if node is None:
            self._real["fsync"](descriptor)
            return
        self.alive()
        self.ops.append(Flushed(node))

    _fdatasync = _fsync

    def _sync(self) -> None:
        self.alive()
        self.ops.append(Flushed(None))

    def _mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        where = self._where(path, dir_fd)
        if where is not None:
            self.alive()
        self._real["mkdir"](path, mode, dir_fd=dir_fd)
        if where is not None:
            node = self._new(os.stat(path, dir_fd=dir_fd), True)
            self.ops.append(Named(*where, node, True))

    def _link(self, source: Any, target: Any, **words: Any) -> None:
        where = self._where(target, words.get("dst_dir_fd"))
        if where is not None:
            self.alive()
            if not self.hard_links:
                raise PermissionError(1, "this file system has no hard links")
        self._real["link"](source, target, **words)
        if where is not None:
            node = self._named(target, words.get("dst_dir_fd"))
            assert node is not None, "a link to a file from outside"
            self.ops.append(Named(*where, node, False))
            self._links += 1
            if self._links == self._fuse.links:
                self._die()

    def _rename(self, source: Any, target: Any, **words: Any) -> None:
        origin = self._where(source, words.get("src_dir_fd"))
        where = self._where(target, words.get("dst_dir_fd"))
        node = self._named(source, words.get("src_dir_fd"))
        if where is not None:
            self.alive()
        self._real["replace"](source, target, **words)
        if where is not None or origin is not None:
            assert where is not None
            assert origin is not None
            assert node is not None
            self.ops.append(Moved(*origin, *where, node))

    _replace = _rename

    def _unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        where, node = self._where(path, dir_fd), self._named(path, dir_fd)
        if where is not None:
            self.alive()
        self._real["unlink"](path, dir_fd=dir_fd)
        if where is not None:
            assert node is not None, f"{path!r} was made by a call that is not logged"
            self.ops.append(Removed(*where, node))

    _remove = _unlink

    def _utime(self, path: Any, times: Any = None, **words: Any) -> None:
        self._real["utime"](path, times, **words)
        self._mark(path, "mtime", (words.get("ns") or (0, 0))[1])

    def _chmod(self, path: Any, mode: int, **words: Any) -> None:
        self._real["chmod"](path, mode, **words)
        self._mark(path, "mode", mode)

    def _mark(self, path: Any, what: str, value: int) -> None:
        node = self._open_node(path) if isinstance(path, int) else self._named(path, None)
        if node is not None:
            self.alive()
            self.ops.append(Marked(node, what, value))


def _key(info: os.stat_result) -> tuple[int, int]:
    return info.st_dev, info.st_ino
