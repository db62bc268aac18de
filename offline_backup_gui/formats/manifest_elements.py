"""Puts the elements of a drive manifest together to blobs and tells what is wrong with them."""

from __future__ import annotations

import re

from msgspec.structs import replace

from offline_backup_gui.domain.drive_manifest import (
    VERSION,
    BlobKind,
    BlobList,
    Credential,
    Disposition,
    ManifestBlob,
    ManifestHead,
    Pieces,
    SideFile,
)
from offline_backup_gui.domain.manifest_rules import Fault, Found, OnFault

# A sample of the documents carries 2011-10-01 (storage-import-export-tool-repairing-an-export-job).
KNOWN_VERSIONS = frozenset({VERSION, "2011-10-01"})
_DEPTH = 32
_TEXT_CHARACTERS = 1 << 16  # of one element
PIECES_MOST = 1 << 22  # of one blob: 8 TiB in ranges of 2 MiB; documented are 262,144
_LISTS_KEPT = 10_000
_PATH_CHARACTERS = 4096  # of a metadata or properties file
_NUMBER = re.compile(r"[0-9]{1,18}")
_HASH = re.compile(r"[0-9A-Fa-f]{32}")

_CHILDREN: dict[str, frozenset[str]] = {
    "DriveManifest": frozenset({"Drive"}),
    "Drive": frozenset(
        {"DriveId", "StorageAccountKey", "ContainerSas", "ClientCreator", "BlobList"}
    ),
    "BlobList": frozenset({"MetadataPath", "PropertiesPath", "Blob"}),
    "Blob": frozenset(
        {"BlobPath", "FilePath", "ClientData", "Snapshot", "Length", "ImportDisposition"}
        | {"PageRangeList", "BlockList", "MetadataPath", "PropertiesPath"}
    ),
    "PageRangeList": frozenset({"PageRange"}),
    "BlockList": frozenset({"Block"}),
}
_CREDENTIALS = {
    "StorageAccountKey": Credential.ACCOUNT_KEY,
    "ContainerSas": Credential.CONTAINER_SAS,
}
_LISTS = {"PageRangeList": BlobKind.PAGE, "BlockList": BlobKind.BLOCK}


