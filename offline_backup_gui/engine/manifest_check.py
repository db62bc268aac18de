"""Looks through a drive manifest of anybody: rules, figures, and what comes twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import islice
from types import TracebackType

from offline_backup_gui.domain.drive_manifest import MANIFEST_NAME, ManifestBlob
from offline_backup_gui.domain.manifest_check import ManifestCheck
from offline_backup_gui.domain.manifest_rules import Fault, Found, faults_of, side_faults
from offline_backup_gui.domain.ports import Control, DriveStore, RawReader
from offline_backup_gui.engine.name_index import NameIndex
from offline_backup_gui.engine.reading_back import new_buffer
from offline_backup_gui.formats.drive_manifest import ManifestReader
from offline_backup_gui.formats.manifest_reading import Readable

OpenManifest = Callable[[], AbstractContextManager[Readable]]
"""Opens the manifest at its beginning; it is read twice at most."""

_TWICE_KEPT = 10_000


def check_rules(control: Control, open_manifest: OpenManifest, name: str) -> ManifestCheck:
    """Judge a manifest by itself; MANIFEST_UNREADABLE when it is none."""
    check, names = ManifestCheck(), NameIndex()
    with open_manifest() as file:
        hashed = _Hashed(file)
        reader = ManifestReader(hashed, check.tell, name=name)
        for blob in reader:
            control.checkpoint()
            check.count(blob)
            names.add(_key(blob))
            for found in faults_of(blob):
                if found.fault is not Fault.NO_LIST:  # the reader has told
                    check.tell(found)
        for head in reader.lists:
            for side in filter(None, (head.metadata, head.properties)):
                for found in side_faults(side):
                    check.tell(found)
        check.head, check.whole = reader.head, reader.whole
        check.md5 = hashed.rest()
    twice = set(islice(names.repeated(), _TWICE_KEPT))
    if twice:
        _tell_twice(control, open_manifest, check, twice)
    return check


def _tell_twice(
    control: Control, open_manifest: OpenManifest, check: ManifestCheck, twice: set[int]
) -> None:
    """Name the blobs that come again, by hashes that do not lie."""
    seen: set[bytes] = set()
    with open_manifest() as file:
        for blob in ManifestReader(file):
            control.checkpoint()
            key = _key(blob)
            if NameIndex.hash_of(key) not in twice:
                continue
            digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
            if digest in seen:
                check.tell(Found(Fault.SAME_BLOB, blob.blob_path))
            seen.add(digest)


def _key(blob: ManifestBlob) -> str:
    return blob.blob_path if blob.snapshot is None else f"{blob.blob_path}\n{blob.snapshot}"


class _Hashed:
    """A stream that hashes what is read of it."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._md5 = hashlib.md5(usedforsecurity=False)

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        self._md5.update(data)
        return data

    def rest(self) -> str:
        """Give the MD5 of the whole, upper-case hex, whatever of it the reader has left."""
        while self.read(1 << 20):
            pass
        return self._md5.hexdigest().upper()


class StoredManifest:
    """The manifest at the root of a drive, read past the cache each time it is entered."""

    def __init__(self, root: DriveStore) -> None:
        self._root = root
        self._reader: RawReader | None = None
        self._buffer = new_buffer()

    def read(self, size: int, /) -> bytes:
        """Give the next bytes."""
        assert self._reader is not None, "not entered"
        part = self._buffer[: min(size, len(self._buffer))]
        return bytes(part[: self._reader.read_into(part)])

    def __enter__(self) -> StoredManifest:
        self._reader = self._root.read_back(MANIFEST_NAME)
        self._reader.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.__exit__(kind, error, trace)
