"""Restore points that no session made, for tests of the chain."""

from __future__ import annotations

from collections.abc import Sequence

from offline_backup_gui.formats.catalogue import Entry, Kind
from offline_backup_gui.formats.point import PackRow, Point, Root


def point_of(
    point_id: str,
    sequence: int,
    previous_id: str = "",
    previous_hash: bytes = b"",
    packs: Sequence[PackRow] = (),
) -> Point:
    """Make a point of one empty source at its place in a chain."""
    return Point(
        point_id=point_id,
        sequence=sequence,
        previous_id=previous_id,
        previous_hash=previous_hash,
        plan="p",
        host="h",
        started="2026-11-23T00:00:00Z",
        finished="2026-11-23T00:00:00Z",
        roots=[Root(b"/srv", b"srv", Entry(b"srv", Kind.FOLDER))],
        files=0,
        folders=0,
        size=0,
        catalogue=[],
        packs=list(packs),
        left_out=[],
        complete=True,
    )
