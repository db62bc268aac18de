"""A restore point: one finished backup, encrypted, chained to the one before."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from offline_backup_gui.domain.decoding import msgpack_decoder
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.formats import FORMAT_VERSION, compression
from offline_backup_gui.formats.canonical import is_time
from offline_backup_gui.formats.catalogue import Entry, Kind, safe_name, sound
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import MAX_PLAIN_BYTES

MAGIC = b"OBPOINT\x01"
_HEADER = struct.Struct(
    ">8sHHI16s16s32s16sQ"
)  # magic, version, 0, 0, repository, id, salt, check, plain bytes
_ID = re.compile(r"[0-9]{8}t[0-9]{6}z-[0-9a-f]{16}")
_PREFIX = "points/"
_MAX_PLAIN_BYTES = 128 << 20
MAX_POINT_BYTES = 64 << 20  # of the stored object
MAX_ROWS = 1 << 19
_ROWS, _MAX_ROOTS = msgspec.Meta(max_length=MAX_ROWS), 1 << 12
_LEDGER_BYTES = 48 << 20  # leaves room for everything else a point says
MAX_SEQUENCE = (1 << 32) - 1
MAX_COUNT = (1 << 63) - 1


class Root(msgspec.Struct, frozen=True):
    """One source: its path as given, the folder name it is restored under, its own entry."""

    path: bytes
    name: bytes
    entry: Entry


class CatalogueChunk(msgspec.Struct, frozen=True, array_like=True):
    """One chunk of the catalogue stream and the first folder whose listing begins in it.

    `root` is -1 when none does; `first_offset` is where that listing begins in the chunk.
    """

    chunk_id: bytes
    size: int
    root: int
    first_path: bytes
    first_offset: int


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
    roots: Annotated[list[Root], msgspec.Meta(max_length=_MAX_ROOTS)]
    files: int
    folders: int
    size: int
    catalogue: Annotated[list[CatalogueChunk], _ROWS]
    packs: Annotated[list[PackRow], _ROWS]
    left_out: Annotated[list[LeftOut], _ROWS]
    complete: bool


def bounded(lines: Sequence[LeftOut]) -> list[LeftOut]:
    """Give as much of a ledger as a point can hold; its last line says how many more there are."""
    kept, room = [], _LEDGER_BYTES
    for line in lines[:MAX_ROWS]:
        room -= len(line.path) + 4 * len(line.reason + line.detail) + 16
        if room < 0:
            break
        kept.append(line)
    more = len(lines) - len(kept)
    if more:
        last = kept[-1]
        kept[-1] = LeftOut(last.path, last.reason, f"{last.detail} (+{more})".strip())
    return kept


def new_point_id(at: datetime) -> str:
    """Give `<time>-<16 hex>`; the time is UTC."""
    return f"{at:%Y%m%dt%H%M%Sz}-{os.urandom(8).hex()}"


def object_name(point_id: str) -> str:
    """Give the object name of a point."""
    return _PREFIX + point_id


def id_of(name: str) -> str | None:
    """Give the point id of an object name, or None when it is no point."""
    point_id = name.removeprefix(_PREFIX)
    return point_id if name.startswith(_PREFIX) and _ID.fullmatch(point_id) else None


def head_of(data: bytes) -> bytes:
    """Give the head of the chain: BLAKE3 of a point's bytes, 32 bytes."""
    return blake3(data).digest()


def _short_id(point_id: str) -> bytes:
    return blake3(point_id.encode()).digest(16)


def seal(keyring: Keyring, point: Point) -> bytes:
    """Give the bytes of a point: header, then one AES-256-GCM message."""
    plain = msgspec.msgpack.encode(point)
    if len(plain) > _MAX_PLAIN_BYTES or len(point.packs) > MAX_ROWS or not _sound(point):
        raise ValueError("a point that no restore would take")
    salt, short = os.urandom(32), _short_id(point.point_id)
    key, check = keyring.object_key(b"point", salt, short)
    header = _HEADER.pack(
        MAGIC, FORMAT_VERSION, 0, 0, keyring.repository_id, short, salt, check, len(plain)
    )
    # The key is fresh with its salt and seals this one message, so the nonce may be all zeros.
    return header + AESGCM(key).encrypt(bytes(12), compression.pack(plain, 3), header)


