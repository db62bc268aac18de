"""Metadata and properties files of blobs, as they lie on a drive beside the data.

Source: "Import/Export service metadata and properties file format"
(storage-import-export-file-format-metadata-and-properties.md, 2017-01-23). Names of metadata are
C# identifiers (naming rules of the Blob service); together they may have 8 KiB.
"""

from __future__ import annotations

import hashlib
import re

from msgspec import Struct

from offline_backup_gui.domain.drive_manifest import SideFile, file_path_of
from offline_backup_gui.formats.small_xml import Kind, children_xml, read_children, wrong

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_METADATA_MOST_BYTES = 8 << 10
_ELEMENTS = {
    "Content-Type": "content_type",
    "Content-MD5": "content_md5",
    "Content-Encoding": "content_encoding",
    "Content-Language": "content_language",
    "Cache-Control": "cache_control",
    "Last-Modified": "last_modified",
    "Etag": "etag",
    "Content-Length": "content_length",
}


class BlobProperties(Struct, frozen=True):
    """Properties by name, "" when not given; the last three are written for exports only."""

    content_type: str = ""
    content_md5: str = ""  # Base64, as the Blob service keeps it
    content_encoding: str = ""
    content_language: str = ""
    cache_control: str = ""
    last_modified: str = ""
    etag: str = ""
    content_length: str = ""


def metadata_xml(metadata: dict[str, str]) -> bytes:
    """Write a metadata file; IMPORT_FILE_WRONG for what the Blob service would refuse."""
    _check(metadata, "Metadata")
    return children_xml("Metadata", metadata.items()).encode()


def read_metadata(data: bytes, name: str) -> dict[str, str]:
    """Read a metadata file; IMPORT_FILE_UNREADABLE, IMPORT_FILE_WRONG."""
    found: dict[str, str] = {}
    for key, value in read_children(data, "Metadata", name, Kind.METADATA):
        if key.lower() in {known.lower() for known in found}:
            raise wrong(name, "Metadata", key)  # names are one regardless of case
        found[key] = value
    _check(found, name)
    return found


def properties_xml(properties: BlobProperties) -> bytes:
    """Write a properties file with what is given."""
    children = [(element, getattr(properties, field)) for element, field in _ELEMENTS.items()]
    return children_xml("Properties", [pair for pair in children if pair[1]]).encode()


def read_properties(data: bytes, name: str) -> BlobProperties:
    """Read a properties file; IMPORT_FILE_UNREADABLE, IMPORT_FILE_WRONG for an unknown element."""
    fields: dict[str, str] = {}
    for element, value in read_children(data, "Properties", name, Kind.PROPERTIES):
        field = _ELEMENTS.get(element)
        if field is None or field in fields:
            raise wrong(name, "Properties", element)
        fields[field] = value.strip()
    return BlobProperties(**fields)


def side_file(name: str, data: bytes) -> SideFile:
    """Give what a manifest says of a file that lies on the drive under `name` (with "/")."""
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest().upper()
    return SideFile(file_path_of(name), digest)


def _check(metadata: dict[str, str], name: str) -> None:
    for key in metadata:
        if not _IDENTIFIER.fullmatch(key):
            raise wrong(name, "Metadata", key)
    size = sum(len(key.encode()) + len(value.encode()) for key, value in metadata.items())
    if size > _METADATA_MOST_BYTES:
        raise wrong(name, "Metadata", str(size))
