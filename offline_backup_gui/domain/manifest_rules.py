"""The rules of a drive manifest as one pure function, and the faults a reader or a look may find.

Source of each rule: "Azure Import/Export service manifest file format" (2017-01-23); names of
containers and blobs: `domain.names`; block identifiers: "Put Block" of the Blob service's
reference (Base64, at most 64 bytes before encoding, all of one length).
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Iterator
from enum import StrEnum

from msgspec import Struct

from offline_backup_gui.domain.drive_manifest import (
    BLOCKS_MOST,
    PAGE_BLOB_MOST_BYTES,
    PAGE_BLOB_SERVICE_BYTES,
    PAGE_BYTES,
    PIECE_BYTES,
    ROOT_CONTAINER,
    UNNAMED_BLOCKS_BYTES,
    BlobKind,
    ManifestBlob,
    Piece,
    SideFile,
    name_of_path,
)
from offline_backup_gui.domain.names import blob_flaw, container_flaw
from offline_backup_gui.domain.windows_names import is_windows_path

_ID_MOST_BYTES = 64


class Fault(StrEnum):
    """What is wrong with a manifest, or with a drive compared with it."""

    # the document
    CUT_OFF = "cut-off"
    NOT_ALLOWED_XML = "not-allowed-xml"
    TOO_LARGE = "too-large"
    UNKNOWN_VERSION = "unknown-version"
    UNKNOWN_ELEMENT = "unknown-element"
    SEVERAL_DRIVES = "several-drives"
    DRIVE_ID_MISSING = "drive-id-missing"
    DRIVE_ID_LATE = "drive-id-late"
    NO_BLOBS = "no-blobs"
    DEFAULTS_LATE = "defaults-late"
    CREDENTIAL = "credential"
    # a blob's elements
    MISSING = "missing"
    TWICE = "twice"
    NOT_A_NUMBER = "not-a-number"
    CONTAINER_NAME = "container-name"
    BLOB_NAME = "blob-name"
    SAME_BLOB = "same-blob"
    FILE_PATH = "file-path"
    DISPOSITION = "disposition"
    BOTH_LISTS = "both-lists"
    NO_LIST = "no-list"
    LENGTH = "length"
    LARGE_FOR_FORMAT = "large-for-format"
    # its pieces
    PIECE_EMPTY = "piece-empty"
    PIECE_LONG = "piece-long"
    PIECE_ALIGNMENT = "piece-alignment"
    PIECE_ORDER = "piece-order"
    PIECE_BEYOND = "piece-beyond"
    BLOCK_GAP = "block-gap"
    BLOCKS_MANY = "blocks-many"
    BLOCK_ID = "block-id"
    BLOCK_IDS_MIXED = "block-ids-mixed"
    BLOCK_IDS_MISSING = "block-ids-missing"
    HASH = "hash"
    # the drive
    FILE_MISSING = "file-missing"
    FILE_UNREADABLE = "file-unreadable"
    FILE_SHORT = "file-short"
    FILE_LONG = "file-long"
    PIECE_DIFFERS = "piece-differs"
    SIDE_FILE_MISSING = "side-file-missing"
    SIDE_FILE_DIFFERS = "side-file-differs"
    SIDE_FILE_WRONG = "side-file-wrong"
    UNLISTED = "unlisted"
    KEY_ON_DRIVE = "key-on-drive"
    MANIFEST_CHANGED = "manifest-changed"
    ANOTHER_DRIVE = "another-drive"


WARNINGS = frozenset(
    {
        Fault.UNKNOWN_VERSION,
        Fault.UNKNOWN_ELEMENT,
        Fault.CREDENTIAL,
        Fault.LARGE_FOR_FORMAT,
        Fault.BLOCK_IDS_MISSING,
        Fault.NO_LIST,
        Fault.FILE_LONG,
        Fault.UNLISTED,
        Fault.KEY_ON_DRIVE,
    }
)
"""What the documents do not forbid outright, or what concerns somebody else than the datacenter."""


class Found(Struct, frozen=True):
    """One fault: of which blob ("" the document), in which piece (from 0), and what was there."""

    fault: Fault
    blob: str = ""
    piece: int | None = None
    offset: int | None = None
    detail: str = ""

    @property
    def is_warning(self) -> bool:
        """Say whether the datacenter would take the drive all the same."""
        return self.fault in WARNINGS


OnFault = Callable[[Found], object]


def faults_of(blob: ManifestBlob) -> Iterator[Found]:
    """Judge one blob by itself: names, length, pieces; every broken rule once or once a piece."""
    yield from _names(blob)
    yield from _length(blob)
    for side in (blob.metadata, blob.properties):
        if side is not None:
            yield from side_faults(side, blob.blob_path)
    yield from _pieces(blob)
    if blob.kind is BlobKind.BLOCK:
        yield from _blocks(blob)


def side_faults(side: SideFile, blob_path: str = "") -> Iterator[Found]:
    """Judge a metadata or properties file's path and hash."""
    if not is_drive_path(side.path):
        yield Found(Fault.FILE_PATH, blob_path, detail=side.path)
    if not side.md5:
        yield Found(Fault.HASH, blob_path, detail=side.path)


