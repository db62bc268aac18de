"""What a drive manifest of anybody asks to be read in, blob by blob."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial

from offline_backup_gui.domain.drive_manifest import (
    BlobKind,
    BlobList,
    ManifestBlob,
    SideFile,
    name_of_path,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.manifest_rules import WARNINGS, Fault, Found, faults_of, side_faults
from offline_backup_gui.domain.ports import DriveStore
from offline_backup_gui.domain.taken_names import Fate
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.ingest_items import Arriving, FileBytes, Flawed, Item, Refused
from offline_backup_gui.engine.manifest_check import StoredManifest
from offline_backup_gui.formats.blob_files import BlobProperties, read_metadata, read_properties
from offline_backup_gui.formats.drive_manifest import ManifestReader

_SIDE_MOST_BYTES = 1 << 20
_SIDES_KEPT = 10_000
_HEADERS = {
    "Content-Type": "content_type",
    "Content-Encoding": "content_encoding",
    "Content-Language": "content_language",
    "Cache-Control": "cache_control",
}
_SIDE_TROUBLE = frozenset(
    {ErrorCode.OBJECT_MISSING, ErrorCode.OBJECT_NAME_NOT_ALLOWED, ErrorCode.OBJECT_DAMAGED}
    | {ErrorCode.DRIVE_FAILING, ErrorCode.PATH_NOT_PLAIN}
    | {ErrorCode.IMPORT_FILE_WRONG, ErrorCode.IMPORT_FILE_UNREADABLE}
)


class ManifestItems:
    """Reads the manifest at the root of a drive; once."""

    def __init__(self, context: Context, root: DriveStore) -> None:
        self._context, self._root = context, root
        self._faults: dict[str, list[Found]] = defaultdict(list)
        self._sides: dict[SideFile, bytes] = {}
        self.whole = False

    def __iter__(self) -> Iterator[Item]:
        """Yield every blob, also those that cannot be read in. MANIFEST_UNREADABLE."""
        with StoredManifest(self._root) as file:
            reader = ManifestReader(file, self._hear)
            for blob in reader:
                yield self._item(blob, reader)
            for found in self._faults.pop("", []):
                yield Refused("", Fate.REFUSED, found.fault.value, detail=found.detail)
            self.whole = reader.whole

    def _hear(self, found: Found) -> None:
        if not found.is_warning:
            self._faults[found.blob].append(found)

    def _item(self, blob: ManifestBlob, reader: ManifestReader) -> Item:
        heard = self._faults.pop(blob.blob_path, [])
        faults = [*heard, *(each for each in faults_of(blob) if each.fault not in WARNINGS)]
        path = blob.file_path
        if blob.snapshot is not None:
            return Refused(path, Fate.REFUSED, "snapshot")
        if faults or not blob.whole:
            first = faults[0] if faults else Found(Fault.MISSING)
            return Refused(path, Fate.REFUSED, first.fault.value, blob.blob_path, first.detail)
        shared = _shared(reader, blob)
        try:
            metadata, properties = self._sides_of(blob, shared)
        except BackupError as error:
            if error.code not in _SIDE_TROUBLE:
                raise
            return Flawed(path, blob.blob_path, "side-file")
        unlisted = blob.kind is BlobKind.BLOCK and not len(blob.pieces) and blob.length
        return Arriving(
            path,
            blob.container,
            blob.name,
            blob.kind,
            blob.length,
            self._fingerprint(blob, reader.head.drive_id),
            partial(self._open, name_of_path(path)),
            None if unlisted else blob.pieces,
            blob.when_taken,
            {
                each: value
                for each, name in _HEADERS.items()
                if (value := getattr(properties, name))
            },
            metadata,
            md5=_md5(properties.content_md5),
        )

    def _sides_of(
        self, blob: ManifestBlob, shared: BlobList
    ) -> tuple[dict[str, str], BlobProperties]:
        metadata, properties = (
            blob.metadata or shared.metadata,
            blob.properties or shared.properties,
        )
        return (
            {} if metadata is None else read_metadata(self._side(metadata), metadata.path),
            BlobProperties()
            if properties is None
            else read_properties(self._side(properties), properties.path),
        )

    def _side(self, side: SideFile) -> bytes:
        """Give a metadata or properties file; OBJECT_DAMAGED when it is not the one listed."""
        if side in self._sides:
            return self._sides[side]
        if any(True for _ in side_faults(side)):
            raise BackupError(ErrorCode.OBJECT_DAMAGED, name=side.path)
        data = self._root.read(name_of_path(side.path), 0, _SIDE_MOST_BYTES)
        if hashlib.md5(data, usedforsecurity=False).hexdigest() != side.md5.lower():
            raise BackupError(ErrorCode.OBJECT_DAMAGED, name=side.path)
        if len(self._sides) < _SIDES_KEPT:
            self._sides[side] = data
        return data

    def _open(self, name: str) -> AbstractContextManager[FileBytes]:
        return self._root.read_back(name)

    def _fingerprint(self, blob: ManifestBlob, drive_id: str) -> str:
        digest = hashlib.blake2b(digest_size=16)
        lines = (drive_id, blob.blob_path, blob.file_path, str(blob.length), blob.kind.value)
        digest.update("\n".join(lines).encode("utf-8", "surrogatepass"))
        for piece in blob.pieces:
            digest.update(piece.offset.to_bytes(8, "big") + piece.md5)
        return digest.hexdigest()


def _shared(reader: ManifestReader, blob: ManifestBlob) -> BlobList:
    lists = reader.lists
    return lists[blob.list_number] if blob.list_number < len(lists) else BlobList()


def _md5(text: str) -> bytes:
    """Give the MD5 a properties file names; one that is no MD5 fits nothing."""
    if not text:
        return b""
    try:
        return b64decode(text, validate=True) or b"?"
    except ValueError:
        return b"?"
