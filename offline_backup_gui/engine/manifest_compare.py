"""Reads a drive back against its manifest: every byte that is listed, and what is not listed."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from io import BytesIO
from itertools import islice

from offline_backup_gui.domain.drive_manifest import (
    MANIFEST_NAME,
    BlobList,
    ManifestBlob,
    Piece,
    SideFile,
    name_of_path,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.domain.manifest_check import ManifestCheck
from offline_backup_gui.domain.manifest_rules import Fault, Found, is_drive_path
from offline_backup_gui.domain.ports import DriveStore, RawReader
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.manifest_check import StoredManifest, check_rules
from offline_backup_gui.engine.name_index import NameIndex
from offline_backup_gui.engine.pace import read_each
from offline_backup_gui.engine.reading_back import new_buffer
from offline_backup_gui.formats.blob_files import read_metadata, read_properties
from offline_backup_gui.formats.drive_manifest import ManifestReader
from offline_backup_gui.formats.import_journal import read_journal

_BATCH = 256
_MAY_HOLD_KEYS = (".jrn", ".xml")
_SIDES_KEPT = 100_000
_SIDE_MOST_BYTES = 1 << 20  # a blob's metadata may have 8 KiB
# Our own records of what was copied; they stay on the drive and are nobody's blobs.
_OURS = ".offline-backup-mirror/"


def check_drive_manifest(context: Context, root: DriveStore) -> ManifestCheck:
    """Judge the manifest of a drive, then compare every byte it lists with its hash.

    `root` gives every file of the drive by its path. OBJECT_MISSING when there is no manifest,
    MANIFEST_UNREADABLE when it is none; DRIVE_GONE and the like end the look.
    """
    manifest = StoredManifest(root)
    check = check_rules(context.control, lambda: manifest, f"{root.label} {MANIFEST_NAME}")
    check.compared = True
    context.progress.phase(Phase.VERIFY, check.blobs, check.size_bytes)
    context.tell(Phase.VERIFY, drive=root.label, objects=check.blobs)
    comparing = _Comparing(context, root, check)
    with manifest as file:
        reader = ManifestReader(file)
        blobs = iter(reader)
        while batch := list(islice(blobs, _BATCH)):
            read_each(batch, comparing.blob, "compare too")
        for head in reader.lists:
            comparing.sides_of(head)
    comparing.unlisted()
    check.found.sort(key=lambda found: (found.blob, found.piece or 0))
    return check


class _Comparing:
    """Compares a drive with the blobs of its manifest, from several threads."""

    def __init__(self, context: Context, root: DriveStore, check: ManifestCheck) -> None:
        self._context, self._root, self._check = context, root, check
        self._lock = threading.Lock()
        self._listed = NameIndex()
        self._sides: set[bytes] = set()
        self._own = threading.local()

    def blob(self, blob: ManifestBlob) -> None:
        """Compare a blob's bytes, and its own files."""
        self.sides_of(BlobList(None, blob.metadata, blob.properties), blob.blob_path)
        if not is_drive_path(blob.file_path):
            return  # a path out of the drive is told by the rules, and never opened
        name = name_of_path(blob.file_path)
        with self._lock:
            self._listed.add(name.casefold())
        try:
            with self._root.read_back(name) as reader:
                self._bytes(blob, reader)
        except BackupError as error:
            self._tell(_trouble(error, blob.blob_path, blob.file_path))
        self._context.progress.add(files=1)

    def _bytes(self, blob: ManifestBlob, reader: RawReader) -> None:
        stream = _Forward(reader, self._buffer(), self._context)
        for number, piece in enumerate(blob.pieces):
            if piece.offset < stream.at or not piece.md5:
                self._unproved(piece.length)
                continue
            digest = stream.digest(piece)
            if digest is None:
                self._tell(Found(Fault.FILE_SHORT, blob.blob_path, None, None, str(stream.at)))
                break
            if digest != piece.md5:
                self._tell(Found(Fault.PIECE_DIFFERS, blob.blob_path, number, piece.offset))
            with self._lock:
                self._check.compared_bytes += piece.length
        else:
            self._length(blob, stream)
        with self._lock:
            self._check.past_cache &= reader.past_cache

    def _length(self, blob: ManifestBlob, stream: _Forward) -> None:
        if blob.whole and not stream.skip_to(blob.length):
            self._tell(Found(Fault.FILE_SHORT, blob.blob_path, None, None, str(stream.at)))
        elif blob.whole and stream.at == blob.length and stream.skip_to(blob.length + 1):
            self._tell(Found(Fault.FILE_LONG, blob.blob_path, None, None, str(blob.length)))

    def sides_of(self, head: BlobList, blob_path: str = "") -> None:
        """Compare metadata and properties files; one that many blobs share is read once."""
        for side, read in ((head.metadata, read_metadata), (head.properties, read_properties)):
            if side is None or not is_drive_path(side.path) or not side.md5:
                continue
            with self._lock:
                self._listed.add(name_of_path(side.path).casefold())
                known = hashlib.sha256(f"{side.path}\n{side.md5}".encode()).digest()
                if known in self._sides:
                    continue
                if len(self._sides) < _SIDES_KEPT:
                    self._sides.add(known)
            self._side(side, blob_path, read)

    def _side(self, side: SideFile, blob_path: str, read: Callable[[bytes, str], object]) -> None:
        try:
            data = self._root.read(name_of_path(side.path), 0, _SIDE_MOST_BYTES)
        except BackupError as error:
            told = _trouble(error, blob_path, side.path)
            missing = told.fault is Fault.FILE_MISSING
            self._tell(
                Found(Fault.SIDE_FILE_MISSING, blob_path, detail=side.path) if missing else told
            )
            return
        if hashlib.md5(data, usedforsecurity=False).hexdigest() != side.md5.lower():
            self._tell(Found(Fault.SIDE_FILE_DIFFERS, blob_path, detail=side.path))
            return
        try:
            read(data, side.path)
        except BackupError as error:
            why = error.parameters.get("why", error.parameters.get("value", ""))
            self._tell(Found(Fault.SIDE_FILE_WRONG, blob_path, detail=f"{side.path} ({why})"))

    def unlisted(self) -> None:
        """Name what lies on the drive and will not be read."""
        for info in self._root.objects():
            self._context.control.checkpoint()
            name = info.name.casefold()
            if name == MANIFEST_NAME.casefold() or _OURS in name:
                continue
            if name in self._listed:
                continue
            self._tell(Found(Fault.UNLISTED, detail=info.name))
            if name.endswith(_MAY_HOLD_KEYS) and self._holds_a_key(info.name):
                self._tell(Found(Fault.KEY_ON_DRIVE, detail=info.name))

    def _holds_a_key(self, name: str) -> bool:
        """Say whether a file is a journal or drive information with the key of a drive."""
        data = self._root.read(name, 0, _SIDE_MOST_BYTES)
        try:
            journal = read_journal(BytesIO(data), name)
        except BackupError:
            return False
        return journal.has_account_key or any(drive.bitlocker_key for drive in journal.drives)

    def _unproved(self, count: int) -> None:
        with self._lock:
            self._check.unproved_bytes += count

    def _tell(self, found: Found) -> None:
        with self._lock:
            self._check.tell(found)

    def _buffer(self) -> memoryview:
        if not hasattr(self._own, "buffer"):
            self._own.buffer = new_buffer()
        buffer: memoryview = self._own.buffer
        return buffer


