"""Every parser that reads what a stranger may have written, with a corpus that gets deep into it.

A parser takes one case and returns, or raises BackupError. What it accepts is looked at as well.
"""

from __future__ import annotations

import os
import random
import struct
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from offline_backup_gui.adapters.stores.names import segments
from offline_backup_gui.engine.catalogue import read_catalogue
from offline_backup_gui.formats import compression, keys, pack, point, record, recovery_code
from offline_backup_gui.formats.catalogue import (
    PLAIN_LISTING_BYTES,
    Kind,
    Listing,
    decode,
    listings,
)
from tests.engine.office import ENTROPY, PASSPHRASE
from tests.formats.hostile import with_check
from tests.formats.pack_maker import PackMaker
from tests.robustness.crafting import (
    CONTENTS,
    DRIVE_ID,
    RING,
    Attacker,
    file_entry,
    folder_entry,
    forge_point,
    link_entry,
)
from tests.robustness.fuzzing import Parser, mutated_bytes, mutated_text, mutated_value
from tests.robustness.parsers_of_imports import IMPORTS
from tests.robustness.parsers_of_places import PLACES

_ROW = struct.Struct(">32sQIIB3s")


def _fresh_attacker() -> Attacker:
    attacker = Attacker(Path("/nowhere"), random.Random(1))
    attacker.restorable(file_entry(b"x", h=b"g", a={b"user.a": b"1"}), link_entry(b"l", b"x"))
    attacker.pack(CONTENTS, b"second" * 50)
    return attacker


_ATTACKER = _fresh_attacker()
_PACKS = [data for name, data in _ATTACKER.objects.items() if name.startswith("packs/")]
_RECORD = _ATTACKER.record(_ATTACKER.lines())
_RECORD_NAME = f"drives/{DRIVE_ID}.json"
_POINT_NAME = next(name for name in _ATTACKER.objects if name.startswith("points/"))
_POINT = _ATTACKER.point_fields(
    point_id=_POINT_NAME.removeprefix("points/"),
    catalogue=[[bytes(32), 90, 0, b"", 0], [bytes(32), 10, -1, b"a", 0]],
    packs=[[bytes(16), 1000, bytes(32), bytes(16), "0" * 16, True], [b"x" * 16, 5, b"", b"", "d"]],
    left_out=[[b"/srv/x", "unreadable", "why"]],
)
_LISTING = {
    "r": 0,
    "p": b"a/b",
    "c": [bytes(32), b"x" * 32],
    "e": [
        file_entry(b"file", x=[0, 0, 10, -1, 0, 20, 1, 5, 8], s=38, p=True, a={b"user.a": b"1"}),
        folder_entry(b"folder", u=1000, g=1000),
        link_entry(b"link", b"../target"),
        file_entry(b"group", h=b"1", c=True),
        {"n": b"fifo", "k": 3, "m": 0o600},
    ],
}


# --- packs


def _whole_pack(data: bytes) -> None:
    """Read a pack as a checking reader does, from its end, then every frame."""
    name = pack.name_of(data[32:48].ljust(16, b"\0"))
    ending = pack.read_ending(RING, data[-pack.TRAILER_BYTES :], len(data), name)
    end = ending.directory_offset + ending.directory_bytes
    rows = pack.open_directory(ending, data[ending.directory_offset : end])
    header = pack.read_header(RING, data[: pack.HEADER_BYTES], name)
    for number, row in enumerate(rows):
        pack.open_frame(header, number, row, data[row.offset : row.offset + row.stored_bytes])


def _header(data: bytes) -> None:
    pack.read_header(RING, data, pack.name_of(data[32:48].ljust(16, b"\0")))


_MAKER = PackMaker.begin(RING)
_MAKER.add(CONTENTS)
_MAKER.add(b"second" * 50, pack.Codec.ZSTD)
_MAKER_NAME = pack.name_of(_MAKER.header.pack_id)
_ROWS = b"".join(
    _ROW.pack(r.chunk_id, r.offset, r.stored_bytes, r.plain_bytes, r.codec, bytes(3))
    for r in _MAKER.rows
)


def _sealed_rows(plain: bytes) -> None:
    """Open a directory whose rows are anything, sealed with the right key."""
    packed = compression.pack(plain, 1)
    count = len(plain) // 52
    header = _MAKER.header
    offset = len(_MAKER.body)
    trailer = struct.pack(
        ">QIIII16s8s", offset, len(packed) + 16, count, len(plain), 0, header.pack_id, b"OBPACKEN"
    )
    sealed = header.aead.encrypt(pack.nonce(1, count), packed, header.raw + trailer)
    size = offset + len(sealed) + pack.TRAILER_BYTES
    ending = pack.read_ending(RING, header.raw + trailer, size, _MAKER_NAME)
    rows = pack.open_directory(ending, sealed)
    end = pack.HEADER_BYTES
    for row in rows:
        assert row.offset >= end
        assert 0 < row.plain_bytes <= pack.MAX_PLAIN_BYTES
        end = row.offset + row.stored_bytes
    assert end <= offset


def _frame(inside: bytes) -> None:
    """Open a frame whose inside is anything that calls itself compressed."""
    header = _MAKER.header
    row = pack.Row(bytes(32), 96, len(inside) + 16, 300, pack.Codec.ZSTD)
    aad = header.frame_aad(0, row.chunk_id, row.plain_bytes, row.codec)
    assert len(pack.open_frame(header, 0, row, header.aead.encrypt(bytes(12), inside, aad))) == 300


# --- catalogues and points


