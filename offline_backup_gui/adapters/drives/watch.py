"""Which drives came and which went between two listings. Pure; the window and the runner poll.

Windows announces arrivals in floods or not at all, so messages could only hasten the poll.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from offline_backup_gui.domain.drive import Drive


class Changes(Struct, frozen=True):
    """Drives that are there now and were not, and the other way round."""

    arrived: tuple[Drive, ...] = ()
    left: tuple[Drive, ...] = ()


def changes(before: Sequence[Drive], after: Sequence[Drive]) -> Changes:
    """Compare two listings by serial and mounts: a drive mounted elsewhere left and arrived."""
    known = {_identity(drive) for drive in before}
    now = {_identity(drive) for drive in after}
    return Changes(
        arrived=tuple(drive for drive in after if _identity(drive) not in known),
        left=tuple(drive for drive in before if _identity(drive) not in now),
    )


def _identity(drive: Drive) -> tuple[str, frozenset[str]]:
    # A set: the order of mounts follows their free room, and that changes while we write.
    return drive.serial, frozenset(drive.mounts)
