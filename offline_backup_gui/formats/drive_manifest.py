r"""Drive manifests (`DriveManifest.xml`, version 2014-11-01) written to and read from a stream.

    with ManifestWriter(write, drive_id) as manifest:    # write: Callable[[bytes], object]
        manifest.begin_list(BlobList(id="session#1-0"))  # may be left out: one list for all
        manifest.add(ManifestBlob(blob_path, file_path, length, kind, pieces, disposition))
        written = manifest.finish()                      # WrittenManifest(md5, blobs, size_bytes)

    reader = ManifestReader(file, on_fault)              # file: BinaryIO, on_fault: Found -> object
    for blob in reader: ...                              # reader.head and reader.lists as they come

The model is `domain.drive_manifest` (`Pieces.regular` makes the pieces of a whole file), the rules
are `domain.manifest_rules`. A credential cannot be written. One blob at a time is in memory.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType

from msgspec import Struct

from offline_backup_gui.domain.drive_manifest import (
    VERSION,
    BlobKind,
    BlobList,
    ManifestBlob,
    SideFile,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.manifest_rules import Fault, Found, faults_of, side_faults
from offline_backup_gui.formats.manifest_reading import ManifestReader

__all__ = ["CREATOR", "ManifestReader", "ManifestWriter", "WrittenManifest", "xml_text"]

CREATOR = "Offline Backup"
_FLUSH_CHARACTERS = 1 << 16
_WRONG_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "\t": "&#9;",
        "\n": "&#10;",
        "\r": "&#13;",
    }
)


class WrittenManifest(Struct, frozen=True):
    """What was written; `md5` is the manifest's own in upper-case hex, as import jobs want it."""

    md5: str
    blobs: int
    size_bytes: int


class ManifestWriter:
    """Writes a manifest blob by blob; what breaks a rule is refused before a byte of it is written.

    MANIFEST_RULE_BROKEN names the blob and the rule. The caller gives the finished file its name.
    """

    def __init__(
        self, write: Callable[[bytes], object], drive_id: str, *, creator: str = CREATOR
    ) -> None:
        if not drive_id.strip():
            raise _refused(Found(Fault.DRIVE_ID_MISSING))
        self._write = write
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._blobs = self._in_list = self._size_bytes = 0
        self._parts: list[str] = []
        self._waiting = 0
        self._list_open = False
        self._put('<?xml version="1.0" encoding="utf-8"?>\n')
        self._put(f'<DriveManifest Version="{VERSION}">\n <Drive>\n')
        self._put(f"  <DriveId>{xml_text(drive_id)}</DriveId>\n")
        self._put(f"  <ClientCreator>{xml_text(creator)}</ClientCreator>\n")

    def begin_list(self, head: BlobList) -> None:
        """Begin another list; what it gives counts for its blobs that have none of their own."""
        for side in filter(None, (head.metadata, head.properties)):
            for found in side_faults(side):
                raise _refused(found)
        self._end_list()
        named = "" if head.id is None else f' Id="{xml_text(head.id)}"'
        self._put(f"  <BlobList{named}>\n")
        for line in _side_files(head.metadata, head.properties):
            self._put(f"   {line}\n")
        self._list_open, self._in_list = True, 0

    def add(self, blob: ManifestBlob) -> None:
        """Append a blob to the list that was begun last."""
        for found in faults_of(blob):
            if found.fault is not Fault.LARGE_FOR_FORMAT:
                raise _refused(found)
        if not self._list_open:
            self.begin_list(BlobList())
        lines = list(_blob_lines(blob))  # all of it before any of it
        self._put("   <Blob>\n")
        for line in lines:
            self._put(line)
        self._put("   </Blob>\n")
        self._blobs += 1
        self._in_list += 1

    def finish(self) -> WrittenManifest:
        """Write the end and tell what the manifest is; one without blobs is refused."""
        if not self._blobs:
            raise _refused(Found(Fault.NO_BLOBS))
        self._end_list()
        self._put(" </Drive>\n</DriveManifest>\n")
        self._flush()
        return WrittenManifest(self._md5.hexdigest().upper(), self._blobs, self._size_bytes)

    def __enter__(self) -> ManifestWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is ended here: only `finish` makes a whole manifest."""

    def _end_list(self) -> None:
        if self._list_open and not self._in_list:
            raise _refused(Found(Fault.NO_BLOBS))
        if self._list_open:
            self._put("  </BlobList>\n")
        self._list_open = False

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._waiting += len(text)
        if self._waiting >= _FLUSH_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        data = "".join(self._parts).encode()
        self._parts.clear()
        self._waiting = 0
        self._md5.update(data)
        self._size_bytes += len(data)
        self._write(data)


def _blob_lines(blob: ManifestBlob) -> Iterator[str]:
    """Yield a blob's elements in the documented order."""
    yield f"    <BlobPath>{xml_text(blob.blob_path)}</BlobPath>\n"
    yield f"    <FilePath>{xml_text(blob.file_path)}</FilePath>\n"
    if blob.client_data is not None:
        yield f"    <ClientData>{xml_text(blob.client_data)}</ClientData>\n"
    if blob.snapshot is not None:
        yield f"    <Snapshot>{xml_text(blob.snapshot)}</Snapshot>\n"
    yield f"    <Length>{blob.length}</Length>\n"
    if blob.disposition is not None:
        yield f"    <ImportDisposition>{blob.disposition.value}</ImportDisposition>\n"
    outer, inner = ("BlockList", "Block")
    if blob.kind is BlobKind.PAGE:
        outer, inner = ("PageRangeList", "PageRange")
    yield f"    <{outer}>\n"
    for piece in blob.pieces:
        named = "" if piece.block_id is None else f' Id="{xml_text(piece.block_id)}"'
        yield (
            f'     <{inner} Offset="{piece.offset}" Length="{piece.length}"{named}'
            f' Hash="{piece.md5.hex().upper()}"/>\n'
        )
    yield f"    </{outer}>\n"
    for line in _side_files(blob.metadata, blob.properties):
        yield f"    {line}\n"


def _side_files(metadata: SideFile | None, properties: SideFile | None) -> Iterable[str]:
    for name, side in (("MetadataPath", metadata), ("PropertiesPath", properties)):
        if side is not None:
            yield f'<{name} Hash="{side.md5.upper()}">{xml_text(side.path)}</{name}>'


def xml_text(text: str) -> str:
    """Escape a text for elements and attributes; OBJECT_NAME_NOT_ALLOWED where XML has no way."""
    if _WRONG_IN_XML.search(text):
        shown = text.encode("ascii", "backslashreplace").decode()[:200]
        raise BackupError(ErrorCode.OBJECT_NAME_NOT_ALLOWED, name=shown)
    return text.translate(_ESCAPES)


def _refused(found: Found) -> BackupError:
    return BackupError(
        ErrorCode.MANIFEST_RULE_BROKEN,
        blob=found.blob or "-",
        rule=found.fault.value,
        detail=found.detail or "-",
    )
