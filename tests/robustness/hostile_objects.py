"""Crafted repositories whose packs, records and slots want time, memory or belief."""

from __future__ import annotations

import base64
from typing import Any

import zstandard

from offline_backup_gui.formats.keys import PASSPHRASE_SLOT, RECOVERY_SLOT
from offline_backup_gui.formats.pack import MAX_ROWS, Codec, PackKind, Row
from offline_backup_gui.formats.record import REPOSITORY, RecordObject, Session
from tests.formats.hostile import changed, with_check
from tests.formats.pack_maker import PackMaker
from tests.robustness.crafting import (
    CONTENTS,
    DRIVE_ID,
    RING,
    Attacker,
    file_entry,
)

MIB = 1 << 20


def directories_of_a_million_rows(a: Attacker) -> None:
    """Rows must ascend, so a pack is as large as it says; a reader reads several ahead."""
    count = a.chooser.choice((5_000, MAX_ROWS))
    rows = [
        Row(number.to_bytes(32, "big"), 96 + 17 * number, 17, 1, Codec.PLAIN)
        for number in range(count)
    ]
    for _ in range(a.chooser.choice((2, 20))):
        maker = PackMaker.begin(RING)
        maker.body += bytes(17 * count)
        a.add_pack(maker, maker.end(rows))
    a.restorable(file_entry(b"x"))


def rows_that_lie(a: Attacker) -> None:
    for _ in range(3):
        maker = PackMaker.begin(RING, a.chooser.choice(list(PackKind)))
        maker.add(CONTENTS)
        maker.add(b"second" * 40, Codec.ZSTD)
        rows = list(maker.rows)
        at = a.chooser.randrange(2)
        row = rows[at]
        rows[at] = a.chooser.choice(
            (
                Row(row.chunk_id, row.offset + 1, row.stored_bytes, row.plain_bytes, row.codec),
                Row(row.chunk_id, 0, row.stored_bytes, row.plain_bytes, row.codec),
                Row(row.chunk_id, 1 << 63, row.stored_bytes, row.plain_bytes, row.codec),
                Row(row.chunk_id, row.offset, (1 << 32) - 1, row.plain_bytes, row.codec),
                Row(row.chunk_id, row.offset, row.stored_bytes, 16 * MIB, row.codec),
                Row(row.chunk_id, row.offset, row.stored_bytes, 0, row.codec),
                Row(bytes(32), row.offset, row.stored_bytes, row.plain_bytes, row.codec),
                Row(row.chunk_id, row.offset, row.stored_bytes, row.plain_bytes, Codec.ZSTD),
            )
        )
        a.add_pack(maker, maker.end(rows, gap=bytes(a.chooser.choice((0, 5, MIB)))))
    a.restorable(file_entry(b"x"))


def chunks_that_lie(a: Attacker) -> None:
    """Frames that unpack to more, to less, to something else, or never."""
    maker = PackMaker.begin(RING)
    bomb = zstandard.ZstdCompressor(level=1).compress(bytes(64 * MIB))
    small = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1000))
    ids = [RING.chunk_id(b"%d" % number) for number in range(5)]
    maker.add_raw(ids[0], bomb, 16 * MIB, Codec.ZSTD)
    maker.add_raw(ids[1], small, 1000, Codec.ZSTD)
    maker.add_raw(ids[2], CONTENTS, len(CONTENTS), Codec.PLAIN)  # another's identity
    maker.add_raw(ids[3], b"no frame" * 9, 72, Codec.ZSTD)
    maker.add_raw(ids[4], CONTENTS, len(CONTENTS) + 9, Codec.PLAIN)
    a.add_pack(maker, maker.end())
    files = [file_entry(b"%d" % number, x=[number, 0, 38]) for number in range(5)]
    a.catalogue(a.listing(*files, c=ids))
    a.pack(CONTENTS, CONTENTS)


def a_pack_under_another_name(a: Attacker) -> None:
    a.restorable(file_entry(b"x"))
    names = [name for name in a.objects if name.startswith("packs/")]
    name = a.chooser.choice(names)
    other = "packs/ab/ab" + "0" * 30
    a.objects[other] = a.objects.pop(name) if a.chooser.random() < 0.5 else a.objects[name]


# --- records and slots


