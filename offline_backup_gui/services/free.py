"""A context for short work that nobody pauses and nobody watches."""

from __future__ import annotations

from offline_backup_gui.domain.ports import Clock
from offline_backup_gui.engine.context import Context, Progress


class FreeControl:
    """A control that nobody uses."""

    stopping = False

    def checkpoint(self) -> None:
        """Go on."""


def free_context(clock: Clock) -> Context:
    """Give a context for short work that nobody watches."""
    return Context(FreeControl(), Progress(clock), clock, lambda *_, **__: None)
