"""A pack: one large encrypted file, the unit that is copied, shipped and proved.

Header, frames (one AES-256-GCM message for each chunk), directory (one more), trailer.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from enum import IntEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.formats import FORMAT_VERSION, compression
from offline_backup_gui.formats.keys import Keyring

MAGIC = b"OBPACK\x00\x01"
END_MAGIC = b"OBPACKEN"
_HEADER = struct.Struct(
    ">8sHHI16s16s32s16s"
)  # magic, version, kind, 0, repository, pack, salt, check
_TRAILER = struct.Struct(
    ">QIIII16s8s"
)  # directory offset, its bytes, rows, plain bytes, 0, pack, magic
_ROW = struct.Struct(">32sQIIB3x")  # chunk id, offset, stored bytes, plain bytes, codec
_FRAME_AAD = struct.Struct(">Q32sIB")
HEADER_BYTES = _HEADER.size
TRAILER_BYTES = _TRAILER.size + _HEADER.size  # the trailer repeats the header: one read finds all
TAG_BYTES = 16
MAX_PLAIN_BYTES = 16 << 20
MAX_ROWS = 1 << 15  # several directories are read at a time
MAX_GAP_BYTES = 1 << 20
_DIRECTORY_SLACK = 64 << 10  # what compression may add to a directory that does not shrink


class PackKind(IntEnum):
    """What a pack carries; META packs hold catalogues and go onto every drive."""

    DATA = 0
    META = 1


class Codec(IntEnum):
    """How a chunk is stored inside its frame."""

    PLAIN = 0
    ZSTD = 1


class Row(Struct, frozen=True):
    """Where one chunk is inside its pack; sizes and offset in bytes."""

    chunk_id: bytes
    offset: int
    stored_bytes: int
    plain_bytes: int
    codec: Codec


class Header(Struct, frozen=True):
    """The first 96 bytes of a pack, and the key they lead to."""

    kind: PackKind
    pack_id: bytes
    raw: bytes
    aead: AESGCM

    def frame_aad(self, number: int, chunk_id: bytes, plain_bytes: int, codec: int) -> bytes:
        """Bind a frame to its pack, place, identity, length and codec."""
        return self.raw + _FRAME_AAD.pack(number, chunk_id, plain_bytes, codec)


def nonce(kind: int, number: int) -> bytes:
    """Give the 12-byte counter nonce; it never repeats because each pack has its own key."""
    return struct.pack(">IQ", kind, number)


def new_header(keyring: Keyring, kind: PackKind) -> Header:
    """Begin a pack with a fresh id and a fresh 256-bit salt, hence a fresh key."""
    pack_id, salt = os.urandom(16), os.urandom(32)
    return _header(keyring, kind, pack_id, salt)


def _header(keyring: Keyring, kind: PackKind, pack_id: bytes, salt: bytes) -> Header:
    key, check = keyring.object_key(b"pack", salt, pack_id)
    raw = _HEADER.pack(MAGIC, FORMAT_VERSION, kind, 0, keyring.repository_id, pack_id, salt, check)
    return Header(kind, pack_id, raw, AESGCM(key))


def read_header(keyring: Keyring, raw: bytes, name: str) -> Header:
    """Parse a header and derive its key; damaged, foreign and newer packs are told apart."""
    if len(raw) != HEADER_BYTES:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="short header")
    magic, version, kind, zero, repository_id, pack_id, salt, _ = _HEADER.unpack(raw)
    if magic != MAGIC:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="magic")
    if version > FORMAT_VERSION:
        raise BackupError(ErrorCode.FORMAT_NEWER, name=name, version=version)
    if version < 1 or zero or kind not in (0, 1):
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="header")
    if repository_id != keyring.repository_id:
        raise BackupError(ErrorCode.REPOSITORY_DIFFERENT, name=name)
    header = _header(keyring, PackKind(kind), pack_id, salt)
    if header.raw != raw or name_of(pack_id) != name:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="key check")
    return header


def name_of(pack_id: bytes) -> str:
    """Give the object name of a pack: `packs/<2 hex>/<32 hex>`."""
    text = pack_id.hex()
    return f"packs/{text[:2]}/{text}"


def pack_id_of(name: str) -> bytes:
    """Give the id of a pack by its object name."""
    return bytes.fromhex(name.rpartition("/")[2])


def open_frame(header: Header, number: int, row: Row, stored: bytes | memoryview) -> bytes:
    """Authenticate and unpack one chunk; OBJECT_DAMAGED when a single bit differs."""
    name = name_of(header.pack_id)
    aad = header.frame_aad(number, row.chunk_id, row.plain_bytes, row.codec)
    try:
        data = header.aead.decrypt(nonce(0, number), stored, aad)
    except InvalidTag as error:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="frame") from error
    if row.codec == Codec.ZSTD:
        return compression.unpack(data, row.plain_bytes, name)
    if len(data) != row.plain_bytes:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="length")
    return data


def close_pack(header: Header, rows: Sequence[Row], end_offset: int) -> bytes:
    """Give the bytes that finish a pack whose frames end at `end_offset`; call it once a pack."""
    if not 0 < len(rows) <= MAX_ROWS:
        raise ValueError("no chunk, or more than a pack may hold")
    plain = b"".join(
        _ROW.pack(row.chunk_id, row.offset, row.stored_bytes, row.plain_bytes, row.codec)
        for row in rows
    )
    packed = compression.pack(plain, 3)
    stored_bytes = len(packed) + TAG_BYTES
    trailer = _TRAILER.pack(
        end_offset, stored_bytes, len(rows), len(plain), 0, header.pack_id, END_MAGIC
    )
    sealed = header.aead.encrypt(nonce(1, len(rows)), packed, header.raw + trailer)
    return sealed + header.raw + trailer


class Ending(Struct, frozen=True):
    """What the last bytes of a pack say before its directory is opened."""

    header: Header
    trailer: bytes
    directory_offset: int
    directory_bytes: int


def read_ending(keyring: Keyring, tail: bytes, size_bytes: int, name: str) -> Ending:
    """Parse the last `TRAILER_BYTES` of a pack of `size_bytes`."""
    if len(tail) != TRAILER_BYTES:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="short")
    header = read_header(keyring, tail[:HEADER_BYTES], name)
    trailer = tail[HEADER_BYTES:]
    offset, stored, rows, plain, zero, pack_id, magic = _TRAILER.unpack(trailer)
    if (
        magic != END_MAGIC
        or zero
        or pack_id != header.pack_id
        or offset + stored + TRAILER_BYTES != size_bytes
        or offset < HEADER_BYTES
        or not 0 < rows <= MAX_ROWS
        or plain != rows * _ROW.size
        or not TAG_BYTES < stored <= plain + _DIRECTORY_SLACK
    ):
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="trailer")
    return Ending(header, trailer, offset, stored)


def open_directory(ending: Ending, sealed: bytes) -> list[Row]:
    """Authenticate and give the rows of a pack, in frame order."""
    header, name = ending.header, name_of(ending.header.pack_id)
    _, _, count, plain_bytes, _, _, _ = _TRAILER.unpack(ending.trailer)
    try:
        packed = header.aead.decrypt(nonce(1, count), sealed, header.raw + ending.trailer)
    except InvalidTag as error:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="directory") from error
    plain = compression.unpack(packed, plain_bytes, name)
    rows = [
        Row(chunk_id, offset, stored, length, _codec(codec, name))
        for chunk_id, offset, stored, length, codec in _ROW.iter_unpack(plain)
    ]
    gaps(rows, ending.directory_offset, name)
    return rows


def _codec(number: int, name: str) -> Codec:
    try:
        return Codec(number)
    except ValueError as error:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="codec") from error


def gaps(rows: Sequence[Row], directory_offset: int, name: str) -> list[tuple[int, int]]:
    """Give (offset, bytes) of what lies between frames: zeros, which no key protects.

    OBJECT_DAMAGED when frames overlap, run backwards, leave the pack or have an impossible size.
    """
    found, end = [], HEADER_BYTES
    for row in rows:
        if (
            not 0 <= row.offset - end <= MAX_GAP_BYTES
            or not 0 < row.plain_bytes <= MAX_PLAIN_BYTES
            or not TAG_BYTES < row.stored_bytes <= row.plain_bytes + TAG_BYTES
        ):
            raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="row")
        if row.offset > end:
            found.append((end, row.offset - end))
        end = row.offset + row.stored_bytes
    if not 0 <= directory_offset - end <= MAX_GAP_BYTES:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="row")
    if directory_offset > end:
        found.append((end, directory_offset - end))
    return found
