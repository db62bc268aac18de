"""How the data is going to spread over the drives, for the drawing and for the promise it fits.

The copy itself deals packs out as drives take them, so a share is a plan, not a promise.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity

RESERVE_PERCENT = 1
RESERVE_LEAST_BYTES = 4 * 2**20
RESERVE_MOST_BYTES = 2**30


class Share(Struct, frozen=True):
    """What one drive is expected to carry: planned bytes, of the room it has (bytes)."""

    drive: Drive
    planned_bytes: int
    room_bytes: int


class Spread(Struct, frozen=True):
    """The planned shares in the drives' order, and what does not find a place (bytes)."""

    shares: tuple[Share, ...]
    need_bytes: int
    missing_bytes: int

    @property
    def room_bytes(self) -> int:
        """Give the room of all drives together."""
        return sum(share.room_bytes for share in self.shares)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Tell when the drives together are too small for the full size, and by how much.

        A warning, not a blocker: compression and duplicate chunks may save more than is missing,
        and when they do not, the copy waits for one more drive and nothing is lost.
        """
        if not self.missing_bytes:
            return ()
        return (
            Finding(
                FindingCode.DRIVES_TOGETHER_TOO_SMALL,
                Severity.WARNING,
                {
                    "need_bytes": self.need_bytes,
                    "room_bytes": self.room_bytes,
                    "missing_bytes": self.missing_bytes,
                },
            ),
        )


def reserve_bytes(size_bytes: int) -> int:
    """Give what is kept free on a drive of this size, for its records and a clean end."""
    return min(max(size_bytes * RESERVE_PERCENT // 100, RESERVE_LEAST_BYTES), RESERVE_MOST_BYTES)


def room_bytes(drive: Drive) -> int:
    """Give the bytes that packs may take on a drive: what is free, less the reserve."""
    return max(0, drive.free_bytes - reserve_bytes(drive.size_bytes))


def spread(size_bytes: int, drives: Sequence[Drive]) -> Spread:
    """Plan shares: drives fill at the same pace until the small ones are full.

    That is how the copy behaves, with one writer per drive and equal speeds. Every byte is
    planned as long as the drives together have room for it.
    """
    rooms = [room_bytes(drive) for drive in drives]
    planned = [0] * len(drives)
    left = min(size_bytes, sum(rooms))
    open_drives = sorted(range(len(drives)), key=lambda index: rooms[index])
    for place, index in enumerate(open_drives):
        others = len(open_drives) - place
        # The rounded-up part goes to smaller drives first, so that the last takes what is left.
        planned[index] = min(rooms[index], -(-left // others))
        left -= planned[index]
    return Spread(
        shares=tuple(
            Share(drive, amount, room)
            for drive, amount, room in zip(drives, planned, rooms, strict=True)
        ),
        need_bytes=size_bytes,
        missing_bytes=max(0, size_bytes - sum(rooms)),
    )
