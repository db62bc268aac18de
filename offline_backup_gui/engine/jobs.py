"""The jobs that wait for a worker: bundles of small files, stretches of large ones."""

from __future__ import annotations

import threading
from collections import deque

from offline_backup_gui.engine.files import FileTask, LargeFile

_QUEUE = 64
Job = list[FileTask] | LargeFile


class Jobs:
    """A queue with a bound for the scanner and a way in at the front for files being read."""

    def __init__(self) -> None:
        self._items: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._busy = 0

    def put(self, job: Job, *, front: bool = False) -> None:
        """Add a job; waits for room at the back, never at the front."""
        with self._changed:
            while not front and len(self._items) >= _QUEUE and not self._closed:
                self._changed.wait()
            if front:
                self._items.appendleft(job)
            else:
                self._items.append(job)
            self._changed.notify_all()

    def get(self) -> Job | None:
        """Give the next job, or None when nothing more can come."""
        with self._changed:
            while not self._items:
                if self._closed and not self._busy:
                    return None
                self._changed.wait()
            self._busy += 1
            job = self._items.popleft()
            self._changed.notify_all()
            return job

    def done(self) -> None:
        """Say that a job given out is through."""
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def close(self, *, drop: bool = False) -> None:
        """Say that no job follows; `drop` throws those away that wait."""
        with self._changed:
            self._closed = True
            if drop:
                self._items.clear()
            self._changed.notify_all()
