"""Work that may hang in a line to Azure: Ctrl+C and a polite kill end it within a second.

A socket cannot be interrupted on Windows, and no signal is heard while the main thread waits for
another one without looking up. So the work has a thread of its own and the main thread looks up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from offline_backup_gui.cli.stopping import stopping
from offline_backup_gui.domain.errors import Stopped
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.services.stop_flag import StopFlag

T = TypeVar("T")
LOOK_EVERY_S = 0.05
# For work that hears of the wish; what does not is left behind and ends with the process.
GRACE_S = 0.8


def answered(work: Callable[[Control], T]) -> T:
    """Do what asks Azure and give its answer; Stopped within a second of Ctrl+C."""
    wish, done = StopFlag(), threading.Event()
    answer: list[T] = []
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            answer.append(work(wish))
        except BaseException as error:  # thread top: the command decides what it means
            trouble.append(error)
        finally:
            done.set()

    with stopping(wish.stop):
        threading.Thread(target=run, name="asking Azure", daemon=True).start()
        _wait(done, wish)
    if trouble:
        raise trouble[0]
    return answer[0]


def _wait(done: threading.Event, wish: StopFlag) -> None:
    since: float | None = None
    while not done.wait(LOOK_EVERY_S):
        if wish.stopping:
            since = since or time.monotonic()
            if time.monotonic() - since >= GRACE_S:
                raise Stopped
