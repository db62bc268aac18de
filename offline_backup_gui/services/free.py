"""A control for short work that nobody pauses; what somebody watches has a `Watch`."""

from __future__ import annotations


class FreeControl:
    """A control that nobody uses."""

    stopping = False

    def checkpoint(self) -> None:
        """Go on."""