def is_drive_path(file_path: str) -> bool:
    r"""Say whether `\folder\file` names one file below the drive's root, and nothing else."""
    name = name_of_path(file_path)
    try:
        return file_path.startswith("\\") and name != "" and is_windows_path(name.encode())
    except UnicodeEncodeError:
        return False


def _names(blob: ManifestBlob) -> Iterator[Found]:
    container, name = blob.container, blob.name
    if container != ROOT_CONTAINER and (flaw := container_flaw(container)):
        yield Found(Fault.CONTAINER_NAME, blob.blob_path, detail=flaw.value)
    if flaw := blob_flaw(name):
        yield Found(Fault.BLOB_NAME, blob.blob_path, detail=flaw.value)
    elif container == ROOT_CONTAINER and "/" in name:
        # Names in the root container hold no "/": it would be taken for another container.
        yield Found(Fault.BLOB_NAME, blob.blob_path, detail="root")
    if not is_drive_path(blob.file_path):
        yield Found(Fault.FILE_PATH, blob.blob_path, detail=blob.file_path)


def _length(blob: ManifestBlob) -> Iterator[Found]:
    length, detail = blob.length, str(blob.length)
    if blob.kind is BlobKind.BLOCK:
        if length > BLOCKS_MOST * PIECE_BYTES:
            yield Found(Fault.LENGTH, blob.blob_path, detail=detail)
        return
    if length % PAGE_BYTES or length > PAGE_BLOB_SERVICE_BYTES:
        yield Found(Fault.LENGTH, blob.blob_path, detail=detail)
    elif length > PAGE_BLOB_MOST_BYTES:
        yield Found(Fault.LARGE_FOR_FORMAT, blob.blob_path, detail=detail)


def _pieces(blob: ManifestBlob) -> Iterator[Found]:
    """Judge what blocks and page ranges have in common: sizes, order, hashes."""
    end = 0
    for number, piece in enumerate(blob.pieces):
        for fault, detail in _piece(piece, blob, end):
            yield Found(fault, blob.blob_path, number, piece.offset, detail)
        end = max(end, piece.offset + piece.length)


def _piece(piece: Piece, blob: ManifestBlob, end: int) -> Iterator[tuple[Fault, str]]:
    if piece.length == 0:
        yield Fault.PIECE_EMPTY, ""
    if piece.length > PIECE_BYTES:
        yield Fault.PIECE_LONG, str(piece.length)
    if piece.offset < end:
        yield Fault.PIECE_ORDER, str(piece.offset)
    if piece.offset + piece.length > blob.length:
        yield Fault.PIECE_BEYOND, str(piece.offset + piece.length)
    if blob.kind is BlobKind.PAGE and (piece.offset % PAGE_BYTES or piece.length % PAGE_BYTES):
        yield Fault.PIECE_ALIGNMENT, f"{piece.offset}+{piece.length}"
    if blob.kind is BlobKind.BLOCK and piece.offset > end:
        yield Fault.BLOCK_GAP, str(end)
    if not piece.md5:
        yield Fault.HASH, ""


def _blocks(blob: ManifestBlob) -> Iterator[Found]:
    """Judge what holds for the blocks of a blob together."""
    count, path = len(blob.pieces), blob.blob_path
    if count > BLOCKS_MOST:
        yield Found(Fault.BLOCKS_MANY, path, detail=str(count))
    if count:
        last = blob.pieces[-1]
        if last.offset + last.length < blob.length:
            yield Found(Fault.BLOCK_GAP, path, count, last.offset + last.length)
    elif blob.length:
        yield Found(Fault.NO_LIST, path)
    named, lengths = 0, set()
    for number, piece in enumerate(blob.pieces):
        if piece.block_id is None:
            continue
        named += 1
        size = _id_bytes(piece.block_id)
        lengths.add(size)
        if size is None or not 0 < size <= _ID_MOST_BYTES:
            yield Found(Fault.BLOCK_ID, path, number, piece.offset, piece.block_id[:100])
    if len(lengths - {None}) > 1:
        yield Found(Fault.BLOCK_ID, path, detail="lengths")
    if 0 < named < count:
        yield Found(Fault.BLOCK_IDS_MIXED, path, detail=f"{named}/{count}")
    elif count and not named and blob.length > UNNAMED_BLOCKS_BYTES:
        yield Found(Fault.BLOCK_IDS_MISSING, path)


def _id_bytes(text: str) -> int | None:
    """Give how many bytes a block identifier stands for; None when it is no Base64."""
    try:
        return len(b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None
