"""Work that is no job of its own: watched and stopped by whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from offline_backup_gui.domain.errors import Parameter, Stopped
from offline_backup_gui.domain.file_ports import Files
from offline_backup_gui.domain.job import Event, Reading
from offline_backup_gui.domain.ports import Clock
from offline_backup_gui.engine.context import Context, Progress

_READING_EVERY_S = 0.25


def _ignore(_: object) -> None:
    """Take what nobody listens to."""


class Watch(Struct):
    """Who listens to a piece of work, and the wish to stop it."""

    on_reading: Callable[[Reading], None] = _ignore
    on_event: Callable[[Event], None] = _ignore
    stopped: bool = False

    def stop(self) -> None:
        """Ask the work to stop; it raises Stopped at its next block."""
        self.stopped = True


class _WatchedControl:
    """A control that follows a watch and publishes readings as the work goes on."""

    def __init__(self, watch: Watch, progress: Progress, clock: Clock) -> None:
        self._watch, self._progress, self._clock = watch, progress, clock
        self._told = clock.monotonic()

    @property
    def stopping(self) -> bool:
        return self._watch.stopped

    def checkpoint(self) -> None:
        if self._watch.stopped:
            raise Stopped
        now = self._clock.monotonic()
        if now - self._told >= _READING_EVERY_S:
            self._told = now
            self._watch.on_reading(self._progress.reading())


def watched(watch: Watch, clock: Clock, files: Files) -> Context:
    """Give what the engine needs to work under a watch."""
    progress = Progress(clock)

    def emit(code: str, **parameters: Parameter) -> None:
        watch.on_event(Event(clock.now(), str(code), dict(parameters)))

    return Context(_WatchedControl(watch, progress, clock), progress, clock, emit, files)