def a_drive_record_of_odd_values(a: Attacker) -> None:
    a.restorable(file_entry(b"x"))
    line = a.lines()[0]
    name = "packs/ab/ab" + "0" * 30
    values: dict[str, Any] = a.chooser.choice(
        (
            {"objects": [RecordObject("../outside/evil", 4, line.md5, line.blake3)]},
            {"objects": [RecordObject(name, (1 << 63) - 1, line.md5, line.blake3)]},
            {"objects": [RecordObject(name, -1, line.md5, line.blake3)]},
            {"objects": [line, line]},
            {"objects": [RecordObject(line.name, 1 << 62, line.md5, line.blake3)]},
            {"sealed": False},
            {"drive_id": "../" * 5 + "a"},
            {"format": 1 << 70},
            {"format": 0},
            {"sessions": [Session("x", "y", "z")]},
            {"sessions": []},
            {"repository_id": "0" * 32},
            {"objects": []},
        )
    )
    a.objects[f"drives/{DRIVE_ID}.json"] = a.record(**({"objects": a.lines()} | values))


def a_drive_record_of_control_letters(a: Attacker) -> None:
    """Without the key: the check value is right, the tag is not."""
    a.restorable(file_entry(b"x"))
    record = a.record(a.lines())
    text = a.chooser.choice(("\x1b]0;owned\x07", "x" * 100_000, "\u202e", "\ud7ff", "a\nb"))
    a.objects[f"drives/{DRIVE_ID}.json"] = changed(
        record, **{a.chooser.choice(("label", "serial")): text}
    )


def a_drive_record_as_large_as_may_be(a: Attacker) -> None:
    count = a.chooser.choice((500, 3_000))
    line = a.lines()[0]
    objects = [
        RecordObject(f"packs/00/00{number:030x}", 1, line.md5, line.blake3)
        for number in range(count)
    ]
    a.objects[f"drives/{DRIVE_ID}.json"] = a.record(objects)


def records_of_any_text(a: Attacker) -> None:
    texts = (
        b'","format":1}\n', b'","format":' + b"9" * 300_000 + b"}\n", b'","format":1e999}\n',
        b'","format":1,"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}\n",
        b'","format":1,"x":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}\n",
        b'","format":-1}\n', b'","format":"1"}\n', b'"}', b'","format":1,"format":2}\n',
        b'","format":1,"label":"\xff\xfe"}\n', b'","format":1,"label":"\\ud800"}\n',
    )  # fmt: skip
    for name in (REPOSITORY, PASSPHRASE_SLOT, RECOVERY_SLOT, f"drives/{DRIVE_ID}.json"):
        if a.chooser.random() < 0.6:
            a.objects[name] = with_check(a.chooser.choice(texts))
    a.restorable(file_entry(b"x"))


def two_drives_in_one(a: Attacker) -> None:
    a.objects["drives/" + "e" * 16 + ".json"] = a.record([], drive_id="e" * 16)
    a.restorable(file_entry(b"x"))


def a_drive_that_has_no_record(a: Attacker) -> None:
    a.has_record = False
    a.restorable(file_entry(b"x"))


def slots_that_ask_for_much(a: Attacker) -> None:
    costs = a.chooser.choice(
        (
            {"kdf__memory_kib": 1 << 20, "kdf__iterations": 4},
            {"kdf__memory_kib": 256 << 10, "kdf__iterations": 1},
            {"kdf__memory_kib": 1 << 40},
            {"kdf__memory_kib": 7},
            {"kdf__iterations": 1 << 31},
            {"kdf__iterations": 0},
            {"kdf__lanes": 1 << 24},
            {"kdf__lanes": -1},
            {"kdf__salt": "A" * 100_000},
            {"kdf__salt": ""},
            {"kdf__name": "scrypt"},
            {"wrapped": base64.b64encode(bytes(60)).decode()},
            {"key_check": "0" * 64},
            {"repository_id": "../" * 10},
        )
    )
    a.objects[PASSPHRASE_SLOT] = changed(a.objects[PASSPHRASE_SLOT], **costs)
    fitting = {key: value for key, value in costs.items() if key not in ("kdf__memory_kib",)}
    if not any("lanes" in key or "iterations" in key for key in fitting):
        a.objects[RECOVERY_SLOT] = changed(a.objects[RECOVERY_SLOT], **fitting)
    a.restorable(file_entry(b"x"))


OBJECTS = (
    directories_of_a_million_rows,
    rows_that_lie,
    chunks_that_lie,
    a_pack_under_another_name,
    a_drive_record_of_odd_values,
    a_drive_record_of_control_letters,
    a_drive_record_as_large_as_may_be,
    records_of_any_text,
    two_drives_in_one,
    a_drive_that_has_no_record,
    slots_that_ask_for_much,
)
