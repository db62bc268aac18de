"""The catalogue: what was backed up, folder by folder, as a stream of listings.

A listing is MessagePack with a four-byte length in front. The stream of all listings in reading
order is cut into chunks like any file, so that unchanged folders cost nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from offline_backup_gui.domain.decoding import msgpack_decoder
from offline_backup_gui.domain.file_traits import WindowsTraits
from offline_backup_gui.formats.canonical import damaged

HOLE = -1
MAX_LISTING_BYTES = 1 << 30
MAX_ENTRIES = 1 << 16
# Only the extents of one huge file make a listing longer than this; a reader may insist on it.
PLAIN_LISTING_BYTES = 16 << 20
_PART_ENTRIES, _PART_BYTES = 1 << 13, 4 << 20  # a larger folder is cut into several listings
_MAX_SIZE = (1 << 63) - 1
_MAX_ID = (1 << 32) - 1
_NO_NAMES = frozenset((b"", b".", b".."))


class Kind(IntEnum):
    """What an entry is."""

    FILE = 0
    FOLDER = 1
    SYMLINK = 2
    FIFO = 3


class Entry(
    msgspec.Struct,
    gc=False,
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
        "stream": "v",
        "windows": "w",
    },
):
    """One file, folder, symbolic link or FIFO.

    `extents` is a flat list of (chunk number in the listing or HOLE, offset in the chunk, length).
    `link_group` names files that are one file with several names. `attributes` are extended
    attributes. `unsure` says that it may not be right (it changed while it was read, or hid its
    attributes); the exception ledger says why. `mtime_ns` counts from 1970,
    from 1677 to 2554. `stream` says that this is an alternate stream of the file or folder that
    the name says before its colon; `windows` is what Windows knows of the name.
    """

    name: bytes
    kind: Kind = Kind.FILE
    mode: Annotated[int, Meta(ge=0, le=0o7777)] = 0
    uid: Annotated[int, Meta(ge=0, le=_MAX_ID)] = 0
    gid: Annotated[int, Meta(ge=0, le=_MAX_ID)] = 0
    size: Annotated[int, Meta(ge=0, le=_MAX_SIZE)] = 0
    mtime_ns: int = 0
    extents: list[int] = []
    target: bytes = b""
    link_group: bytes = b""
    sparse: bool = False
    attributes: dict[bytes, bytes] = {}
    unsure: bool = False
    stream: bool = False
    windows: WindowsTraits | None = None


class Listing(
    msgspec.Struct,
    gc=False,
    omit_defaults=True,
    rename={
        "root": "r",
        "path": "p",
        "chunks": "c",
        "entries": "e",
    },
):
    """One folder: number of its root, path below it (b"" is the root itself), entries by name.

    A large folder has several, one after the other.
    """

    root: Annotated[int, Meta(ge=0)]
    path: bytes
    chunks: list[Annotated[bytes, Meta(min_length=32, max_length=32)]] = []
    entries: Annotated[list[Entry], Meta(max_length=MAX_ENTRIES)] = []


_encoder = msgspec.msgpack.Encoder()
_decoder = msgpack_decoder(Listing)


def encode(listing: Listing) -> bytes:
    """Give a listing's bytes, length first."""
    body = _encoder.encode(listing)
    if len(body) > MAX_LISTING_BYTES:
        raise ValueError("a folder too large for one listing")
    return len(body).to_bytes(4, "big") + body


def encode_folder(folder: Listing) -> bytes:
    """Give a folder as one listing, or as several when it is large, each length first."""
    count = len(folder.entries)
    if count <= _PART_ENTRIES:
        data = encode(folder)
        if len(data) <= _PART_BYTES or count == 1:
            return data
    half = count // 2
    while half < count and folder.entries[half].stream:
        half += 1  # a file and its streams stay together
    if half == count:
        return encode(folder)
    return encode_folder(_part(folder, 0, half)) + encode_folder(_part(folder, half, count))


def _part(folder: Listing, start: int, end: int) -> Listing:
    """Give some entries of a folder, with the chunks they need."""
    numbers: dict[bytes, int] = {}
    entries = []
    for entry in folder.entries[start:end]:
        flat = list(entry.extents)
        flat[0::3] = [
            HOLE if number == HOLE else numbers.setdefault(folder.chunks[number], len(numbers))
            for number in flat[0::3]
        ]
        entries.append(msgspec.structs.replace(entry, extents=flat))
    return Listing(folder.root, folder.path, list(numbers), entries)


def decode_folder(data: bytes | memoryview) -> Listing:
    """Parse all listings of one folder into one, as `encode_folder` was given it."""
    return next(folders_of(listings([bytes(data)])))


