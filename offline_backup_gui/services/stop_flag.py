"""The wish to stop, set by another thread or by a signal."""

from __future__ import annotations

import threading

from offline_backup_gui.domain.errors import Stopped


class StopFlag:
    """A Control for work that is never paused, and can be told to stop."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask the work to end at its next checkpoint."""
        self._stop.set()

    def checkpoint(self) -> None:
        """Raise Stopped when asked to stop."""
        if self._stop.is_set():
            raise Stopped

    @property
    def stopping(self) -> bool:
        """Say whether a stop was asked for."""
        return self._stop.is_set()
