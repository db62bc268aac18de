"""Runs work in a child process that kills itself (SIGKILL) at a chosen operation."""

from __future__ import annotations

import faulthandler
import os
import signal
import sqlite3
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from offline_backup_gui.adapters.state.book import SqliteBook
from offline_backup_gui.engine import lanes

# What changes the world: the moments right before and right after each are the ones that matter.
_OS_CALLS = ("fsync", "link", "unlink", "replace", "mkdir", "open", "write", "utime")
_BOOK_CALLS = ("commit", "put_home", "put_point", "verified", "add_copies", "drop_copies")


_HANGS_AFTER_S = 60


@dataclass(frozen=True)
class Ending:
    """How a child ended: killed, or with the number of operations it made."""

    killed: bool
    operations: int


class _Fuse:
    """Counts operations of all threads and burns down at one of them."""

    def __init__(self, at: int) -> None:
        self._at, self.count, self._lock = at, 0, threading.Lock()

    def tick(self) -> None:
        with self._lock:
            self.count += 1
            if self.count == self._at:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def ticking(*args: Any, **words: Any) -> Any:
            self.tick()
            result = call(*args, **words)
            self.tick()
            return result

        return ticking


def run_until(at: int, work: Callable[[], None], patch: pytest.MonkeyPatch) -> Ending:
    """Do `work` in a child that is killed at operation `at` (from 1); 0 lets it finish."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        # Nothing of the test runner may run in the child: it leaves by a kill or by _exit.
        code = 1
        try:
            faulthandler.dump_traceback_later(_HANGS_AFTER_S, exit=True, file=2)
            os.close(reading)
            fuse = _Fuse(at)
            _wire(fuse, patch)
            work()
            os.write(writing, b"%d" % fuse.count)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if not killed:
        assert os.waitstatus_to_exitcode(status) == 0, "the child failed by itself"
    return Ending(killed, int(said or b"0"))


def _wire(fuse: _Fuse, patch: pytest.MonkeyPatch) -> None:
    for name in _OS_CALLS:
        patch.setattr(os, name, fuse.around(getattr(os, name)))
    for name in _BOOK_CALLS:
        patch.setattr(SqliteBook, name, fuse.around(getattr(SqliteBook, name)))
    # Many small packs: a kill then falls between packs as often as into one.
    patch.setattr(lanes, "pack_bytes_for", lambda capacity: 1 << 20)
    patch.setattr(os, "sync", fuse.around(lambda: None))
    assert sqlite3.threadsafety > 0
