"""Hints that drives may have come or gone. Messages of the system only hasten the poll.

They come in floods (one plugged disk sends a dozen), too early (before the volume has its letter)
or not at all (a card in a reader), so a hint is given once it has been quiet for a moment, and what
is attached is only ever found out by listing.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

QUIET_S = 0.7
LONGEST_S = 3.0


class Hints:
    """Collects messages from any thread; `due` says when it is worth looking."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._first: float | None = None
        self._last = 0.0
        self._end: Callable[[], None] = _nothing

    def listen(self, source: Callable[[Callable[[], None]], Callable[[], None]]) -> None:
        """Begin to hear a source, which gives what ends it."""
        self._end = source(self.heard)

    def heard(self) -> None:
        """Take a message; quick, for it runs on a thread of the system."""
        now = self._now()
        with self._lock:
            self._first = now if self._first is None else self._first
            self._last = now

    def due(self) -> bool:
        """Say whether to list drives now, once for each flood; a long flood is cut in pieces."""
        now = self._now()
        with self._lock:
            if self._first is None:
                return False
            if now - self._last < QUIET_S and now - self._first < LONGEST_S:
                return False
            self._first = None
            return True

    def close(self) -> None:
        """End the listening; safe to call twice."""
        end, self._end = self._end, _nothing
        end()


def system_hints() -> Hints:
    """Give the hints of this computer; where the system tells nothing, none is ever due."""
    hints = Hints()
    if sys.platform == "win32":
        from offline_backup_gui.adapters.drives.win32_devices import RealDevices

        hints.listen(RealDevices().listen)
    return hints


def _nothing() -> None:
    return
