"""Makes lost chunks again from the sources, when packs were lost and the drives are not at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from offline_backup_gui.domain.book import (
    LANDING,
    VAULT,
    Batch,
    Book,
    Finder,
    NewPack,
    NotedPoint,
    Placement,
)
from offline_backup_gui.domain.file_ports import SourceFiles
from offline_backup_gui.domain.ports import Container
from offline_backup_gui.engine.catalogue import write_catalogue
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.lanes import VAULT_PACK_BYTES
from offline_backup_gui.engine.open_pack import Lane, Ticket
from offline_backup_gui.engine.packing import Packer
from offline_backup_gui.engine.points import open_point
from offline_backup_gui.engine.sealing import Sealer
from offline_backup_gui.formats.catalogue import HOLE, decode_folder
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import PackKind
from offline_backup_gui.formats.point import object_name

_UNBOUNDED = 1 << 62


class _Piece(Struct, frozen=True):
    """Where a stretch of a chunk stands in a source file."""

    path: bytes
    position: int
    offset: int
    length: int


class _Lost(Struct):
    """A chunk that was lost, and the files that hold its contents."""

    plain_bytes: int
    pieces: list[_Piece] = field(default_factory=list)
    files: set[bytes] = field(default_factory=set)


class Remade(Struct, frozen=True):
    """What was made again, and the files whose contents are lost for the restore points."""

    sent_bytes: int
    lost_files: list[bytes]


def remake(
    context: Context,
    keyring: Keyring,
    book: Book,
    landing: Container,
    lost_packs: Sequence[bytes],
    root_paths: Sequence[bytes],
) -> Remade:
    """Read the chunks of lost packs from the sources, seal them into new packs, give up the old.

    A chunk is taken only if its keyed hash is right, so that a file that changed meanwhile never
    stands in for the old one: it is named instead. The lost packs are expected until the new ones
    are noted: killed before, the next check still misses them.
    """
    homes = _homes(book)
    book.use_homes(homes)
    without = _Without(book, lost_packs)
    lost = _lost_chunks(book, without)
    packs: list[NewPack] = []

    def on_sealed(pack: NewPack, _ticket: Ticket) -> None:
        if pack.size_bytes:
            packs.append(pack)

    for kind in (PackKind.DATA, PackKind.META):
        lane = Lane(LANDING, landing, lambda: _UNBOUNDED, VAULT_PACK_BYTES, with_md5=True)
        packer = Packer(
            keyring, kind, [lane], lambda: 0, on_sealed, lambda _lane, _error: None, context.clock
        )
        sealer = Sealer(keyring, without, packer)
        try:
            if kind is PackKind.DATA:
                _seal_lost(context, keyring, sealer, lost)
            else:
                _seal_catalogue(context, keyring, book, sealer, root_paths)
        finally:
            packer.close()
        packer.finish()
        if lane.trouble is not None:
            raise lane.trouble
    book.commit(Batch(packs=packs))
    for home in homes:
        if home != VAULT:
            book.drop_copies(home, lost_packs)
    gone = lost_files(book) + lost_points(keyring, book, book.points())
    return Remade(sum(pack.size_bytes for pack in packs), gone)


def lost_files(book: Book) -> list[bytes]:
    """Name the files of the newest copy of which a chunk is nowhere any more, sorted."""
    homes = _homes(book)
    book.use_homes(homes)
    if {pack.number for home in homes for pack in book.packs(home)} == {
        pack.number for pack in book.packs()
    }:
        return []  # no pack was ever given up
    return sorted({path for chunk in _lost_chunks(book, book).values() for path in chunk.files})


def affected_files(book: Book, packs: Sequence[bytes]) -> list[bytes]:
    """Name the files of the newest copy that hold a part in packs which may be lost, sorted."""
    if not packs:
        return []
    book.use_homes(_homes(book))
    lost = _lost_chunks(book, _Without(book, packs))
    return sorted({path for chunk in lost.values() for path in chunk.files})


def lost_points(keyring: Keyring, book: Book, points: Sequence[NotedPoint]) -> list[bytes]:
    """Name the restore points of which a part of the catalogue is nowhere any more."""
    book.use_homes(_homes(book))
    lost = []
    for noted in points:
        chunks = open_point(keyring, book.point(noted)).catalogue if noted.done else []
        if any(book.find(chunk.chunk_id) is None for chunk in chunks):
            lost.append(object_name(noted.point_id).encode())
    return lost


def _homes(book: Book) -> list[str]:
    """Give every place a chunk may be: an increment went into the vault directly."""
    return [home.home for home in book.homes()] + [LANDING, VAULT]


class _Without:
    """The chunks that are stored when some packs are lost."""

    def __init__(self, book: Book, lost_packs: Sequence[bytes]) -> None:
        self._book = book
        lost = set(lost_packs)
        self._numbers = {pack.number for pack in book.packs() if pack.pack_id in lost}

    def find(self, chunk_id: bytes) -> Placement | None:
        """Give the place of a stored chunk, or None."""
        place = self._book.find(chunk_id)
        return None if place is None or place.pack in self._numbers else place


def _lost_chunks(book: Book, chunks: Finder) -> dict[bytes, _Lost]:
    lost: dict[bytes, _Lost] = {}
    for folder in book.folders():
        listing = decode_folder(folder.listing)
        missing = {
            number for number, chunk in enumerate(listing.chunks) if chunks.find(chunk) is None
        }
        if not missing:
            continue
        base = os.path.join(folder.root, folder.path) if folder.path else folder.root
        for entry in listing.entries:
            position = 0
            flat = entry.extents
            for number, offset, length in zip(flat[0::3], flat[1::3], flat[2::3], strict=True):
                if number != HOLE and number in missing:
                    chunk = lost.setdefault(listing.chunks[number], _Lost(0))
                    path = os.path.join(base, entry.name)
                    chunk.pieces.append(_Piece(path, position, offset, length))
                    chunk.plain_bytes = max(chunk.plain_bytes, offset + length)
                    chunk.files.add(path)
                position += length
    return lost


def _seal_lost(
    context: Context, keyring: Keyring, sealer: Sealer, lost: dict[bytes, _Lost]
) -> None:
    """Seal what can be made again; what cannot stays lost."""
    for chunk_id, chunk in lost.items():
        context.control.checkpoint()
        data = bytearray(chunk.plain_bytes)
        for piece in chunk.pieces:
            part = _read(context.files, piece)
            data[piece.offset : piece.offset + len(part)] = part
        if keyring.chunk_id(data) == chunk_id:
            sealer.seal(memoryview(data))


def _read(files: SourceFiles, piece: _Piece) -> bytes:
    """Read a stretch of a source file; what cannot be read is simply not there."""
    try:
        fd = files.open(piece.path)
        try:
            os.lseek(fd, piece.position, os.SEEK_SET)
            with open(fd, "rb", closefd=False) as file:
                return file.read(piece.length)
        finally:
            os.close(fd)
    except OSError:
        return b""


def _seal_catalogue(
    context: Context, keyring: Keyring, book: Book, sealer: Sealer, root_paths: Sequence[bytes]
) -> None:
    """Seal the chunks of the newest catalogue that were lost; the others are found and skipped."""
    folders_by_root: dict[bytes, list[bytes]] = {root: [] for root in root_paths}
    for root, path in _walk_order(book):
        folders_by_root.setdefault(root, []).append(path)
    write_catalogue(
        keyring,
        book,
        folders_by_root,
        lambda data: sealer.seal(data)[0],
        context.control.checkpoint,
    )


def _walk_order(book: Book) -> Iterator[tuple[bytes, bytes]]:
    """Give the folders in the order of the scan: parents first, names in byte order."""
    keys = [(folder.root, folder.path) for folder in book.folders()]
    yield from sorted(keys, key=lambda key: (key[0], key[1].split(b"/") if key[1] else []))
