"""Somebody who hands over a drive and wishes harm: with the key, everything on it is authentic."""

from __future__ import annotations

import hashlib
import os
import random
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import zstandard
from blake3 import blake3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from offline_backup_gui.formats.keys import Keyring, passphrase_slot, recovery_slot
from offline_backup_gui.formats.pack import Codec, PackKind, name_of
from offline_backup_gui.formats.record import (
    PASSPHRASE_SLOT,
    RECOVERY_SLOT,
    REPOSITORY,
    DriveRecord,
    RecordObject,
    Session,
    new_repository_record,
    seal_drive_record,
)
from tests.engine.office import CONTAINER, ENTROPY, MASTER, PASSPHRASE, REPOSITORY_ID
from tests.formats.pack_maker import PackMaker

RING = Keyring(REPOSITORY_ID, MASTER)
CONTENTS = b"contents that are restored as they are"
DRIVE_ID = "d" * 16
_POINT_HEADER = struct.Struct(">8sHHI16s16s32s16sQ")
# Slots take a while to make, and every crafted repository may have the same ones.
_KEYS = {
    REPOSITORY: new_repository_record(RING, "2026-11-23T00:00:00Z"),
    PASSPHRASE_SLOT: passphrase_slot(RING, PASSPHRASE, memory_kib=8192),
    RECOVERY_SLOT: recovery_slot(RING, ENTROPY),
}


def forge_point(
    name: str, inside: bytes, *, plain_bytes: int | None = None, packed: bytes | None = None
) -> bytes:
    """Seal any bytes as a point, whatever they are; the two numbers may be lies."""
    short = blake3(name.removeprefix("points/").encode()).digest(16)
    salt = os.urandom(32)
    key, check = RING.object_key(b"point", salt, short)
    length = len(inside) if plain_bytes is None else plain_bytes
    header = _POINT_HEADER.pack(b"OBPOINT\x01", 1, 0, 0, REPOSITORY_ID, short, salt, check, length)
    if packed is None:
        packed = zstandard.ZstdCompressor(level=1).compress(inside)
    return header + AESGCM(key).encrypt(bytes(12), packed, header)


def file_entry(name: bytes, **values: Any) -> dict[str, Any]:
    """Give an entry of a file with `CONTENTS` (chunk 0), or with other values."""
    size = len(CONTENTS)
    return {"n": name, "k": 0, "m": 0o644, "s": size, "t": 10**18, "x": [0, 0, size]} | values


def folder_entry(name: bytes, **values: Any) -> dict[str, Any]:
    return {"n": name, "k": 1, "m": 0o755} | values


def link_entry(name: bytes, target: bytes) -> dict[str, Any]:
    return {"n": name, "k": 2, "m": 0o777, "l": target}


