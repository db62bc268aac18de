"""A restore point: one finished backup, encrypted, chained to the one before."""

from __future__ import annotations

import os
import re
import struct
from datetime import datetime

import msgspec
import zstandard
from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.formats import FORMAT_VERSION
from offline_backup_gui.formats.catalogue import Entry
from offline_backup_gui.formats.keys import Keyring

MAGIC = b"OBPOINT\x01"
_HEADER = struct.Struct(
    ">8sHHI16s16s32s16sQ"
)  # magic, version, 0, 0, repository, id, salt, check, plain bytes
_NAME = re.compile(r"points/(\d{8}t\d{6}z-[0-9a-f]{16})")
_MAX_PLAIN_BYTES = 1 << 31


class Root(msgspec.Struct, frozen=True):
    """One source: its path as given, the folder name it is restored under, its own entry."""

    path: bytes
    name: bytes
    entry: Entry


class CatalogueChunk(msgspec.Struct, frozen=True, array_like=True):
    """One chunk of the catalogue stream and the first folder that begins in it (if any)."""

    chunk_id: bytes
    size: int
    root: int
    first_path: bytes


class PackRow(msgspec.Struct, frozen=True, array_like=True):
    """One pack the point needs: id, size, BLAKE3, MD5 and the drive it travels on (or "")."""

    pack_id: bytes
    size: int
    blake3: bytes
    md5: bytes
    drive_id: str
    meta: bool = False


class LeftOut(msgspec.Struct, frozen=True, array_like=True):
    """One line of the exception ledger. `reason` is a words key, `detail` the system's word."""

    path: bytes
    reason: str
    detail: str = ""


class Point(msgspec.Struct, frozen=True):
    """What a restore point says; times are ISO 8601 in UTC, sizes are bytes."""

    point_id: str
    sequence: int
    previous_id: str
    previous_hash: bytes
    plan: str
    host: str
    started: str
    finished: str
    roots: list[Root]
    files: int
    folders: int
    size: int
    catalogue: list[CatalogueChunk]
    packs: list[PackRow]
    left_out: list[LeftOut]
    complete: bool


def new_point_id(at: datetime) -> str:
    """Give `<time>-<16 hex>`; the time is UTC."""
    return f"{at:%Y%m%dt%H%M%Sz}-{os.urandom(8).hex()}"


def object_name(point_id: str) -> str:
    """Give the object name of a point."""
    return f"points/{point_id}"


def id_of(name: str) -> str | None:
    """Give the point id of an object name, or None when it is no point."""
    found = _NAME.fullmatch(name)
    return found[1] if found else None


def head_of(data: bytes) -> bytes:
    """Give the head of the chain: BLAKE3 of a point's bytes, 32 bytes."""
    return blake3(data).digest()


def _short_id(point_id: str) -> bytes:
    return blake3(point_id.encode()).digest(16)


def seal(keyring: Keyring, point: Point) -> bytes:
    """Give the bytes of a point: header, then one AES-256-GCM message."""
    plain = msgspec.msgpack.encode(point)
    salt, short = os.urandom(32), _short_id(point.point_id)
    key, check = keyring.object_key(b"point", salt, short)
    header = _HEADER.pack(
        MAGIC, FORMAT_VERSION, 0, 0, keyring.repository_id, short, salt, check, len(plain)
    )
    packed = zstandard.ZstdCompressor(level=3).compress(plain)
    return header + AESGCM(key).encrypt(bytes(12), packed, header)


def unseal(keyring: Keyring, data: bytes, name: str) -> Point:
    """Authenticate and parse a point found under `name`; a point under another's name is damage."""
    damaged = BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="point")
    if len(data) < _HEADER.size:
        raise damaged
    header = data[: _HEADER.size]
    magic, version, _, _, repository_id, short, salt, check, plain_bytes = _HEADER.unpack(header)
    if magic != MAGIC or plain_bytes > _MAX_PLAIN_BYTES:
        raise damaged
    if version > FORMAT_VERSION:
        raise BackupError(ErrorCode.FORMAT_NEWER, name=name, version=version)
    if repository_id != keyring.repository_id:
        raise BackupError(ErrorCode.REPOSITORY_DIFFERENT, name=name)
    key, expected = keyring.object_key(b"point", salt, short)
    if check != expected:
        raise damaged
    try:
        packed = AESGCM(key).decrypt(bytes(12), data[_HEADER.size :], header)
        plain = zstandard.ZstdDecompressor().decompress(packed, max_output_size=plain_bytes)
        point = msgspec.msgpack.decode(plain, type=Point)
    except (InvalidTag, zstandard.ZstdError, msgspec.MsgspecError, RecursionError) as error:
        raise damaged from error
    if object_name(point.point_id) != name or short != _short_id(point.point_id):
        raise damaged
    return point