def unseal(keyring: Keyring, data: bytes, name: str) -> Point:
    """Authenticate and parse a point found under `name`; a point under another's name is damage."""
    if not _HEADER.size < len(data) <= MAX_POINT_BYTES:
        raise _damaged(name, "size")
    header = data[: _HEADER.size]
    magic, version, _, _, repository_id, short, salt, check, plain_bytes = _HEADER.unpack(header)
    if magic != MAGIC:
        raise _damaged(name, "magic")
    if version > FORMAT_VERSION:
        if _opens_as_ours(keyring, data):
            raise _damaged(name, "version")
        raise BackupError(ErrorCode.FORMAT_NEWER, name=name, version=version)
    if version < 1 or plain_bytes > _MAX_PLAIN_BYTES:
        raise _damaged(name, "header")
    if repository_id != keyring.repository_id:
        raise BackupError(ErrorCode.REPOSITORY_DIFFERENT, name=name)
    key, expected = keyring.object_key(b"point", salt, short)
    if check != expected:
        raise _damaged(name, "key check")
    try:
        packed = AESGCM(key).decrypt(bytes(12), memoryview(data)[_HEADER.size :], header)
        plain = compression.unpack(packed, plain_bytes, name)
        point = msgpack_decoder(Point).decode(plain)
    except (InvalidTag, msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise _damaged(name, type(error).__name__) from error
    if object_name(point.point_id) != name or short != _short_id(point.point_id):
        raise _damaged(name, "name")
    if not _sound(point):
        raise _damaged(name, "values")
    return point


def _opens_as_ours(keyring: Keyring, data: bytes) -> bool:
    """Say whether a point that calls itself newer is one of ours: a wrong bit in its version.

    Otherwise one such bit in any old point would forbid every restore.
    """
    fields = list(_HEADER.unpack_from(data))
    fields[1] = FORMAT_VERSION
    key, _ = keyring.object_key(b"point", fields[6], fields[5])
    try:
        AESGCM(key).decrypt(bytes(12), data[_HEADER.size :], _HEADER.pack(*fields))
    except InvalidTag:
        return False
    return True


def _damaged(name: str, why: str) -> BackupError:
    return BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why=why)


def _sound(point: Point) -> bool:
    """Say whether every value is one that a restore can take at its word."""
    first = point.sequence == 1
    return (
        _ID.fullmatch(point.point_id) is not None
        and 1 <= point.sequence <= MAX_SEQUENCE
        and (point.previous_id == "" if first else _ID.fullmatch(point.previous_id) is not None)
        and len(point.previous_hash) == (0 if first else 32)
        and is_time(point.started)
        and is_time(point.finished)
        and all(0 <= number <= MAX_COUNT for number in (point.files, point.folders, point.size))
        and len({root.name for root in point.roots}) == len(point.roots)
        and all(_sound_root(root) for root in point.roots)
        and all(_sound_chunk(chunk, len(point.roots)) for chunk in point.catalogue)
        and all(_sound_pack(row) for row in point.packs)
        and len({row.pack_id for row in point.packs}) == len(point.packs)
    )


def _sound_root(root: Root) -> bool:
    """A root's name becomes a folder in the target of a restore, and its entry that folder's."""
    return safe_name(root.name) and root.entry.kind is Kind.FOLDER and sound(root.entry, 0)


def _sound_chunk(chunk: CatalogueChunk, roots: int) -> bool:
    return (
        len(chunk.chunk_id) == 32
        and 0 < chunk.size <= MAX_PLAIN_BYTES
        and -1 <= chunk.root < roots
        and 0 <= chunk.first_offset < chunk.size
    )


def _sound_pack(row: PackRow) -> bool:
    """Hashes are empty until a pack was read back."""
    return (
        len(row.pack_id) == 16
        and 0 < row.size <= MAX_COUNT
        and len(row.blake3) in (0, 32)
        and len(row.md5) in (0, 16)
    )
