"""Fills a book that was lost from what drives and account carry: points, drive records, packs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from offline_backup_gui.domain.book import LANDING, Batch, Book, Home, HomeState, KeptPoint, NewPack
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import ObjectInfo, ObjectStore
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.homes import adopt, find_record
from offline_backup_gui.engine.points import Chain, read_chain
from offline_backup_gui.formats.canonical import MAX_RECORD_BYTES
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import PackKind, name_of
from offline_backup_gui.formats.point import object_name
from offline_backup_gui.formats.record import (
    DriveRecord,
    RecordObject,
    check_drive_tag,
    drive_id_of,
    read_drive_record,
)

_PACKS = "packs/"
_BATCH = 256


def remember_points(keyring: Keyring, book: Book, store: ObjectStore) -> int:
    """Take the points of a container that the book does not know; give how many.

    What has a point of the same number keeps it: a chain is never forked from here.
    """
    return _take(book, read_chain(keyring, store), None)


def remember_sealed_points(keyring: Keyring, book: Book, drive: ObjectStore) -> int:
    """Take the points of a drive as far as its sealed record lists them.

    Others belong to a session that never ended; they are made anew.
    """
    record = find_record(keyring, drive)
    if record is None or not record.sealed:
        return 0
    listed = {line.name for line in record.objects}
    return _take(book, read_chain(keyring, drive), listed)


def _take(book: Book, chain: Chain, listed: set[str] | None) -> int:
    taken = {point.sequence for point in book.points()}
    count = 0
    for point in chain.points:
        if point.sequence in taken:
            continue
        if listed is not None and object_name(point.point_id) not in listed:
            continue
        data = chain.data[point.point_id]
        book.put_point(KeptPoint(point.sequence, point.point_id, data, done=True))
        taken.add(point.sequence)
        count += 1
    return count


def remember_drives(context: Context, keyring: Keyring, book: Book, landing: ObjectStore) -> int:
    """Take drives and packs as the records and points in the landing container list them.

    Gives how many drives. A pack that a point needs and no record lists is expected all the same.
    """
    there = {info.name: info for info in landing.objects()}
    carried: set[str] = set()
    drives = 0
    for name in sorted(there):
        if drive_id_of(name) is None:
            continue
        data = landing.read(name, 0, MAX_RECORD_BYTES + 1)
        record = _record(context, keyring, name, data)
        if record is None or not record.sealed:
            continue
        _remember_packs(context, keyring, book, landing, there, record)
        home = Home(record.drive_id, record.serial, record.label, "", HomeState.SEALED, data)
        book.put_home(home)
        carried |= {line.name for line in record.objects}
        drives += 1
    lost = {
        row.pack_id: NewPack(
            row.pack_id,
            PackKind.META if row.meta else PackKind.DATA,
            row.size,
            row.blake3,
            (LANDING,),
            (),
            row.md5,
        )
        for point in read_chain(keyring, landing).points
        for row in point.packs
        if name_of(row.pack_id) not in carried
    }
    if drives and lost:
        book.commit(Batch(packs=list(lost.values())))
    return drives


def _record(context: Context, keyring: Keyring, name: str, data: bytes) -> DriveRecord | None:
    """Open a record; one that the key did not make is damage, and told as such."""
    try:
        record = read_drive_record(data, name)
        check_drive_tag(keyring, record)
    except BackupError as error:
        if error.code not in (ErrorCode.FORMAT_DAMAGED, ErrorCode.OBJECT_DAMAGED):
            raise
        context.tell(ErrorCode.OBJECT_DAMAGED, name=name)
        return None
    return record


def _remember_packs(
    context: Context,
    keyring: Keyring,
    book: Book,
    landing: ObjectStore,
    there: dict[str, ObjectInfo],
    record: DriveRecord,
) -> None:
    lines = [line for line in record.objects if line.name.startswith(_PACKS)]
    for batch in _batches(lines):
        packs = []
        for line in batch:
            context.control.checkpoint()
            packs.append(_pack(keyring, landing, there.get(line.name), line, record.drive_id))
        book.commit(Batch(packs=packs))


def _batches(lines: list[RecordObject]) -> Iterable[list[RecordObject]]:
    return (lines[at : at + _BATCH] for at in range(0, len(lines), _BATCH))


def _pack(
    keyring: Keyring,
    landing: ObjectStore,
    info: ObjectInfo | None,
    line: RecordObject,
    home: str,
) -> NewPack:
    """Give a pack as its record line says, with the places of its chunks when it arrived."""
    strong, md5 = bytes.fromhex(line.blake3), bytes.fromhex(line.md5)
    if info is not None and info.size_bytes == line.size:
        found = adopt(keyring, landing, info, home)
        if found is not None:
            return replace(found, blake3=strong, md5=md5)
    pack_id = bytes.fromhex(line.name.rsplit("/", 1)[1])
    return NewPack(pack_id, PackKind.DATA, line.size, strong, (home,), (), md5)
