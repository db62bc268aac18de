"""The catalogue: what was backed up, folder by folder, as a stream of listings.

A listing is MessagePack with a four-byte length in front. The stream of all listings in reading
order is cut into chunks like any file, so that unchanged folders cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum

import msgspec

from offline_backup_gui.domain.errors import BackupError, ErrorCode

HOLE = -1
MAX_LISTING_BYTES = 1 << 31


class Kind(IntEnum):
    """What an entry is."""

    FILE = 0
    FOLDER = 1
    SYMLINK = 2
    FIFO = 3


class Entry(
    msgspec.Struct,
    omit_defaults=True,
    rename={
        "name": "n",
        "kind": "k",
        "mode": "m",
        "uid": "u",
        "gid": "g",
        "size": "s",
        "mtime_ns": "t",
        "extents": "x",
        "target": "l",
        "link_group": "h",
        "sparse": "p",
        "attributes": "a",
        "unsure": "c",
    },
):
    """One file, folder, symbolic link or FIFO.

    `extents` is a flat list of (chunk number in the listing or HOLE, offset in the chunk, length).
    `link_group` names files that are one file with several names. `attributes` are extended
    attributes. `unsure` says that the file changed while it was read.
    """

    name: bytes
    kind: Kind = Kind.FILE
    mode: int = 0
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime_ns: int = 0
    extents: list[int] = []
    target: bytes = b""
    link_group: bytes = b""
    sparse: bool = False
    attributes: dict[bytes, bytes] = {}
    unsure: bool = False


class Listing(
    msgspec.Struct,
    omit_defaults=True,
    rename={
        "root": "r",
        "path": "p",
        "chunks": "c",
        "entries": "e",
    },
):
    """One folder: number of its root, path below it (b"" is the root itself), entries by name."""

    root: int
    path: bytes
    chunks: list[bytes] = []
    entries: list[Entry] = []


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Listing)


def encode(listing: Listing) -> bytes:
    """Give a listing's bytes, length first."""
    body = _encoder.encode(listing)
    return len(body).to_bytes(4, "big") + body


def decode(body: bytes | memoryview) -> Listing:
    """Parse one listing (without its length) and check every number in it."""
    try:
        listing = _decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BackupError(ErrorCode.FORMAT_DAMAGED, name="catalogue", why=str(error)) from error
    for entry in listing.entries:
        _check(entry, len(listing.chunks))
    if any(len(chunk) != 32 for chunk in listing.chunks) or not _safe_path(listing.path):
        raise BackupError(ErrorCode.FORMAT_DAMAGED, name="catalogue", why="listing")
    return listing


def _safe_path(path: bytes) -> bool:
    return path == b"" or all(_safe_name(part) for part in path.split(b"/"))


def _safe_name(name: bytes) -> bool:
    return name not in (b"", b".", b"..") and b"/" not in name and b"\0" not in name


def _check(entry: Entry, chunks: int) -> None:
    """Refuse what could lead a restore out of its target or past the promised size."""
    numbers = entry.extents
    lengths = numbers[2::3]
    if (
        not _safe_name(entry.name)
        or len(numbers) % 3
        or any(not HOLE <= number < chunks for number in numbers[0::3])
        or any(offset < 0 for offset in numbers[1::3])
        or any(length <= 0 for length in lengths)
        or (entry.kind is Kind.FILE and sum(lengths) != entry.size)
        or (entry.kind is not Kind.FILE and numbers)
    ):
        raise BackupError(ErrorCode.FORMAT_DAMAGED, name="catalogue", why="entry")


def listings(pieces: Iterable[bytes]) -> Iterator[Listing]:
    """Parse a stream of chunk contents into listings, in order."""
    for body in bodies(pieces):
        yield decode(body)


def bodies(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut a stream of chunk contents at the lengths; FORMAT_DAMAGED when it ends too early."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        start = 0
        while len(buffer) - start >= 4:
            length = int.from_bytes(buffer[start : start + 4], "big")
            if length > MAX_LISTING_BYTES:
                raise BackupError(ErrorCode.FORMAT_DAMAGED, name="catalogue", why="length")
            if len(buffer) - start - 4 < length:
                break
            yield bytes(buffer[start + 4 : start + 4 + length])
            start += 4 + length
        del buffer[:start]
    if buffer:
        raise BackupError(ErrorCode.FORMAT_DAMAGED, name="catalogue", why="short")
