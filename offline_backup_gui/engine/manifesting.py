"""Puts the drive manifest that an import job reads at the root of a drive."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from offline_backup_gui.domain.drive_manifest import (
    MANIFEST_NAME,
    BlobKind,
    BlobList,
    Disposition,
    ManifestBlob,
    Pieces,
    file_path_of,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import Control, DriveStore
from offline_backup_gui.formats.drive_manifest import ManifestWriter, WrittenManifest

_READ_BYTES = 1 << 20
# A second parcel brings what came damaged with the first: it must take the place of that.
DISPOSITION = Disposition.OVERWRITE


def manifest_blob(
    container: str, name: str, size_bytes: int, md5s: bytes, kind: BlobKind
) -> ManifestBlob:
    r"""Give the entry of a file that lies in the container's folder, `\container\name`.

    `md5s` holds the MD5 of each block of 4 MiB, 16 bytes each.
    """
    path = f"{container}/{name}"
    pieces = Pieces.regular(size_bytes, md5s, kind)
    return ManifestBlob(path, file_path_of(path), size_bytes, kind, pieces, DISPOSITION)


def write_manifest(
    root: DriveStore, drive_id: str, blobs: Iterable[ManifestBlob], control: Control
) -> WrittenManifest:
    """Write the manifest of a drive; it appears when it is whole and on the medium."""
    writer = root.create(MANIFEST_NAME, replace=True)
    try:
        with ManifestWriter(writer.write, drive_id) as manifest:
            manifest.begin_list(BlobList())
            for blob in blobs:
                control.checkpoint()
                manifest.add(blob)
            written = manifest.finish()
        writer.commit()
    finally:
        writer.abort()
    return written


def manifest_md5(root: DriveStore, control: Control) -> str:
    """Give the MD5 of the manifest that is on a drive, upper-case hex; "" when there is none."""
    found, offset = hashlib.md5(usedforsecurity=False), 0
    try:
        while part := root.read(MANIFEST_NAME, offset, _READ_BYTES):
            control.checkpoint()
            found.update(part)
            offset += len(part)
    except BackupError as error:
        if error.code is not ErrorCode.OBJECT_MISSING:
            raise
        return ""
    return found.hexdigest().upper()