class StopReading(Exception):
    """The document is not read any further."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(fault, detail)
        self.fault, self.detail = fault, detail


class Elements:
    """Puts elements together to blobs."""

    def __init__(self, tell: OnFault) -> None:
        self._tell = tell
        self.head = ManifestHead(version="")
        self.lists: list[BlobList] = []
        self.seen_root = False
        self._ready: list[ManifestBlob] = []
        self._path: list[str] = []
        self._skipping = 0
        self._unknown: set[str] = set()
        self._text: list[str] = []
        self._characters = 0
        self._drives = self._blobs = self._list_count = self._in_list = 0
        self._hash = ""
        self._begin_blob()

    def _begin_blob(self) -> None:
        self._told: dict[str, str] = {}
        self._sides: dict[str, SideFile] = {}
        self._kind: BlobKind | None = None
        self._pieces = Pieces()
        self._readable = True

    def take(self) -> list[ManifestBlob]:
        """Give the blobs that are complete."""
        ready, self._ready = self._ready, []
        return ready

    def ended(self) -> None:
        """Judge the whole when it is known to be one."""
        if not self.head.drive_id:
            self._fault(Fault.DRIVE_ID_MISSING)
        if not self._blobs:
            self._fault(Fault.NO_BLOBS)

    # --- what expat tells

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the beginning of an element."""
        path = self._path
        if len(path) + self._skipping >= _DEPTH:
            raise StopReading(Fault.TOO_LARGE, f"depth {_DEPTH}")
        if self._skipping:
            self._skipping += 1
            return
        if not path:
            self._root(name, attributes)
        elif name not in _CHILDREN.get(path[-1], ()):
            if name not in self._unknown and len(self._unknown) < 100:
                self._unknown.add(name)
                self._fault(Fault.UNKNOWN_ELEMENT, f"{path[-1]}/{name}"[:200])
            self._skipping = 1
            return
        path.append(name)
        self._text.clear()
        self._characters = 0
        if name in ("Block", "PageRange"):
            self._piece(attributes)
        elif name == "Blob":
            self._begin_blob()
        elif name in _LISTS:
            self._list_of_pieces(name)
        elif name in ("MetadataPath", "PropertiesPath"):
            self._hash = attributes.get("Hash", "")
        elif name == "BlobList":
            self._blob_list(attributes)
        elif name == "Drive":
            self._drives += 1
            if self._drives == 2:
                self._fault(Fault.SEVERAL_DRIVES)

    def characters(self, text: str) -> None:
        """Take text inside an element."""
        if self._skipping:
            return
        self._characters += len(text)
        if self._characters > _TEXT_CHARACTERS:
            if not text.isspace():
                raise StopReading(Fault.TOO_LARGE, self._path[-1])
            return
        self._text.append(text)

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if self._skipping:
            self._skipping -= 1
            return
        path = self._path
        path.pop()
        parent = path[-1] if path else ""
        if name == "Blob":
            self._end_blob()
        elif name in ("MetadataPath", "PropertiesPath"):
            self._side_file(parent, name)
        elif parent == "Blob" and name not in _LISTS:
            if name in self._told:
                self._fault_of_blob(Fault.TWICE, name)
            else:
                self._told[name] = self._value()
        elif parent == "Drive":
            self._end_of_drive(name)

    # --- the document

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        if name != "DriveManifest":
            raise StopReading(Fault.CUT_OFF, f"<{name[:100]}>")
        self.seen_root = True
        version = attributes.get("Version", "")[:100]
        self.head = replace(self.head, version=version)
        if version not in KNOWN_VERSIONS:
            self._fault(Fault.UNKNOWN_VERSION, version)

    def _end_of_drive(self, name: str) -> None:
        if name == "DriveId":
            if self._list_count:
                self._fault(Fault.DRIVE_ID_LATE)
            if not self.head.drive_id:
                self.head = replace(self.head, drive_id=self._value().strip()[:200])
        elif name == "ClientCreator":
            self.head = replace(self.head, creator=self._value().strip()[:200])
        elif name in _CREDENTIALS:
            self._text.clear()
            self.head = replace(self.head, credential=_CREDENTIALS[name])
            self._fault(Fault.CREDENTIAL, name)
        elif name == "BlobList" and not self._in_list:
            self._fault(Fault.NO_BLOBS, f"BlobList {self._list_count}")

    def _blob_list(self, attributes: dict[str, str]) -> None:
        self._list_count += 1
        self._in_list = 0
        if self._list_count > _LISTS_KEPT:
            raise StopReading(Fault.TOO_LARGE, f"{_LISTS_KEPT} BlobList")
        name = attributes.get("Id")
        self.lists.append(BlobList(None if name is None else name[:200]))

    def _side_file(self, parent: str, name: str) -> None:
        digest = self._hash.strip()
        side = SideFile(
            self._value()[:_PATH_CHARACTERS], digest.upper() if _HASH.fullmatch(digest) else ""
        )
        key = "metadata" if name == "MetadataPath" else "properties"
        if parent == "Blob":
            if key in self._sides:
                self._fault_of_blob(Fault.TWICE, name)
            self._sides[key] = side
            return
        known = self.lists[-1]
        if self._in_list:
            self._fault(Fault.DEFAULTS_LATE, name)
        if getattr(known, key) is not None:
            self._fault(Fault.TWICE, name)
        self.lists[-1] = replace(known, **{key: side})

    # --- a blob

    def _list_of_pieces(self, name: str) -> None:
        if self._kind is not None:
            self._fault_of_blob(
                Fault.TWICE if self._kind is _LISTS[name] else Fault.BOTH_LISTS, name
            )
        else:
            self._kind = _LISTS[name]

    def _piece(self, attributes: dict[str, str]) -> None:
        offset, length = attributes.get("Offset", ""), attributes.get("Length", "")
        digest = attributes.get("Hash", "")
        if not _NUMBER.fullmatch(offset) or not _NUMBER.fullmatch(length):
            shown = f"{offset[:40]}+{length[:40]}"
            self._fault_of_blob(Fault.NOT_A_NUMBER, shown, len(self._pieces))
            return
        if len(self._pieces) >= PIECES_MOST:
            raise StopReading(Fault.TOO_LARGE, f"{PIECES_MOST} pieces")
        md5 = bytes.fromhex(digest) if _HASH.fullmatch(digest) else b""
        named = attributes.get("Id")
        self._pieces.add(int(offset), int(length), md5, None if named is None else named[:200])

    def _end_blob(self) -> None:
        told = self._told
        for name in ("BlobPath", "FilePath", "Length"):
            if not told.get(name):
                self._fault_of_blob(Fault.MISSING, name)
        length = told.get("Length", "").strip()
        if length and not _NUMBER.fullmatch(length):
            self._fault_of_blob(Fault.NOT_A_NUMBER, length[:40])
            length = ""
        if self._kind is None:
            self._fault_of_blob(Fault.NO_LIST)
        blob = ManifestBlob(
            blob_path=told.get("BlobPath", ""),
            file_path=told.get("FilePath", ""),
            length=int(length or 0),
            kind=self._kind or BlobKind.BLOCK,
            pieces=self._pieces,
            disposition=self._disposition(told.get("ImportDisposition")),
            metadata=self._sides.get("metadata"),
            properties=self._sides.get("properties"),
            client_data=told.get("ClientData"),
            snapshot=told.get("Snapshot"),
            list_number=self._list_count - 1,
            whole=self._readable and bool(length),
        )
        self._ready.append(blob)
        self._blobs += 1
        self._in_list += 1

    def _disposition(self, text: str | None) -> Disposition | None:
        if text is None:
            return None
        try:
            return Disposition(text.strip())
        except ValueError:
            self._fault_of_blob(Fault.DISPOSITION, text[:100])
            return None

    # --- what both need

    def _value(self) -> str:
        """Give the text of the element; line breaks around it are layout, spaces a name's."""
        text = "".join(self._text)
        return text.strip() if text[:1] in "\r\n" or text[-1:] in "\r\n" else text

    def _fault(self, fault: Fault, detail: str = "") -> None:
        self._tell(Found(fault, detail=detail))

    def _fault_of_blob(self, fault: Fault, detail: str = "", piece: int | None = None) -> None:
        if fault is not Fault.NO_LIST:
            self._readable = False
        self._tell(Found(fault, self._told.get("BlobPath", ""), piece, detail=detail))