@dataclass
class Attacker:
    """One crafted repository in the making; `base` is what lies around the target."""

    base: Path
    chooser: random.Random
    objects: dict[str, bytes] = field(default_factory=lambda: dict(_KEYS))
    listed: dict[str, RecordObject] = field(default_factory=dict)
    after: list[Callable[[Path], None]] = field(default_factory=list)
    has_record: bool = True
    chunk_id: bytes = RING.chunk_id(CONTENTS)
    points: int = 0

    @property
    def outside(self) -> bytes:
        """Give the folder that nobody may touch."""
        return bytes(self.base / "outside")

    # --- packs

    def pack(self, *chunks: bytes, kind: PackKind = PackKind.META) -> str:
        """Add a pack with these chunks; give its name."""
        maker = PackMaker.begin(RING, kind)
        for chunk in chunks:
            maker.add(chunk, Codec.ZSTD if len(chunk) > 100 else Codec.PLAIN)
        return self.add_pack(maker, maker.end())

    def add_pack(self, maker: PackMaker, data: bytes) -> str:
        """Add a finished pack."""
        name = name_of(maker.header.pack_id)
        self.objects[name] = data
        return name

    # --- catalogues and points

    def listing(self, *entries: object, path: object = b"", **values: object) -> bytes:
        """Encode a listing of any values, its length in front."""
        fields = {"r": 0, "p": path, "c": [self.chunk_id], "e": list(entries)} | values
        body = msgspec.msgpack.encode(fields)
        return len(body).to_bytes(4, "big") + body

    def catalogue(self, *listings: bytes, **point: object) -> str:
        """Add a pack with a catalogue of these listings, and a point that has it."""
        stream = b"".join(listings)
        pieces = [stream[at : at + (1 << 20)] for at in range(0, len(stream), 1 << 20)]
        self.pack(CONTENTS, *pieces)
        rows = [[RING.chunk_id(piece), len(piece), 0, b"", 0] for piece in pieces]
        return self.point(**({"catalogue": rows} | point))

    def restorable(self, *entries: object, **values: object) -> str:
        """Add a point with one folder of these entries."""
        return self.catalogue(self.listing(*entries, **values))

    def point_fields(self, **values: object) -> dict[str, object]:
        """Give what a point says, some of it changed."""
        self.points += 1
        fields: dict[str, object] = {
            "point_id": f"20261123t000000z-{self.points:016x}",
            "sequence": 1,
            "previous_id": "",
            "previous_hash": b"",
            "plan": "plan",
            "host": "host",
            "started": "2026-11-23T00:00:00Z",
            "finished": "2026-11-23T00:00:01Z",
            "roots": [{"path": b"/source", "name": b"source", "entry": folder_entry(b"source")}],
            "files": 1,
            "folders": 1,
            "size": len(CONTENTS),
            "catalogue": [],
            "packs": [],
            "left_out": [],
            "complete": True,
        }
        return fields | values

    def point(self, **values: object) -> str:
        """Add a point of any values; give its name."""
        fields = self.point_fields(**values)
        name = f"points/{fields['point_id']}"
        self.objects[name] = forge_point(name, msgspec.msgpack.encode(fields))
        return name

    def raw_point(self, inside: bytes, **words: Any) -> str:
        """Add a point with any bytes inside."""
        name = f"points/{self.point_fields()['point_id']}"
        self.objects[name] = forge_point(name, inside, **words)
        return name

    # --- the drive

    def record(self, objects: Iterable[RecordObject], **values: Any) -> bytes:
        """Give a drive record with a right tag."""
        sessions = [Session("2026-11-23T00:00:00Z", "2026-11-23T01:00:00Z", "")]
        fields: dict[str, Any] = {
            "format": 1,
            "repository_id": RING.repository_id.hex(),
            "drive_id": DRIVE_ID,
            "serial": "S",
            "label": "L",
            "sealed": True,
            "past_cache": True,
            "sessions": sessions,
            "objects": sorted(objects, key=lambda line: line.name),
            "check": "",
            "tag": "",
        }
        return seal_drive_record(RING, DriveRecord(**fields | values))

    def lines(self) -> list[RecordObject]:
        """Give record lines that fit the objects, but for those that were told otherwise."""
        fitting = {
            name: RecordObject(name, len(data), _md5(data), blake3(data).hexdigest())
            for name, data in self.objects.items()
            if not name.startswith("drives/")
        }
        return list((fitting | self.listed).values())

    def write(self) -> None:
        """Put everything onto the drive and into an account, then play the tricks."""
        for place in ("drive/" + CONTAINER, "hostile-account/landing"):
            top = self.base / place
            objects = dict(self.objects)
            if self.has_record:
                objects.setdefault(f"drives/{DRIVE_ID}.json", self.record(self.lines()))
            for name, data in objects.items():
                path = top / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            for trick in self.after:
                trick(top)


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def sparse(path: Path, size: int) -> None:
    """Make a file that says it is large and takes no room."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.truncate(size)


def outside_tree(base: Path) -> None:
    """Make what must stay as it is, next to the target."""
    outside = base / "outside"
    (outside / "folder").mkdir(parents=True)
    for name in ("kept", "folder/kept", "evil", "a", "source"):
        (outside / name).write_bytes(b"not of the backup")
    (base / "to").mkdir()


def snapshot(base: Path) -> dict[str, tuple[object, ...]]:
    """Describe every file around the target so that any touch of it shows."""
    found: dict[str, tuple[object, ...]] = {
        "": tuple(sorted(set(os.listdir(base)) - {"to", "state"}))
    }
    for folder, _, names in os.walk(base / "outside"):
        for path in [folder, *(os.path.join(folder, name) for name in names)]:
            info = os.lstat(path)
            found[path] = (
                info.st_ino,
                info.st_mode,
                info.st_uid,
                info.st_nlink,
                info.st_size,
                info.st_mtime_ns,
                info.st_ctime_ns,
                tuple(os.listxattr(path, follow_symlinks=False)),
            )
    return found


def pick(chooser: random.Random, things: Sequence[Any], most: int) -> list[Any]:
    """Give some of several things, at least one, in any order."""
    return chooser.sample(list(things), chooser.randint(1, min(most, len(things))))
