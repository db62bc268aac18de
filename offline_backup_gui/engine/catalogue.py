"""Writes the catalogue of a pass as chunks, and reads catalogues back."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct, field

from offline_backup_gui.domain.book import Book
from offline_backup_gui.domain.decoding import msgpack_decoder
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.engine.chunking import MAX_BYTES, chunker, cuts
from offline_backup_gui.formats.canonical import damaged
from offline_backup_gui.formats.catalogue import (
    MAX_LISTING_BYTES,
    PLAIN_LISTING_BYTES,
    Listing,
    decode_folder,
    encode_folder,
    listings,
)
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.point import CatalogueChunk, Point

_AVERAGE_BYTES = 256 << 10
_BUFFER_BYTES = 4 * MAX_BYTES


class WrittenCatalogue(Struct):
    """The chunks of a catalogue and the sums over it."""

    chunks: list[CatalogueChunk] = field(default_factory=list)
    files: int = 0
    folders: int = 0
    size_bytes: int = 0


def write_catalogue(
    keyring: Keyring,
    book: Book,
    folders_by_root: Mapping[bytes, Sequence[bytes]],
    seal: Callable[[memoryview], bytes],
    checkpoint: Callable[[], None],
) -> WrittenCatalogue:
    """Cut the stream of all listings into chunks and hand each to `seal`, which gives its id."""
    writer = _StreamWriter(keyring, seal)
    for number, (root, paths) in enumerate(folders_by_root.items()):
        for path in paths:
            checkpoint()
            folder = book.folder(root, path)
            if folder is None:
                raise BackupError(ErrorCode.STATE_NOT_USABLE, path="", why="folder")
            writer.add(number, path, _under_root(folder.listing, number))
            writer.written.files += folder.files
            writer.written.size_bytes += folder.size_bytes
            writer.written.folders += 1
    return writer.finish()


class _Numbered(msgspec.Struct, rename={"root": "r"}):
    """As much of a listing as says which root it belongs to."""

    root: int


_numbers = msgpack_decoder(_Numbered)


def _under_root(listing: bytes, number: int) -> bytes:
    """Give a listing the number its root has now: sources may be added or taken away in a plan."""
    first = memoryview(listing)[4 : 4 + int.from_bytes(listing[:4], "big")]
    if _numbers.decode(first).root == number:
        return listing
    parsed = decode_folder(listing)
    parsed.root = number
    return encode_folder(parsed)


class _StreamWriter:
    """Buffers the stream; a chunk notes the first folder that begins in it."""

    def __init__(self, keyring: Keyring, seal: Callable[[memoryview], bytes]) -> None:
        self._cutter = chunker(keyring.chunker_seed, _AVERAGE_BYTES)
        self._seal = seal
        self._buffer = bytearray()
        self._starts: list[tuple[int, int, bytes]] = []  # offset in the buffer, root, path
        self.written = WrittenCatalogue()

    def add(self, root: int, path: bytes, listing: bytes) -> None:
        self._starts.append((len(self._buffer), root, path))
        self._buffer += listing
        if len(self._buffer) >= _BUFFER_BYTES:
            self._cut(at_end=False)

    def finish(self) -> WrittenCatalogue:
        self._cut(at_end=True)
        return self.written

    def _cut(self, *, at_end: bool) -> None:
        data = memoryview(bytes(self._buffer))
        start, next_start = 0, 0
        for end in cuts(self._cutter, data):
            if end == len(data) and not at_end:
                break
            root, first = 0, b""
            while next_start < len(self._starts) and self._starts[next_start][0] < start:
                next_start += 1
            named = next_start < len(self._starts) and self._starts[next_start][0] < end
            offset = 0
            if named:
                at, root, first = self._starts[next_start]
                offset = at - start
            else:
                root = -1
            chunk_id = self._seal(data[start:end])
            self.written.chunks.append(CatalogueChunk(chunk_id, end - start, root, first, offset))
            start = end
        del self._buffer[:start]
        self._starts = [(at - start, root, path) for at, root, path in self._starts if at >= start]


def longest_listing(stored_bytes: int) -> int:
    """Give how long a listing may be where packs of so many bytes are known.

    Long listings are of huge files. A small drive whose catalogue claims hundreds of megabytes is
    a bomb.
    """
    return max(PLAIN_LISTING_BYTES, min(MAX_LISTING_BYTES, stored_bytes >> 6))


def read_catalogue(
    point: Point,
    fetch: Callable[[bytes], bytes],
    start: int = 0,
    *,
    longest: int = PLAIN_LISTING_BYTES,
) -> Iterator[Listing]:
    """Yield the listings of a point in order; `fetch` gives a chunk by its id.

    `start` is the number of a chunk in which a folder begins; the tail of a listing that began
    before it is skipped. FORMAT_DAMAGED for a listing of more than `longest` bytes, or of a root
    that the point does not have.
    """
    chunks = point.catalogue[start:]
    pieces: Iterator[bytes] = (fetch(chunk.chunk_id) for chunk in chunks)
    if start and chunks:
        first = next(pieces)
        pieces = itertools.chain([first[chunks[0].first_offset :]], pieces)
    for listing in listings(pieces, longest):
        if listing.root >= len(point.roots):
            raise damaged("catalogue", "root")
        yield listing
