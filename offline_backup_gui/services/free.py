"""Contexts for work that is no job: somebody may watch it, and it may be broken off at any time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from offline_backup_gui.domain.errors import Parameter, Stopped
from offline_backup_gui.domain.job import Event, Reading
from offline_backup_gui.domain.ports import Clock, Control
from offline_backup_gui.engine.context import Context, Progress

_TICK_S = 0.25


class FreeControl:
    """A control that can only be stopped."""

    def __init__(self) -> None:
        self.stopping = False

    def stop(self) -> None:
        """Ask the work to end at its next block."""
        self.stopping = True

    def checkpoint(self) -> None:
        """Go on, or raise Stopped."""
        if self.stopping:
            raise Stopped


def free_context(clock: Clock) -> Context:
    """Give a context for short work that nobody watches."""
    return Context(FreeControl(), Progress(clock), clock, lambda *_, **__: None)


@contextmanager
def watched(
    clock: Clock,
    progress: Progress,
    control: Control,
    on_reading: Callable[[Reading], None],
    on_event: Callable[[Event], None],
) -> Iterator[Context]:
    """Give a context whose readings are shown four times a second, and once more at the end."""

    def emit(code: str, **parameters: Parameter) -> None:
        on_event(Event(clock.now(), str(code), dict(parameters)))

    ending = threading.Event()

    def tick() -> None:
        while not ending.wait(_TICK_S):
            on_reading(progress.reading())

    thread = threading.Thread(target=tick, name="readings", daemon=True)
    thread.start()
    try:
        yield Context(control, progress, clock, emit)
    finally:
        ending.set()
        thread.join()
        on_reading(progress.reading())
