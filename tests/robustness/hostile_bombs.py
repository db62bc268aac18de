"""Crafted repositories whose catalogues and points want time, memory or belief."""

from __future__ import annotations

import msgspec
import zstandard

from offline_backup_gui.formats.catalogue import HOLE
from tests.robustness.crafting import (
    CONTENTS,
    RING,
    Attacker,
    file_entry,
    folder_entry,
    forge_point,
    pick,
)

MIB = 1 << 20
HUGE = (1 << 31, 1 << 32, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, -1, 0)


def a_listing_of_zeros_without_end(a: Attacker) -> None:
    """One compressed chunk of 16 MiB, listed again and again: a listing of up to 1 GiB."""
    zeros = bytes(16 * MIB)
    a.pack(CONTENTS, zeros)
    times = a.chooser.choice((2, 16, 64))
    length = (times * 16 * MIB - 4).to_bytes(4, "big")
    a.pack(length)
    first = [RING.chunk_id(length), 4, 0, b"", 0]
    a.point(catalogue=[first] + [[RING.chunk_id(zeros), 16 * MIB, -1, b"", 0]] * times)


def a_listing_of_a_million_entries(a: Attacker) -> None:
    """Six bytes an entry, as small as they can be, in chunks that compress to nothing."""
    entry = msgspec.msgpack.encode({"n": b"x"})
    count = a.chooser.choice((300_000, 2_700_000))
    body = b"\x84\xa1r\x00\xa1p\xc4\x00\xa1c\x90\xa1e\xdd" + count.to_bytes(4, "big")
    body += entry * count
    a.catalogue(len(body).to_bytes(4, "big") + body)


def an_entry_of_millions_of_numbers(a: Attacker) -> None:
    count = a.chooser.choice((400_000, 4_000_000))
    body = b"\x84\xa1r\x00\xa1p\xc4\x00\xa1c\x90\xa1e\x91\x82\xa1n\xc4\x01x\xa1x\xdd"
    body += count.to_bytes(4, "big") + b"\xcd\x04\x00" * count
    a.catalogue(len(body).to_bytes(4, "big") + body)


def lengths_that_promise_more_than_there_is(a: Attacker) -> None:
    """MessagePack arrays, maps, texts and bytes of four thousand million parts."""
    for head in pick(a.chooser, (b"\xdd", b"\xdf", b"\xc6", b"\xdb"), 2):
        for field in (b"\xa1c", b"\xa1e"):
            body = b"\x83\xa1r\x00\xa1p\xc4\x00" + field + head + b"\xff\xff\xff\xff"
            a.catalogue(len(body).to_bytes(4, "big") + body)
        a.raw_point(b"\x81\xa5packs" + head + b"\xff\xff\xff\xff")


def catalogues_that_are_cut(a: Attacker) -> None:
    whole = a.listing(file_entry(b"x"))
    for data in (
        whole[:-1],
        whole + b"\0\0",
        b"\xff\xff\xff\xff",
        b"\x40\0\0\1",
        b"\0\0\0\0",
        b"\0",
    ):
        a.catalogue(data)
    a.catalogue(whole + a.chooser.randbytes(300))


def a_catalogue_that_is_deep(a: Attacker) -> None:
    depth = a.chooser.choice((500, 5_000, 1_000_000))
    for nest in (b"\x91" * depth, b"\x81\xa1e" * depth):
        body = b"\x83\xa1r\x00\xa1p\xc4\x00\xa1z" + nest + b"\xc0"
        a.catalogue(len(body).to_bytes(4, "big") + body)
        a.raw_point(nest + b"\xc0")


def a_catalogue_whose_numbers_lie(a: Attacker) -> None:
    whole = a.listing(file_entry(b"x"), folder_entry(b"f"))
    a.pack(CONTENTS, whole)
    chunk_id = RING.chunk_id(whole)
    for row in (
        [chunk_id, 1, 0, b"", 0],
        [chunk_id, 16 * MIB, 0, b"../..", 16 * MIB - 1],
        [chunk_id, len(whole), 0, b"f", len(whole) - 1],
        [bytes(32), 10, 0, b"", 0],
        [chunk_id, 0, 0, b"", 0],
        [chunk_id, len(whole), 5, b"", 0],
    ):
        a.point(catalogue=[row, row])


