"""Reads every byte of a drive back and compares with its record; needs no secret."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct, field

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.domain.ports import DriveStore, ObjectStore
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.pace import read_each
from offline_backup_gui.engine.points import read_chain
from offline_backup_gui.engine.reading_back import open_every_chunk, read_back
from offline_backup_gui.formats.canonical import MAX_RECORD_BYTES
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.point import object_name
from offline_backup_gui.formats.record import (
    DriveRecord,
    RecordObject,
    check_drive_tag,
    drive_id_of,
    read_drive_record,
)

_DAMAGE = frozenset({ErrorCode.OBJECT_DAMAGED, ErrorCode.FORMAT_DAMAGED, ErrorCode.DRIVE_FAILING})
# A pack that a record of ours lists is of this version and of this repository, or damaged.
_NOT_AS_LISTED = _DAMAGE | {ErrorCode.FORMAT_NEWER, ErrorCode.REPOSITORY_DIFFERENT}


class DriveCheck(Struct):
    """What a drive holds against what its record says. Names are object names."""

    drive_id: str = ""
    label: str = ""
    objects: int = 0
    size_bytes: int = 0
    past_cache: bool = True
    damaged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)

    def add(self, line: RecordObject, found: _Found) -> None:
        """Count an object that was looked at."""
        self.past_cache &= found.past_cache
        if found.trouble is ErrorCode.OBJECT_MISSING:
            self.missing.append(line.name)
        elif found.trouble is not None:
            self.damaged.append(line.name)
        else:
            self.objects += 1
            self.size_bytes += line.size

    @property
    def good(self) -> bool:
        """Say whether the drive holds what its record lists, bit for bit, and no pack besides."""
        unknown = any(name.startswith("packs/") for name in self.unlisted)
        return not (self.damaged or self.missing or unknown)


def drive_record(store: ObjectStore) -> DriveRecord:
    """Give the record of a drive; DRIVE_NOT_SEALED when its copy was not finished."""
    names = [info.name for info in store.objects("drives/") if drive_id_of(info.name)]
    if not names:
        raise BackupError(ErrorCode.REPOSITORY_NOT_FOUND, store=store.label)
    if len(names) > 1:
        raise BackupError(ErrorCode.NOT_ONE_DRIVE, path=store.label, drives=len(names))
    record = read_drive_record(store.read(names[0], 0, MAX_RECORD_BYTES + 1), names[0])
    if not record.sealed:
        raise BackupError(ErrorCode.DRIVE_NOT_SEALED, drive=record.label or store.label)
    return record


def check_drive(
    context: Context, store: DriveStore, *, keyring: Keyring | None = None
) -> DriveCheck:
    """Compare every object with the record; with a keyring, open every chunk and point too."""
    check = DriveCheck()
    try:
        record = drive_record(store)
    except BackupError as error:
        if error.code not in _DAMAGE:
            raise
        # Without its record a drive proves nothing: the record itself is what is damaged.
        check.damaged.append(str(error.parameters.get("name", "drives")))
        return check
    check.drive_id, check.label = record.drive_id, record.label
    total = sum(line.size for line in record.objects)
    context.progress.phase(Phase.VERIFY, len(record.objects), total)
    context.tell(Phase.VERIFY, drive=record.label, objects=len(record.objects))
    counting = threading.Lock()

    def check_one(line: RecordObject) -> None:
        found = _check_object(context, store, line, keyring)
        with counting:
            check.add(line, found)

    read_each(record.objects, check_one, "verify too")
    known = {line.name for line in record.objects}
    check.unlisted = [name for name in _names(store) if name not in known]
    if keyring is not None:
        _check_keyed(keyring, store, record, check)
    check.damaged.sort()
    check.missing.sort()
    return check


def _names(store: ObjectStore) -> Iterator[str]:
    return (info.name for info in store.objects() if drive_id_of(info.name) is None)


class _Found(NamedTuple):
    """One object that was looked at: what is wrong with it, and where its bytes came from."""

    trouble: ErrorCode | None
    past_cache: bool = True


def _check_object(
    context: Context, store: DriveStore, line: RecordObject, keyring: Keyring | None
) -> _Found:
    past_cache = True
    try:
        hashes = read_back(store, line.name, line.size, context.control, md5=False)
        same = hashes.size_bytes == line.size and hashes.blake3.hex() == line.blake3
        past_cache = hashes.past_cache
        if same and keyring is not None and line.name.startswith("packs/"):
            open_every_chunk(keyring, store, line.name, line.size, context.control)
    except BackupError as error:
        if error.code is ErrorCode.OBJECT_MISSING:
            context.tell(error.code, name=line.name)
            return _Found(error.code)
        if error.code not in _NOT_AS_LISTED:
            raise
        same = False
    if not same:
        context.tell(ErrorCode.OBJECT_DAMAGED, name=line.name)
        return _Found(ErrorCode.OBJECT_DAMAGED, past_cache)
    context.progress.add(files=1, size_bytes=line.size)
    return _Found(None, past_cache)


def _check_keyed(
    keyring: Keyring, store: ObjectStore, record: DriveRecord, check: DriveCheck
) -> None:
    """Find records and points that somebody without the key made."""
    try:
        check_drive_tag(keyring, record)
    except BackupError as error:
        check.damaged.append(str(error.parameters["name"]))
    chain = read_chain(keyring, store)
    check.damaged += [name for name in chain.damaged if name not in check.damaged]
    missing = [object_name(point_id) for point_id in chain.missing]
    check.missing += [name for name in missing if name not in check.missing + check.damaged]
