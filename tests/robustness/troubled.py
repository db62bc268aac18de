"""Puts trouble between the engine and its doors: the n-th call of a method fails, on any door."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from offline_backup_gui.domain.errors import BackupError, ErrorCode, Stopped
from tests.robustness.fault_jobs import Stage
from tests.robustness.fault_loops import UnexpectedError

_WORDS = {"drive": "drive-0", "account": "account", "path": "", "name": "", "reason": "so it says"}


def _said(code: ErrorCode) -> Callable[[], BaseException]:
    return lambda: BackupError(code, **_WORDS)


# What the adapters of each door may raise, and a bug.
_STORE = (
    _said(ErrorCode.DRIVE_FAILING),
    _said(ErrorCode.DRIVE_FULL),
    _said(ErrorCode.DRIVE_READ_ONLY),
    _said(ErrorCode.DRIVE_GONE),
    _said(ErrorCode.OBJECT_DAMAGED),
    UnexpectedError,
)
_ACCOUNT = (
    _said(ErrorCode.ACCOUNT_BUSY),
    _said(ErrorCode.ACCOUNT_UNREACHABLE),
    _said(ErrorCode.ACCOUNT_EXPIRED),
    _said(ErrorCode.ACCOUNT_FULL),
    _said(ErrorCode.OBJECT_DAMAGED),
    UnexpectedError,
)
_STATE = (_said(ErrorCode.STATE_NOT_USABLE), UnexpectedError)
TROUBLES: dict[str, tuple[Callable[[], BaseException], ...]] = {
    "drive": _STORE,
    "spool": _STORE[:2],
    "account": _ACCOUNT,
    "door": (_said(ErrorCode.DRIVE_NOT_FOUND), UnexpectedError),
    "book": _STATE,
    "clock": (UnexpectedError,),
    "control": (Stopped,),
}
# What gives something that has methods of its own, which may fail as well.
_INNER = {"create", "read_back", "container", "open"}
# Taking an unfinished object back is done while other trouble is told: it never raises.
_NEVER = {"abort", "close", "__exit__", "assert_here", "take", "give_back", "for_writing"}


class Nth:
    """Counts the calls of `door.method`; the n-th raises."""

    def __init__(self, call: str, number: int, error: Callable[[], BaseException]) -> None:
        self._call, self._left, self._error = call, number, error
        self._lock = threading.Lock()
        self.fired = False
        self.counts: dict[str, int] = {}

    def __call__(self, call: str) -> None:
        with self._lock:
            self.counts[call] = self.counts.get(call, 0) + 1
            self._left -= call == self._call
            if self.fired or self._left or call != self._call:
                return
            self.fired = True
        raise self._error()


class Troubled:
    """Stands before anything behind a door and lets its calls through, but for the n-th."""

    def __init__(self, inner: Any, door: str, nth: Nth) -> None:
        self._inner, self._door, self._nth = inner, door, nth

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found) or name.startswith("_") or name in _NEVER:
            return found

        def call(*args: Any, **words: Any) -> Any:
            self._nth(f"{self._door}.{name}")
            result = found(*args, **words)
            door = "drive" if self._door == "door" else self._door
            if isinstance(result, Iterator):
                return self._counted(result, f"{door}.{name}, next")
            return Troubled(result, door, self._nth) if name in _INNER else result

        return call

    def _counted(self, result: Iterator[Any], call: str) -> Iterator[Any]:
        try:
            for item in result:
                self._nth(call)
                yield item
        finally:
            getattr(result, "close", lambda: None)()

    def __enter__(self) -> Troubled:
        self._inner.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._inner.__exit__(*error)


@contextmanager
def surrounded(stage: Stage, nth: Nth) -> Iterator[None]:
    """Put trouble before every door of a stage's office, for the block."""
    office, before = stage.office, dict(vars(stage.office))
    for door in ("book", "spool", "door", "account", "clock"):
        setattr(office, door, Troubled(getattr(office, door), door, nth))
    office.wish.on_checkpoint = lambda: nth("control.checkpoint")
    real = office.store
    setattr(office, "store", lambda mount: Troubled(real(mount), "drive", nth))  # noqa: B010
    yield
    vars(office).clear()
    vars(office).update(before)
    office.wish.on_checkpoint = None


class _Connection:
    """A connection to SQLite whose n-th statement fails."""

    def __init__(self, inner: sqlite3.Connection, nth: Nth) -> None:
        self._inner, self._nth = inner, nth

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql != "ROLLBACK":  # on a failing disk SQLite forgets without being told
            self._nth("database." + sql.split()[0].lower())
        return self._inner.execute(sql, *values)

    def executemany(self, sql: str, values: Any) -> sqlite3.Cursor:
        self._nth("database." + sql.split()[0].lower())
        return self._inner.executemany(sql, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@contextmanager
def sqlite_trouble(stage: Stage, nth: Nth) -> Iterator[None]:
    """Let a statement of the office's book fail, for the block."""
    database: Any = stage.office.book._db
    real, database._connection = database._connection, _Connection(database._connection, nth)
    yield
    database._connection = real