class _Forward:
    """Reads a file once, from its beginning on, and hashes the pieces on the way."""

    def __init__(self, reader: RawReader, buffer: memoryview, context: Context) -> None:
        self._reader, self._buffer, self._context = reader, buffer, context
        self.at = 0

    def digest(self, piece: Piece) -> bytes | None:
        """Give the MD5 of a piece; None when the file ends before its end."""
        if not self.skip_to(piece.offset):
            return None
        md5 = hashlib.md5(usedforsecurity=False)
        return md5.digest() if self._take(piece.length, md5.update) else None

    def skip_to(self, offset: int) -> bool:
        """Read on to an offset; False when the file ends before it."""
        return self._take(offset - self.at, _nowhere)

    def _take(self, count: int, use: Callable[[memoryview], None]) -> bool:
        while count > 0:
            self._context.control.checkpoint()
            got = self._reader.read_into(self._buffer[: min(count, len(self._buffer))])
            if not got:
                return False
            use(self._buffer[:got])
            self._context.progress.add(size_bytes=got)
            self.at += got
            count -= got
        return True


def _nowhere(_: memoryview) -> None:
    """Read past what is not asked for."""


_MISSING = frozenset({ErrorCode.OBJECT_MISSING, ErrorCode.OBJECT_NAME_NOT_ALLOWED})
_UNREADABLE = frozenset(
    {ErrorCode.OBJECT_DAMAGED, ErrorCode.DRIVE_FAILING, ErrorCode.PATH_NOT_PLAIN}
)


def _trouble(error: BackupError, blob_path: str, path: str) -> Found:
    """Give what a file's trouble says of its blob; a drive that is gone goes on up."""
    if error.code in _MISSING:
        return Found(Fault.FILE_MISSING, blob_path, detail=path)
    if error.code in _UNREADABLE:
        return Found(Fault.FILE_UNREADABLE, blob_path, detail=path)
    raise error
