"""Runs work in a child process in which something happens at a chosen operation: mostly a kill."""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from offline_backup_gui.adapters.state.book import SqliteBook
from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.adapters.stores.folder_writer import FolderWriter
from offline_backup_gui.engine import lanes
from offline_backup_gui.engine.target_files import Writer

# What changes the world: the moments right before and right after each are the ones that matter.
_OS_CALLS = ("fsync", "link", "unlink", "replace", "mkdir", "open", "write", "utime")
_BOOK_CALLS = ("commit", "put_home", "put_point", "verified", "add_copies", "drop_copies")
_STATE_CALLS = ("take", "give_back", "new_job", "set_state", "put_notes", "put_plan")

# Many small packs: a kill then falls between packs as often as into one.
PACK_BYTES = 1 << 20
_HANGS_AFTER_S = 120

Act = Callable[[], None]


@dataclass(frozen=True)
class Ending:
    """How a child ended: killed, or with the number of operations it made and what it gave.

    `on_packs` counts those among them that gave a pack its bytes or its name.

    `ready_s` is the time until it wrote the first bytes of a pack or of a restored file, `busy_s`
    the processor time that took; None when there was nothing to write or the kill came before.
    """

    killed: bool
    operations: int
    on_packs: int = 0
    ready_s: float | None = None
    busy_s: float | None = None
    gave: Any = None


class _Fuse:
    """Counts operations of all threads; what is to happen at one of them happens in its thread.

    With `on_packs` only operations count that give a pack its bytes or its name.
    """

    def __init__(self, acts: Mapping[int, Act], *, on_packs: bool) -> None:
        self._acts, self._on_packs = acts, on_packs
        self.count = self.count_on_packs = 0
        self._lock, self._place = threading.Lock(), threading.local()

    def tick(self) -> None:
        on_pack = getattr(self._place, "on_pack", False)
        with self._lock:
            self.count += 1
            self.count_on_packs += on_pack
            if self._on_packs and not on_pack:
                return
            act = self._acts.get(self.count_on_packs if self._on_packs else self.count)
            if act is not None:
                act()

    def on_packs(self, call: Callable[..., Any], name_of: Callable[..., str]) -> Callable[..., Any]:
        """Let what a writer's call does count as done on a pack when it writes one."""

        def marked(*args: Any, **words: Any) -> Any:
            self._place.on_pack = name_of(*args).startswith("packs/")
            try:
                return call(*args, **words)
            finally:
                self._place.on_pack = False

        return marked

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def ticking(*args: Any, **words: Any) -> Any:
            self.tick()
            result = call(*args, **words)
            self.tick()
            return result

        return ticking


def kill() -> None:
    """Leave as the power cut would have it: no handler, no cleaning up."""
    os.kill(os.getpid(), signal.SIGKILL)


def run_until(
    at: int,
    work: Callable[[], Any],
    *,
    acts: Mapping[int, Act] | None = None,
    pack_bytes: int = PACK_BYTES,
    on_packs: bool = False,
) -> Ending:
    """Do `work` in a child that is killed at operation `at` (from 1); 0 lets it finish.

    With `on_packs` only what is done on packs is counted for this. `acts` happen at their
    operations, in the child. What `work` returns must be JSON.
    """
    happening = dict(acts or {}) | ({at: kill} if at else {})
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        # Nothing of the test runner may run in the child: it leaves by a kill or by _exit.
        code = 1
        try:
            faulthandler.dump_traceback_later(_HANGS_AFTER_S, exit=True, file=2)
            os.close(reading)
            telling = os.fdopen(writing, "wb", buffering=0)
            fuse = _Fuse(happening, on_packs=on_packs)
            _note_first_work(telling)
            _wire(fuse, pack_bytes)
            gave = work()
            last = {"operations": fuse.count, "on_packs": fuse.count_on_packs, "gave": gave}
            telling.write(json.dumps(last).encode() + b"\n")
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said: dict[str, Any] = {}
        for line in pipe.read().splitlines():
            said |= json.loads(line)
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if not killed:
        assert os.waitstatus_to_exitcode(status) == 0, "the child failed by itself"
    return Ending(
        killed,
        said.get("operations", 0),
        said.get("on_packs", 0),
        said.get("ready_s"),
        said.get("busy_s"),
        said.get("gave"),
    )


def _wire(fuse: _Fuse, pack_bytes: int) -> None:
    for name in _OS_CALLS:
        setattr(os, name, fuse.around(getattr(os, name)))
    _mark_packs(fuse)
    for name in _BOOK_CALLS:
        setattr(SqliteBook, name, fuse.around(getattr(SqliteBook, name)))
    for name in _STATE_CALLS:
        setattr(StateStore, name, fuse.around(getattr(StateStore, name)))
    lanes.pack_bytes_for = lambda capacity_bytes: pack_bytes
    os.sync = fuse.around(lambda: None)
    assert sqlite3.threadsafety > 0


def _mark_packs(fuse: _Fuse) -> None:
    create, writer = FolderStore.create, FolderWriter
    mark: Any = fuse.on_packs
    setattr(FolderStore, "create", mark(create, lambda _store, name: name))  # noqa: B010
    for call in ("write", "commit"):
        setattr(writer, call, mark(getattr(writer, call), lambda self, *_: self._name))


def _note_first_work(pipe: Any) -> None:
    """Tell when the first bytes that were not there yet are written."""
    begun, busy, once = time.monotonic(), time.process_time(), threading.Lock()

    def note() -> None:
        if once.acquire(blocking=False):
            line = {
                "ready_s": round(time.monotonic() - begun, 4),
                "busy_s": round(time.process_time() - busy, 4),
            }
            pipe.write(json.dumps(line).encode() + b"\n")

    write_object, write_file = FolderWriter.write, Writer.write

    def object_written(self: FolderWriter, data: Any) -> None:
        if self._name.startswith("packs/"):
            note()
        write_object(self, data)

    def file_written(self: Writer, position: int, data: memoryview) -> None:
        note()
        write_file(self, position, data)

    FolderWriter.write = object_written  # type: ignore[method-assign]
    Writer.write = file_written  # type: ignore[method-assign]
