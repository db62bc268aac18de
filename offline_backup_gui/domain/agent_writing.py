"""How far an agent is that writes straight to a Data Box, told from two looks at what is there."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

# An agent pauses between its files; less than this says nothing. Our own estimate.
QUIET_AFTER = timedelta(minutes=10)


class WritingState(StrEnum):
    """What can be said of it; that it is done, only the agent says."""

    EMPTY = "empty"
    FIRST_LOOK = "first-look"
    GROWING = "growing"
    PAUSED = "paused"  # nothing new, but not for long yet
    QUIET = "quiet"


class WritingLook(Struct, frozen=True):
    """Figures of the page blobs on a device, and since when they are what they are."""

    at: datetime
    files: int
    size_bytes: int
    since: datetime


class Writing(Struct, frozen=True):
    """A look judged beside the one before; the rate is bytes a second between the two."""

    state: WritingState
    look: WritingLook
    grown_bytes: int = 0
    rate_bytes_s: float = 0.0


def judge(before: WritingLook | None, at: datetime, files: int, size_bytes: int) -> Writing:
    """Judge new figures; give what to remember of them."""
    same = before is not None and (before.files, before.size_bytes) == (files, size_bytes)
    since = before.since if before is not None and same else at
    look = WritingLook(at, files, size_bytes, since)
    if not files:
        return Writing(WritingState.EMPTY, look)
    if before is None:
        return Writing(WritingState.FIRST_LOOK, look)
    if same:
        quiet = at - since >= QUIET_AFTER
        return Writing(WritingState.QUIET if quiet else WritingState.PAUSED, look)
    grown = size_bytes - before.size_bytes
    seconds = (at - before.at).total_seconds()
    return Writing(WritingState.GROWING, look, grown, grown / seconds if seconds > 0 else 0.0)
