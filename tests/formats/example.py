"""Makes the worked example of docs/formats.md: a repository of one file, nothing left to chance.

`python -m tests.formats.example` prints the text that stands in the page.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest import mock

import msgspec

from offline_backup_gui.formats.catalogue import Entry, Kind, Listing, encode
from offline_backup_gui.formats.keys import Keyring, derive, passphrase_slot
from offline_backup_gui.formats.pack import PackKind, name_of
from offline_backup_gui.formats.point import (
    CatalogueChunk,
    PackRow,
    Point,
    Root,
    head_of,
    object_name,
    seal,
)
from offline_backup_gui.formats.record import (
    PASSPHRASE_SLOT,
    REPOSITORY,
    DriveRecord,
    RecordObject,
    Session,
    drive_record_name,
    new_repository_record,
    seal_drive_record,
)
from tests.formats.hashes import blake3_of, md5_of
from tests.formats.pack_maker import PackMaker

PASSPHRASE = "worked example"
KEYRING = Keyring(bytes(range(16)), bytes(range(100, 132)))
TEXT = b"Hello, twenty years from now.\n"
POINT_ID = "20261123t090000z-d1d1d1d1d1d1d1d1"
DRIVE_ID = "e1e1e1e1e1e1e1e1"
TIME_NS = 1_700_000_000_000_000_000


@contextmanager
def drawn(*values: bytes) -> Iterator[None]:
    """Let these be the random bytes that are drawn, in this order."""
    left = list(values)

    def draw(count: int) -> bytes:
        value = left.pop(0)
        assert len(value) == count
        return value

    with mock.patch.object(os, "urandom", draw):
        yield
    assert not left


@dataclass(frozen=True)
class Example:
    """The objects of the example by name, and what is inside the sealed ones."""

    objects: dict[str, bytes]
    listing: bytes
    row: bytes
    point: Point
    data_name: str
    meta_name: str


def make_example() -> Example:
    """Make every object of the example."""
    with drawn(b"\x91" * 16, b"\x92" * 12):
        slot = passphrase_slot(KEYRING, PASSPHRASE)
    with drawn(b"\xb1" * 16, b"\xb2" * 32):
        data = PackMaker.begin(KEYRING)
    chunk = data.add(TEXT)
    entry = Entry(b"hello.txt", Kind.FILE, 0o644, 0, 0, len(TEXT), TIME_NS, [0, 0, len(TEXT)])
    listing = encode(Listing(0, b"", [chunk.chunk_id], [entry]))
    with drawn(b"\xc1" * 16, b"\xc2" * 32):
        meta = PackMaker.begin(KEYRING, PackKind.META)
    stream = meta.add(listing)
    packs = {name_of(maker.header.pack_id): maker.end() for maker in (data, meta)}
    data_name, meta_name = packs
    point = Point(
        point_id=POINT_ID,
        sequence=1,
        previous_id="",
        previous_hash=b"",
        plan="example",
        host="server",
        started="2026-11-23T09:00:00Z",
        finished="2026-11-23T09:00:01Z",
        roots=[Root(b"/docs", b"docs", Entry(b"docs", Kind.FOLDER, 0o755, mtime_ns=TIME_NS))],
        files=1,
        folders=1,
        size=len(TEXT),
        catalogue=[CatalogueChunk(stream.chunk_id, len(listing), 0, b"", 0)],
        packs=[
            PackRow(
                maker.header.pack_id, len(body), blake3_of(body), md5_of(body), drive, meta=is_meta
            )
            for (maker, drive, is_meta), body in zip(
                ((data, DRIVE_ID, False), (meta, "", True)), packs.values(), strict=True
            )
        ],
        left_out=[],
        complete=True,
    )
    with drawn(b"\xd2" * 32):
        sealed = seal(KEYRING, point)
    objects = {
        REPOSITORY: new_repository_record(KEYRING, "2026-11-23T09:00:00Z"),
        PASSPHRASE_SLOT: slot,
        **packs,
        object_name(POINT_ID): sealed,
    }
    objects[drive_record_name(DRIVE_ID)] = _drive_record(objects)
    row = struct.pack(">32sQIIB3x", chunk.chunk_id, chunk.offset, chunk.stored_bytes, len(TEXT), 0)
    return Example(objects, listing, row, point, data_name, meta_name)


def _drive_record(objects: dict[str, bytes]) -> bytes:
    lines = [
        RecordObject(name, len(body), md5_of(body).hex(), blake3_of(body).hex())
        for name, body in sorted(objects.items())
    ]
    session = Session("2026-11-23T09:00:00Z", "2026-11-23T09:00:02Z", POINT_ID)
    record = DriveRecord(
        1,
        KEYRING.repository_id.hex(),
        DRIVE_ID,
        "SERIAL",
        "Drive 1",
        sealed=True,
        past_cache=True,
        sessions=[session],
        objects=lines,
        check="",
        tag="",
    )
    return seal_drive_record(KEYRING, record)


# --- how it is shown

Field = tuple[int, str]  # bytes, name

HEADER: tuple[Field, ...] = (
    (8, "magic: OBPACK, 0, 1"),
    (2, "format version"),
    (2, "kind: 0 data, 1 meta"),
    (4, "zero"),
    (16, "repository id"),
    (16, "pack id"),
    (32, "salt"),
    (16, "key check"),
)
ROW: tuple[Field, ...] = (
    (32, "chunk id"),
    (8, "offset of the frame"),
    (4, "bytes of the frame, tag included"),
    (4, "bytes of the chunk"),
    (1, "codec: 0 plain, 1 Zstandard"),
    (3, "zero"),
)
TRAILER: tuple[Field, ...] = (
    (8, "where the directory begins"),
    (4, "bytes of the sealed directory"),
    (4, "rows"),
    (4, "bytes of the rows: 52 each"),
    (4, "zero"),
    (16, "pack id"),
    (8, "magic: OBPACKEN"),
)
POINT: tuple[Field, ...] = (
    (8, "magic: OBPOINT, 1"),
    (2, "format version"),
    (2, "zero"),
    (4, "zero"),
    (16, "repository id"),
    (16, "short id: BLAKE3 of the point id, 16 bytes"),
    (32, "salt"),
    (16, "key check"),
    (8, "bytes of the contents, unpacked"),
)


def dump(data: bytes, fields: tuple[Field, ...]) -> Iterator[str]:
    """Give lines of offset, bytes and name; a field of 0 bytes takes the rest."""
    at = 0
    for size, name in fields:
        part = data[at : at + size] if size else data[at:]
        for row in range(0, len(part), 16):
            shown = part[row : row + 16].hex(" ", -4)
            yield f"{at + row:5}  {shown:36}{name if row == 0 else ''}".rstrip()
        at += len(part)
    assert at == len(data)


def pack_fields(frame: int, directory: int) -> tuple[Field, ...]:
    """Give the fields of a pack with one frame."""
    return (
        *HEADER,
        (frame, "the chunk, encrypted"),
        (16, "its tag"),
        (directory - 16, "the directory, compressed and encrypted"),
        (16, "its tag"),
        *((size, name + ", again") for size, name in HEADER),
        *TRAILER,
    )


def text() -> str:
    """Give the whole block as it stands in the page."""
    example = make_example()
    objects = example.objects
    data, point = objects[example.data_name], objects[object_name(POINT_ID)]
    key, check = KEYRING.object_key(b"pack", b"\xb2" * 32, b"\xb1" * 16)
    point_key, _ = KEYRING.object_key(b"point", b"\xd2" * 32, point[32:48])
    directory = len(data) - 96 - 46 - 144
    lines = [
        f"passphrase        {PASSPHRASE}",
        f"repository id     {KEYRING.repository_id.hex()}",
        f"master key        {KEYRING.master.hex()}",
        f"chunk id key      {_derived(b'chunk id v1')}",
        f"record tag key    {_derived(b'record tag v1')}",
        f"chunker seed      {KEYRING.chunker_seed}",
        "",
        *(f"{len(body):5} bytes  {name}" for name, body in sorted(objects.items())),
        "",
        REPOSITORY,
        *_folded(objects[REPOSITORY]),
        "",
        PASSPHRASE_SLOT,
        *_folded(objects[PASSPHRASE_SLOT]),
        "",
        drive_record_name(DRIVE_ID),
        *_folded(objects[drive_record_name(DRIVE_ID)]),
        "",
        example.data_name,
        f"  contents of the chunk: {TEXT!r}",
        f"  chunk id               {KEYRING.chunk_id(TEXT).hex()}",
        f"  key of the pack        {key.hex()}",
        f"  its key check          {check.hex()}",
        "",
        *dump(data, pack_fields(len(TEXT), directory)),
        "",
        "its directory, opened:",
        "",
        *dump(example.row, ROW),
        "",
        example.meta_name,
        "  contents of its one chunk, a listing:",
        "",
        *dump(example.listing, ((4, "length of the listing"), (0, "MessagePack"))),
        "",
        object_name(POINT_ID),
        f"  key of the point       {point_key.hex()}",
        f"  head of the chain      {head_of(point).hex()}",
        "",
        "its contents, opened (MessagePack; bytes in <>):",
        "",
        *_contents(example.point),
        "",
        *dump(
            point,
            (*POINT, (len(point) - 120, "the contents, compressed and encrypted"), (16, "tag")),
        ),
    ]
    return "\n".join(lines)


def _derived(info: bytes) -> str:
    return derive(KEYRING.master, KEYRING.repository_id, info).hex()


def _contents(point: Point) -> Iterator[str]:
    """Give the fields of a point, bytes as hexadecimal digits."""
    for name, value in msgspec.to_builtins(point, builtin_types=(bytes,)).items():
        shown = _hexed(value)
        yield f"  {name:15}{shown}"


def _hexed(value: object) -> str:
    if isinstance(value, bytes):
        return f"<{value.hex()}>"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_hexed, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_hexed(one)}" for key, one in value.items()) + "}"
    return json.dumps(value)


def _folded(record: bytes) -> Iterator[str]:
    """Break a record for print; the record itself is one line."""
    line = record.decode().rstrip("\n")
    for at in range(0, len(line), 96):
        yield "  " + line[at : at + 96]


if __name__ == "__main__":
    print(text())