def folders_of(found: Iterable[Listing]) -> Iterator[Listing]:
    """Put the listings of each folder together, which stand one after the other."""
    for _, parts in itertools.groupby(found, lambda part: (part.root, part.path)):
        yield _joined(parts)


def _joined(parts: Iterator[Listing]) -> Listing:
    folder = next(parts)
    for part in parts:
        shift = len(folder.chunks)
        for entry in part.entries:
            entry.extents[0::3] = [
                number if number == HOLE else number + shift for number in entry.extents[0::3]
            ]
        folder.chunks += part.chunks
        folder.entries += part.entries
    return folder


def decode(body: bytes | memoryview) -> Listing:
    """Parse one listing (without its length) and check every number in it."""
    try:
        listing = _decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise damaged("catalogue", type(error).__name__) from error
    chunks = len(listing.chunks)
    if not (
        _safe_path(listing.path)
        and _safe_names([entry.name for entry in listing.entries])
        and all(_plain(entry, chunks) or _sound(entry, chunks) for entry in listing.entries)
    ):
        del listing  # an error keeps its frames, and they what they hold, for as long as it is kept
        raise damaged("catalogue", "values")
    return listing


def _safe_names(names: list[bytes]) -> bool:
    """Say `safe_name` of all names at once; a restore asks it for every file there is."""
    joined = b"/".join(names)
    return not names or (
        joined.count(b"/") == len(names) - 1 and b"\0" not in joined and _NO_NAMES.isdisjoint(names)
    )


def _plain(entry: Entry, chunks: int) -> bool:
    """Say whether an entry is what nearly all are, a sound file in one piece."""
    numbers = entry.extents
    return (
        len(numbers) == 3
        and 0 <= numbers[0] < chunks
        and 0 <= numbers[1] < _MAX_SIZE
        and 0 < numbers[2] == entry.size
        and entry.kind is Kind.FILE
        and not entry.attributes
        and not entry.target
        and not entry.stream
    )


def _safe_path(path: bytes) -> bool:
    return path == b"" or all(safe_name(part) for part in path.split(b"/"))


def safe_name(name: bytes) -> bool:
    """Say whether a name names something inside its folder, never the folder or what is above."""
    return name not in _NO_NAMES and b"/" not in name and b"\0" not in name


def sound(entry: Entry, chunks: int) -> bool:
    """Say whether no value of an entry leads a restore out of its target or past its promises.

    `chunks` is how many chunks the listing names.
    """
    return (
        safe_name(entry.name)
        and 0 <= entry.mode <= 0o7777
        and 0 <= entry.uid <= _MAX_ID
        and 0 <= entry.gid <= _MAX_ID
        and 0 <= entry.size <= _MAX_SIZE
        and _sound(entry, chunks)
    )


def _sound(entry: Entry, chunks: int) -> bool:
    """Say `sound` of what neither the types of a decoded entry nor `_safe_names` look at."""
    if entry.attributes and any(name == b"" or b"\0" in name for name in entry.attributes):
        return False
    if entry.stream and (b":" not in entry.name or entry.kind is not Kind.FILE):
        return False
    if entry.kind is Kind.FILE:
        return not entry.target and _sound_extents(entry, chunks)
    if entry.extents or entry.size or b"\0" in entry.target:
        return False
    return (entry.target != b"") == (entry.kind is Kind.SYMLINK)


def _sound_extents(entry: Entry, chunks: int) -> bool:
    numbers = entry.extents
    if len(numbers) % 3:
        return False
    total = 0
    for at in range(0, len(numbers), 3):
        number, offset, length = numbers[at : at + 3]
        if not (HOLE <= number < chunks and 0 <= offset < _MAX_SIZE and length > 0):
            return False
        total += length
    return total == entry.size


def listings(pieces: Iterable[bytes], longest: int = MAX_LISTING_BYTES) -> Iterator[Listing]:
    """Parse a stream of chunk contents into listings, in order."""
    for body in bodies(pieces, longest):
        yield decode(body)


def bodies(pieces: Iterable[bytes], longest: int = MAX_LISTING_BYTES) -> Iterator[bytes]:
    """Cut a stream of chunk contents at the lengths; FORMAT_DAMAGED when it ends too early."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        start = 0
        while len(buffer) - start >= 4:
            length = int.from_bytes(buffer[start : start + 4], "big")
            if length > longest:
                raise damaged("catalogue", "length")
            if len(buffer) - start - 4 < length:
                break
            yield bytes(buffer[start + 4 : start + 4 + length])
            start += 4 + length
        del buffer[:start]
    if buffer:
        raise damaged("catalogue", "short")
