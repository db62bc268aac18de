"""Tells work that waits for a medium from work that computes, by the clock of its own thread."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TypeVar

Item = TypeVar("Item")
CORES = max(2, min(8, os.cpu_count() or 2))


class Pace:
    """Compares elapsed with processor time over the newest pieces of work; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wall_s = self._cpu_s = 0.0

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count one piece of work; the last few count most, for a medium may change."""
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            yield
        finally:
            wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
            with self._lock:
                self._wall_s = 0.8 * self._wall_s + wall
                self._cpu_s = 0.8 * self._cpu_s + cpu

    @property
    def waits(self) -> bool:
        """Say whether most of the time was spent waiting."""
        with self._lock:
            return self._wall_s > 3 * self._cpu_s

    @property
    def computes(self) -> bool:
        """Say whether there was work, and nearly all of it was computing."""
        with self._lock:
            return 0 < self._wall_s < 1.5 * self._cpu_s


class Turns:
    """Lets one thread at a time handle small files, or all of them when the medium is slow.

    A small file is half a dozen short system calls. When they return at once (a cache, a fast
    disk), several threads only fight for Python's lock, and waking each other costs more than the
    calls. When each call waits for a platter or a network, several threads help.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._pace = Pace()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the turn, if turns are taken, for one bundle of small files."""
        with nullcontext() if self._pace.waits else self._turn, self._pace.timed():
            yield


def read_each(items: Iterable[Item], read: Callable[[Item], None], name: str) -> None:
    """Call `read` for each item, in order: by one thread, and by more when computing is the limit.

    One reader is best for a disk with a moving head, and one core hashes as fast as such a disk
    reads. A medium that is faster than one core gets a reader a core. Raises the first trouble
    after every thread ended; what was not begun by then stays undone.
    """
    waiting, lock, pace = iter(items), threading.Lock(), Pace()
    threads: list[threading.Thread] = []
    troubles: list[BaseException] = []

    def take() -> tuple[Item] | None:
        with lock:
            for item in waiting if not troubles else ():
                return (item,)
            return None

    def run() -> None:
        try:
            while (taken := take()) is not None:
                with pace.timed():
                    read(taken[0])
                with lock:
                    if pace.computes and len(threads) < CORES - 1 and not troubles:
                        threads.append(threading.Thread(target=run, name=name, daemon=True))
                        threads[-1].start()
        except BaseException as error:
            troubles.append(error)

    run()
    while True:
        # Under the lock, for a thread is started under it: one that waits there is not joined yet.
        with lock:
            thread = threads.pop() if threads else None
        if thread is None:
            break
        thread.join()
    if troubles:
        raise troubles[0]
