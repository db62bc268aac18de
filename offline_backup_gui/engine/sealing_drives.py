"""Seals a drive: restore points, keys and the record that lists every object with its hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec
from blake3 import blake3
from msgspec import Struct

from offline_backup_gui.domain.book import Book, Home, HomeState, KeptPoint, NotedPoint
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.homes import OpenDrive, put, record_of, stamp
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import name_of
from offline_backup_gui.formats.point import object_name
from offline_backup_gui.formats.record import (
    RecordObject,
    drive_record_name,
    read_drive_record,
)


class SealedDrive(Struct, frozen=True):
    """What the admin sees of a sealed drive; the fingerprint stands on the packing slip."""

    home: str
    mount: str
    label: str
    objects: int
    size_bytes: int
    fingerprint: str


def seal_drive(
    context: Context,
    keyring: Keyring,
    book: Book,
    drive: OpenDrive,
    points: Sequence[NotedPoint],
    newest: KeptPoint,
    key_files: Mapping[str, bytes],
    *,
    past_cache: bool,
) -> SealedDrive:
    """Write what makes a drive useful alone, then its record; the record comes last.

    `points` are those before the `newest`.
    """
    for name, data in key_files.items():
        put(drive.store, name, data)
    # One at a time: years of points are more than fits into memory.
    for noted in points:
        put(drive.store, object_name(noted.point_id), book.point(noted).data)
    put(drive.store, object_name(newest.point_id), newest.data)
    ids = [*(point.point_id for point in points), newest.point_id]
    names = [object_name(point_id) for point_id in ids]
    for info in list(drive.store.objects("points/")):
        if info.name not in names:
            drive.store.delete(info.name)  # of a session that was begun again
    objects = [
        _packs_line(pack.pack_id, pack.size_bytes, pack.md5, pack.blake3)
        for pack in book.packs(drive.home)
    ]
    objects += [_read_line(drive, name) for name in (*key_files, *names)]
    session = msgspec.structs.replace(
        drive.sessions[-1], finished=stamp(context.clock.now()), point=newest.point_id
    )
    drive.sessions[-1] = session
    name = drive_record_name(drive.home)
    data = record_of(keyring, drive, sealed=True, past_cache=past_cache, objects=objects)
    put(drive.store, name, data)
    record = read_drive_record(drive.store.read(name), name)
    choice = drive.choice
    book.put_home(
        Home(drive.home, choice.serial, choice.label, choice.mount, HomeState.SEALED, data)
    )
    return SealedDrive(
        drive.home,
        choice.mount,
        choice.label,
        len(record.objects) + 1,
        sum(line.size for line in record.objects) + len(data),
        record.check,
    )


def _packs_line(pack_id: bytes, size_bytes: int, md5: bytes, strong: bytes) -> RecordObject:
    if not md5 or not strong:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name_of(pack_id), why="not verified")
    return RecordObject(name_of(pack_id), size_bytes, md5.hex(), strong.hex())


def _read_line(drive: OpenDrive, name: str) -> RecordObject:
    data = drive.store.read(name)
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return RecordObject(name, len(data), md5, blake3(data).hexdigest())