def a_point_of_zeros_without_end(a: Attacker) -> None:
    size = a.chooser.choice((64 * MIB, 1 << 30))
    packed = zstandard.ZstdCompressor(level=1).compress(bytes(size))
    a.raw_point(b"", plain_bytes=size, packed=packed)
    a.raw_point(b"", plain_bytes=1 << 40, packed=packed)
    a.raw_point(b"", plain_bytes=10, packed=packed)


def a_point_of_millions_of_lines(a: Attacker) -> None:
    count = a.chooser.choice((100_000, 5_000_000))
    line = a.chooser.choice(
        (
            ("left_out", msgspec.msgpack.encode([b"", ""])),
            ("packs", msgspec.msgpack.encode([b"", 1, b"", b"", ""])),
            ("catalogue", msgspec.msgpack.encode([b"", 1, 0, b"", 0])),
            ("roots", msgspec.msgpack.encode({"path": b"", "name": b"", "entry": {"n": b"x"}})),
        )
    )
    fields = a.point_fields()
    del fields[line[0]]
    head = msgspec.msgpack.encode(fields)
    # A map of one field more: its array is written by hand, because it need not exist here.
    inside = b"\xde" + (len(fields) + 1).to_bytes(2, "big") + head[1 if len(fields) < 16 else 3 :]
    inside += msgspec.msgpack.encode(line[0]) + b"\xdd" + count.to_bytes(4, "big")
    inside += line[1] * count
    name = f"points/{fields['point_id']}"
    a.objects[name] = forge_point(name, inside)


def points_in_a_circle(a: Attacker) -> None:
    ids = [f"20261123t000000z-{number:016x}" for number in range(1, 6)]
    for number, point_id in enumerate(ids):
        a.point(
            point_id=point_id,
            sequence=a.chooser.choice((2, 3, number + 2)),
            previous_id=a.chooser.choice(ids),
            previous_hash=bytes(32),
        )


def very_many_points(a: Attacker) -> None:
    for _ in range(a.chooser.choice((40, 150))):
        a.point()


def points_whose_words_are_odd(a: Attacker) -> None:
    texts = ("", "x", "2026-99-99T00:00:00Z", "\x1b[2J", "\u202e", "9" * 10_000, "2026-11-23")
    for _ in range(3):
        words = {key: a.chooser.choice(texts) for key in ("started", "finished", "plan", "host")}
        a.restorable(file_entry(b"x"))
        a.point(**words)
        a.catalogue(a.listing(file_entry(b"y")), **words)


def points_whose_numbers_are_odd(a: Attacker) -> None:
    for _ in range(4):
        key = a.chooser.choice(("files", "folders", "size", "sequence", "packs", "complete"))
        a.catalogue(a.listing(file_entry(b"x")), **{key: a.chooser.choice(HUGE)})
    pack = [bytes(16), a.chooser.choice(HUGE), bytes(32), bytes(16), "vault\x1b", True]
    a.catalogue(a.listing(file_entry(b"x")), packs=[pack], left_out=[[b"\xff", "\x1b", "x" * 9999]])
    a.catalogue(a.listing(file_entry(b"x")), roots=[])
    a.catalogue(a.listing(file_entry(b"x")), unknown={"deep": [[[]]]})


def a_hole_larger_than_the_world(a: Attacker) -> None:
    size = a.chooser.choice((1 << 62, 1 << 40))
    a.restorable(
        file_entry(b"hole", s=size, x=[HOLE, 0, size], p=True),
        file_entry(b"zeros", s=size, x=[HOLE, 0, size]),
        file_entry(b"again", s=size // 2 * 2, x=[HOLE, 0, size // 2] * 2, p=True),
    )


BOMBS = (
    a_listing_of_zeros_without_end,
    a_listing_of_a_million_entries,
    an_entry_of_millions_of_numbers,
    lengths_that_promise_more_than_there_is,
    catalogues_that_are_cut,
    a_catalogue_that_is_deep,
    a_catalogue_whose_numbers_lie,
    a_point_of_zeros_without_end,
    a_point_of_millions_of_lines,
    points_in_a_circle,
    very_many_points,
    points_whose_words_are_odd,
    points_whose_numbers_are_odd,
    a_hole_larger_than_the_world,
)
