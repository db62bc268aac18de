"""The drive manifest of a backup in packs: every object of a sealed drive as a block blob."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from offline_backup_gui.domain.book import Book, PackFact
from offline_backup_gui.domain.drive_manifest import (
    MANIFEST_NAME,
    PIECE_BYTES,
    BlobKind,
    ManifestBlob,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import DriveStore, ObjectInfo
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.manifesting import manifest_blob, write_manifest
from offline_backup_gui.engine.reading_back import read_back
from offline_backup_gui.formats.drive_manifest import WrittenManifest
from offline_backup_gui.formats.pack import name_of

_MD5_BYTES = 16


def forget_manifest(root: DriveStore) -> None:
    """Take the manifest away before anything on the drive changes: it would promise too much."""
    root.delete(MANIFEST_NAME)


def write_pack_manifest(
    context: Context,
    book: Book,
    home: str,
    container: str,
    store: DriveStore,
    root: DriveStore,
    drive_id: str,
) -> WrittenManifest:
    """Write the manifest of a sealed drive; `home` names it in the book.

    A pack whose blocks nobody hashed yet is read once more; OBJECT_DAMAGED when it is not what the
    drive was sealed with.
    """
    packs = {name_of(pack.pack_id): pack for pack in book.packs(home)}
    blobs = _blobs(context, book, home, packs, container, store)
    return write_manifest(root, drive_id, blobs, context.control)


def _blobs(
    context: Context,
    book: Book,
    home: str,
    packs: dict[str, PackFact],
    container: str,
    store: DriveStore,
) -> Iterator[ManifestBlob]:
    for info in store.objects():
        context.progress.current(info.name)
        pack = packs.get(info.name)
        if pack is None:
            md5s = _small(store, info)
        else:
            md5s = _of_pack(context, book, home, pack, store, info)
        yield manifest_blob(container, info.name, info.size_bytes, md5s, BlobKind.BLOCK)


def _of_pack(
    context: Context, book: Book, home: str, pack: PackFact, store: DriveStore, info: ObjectInfo
) -> bytes:
    md5s = book.blocks(pack.pack_id)
    if len(md5s) == -(-info.size_bytes // PIECE_BYTES) * _MD5_BYTES:
        return md5s
    found = read_back(store, info.name, info.size_bytes, context.control, md5=False, blocks=True)
    if (found.size_bytes, found.blake3) != (info.size_bytes, pack.blake3):
        # The next copy makes it again.
        book.drop_copies(home, [pack.pack_id])
        store.delete(info.name)
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=info.name, drive=store.label)
    return found.blocks


def _small(store: DriveStore, info: ObjectInfo) -> bytes:
    """Hash a key, point or record, all of which were read when the drive was sealed."""
    md5s = bytearray()
    for offset in range(0, info.size_bytes, PIECE_BYTES):
        part = store.read(info.name, offset, PIECE_BYTES)
        md5s += hashlib.md5(part, usedforsecurity=False).digest()
    return bytes(md5s)