def _listing(value: Any) -> None:
    """Decode a listing of any values; what is accepted must lead nowhere."""
    listing = decode(msgspec.msgpack.encode(value))
    _assert_harmless(listing)


def _assert_harmless(listing: Listing) -> None:
    for part in (listing.path.split(b"/") if listing.path else []) + [
        entry.name for entry in listing.entries
    ]:
        assert part not in (b"", b".", b"..")
        assert not {0, 47} & set(part)
        assert os.path.normpath(b"/top/" + part) == b"/top/" + part
    for entry in listing.entries:
        numbers = entry.extents
        assert entry.size == sum(numbers[2::3]) if entry.kind is Kind.FILE else not numbers
        assert all(-1 <= number < len(listing.chunks) for number in numbers[0::3])
        assert 0 <= entry.size < 1 << 63


def _stream(data: bytes) -> None:
    for listing in listings([data[:50], data[50:]], PLAIN_LISTING_BYTES):
        _assert_harmless(listing)


def _point(value: Any) -> None:
    """Unseal a point of any values, and follow its catalogue with nothing behind it."""
    found = point.unseal(RING, forge_point(_POINT_NAME, msgspec.msgpack.encode(value)), _POINT_NAME)
    assert found.sequence >= 1
    record.moment(found.started)
    list(read_catalogue(found, lambda chunk_id: b"", longest=1 << 20))


def _sealed_point(data: bytes) -> None:
    point.unseal(RING, data, _POINT_NAME)


def _inside_of_point(data: bytes) -> None:
    point.unseal(RING, forge_point(_POINT_NAME, data), _POINT_NAME)


# --- records and slots


def _record_values(value: Any) -> None:
    """Read a record of any values behind a right check value."""
    text = msgspec.json.encode(value, order="sorted") + b"\n"
    _record_text(text[74:] if text.startswith(b'{"check":"') else text)


def _record_text(rest: bytes) -> None:
    found = record.read_drive_record(with_check(rest), _RECORD_NAME)
    for line in found.objects:
        assert segments(line.name)
        assert 0 <= line.size < 1 << 63
    for session in found.sessions:
        record.moment(session.started)


def _record_bytes(data: bytes) -> None:
    found = record.read_drive_record(data, _RECORD_NAME)
    record.check_drive_tag(RING, found)


def _repository_values(value: Any) -> None:
    text = msgspec.json.encode(value, order="sorted") + b"\n"
    found = record.read_repository_record(with_check(text[74:]))
    record.check_repository_tag(RING, found)


def _recovery_slot_values(value: Any) -> None:
    text = msgspec.json.encode(value, order="sorted") + b"\n"
    assert keys.open_with_recovery_code(with_check(text[74:]), ENTROPY) == RING


def _passphrase_slot_values(value: Any) -> None:
    """The costs stay what they are, so that a case takes little: they are crafted elsewhere."""
    if isinstance(value, dict) and isinstance(value.get("kdf"), dict):
        cheap = value["kdf"].get("memory_kib") in (8192, 7, 0, -1, 1 << 40)
        if cheap and value["kdf"].get("memory_kib") == 8192:
            value = value | {"kdf": value["kdf"] | {"salt": "short"}}
    text = msgspec.json.encode(value, order="sorted") + b"\n"
    keys.open_with_passphrase(with_check(text[74:]), PASSPHRASE)


def _code(text: str) -> None:
    assert len(recovery_code.entropy_of(text)) == 20


def _plain(data: bytes) -> dict[str, Any]:
    return dict(msgspec.json.decode(data))


_SLOT = _ATTACKER.objects[record.PASSPHRASE_SLOT]
_RECOVERY = _ATTACKER.objects[record.RECOVERY_SLOT]
_REPOSITORY = _ATTACKER.objects["repository.json"]
_ENCODED = msgspec.msgpack.encode(_LISTING)
_STREAM = (len(_ENCODED).to_bytes(4, "big") + _ENCODED) * 2
PARSERS = (
    Parser("pack", _PACKS, mutated_bytes, _whole_pack),
    Parser("pack header", [data[:96] for data in _PACKS], mutated_bytes, _header),
    Parser("pack directory, sealed", [_ROWS, _ROWS * 3], mutated_bytes, _sealed_rows),
    Parser(
        "frame, sealed",
        [zstandard.compress(bytes(300)), zstandard.compress(os.urandom(300))],
        mutated_bytes,
        _frame,
    ),
    Parser("listing values", [_LISTING], mutated_value, _listing),
    Parser("listing bytes", [_ENCODED], mutated_bytes, decode),
    Parser("catalogue stream", [_STREAM], mutated_bytes, _stream),
    Parser("point values, sealed", [_POINT], mutated_value, _point),
    Parser(
        "point contents, sealed", [msgspec.msgpack.encode(_POINT)], mutated_bytes, _inside_of_point
    ),
    Parser("point", [_ATTACKER.objects[_POINT_NAME]], mutated_bytes, _sealed_point),
    Parser("drive record values", [_plain(_RECORD)], mutated_value, _record_values),
    Parser("drive record text", [_RECORD[74:]], mutated_bytes, _record_text),
    Parser("drive record", [_RECORD], mutated_bytes, _record_bytes),
    Parser("repository record values", [_plain(_REPOSITORY)], mutated_value, _repository_values),
    Parser("recovery slot values", [_plain(_RECOVERY)], mutated_value, _recovery_slot_values),
    Parser("passphrase slot values", [_plain(_SLOT)], mutated_value, _passphrase_slot_values),
    Parser("recovery code", ["\n".join(recovery_code.lines_of(ENTROPY))], mutated_text, _code),
    *PLACES,
    *IMPORTS,
)
