"""Reads stored objects back, past the cache where the system allows, and hashes every byte."""

from __future__ import annotations

import hashlib
import mmap

from blake3 import blake3
from msgspec import Struct

from offline_backup_gui.domain.book import Placement
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import Control, DriveStore, ObjectStore
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import (
    HEADER_BYTES,
    TRAILER_BYTES,
    Codec,
    Header,
    Row,
    gaps,
    name_of,
    open_directory,
    open_frame,
    read_ending,
    read_header,
)

BLOCK_BYTES = 4 << 20
# A directory takes 52 bytes a chunk, and chunks are rarely below 52 KiB: this much of the end
# holds it, so that one read finds all and a rebuild reads a thousandth of what is stored.
_ENDING_BYTES, _DATA_A_BYTE, _MOST_BYTES = 4 << 10, 1 << 10, 1 << 20
_SLAB_BYTES = 1 << 20


class Hashes(Struct, frozen=True):
    """What was read: size in bytes, MD5 (empty when not asked for), BLAKE3, and from where.

    `blocks` holds the MD5 of each 4 MiB, one after the other; empty when not asked for.
    """

    size_bytes: int
    md5: bytes
    blake3: bytes
    past_cache: bool
    blocks: bytes = b""


def new_buffer() -> memoryview:
    """Give room to read into. Pages that are new cost a fault each: many objects share them."""
    return memoryview(mmap.mmap(-1, _SLAB_BYTES))


def read_back(
    store: DriveStore,
    name: str,
    size_bytes: int,
    control: Control,
    *,
    md5: bool,
    buffer: memoryview | None = None,
    blocks: bool = False,
) -> Hashes:
    """Read one object of a drive from the medium; one that is larger is not read to its end."""
    buffer = new_buffer() if buffer is None else buffer
    strong, azure, size = blake3(), hashlib.md5(usedforsecurity=False), 0
    each = _BlockHashes()
    with store.read_back(name) as reader:
        while size <= size_bytes:
            control.checkpoint()
            count = reader.read_into(buffer)
            if not count:
                break
            part = buffer[:count]
            strong.update(part)
            if md5:
                azure.update(part)
            if blocks:
                each.update(part)
            size += count
        past_cache = reader.past_cache
    own = azure.digest() if md5 else b""
    return Hashes(size, own, strong.digest(), past_cache, each.digests())


class _BlockHashes:
    """The MD5 of each 4 MiB of what is read, whatever pieces it comes in."""

    def __init__(self) -> None:
        self._done, self._open, self._bytes = bytearray(), hashlib.md5(usedforsecurity=False), 0

    def update(self, part: memoryview) -> None:
        """Take the next bytes."""
        while len(part):
            taken = part[: BLOCK_BYTES - self._bytes]
            self._open.update(taken)
            self._bytes += len(taken)
            part = part[len(taken) :]
            if self._bytes == BLOCK_BYTES:
                self._close()

    def digests(self) -> bytes:
        """Give the MD5s, 16 bytes each; the last one may be of a shorter block."""
        if self._bytes:
            self._close()
        return bytes(self._done)

    def _close(self) -> None:
        self._done += self._open.digest()
        self._open, self._bytes = hashlib.md5(usedforsecurity=False), 0


def read_through(store: ObjectStore, name: str, size_bytes: int, control: Control) -> Hashes:
    """Read one object of any store, block by block."""
    strong, azure, size = blake3(), hashlib.md5(usedforsecurity=False), 0
    while size < size_bytes:
        control.checkpoint()
        part = store.read(name, size, min(BLOCK_BYTES, size_bytes - size))
        if not part:
            break
        strong.update(part)
        azure.update(part)
        size += len(part)
    return Hashes(size, azure.digest(), strong.digest(), past_cache=False)


class PackDirectory(Struct, frozen=True):
    """A pack's header and rows, read from its end."""

    header: Header
    rows: list[Row]
    directory_offset: int


def read_directory(
    keyring: Keyring, store: ObjectStore, name: str, size_bytes: int
) -> PackDirectory:
    """Give what a pack holds; reads its end only. OBJECT_DAMAGED names the pack."""
    guess = min(size_bytes, _ENDING_BYTES + size_bytes // _DATA_A_BYTE, _MOST_BYTES)
    tail = store.read(name, size_bytes - guess, guess)
    ending = read_ending(keyring, tail[-TRAILER_BYTES:], size_bytes, name)
    start = len(tail) - TRAILER_BYTES - ending.directory_bytes
    if len(tail) != guess:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="short")
    if start >= 0:
        sealed = tail[start : start + ending.directory_bytes]
    else:
        sealed = store.read(name, ending.directory_offset, ending.directory_bytes)
    return PackDirectory(ending.header, open_directory(ending, sealed), ending.directory_offset)


def first_header(keyring: Keyring, store: ObjectStore, name: str) -> Header:
    """Read the front of a pack whose end was opened: whatever differs there is OBJECT_DAMAGED."""
    try:
        return read_header(keyring, store.read(name, 0, HEADER_BYTES), name)
    except BackupError as error:
        if error.code in (ErrorCode.FORMAT_NEWER, ErrorCode.REPOSITORY_DIFFERENT):
            raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="header") from error
        raise


def read_chunk(
    keyring: Keyring, store: ObjectStore, header: Header, chunk_id: bytes, place: Placement
) -> bytes:
    """Read, authenticate and identify one chunk of the pack with this header."""
    name = name_of(header.pack_id)
    stored = store.read(name, place.offset, place.stored_bytes)
    row = Row(chunk_id, place.offset, place.stored_bytes, place.plain_bytes, Codec(place.codec))
    plain = open_frame(header, place.frame, row, stored)
    if keyring.chunk_id(plain) != chunk_id:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="chunk")
    return plain


def open_every_chunk(
    keyring: Keyring, store: ObjectStore, name: str, size_bytes: int, control: Control
) -> PackDirectory:
    """Decrypt and identify every chunk of a pack; OBJECT_DAMAGED at the first wrong bit."""
    directory = read_directory(keyring, store, name, size_bytes)
    header = first_header(keyring, store, name)
    if header.raw != directory.header.raw:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="two headers")
    for offset, length in gaps(directory.rows, directory.directory_offset, name):
        if store.read(name, offset, length) != bytes(length):
            raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="gap")
    for number, row in enumerate(directory.rows):
        control.checkpoint()
        stored = store.read(name, row.offset, row.stored_bytes)
        plain = open_frame(directory.header, number, row, stored)
        if keyring.chunk_id(plain) != row.chunk_id:
            raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="chunk")
    return directory
