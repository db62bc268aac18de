"""An opened repository: points, packs and chunks found in drives or an account, nothing written."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from offline_backup_gui.domain.book import Book, PackFact, Placement
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import ObjectInfo, ObjectStore
from offline_backup_gui.engine.catalogue import longest_listing
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.directories import DAMAGE, learn_packs
from offline_backup_gui.engine.points import read_chain
from offline_backup_gui.engine.reading_back import first_header, read_chunk
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import (
    Header,
    name_of,
    pack_id_of,
)
from offline_backup_gui.formats.point import Point, object_name

LIBRARY = "library"  # the home, in the library's own book, of packs whose directory was read
# A newer pack comes with a newer point, which is refused by its name: a newer pack alone is rot.
_DAMAGE = DAMAGE | {ErrorCode.FORMAT_NEWER}
_UNREADABLE = frozenset(
    {
        ErrorCode.OBJECT_DAMAGED,
        ErrorCode.OBJECT_MISSING,
        ErrorCode.DRIVE_FAILING,
        ErrorCode.DRIVE_GONE,
    }
)


class PackPlace(Struct, frozen=True):
    """Where a pack was found."""

    store: ObjectStore
    info: ObjectInfo


class Library:
    """Finds chunks by id; the book caches pack directories, and may start empty."""

    def __init__(
        self, context: Context, keyring: Keyring, book: Book, stores: Sequence[ObjectStore]
    ) -> None:
        self.keyring = keyring
        self._context, self._book, self._stores = context, book, list(stores)
        self.damaged: list[str] = []
        self._places: dict[bytes, list[PackPlace]] = {}  # the same pack may be on several drives
        self._id_by_number: dict[int, bytes] = {}
        self._headers: OrderedDict[bytes, Header] = OrderedDict()
        self._lock, self._learning = threading.Lock(), threading.Lock()
        self._elsewhere = False
        self._opened: Point | None = None  # who looks into a point asks for it at every step
        self.chain = read_chain(keyring, *self._stores)
        self.damaged += self.chain.damaged
        self._read_packs()

    def _read_packs(self) -> None:
        """List the packs and read the directories that the book does not know yet."""
        known = {name_of(pack.pack_id): pack for pack in self._book.packs(LIBRARY)}
        seen: set[str] = set()
        for store in self._stores:
            infos = list(store.objects("packs/"))
            seen |= {info.name for info in infos}
            damaged = self._learn(store, (info for info in infos if not _same(known, info)))
            self.damaged += damaged
            hidden = set(damaged)
            for info in infos:
                if info.name not in hidden:
                    place = PackPlace(store, info)
                    self._places.setdefault(pack_id_of(info.name), []).append(place)
        # Packs that are somewhere else today stay in the book: they may be back tomorrow.
        self._elsewhere = not seen >= set(known)
        self._book.use_homes({LIBRARY})
        self._number_packs()

    def _learn(self, store: ObjectStore, infos: Iterable[ObjectInfo]) -> list[str]:
        """Read packs' directories into the book; name those that do not open."""
        damaged = learn_packs(
            self._context, self.keyring, self._book, store, infos, LIBRARY, damage=_DAMAGE
        )
        return [info.name for info in damaged]

    def _number_packs(self) -> None:
        self._id_by_number = {pack.number: pack.pack_id for pack in self._book.packs(LIBRARY)}

    def _place_of(self, chunk_id: bytes) -> tuple[Placement, bytes] | None:
        """Give the place of a chunk and the id of its pack, if that pack is here.

        A chunk that is in two packs is noted for one of them only. When that one is elsewhere, the
        directories of the packs that are here are read again, once.
        """
        found = self._noted(chunk_id)
        if found is None and self._elsewhere:
            with self._learning:
                if self._elsewhere:
                    firsts = [places[0] for places in self._places.values()]
                    for store in self._stores:
                        infos = [place.info for place in firsts if place.store is store]
                        self._learn(store, infos)
                    self._number_packs()
                    self._elsewhere = False
            found = self._noted(chunk_id)
        return found

    def _noted(self, chunk_id: bytes) -> tuple[Placement, bytes] | None:
        place = self._book.find(chunk_id)
        pack_id = self._id_by_number.get(place.pack) if place is not None else None
        if place is None or pack_id not in self._places:
            return None
        return place, pack_id

    def point(self, point_id: str | None) -> Point:
        """Give a point by its id (or the start of it), the newest without one.

        OBJECT_DAMAGED when the one that is meant is there and does not open: an older one never
        stands in for the newest without being asked for.
        """
        points = self.chain.points
        good = {object_name(point.point_id) for point in points}
        damaged = sorted(set(self.chain.damaged) - good)
        if point_id is None:
            older = {object_name(point.previous_id) for point in points}
            since = object_name(points[-1].point_id).partition("-")[0] if points else ""
            meant = [name for name in damaged if name >= since and name not in older]
            found = list(points[-1:])
        else:
            meant = [name for name in damaged if name.startswith(object_name(point_id))]
            found = [point for point in points if point.point_id.startswith(point_id)]
        if meant:
            raise BackupError(ErrorCode.OBJECT_DAMAGED, name=meant[-1], why="point")
        if len(found) != 1:
            raise BackupError(ErrorCode.POINT_NOT_FOUND, point=point_id or "")
        if self._opened is None or self._opened.point_id != found[0].point_id:
            self._opened = found[0].open(self.keyring)
        return self._opened

    def pack_of(self, chunk_id: bytes) -> bytes | None:
        """Give the id of the pack that is here and holds a chunk, or None."""
        found = self._place_of(chunk_id)
        return None if found is None else found[1]

    def missing_packs(self, point: Point) -> list[str]:
        """Name the packs of a point that no store has."""
        return [name_of(row.pack_id) for row in point.packs if row.pack_id not in self._places]

    @property
    def longest_listing(self) -> int:
        """Give how long a listing may be, by the packs that are here."""
        return longest_listing(sum(places[0].info.size_bytes for places in self._places.values()))

    def chunk(self, chunk_id: bytes) -> bytes:
        """Read, authenticate and identify one chunk; OBJECT_MISSING or OBJECT_DAMAGED.

        A copy of the pack that is damaged is no trouble while another one is good.
        """
        found = self._place_of(chunk_id)
        if found is None:
            raise BackupError(ErrorCode.OBJECT_MISSING, name="")
        place, pack_id = found
        *others, last = self._places[pack_id]
        for other in others:
            try:
                return self._read_chunk(chunk_id, pack_id, place, other.store)
            except BackupError as error:
                if error.code not in _UNREADABLE:
                    raise
        return self._read_chunk(chunk_id, pack_id, place, last.store)

    def _read_chunk(
        self, chunk_id: bytes, pack_id: bytes, place: Placement, store: ObjectStore
    ) -> bytes:
        header = self._header(pack_id, store)
        return read_chunk(self.keyring, store, header, chunk_id, place)

    def _header(self, pack_id: bytes, store: ObjectStore) -> Header:
        with self._lock:
            header = self._headers.get(pack_id)
            if header is not None:
                self._headers.move_to_end(pack_id)
                return header
        name = name_of(pack_id)
        header = first_header(self.keyring, store, name)
        with self._lock:
            self._headers[pack_id] = header
            if len(self._headers) > 4096:
                self._headers.popitem(last=False)
        return header


def _same(known: Mapping[str, PackFact], info: ObjectInfo) -> bool:
    pack = known.get(info.name)
    return pack is not None and pack.size_bytes == info.size_bytes


class ChunkCache:
    """A few newest chunks of one thread, because files of a bundle follow each other."""

    def __init__(self, library: Library, keep: int = 6) -> None:
        self._library, self._keep = library, keep
        self._chunks: OrderedDict[bytes, bytes] = OrderedDict()

    def get(self, chunk_id: bytes) -> bytes:
        """Give a chunk's contents."""
        data = self._chunks.get(chunk_id)
        if data is None:
            data = self._library.chunk(chunk_id)
            self._chunks[chunk_id] = data
            if len(self._chunks) > self._keep:
                self._chunks.popitem(last=False)
        else:
            self._chunks.move_to_end(chunk_id)
        return data
