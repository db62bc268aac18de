"""Sets Python up for a job: many threads that take turns, millions of small objects."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# A thread that comes back from a system call waits this long for one that computes. With the usual
# 5 ms, workers that read small files spend most of their time waiting for the scanner.
SWITCH_S = 0.0002
# Nothing a job makes for each file refers back to itself; looking for such circles after every 700
# objects costs a tenth of a run over small files. It is still looked for, just rarely.
YOUNG_OBJECTS = 200_000


@contextmanager
def tuned() -> Iterator[None]:
    """Tune the interpreter while a job runs in it; only ever in the runner's process."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(YOUNG_OBJECTS, *thresholds[1:])
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        gc.set_threshold(*thresholds)
