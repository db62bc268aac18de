"""Begins a session on each drive: who it is, what is on it, what the book must learn."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from offline_backup_gui.domain.book import Book, Home, HomeState
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.ports import DriveDoor, DriveStore, ObjectInfo, ObjectStore
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.directories import HashesOf, learn_packs, no_hashes
from offline_backup_gui.formats.canonical import MAX_RECORD_BYTES
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import name_of
from offline_backup_gui.formats.record import (
    REPOSITORY,
    DriveRecord,
    RecordObject,
    Session,
    check_drive_tag,
    drive_id_of,
    drive_record_name,
    read_drive_record,
    read_repository_record,
    seal_drive_record,
)


class DriveChoice(Struct, frozen=True):
    """A drive the admin chose: where it is mounted, and what it says of itself."""

    mount: str
    serial: str
    label: str
    serial_made: bool = False  # as `Drive.serial_made`


class OpenDrive(Struct):
    """A drive with a session begun."""

    home: str
    choice: DriveChoice
    store: DriveStore
    sessions: list[Session]

    def newest_point(self) -> str:
        """Name the point the drive was sealed with last; nothing when it never was."""
        return next((one.point for one in reversed(self.sessions) if one.finished), "")


def stamp(at: datetime) -> str:
    """Give a time as it stands in records."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def put(store: ObjectStore, name: str, data: bytes) -> None:
    """Write a small object, replacing an older one only when it differs."""
    try:
        if store.read(name, 0, len(data) + 1) == data:
            return
    except BackupError as error:
        if error.code is not ErrorCode.OBJECT_MISSING:
            raise
    writer = store.create(name, replace=True)
    try:
        writer.write(data)
        writer.commit()
    finally:
        writer.abort()


def begin_sessions(
    context: Context,
    keyring: Keyring,
    book: Book,
    door: DriveDoor,
    container: str,
    choices: Sequence[DriveChoice],
    key_files: Mapping[str, bytes],
) -> list[OpenDrive]:
    """Open every chosen drive, learn what is on it, and give up drives that are not there.

    A drive that was sealed counts even while it is away; one that was not, does not: its packs
    are planned again. So are those of a sealed drive that is here and was emptied.
    """
    drives: list[OpenDrive] = []
    for choice in choices:
        context.control.checkpoint()
        context.progress.current(choice.label)
        taken = {drive.home for drive in drives}
        drives.append(_begin(context, keyring, book, door, container, choice, key_files, taken))
    here = {drive.home for drive in drives}
    serials = {drive.choice.serial for drive in drives} - {""}
    for home in book.homes():
        emptied = home.state is HomeState.SEALED and home.serial in serials
        if home.home not in here and (emptied or home.state is HomeState.OPEN):
            packs = book.drop_copies(home.home)
            book.put_home(
                Home(home.home, home.serial, home.label, home.mount, HomeState.LOST, home.record)
            )
            if packs:
                context.tell(FindingCode.DRIVE_REPLANNED, drive=home.label, packs=packs)
    return drives


def stored_homes(book: Book, here: Sequence[OpenDrive]) -> set[str]:
    """Name the homes whose packs count: drives that are here, and sealed ones."""
    sealed = {home.home for home in book.homes() if home.state is HomeState.SEALED}
    return sealed | {drive.home for drive in here}


def _begin(
    context: Context,
    keyring: Keyring,
    book: Book,
    door: DriveDoor,
    container: str,
    choice: DriveChoice,
    key_files: Mapping[str, bytes],
    taken: Collection[str],
) -> OpenDrive:
    store = door.open(choice.mount, container)
    record = find_record(keyring, store)
    if record is not None and record.drive_id in taken:
        # A copy of another drive, its record included: from now on it is a drive of its own.
        store.delete(drive_record_name(record.drive_id))
        record = None
    store.sweep()  # what a killed copy left takes room away
    home = record.drive_id if record is not None else os.urandom(8).hex()
    for name, data in key_files.items():
        put(store, name, data)
    sessions = list(record.sessions) if record is not None else []
    if not sessions or sessions[-1].finished:
        sessions.append(Session(stamp(context.clock.now()), "", ""))
    drive = OpenDrive(home, choice, store, sessions)
    if record is None:
        put(store, drive_record_name(home), record_of(keyring, drive))
    # What it carried when it was sealed before still counts until it is sealed again.
    before = next((known.record for known in book.homes() if known.home == home), b"")
    book.put_home(Home(home, choice.serial, choice.label, choice.mount, HomeState.OPEN, before))
    _reconcile(context, keyring, book, drive, record)
    return drive


def record_of(
    keyring: Keyring,
    drive: OpenDrive,
    *,
    sealed: bool = False,
    past_cache: bool = False,
    objects: Sequence[RecordObject] = (),
) -> bytes:
    """Give the record of a drive; one that is being written names the drive, no objects yet."""
    return seal_drive_record(
        keyring,
        DriveRecord(
            1,
            keyring.repository_id.hex(),
            drive.home,
            drive.choice.serial,
            drive.choice.label,
            sealed=sealed,
            past_cache=past_cache,
            sessions=drive.sessions,
            objects=sorted(objects, key=lambda line: line.name),
            check="",
            tag="",
        ),
    )


def find_record(keyring: Keyring, store: ObjectStore) -> DriveRecord | None:
    """Give the record of this drive, or None when nothing of ours is on it.

    Another repository under the same container name is REPOSITORY_DIFFERENT.
    """
    try:
        repository = read_repository_record(store.read(REPOSITORY, 0, 1 << 16))
    except BackupError as error:
        if error.code is ErrorCode.OBJECT_MISSING:
            return None
        raise
    if repository.repository_id != keyring.repository_id.hex():
        raise BackupError(ErrorCode.REPOSITORY_DIFFERENT, name=store.label)
    for info in store.objects("drives/"):
        if drive_id_of(info.name) is not None:
            record = read_drive_record(store.read(info.name, 0, MAX_RECORD_BYTES + 1), info.name)
            check_drive_tag(keyring, record)
            return record
    return None


def _reconcile(
    context: Context, keyring: Keyring, book: Book, drive: OpenDrive, record: DriveRecord | None
) -> None:
    """Make the book agree with the drive: adopt packs it does not know, forget missing ones."""
    known = {name_of(pack.pack_id): pack for pack in book.packs(drive.home)}
    missing = dict(known)

    def unknown() -> Iterator[ObjectInfo]:
        for info in drive.store.objects("packs/"):
            pack = missing.pop(info.name, None)
            if pack is None or pack.size_bytes != info.size_bytes:
                yield info

    hashes_of = sealed_hashes(record)
    for info in learn_packs(context, keyring, book, drive.store, unknown(), drive.home, hashes_of):
        # No pack of ours is ever changed in place: what does not open was damaged.
        drive.store.delete(info.name)
        if info.name in known:
            missing[info.name] = known[info.name]
    if missing:
        book.drop_copies(drive.home, [pack.pack_id for pack in missing.values()])


def sealed_hashes(record: DriveRecord | None) -> HashesOf:
    """Know packs as the record says that was written when all of them had been read back."""
    lines = {line.name: line for line in record.objects} if record and record.sealed else {}

    def hashes_of(info: ObjectInfo) -> tuple[bytes, bytes]:
        line = lines.get(info.name)
        if line is None or line.size != info.size_bytes:
            return no_hashes(info)
        return bytes.fromhex(line.md5), bytes.fromhex(line.blake3)

    return hashes_of
