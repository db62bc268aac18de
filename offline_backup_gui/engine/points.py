"""Builds a restore point from what a session left in the book, and checks the chain of points."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.book import Book, KeptPoint, NotedPoint
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.file_ports import SourceFiles
from offline_backup_gui.domain.file_traits import Child
from offline_backup_gui.domain.ports import ObjectStore
from offline_backup_gui.engine.catalogue import WrittenCatalogue
from offline_backup_gui.engine.homes import stamp
from offline_backup_gui.engine.source import entry_of, source_missing
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import PackKind, name_of
from offline_backup_gui.formats.point import (
    MAX_POINT_BYTES,
    MAX_ROWS,
    LeftOut,
    PackRow,
    Point,
    Root,
    bounded,
    head_of,
    id_of,
    new_point_id,
    object_name,
    seal,
    unseal,
)


class PointFacts(Struct, frozen=True):
    """What a point says besides its contents."""

    plan: str
    started: datetime
    finished: datetime


def roots_of(files: SourceFiles, sources: Sequence[bytes]) -> list[Root]:
    """Give each source a folder name of its own for restoring: its last part, numbered if taken."""
    roots: list[Root] = []
    taken: set[bytes] = set()
    for source in sources:
        base = os.path.basename(source.rstrip(b"/\\")) or b"root"
        base = base.rstrip(b":") or b"root"
        name, number = base, 1
        while name in taken:
            number += 1
            name = b"%s (%d)" % (base, number)
        taken.add(name)
        try:
            info = files.info(source)
            entry = entry_of(Child(name, info))
            traits = files.traits(source, info)
        except OSError as error:
            raise source_missing(source) from error
        entry.attributes, entry.windows = traits.attributes, traits.windows
        roots.append(Root(source, name, entry))
    return roots


def build_point(
    keyring: Keyring,
    book: Book,
    facts: PointFacts,
    roots: list[Root],
    written: WrittenCatalogue,
    left_out: list[LeftOut],
    homes: Iterable[str],
) -> KeptPoint:
    """Make the next point of the chain and keep it in the book as unfinished."""
    newest = newest_point(book)
    rows = _pack_rows(book, homes)
    if len(rows) > MAX_ROWS:
        raise BackupError(ErrorCode.REPOSITORY_FULL, packs=len(rows), most=MAX_ROWS)
    point = Point(
        point_id=new_point_id(facts.started),
        sequence=newest.sequence + 1 if newest else 1,
        previous_id=newest.point_id if newest else "",
        previous_hash=head_of(newest.data) if newest else b"",
        plan=facts.plan,
        host=socket.gethostname(),
        started=stamp(facts.started),
        finished=stamp(facts.finished),
        roots=roots,
        files=written.files,
        folders=written.folders,
        size=written.size_bytes,
        catalogue=written.chunks,
        packs=rows,
        left_out=bounded(left_out),
        complete=not left_out,
    )
    kept = KeptPoint(point.sequence, point.point_id, seal(keyring, point), done=False)
    book.put_point(kept)
    return kept


def _pack_rows(book: Book, homes: Iterable[str]) -> list[PackRow]:
    rows: dict[bytes, PackRow] = {}
    for home in sorted(homes):
        for pack in book.packs(home):
            meta = pack.kind == PackKind.META
            # A META pack is on every drive; any one of them serves.
            rows[pack.pack_id] = PackRow(
                pack.pack_id, pack.size_bytes, pack.blake3, pack.md5, "" if meta else home, meta
            )
    return [rows[pack_id] for pack_id in sorted(rows)]


def done_points(book: Book) -> list[NotedPoint]:
    """List the finished points of a book, oldest first."""
    return [point for point in book.points() if point.done]


def newest_point(book: Book) -> KeptPoint | None:
    """Give the newest finished point of a book, or None."""
    done = done_points(book)
    return book.point(done[-1]) if done else None


def unfinished_point(book: Book) -> KeptPoint | None:
    """Give the point whose session did not come to its end, or None."""
    return next((book.point(point) for point in book.points() if not point.done), None)


def open_point(keyring: Keyring, kept: KeptPoint) -> Point:
    """Open a point of the book."""
    return unseal(keyring, kept.data, object_name(kept.point_id))


def pack_rows_by_name(keyring: Keyring, kept: KeptPoint) -> dict[str, PackRow]:
    """Give what a point says of the packs it needs, by object name."""
    return {name_of(row.pack_id): row for row in open_point(keyring, kept).packs}


class PointHead(Struct, frozen=True):
    """What a point says in a few words, and where it was read; `head` is BLAKE3 of its bytes.

    A point names every pack it needs and every chunk of its catalogue. Years of them do not fit
    into memory, so a chain holds their heads alone.
    """

    point_id: str
    sequence: int
    previous_id: str
    previous_hash: bytes
    plan: str
    started: str
    files: int
    size: int
    left_out: int
    complete: bool
    roots: tuple[bytes, ...]
    head: bytes
    stores: tuple[ObjectStore, ...]

    def read(self) -> bytes:
        """Read the point's bytes again, wherever they still are.

        OBJECT_DAMAGED when they are others than before; a drive may have been pulled meanwhile.
        """
        name = object_name(self.point_id)
        trouble = BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="changed")
        for store in self.stores:
            try:
                data = store.read(name, 0, MAX_POINT_BYTES + 1)
            except BackupError as error:
                trouble = error
            else:
                if head_of(data) == self.head:
                    return data
        raise trouble

    def open(self, keyring: Keyring) -> Point:
        """Read and open the point."""
        return unseal(keyring, self.read(), object_name(self.point_id))


class Chain(Struct, frozen=True):
    """The points of a store, oldest first, with what is wrong with the chain.

    `damaged` names objects that did not open; `missing` names points a later one was chained to.
    """

    points: tuple[PointHead, ...]
    damaged: tuple[str, ...]
    missing: tuple[str, ...]


def read_chain(keyring: Keyring, *stores: ObjectStore) -> Chain:
    """Open every point of some stores and follow the chain backwards.

    Several stores are read as one: the drives of one shipment carry the same points. A point
    whose successor was chained to other bytes is damaged, and so is the later of two points that
    claim the same predecessor.
    """
    points: dict[str, PointHead] = {}
    damaged: set[str] = set()
    for store in stores:
        for info in store.objects("points/"):
            point_id = id_of(info.name)
            if point_id is None:
                continue
            if info.size_bytes > MAX_POINT_BYTES:
                damaged.add(info.name)
                continue
            raw = store.read(info.name)
            try:
                head = _head(unseal(keyring, raw, info.name), raw, store)
                before = points.get(point_id)
                if before is not None and before.head == head.head:
                    head = replace(head, stores=(*before.stores, store))
                points[point_id] = head
            except BackupError as error:
                if error.code is ErrorCode.FORMAT_NEWER:
                    raise
                damaged.add(info.name)
    ordered = sorted(points.values(), key=lambda point: (point.sequence, point.point_id))
    missing: set[str] = set()
    followed: set[str] = set()
    for point in ordered:
        previous = point.previous_id
        if not previous:
            continue
        if previous not in points:
            missing.add(previous)
        elif points[previous].head != point.previous_hash:
            damaged.add(object_name(previous))
        elif previous in followed:
            damaged.add(object_name(point.point_id))
        followed.add(previous)
    return Chain(tuple(ordered), tuple(sorted(damaged)), tuple(sorted(missing)))


def _head(point: Point, data: bytes, store: ObjectStore) -> PointHead:
    return PointHead(
        point.point_id,
        point.sequence,
        point.previous_id,
        point.previous_hash,
        point.plan,
        point.started,
        point.files,
        point.size,
        len(point.left_out),
        point.complete,
        tuple(root.path for root in point.roots),
        head_of(data),
        (store,),
    )
