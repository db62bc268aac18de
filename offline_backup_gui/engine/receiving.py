"""Reads drives into a landing container: the datacenter's part; needs no secret."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.domain.ports import ObjectInfo, ObjectStore, SweptStore
from offline_backup_gui.engine.checking import drive_record
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.homes import put
from offline_backup_gui.engine.transfer import copy_object
from offline_backup_gui.formats.record import RecordObject, drive_record_name

_DAMAGE = frozenset({ErrorCode.OBJECT_DAMAGED, ErrorCode.OBJECT_MISSING, ErrorCode.DRIVE_FAILING})


class Received(Struct):
    """What was read in; names of objects that could not be are listed, never read in wrong."""

    objects: int = 0
    size_bytes: int = 0
    already_there: int = 0
    damaged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def receive(context: Context, drives: Sequence[ObjectStore], landing: SweptStore) -> Received:
    """Read every object of the drives into the container; objects that are there are kept.

    Packs first, points and records last: what is read in by halves never looks complete.
    """
    records = [(store, drive_record(store)) for store in drives]
    total = sum(line.size for _, record in records for line in record.objects)
    count = sum(len(record.objects) for _, record in records)
    context.progress.phase(Phase.UPLOAD, count, total)
    context.tell(Phase.UPLOAD, objects=count, bytes=total)
    landing.sweep()  # what a killed run left
    there = {info.name: info for info in landing.objects()}
    received = Received()
    for store, record in records:
        for line in sorted(record.objects, key=_order):
            _receive_one(context, store, landing, line, there, received)
        name = drive_record_name(record.drive_id)
        put(landing, name, store.read(name))
        received.objects += 1
    return received


def _order(line: RecordObject) -> tuple[int, str]:
    """Packs, then keys and the repository record, then points."""
    rank = {"packs": 0, "points": 2}.get(line.name.split("/", 1)[0], 1)
    return rank, line.name


def _receive_one(
    context: Context,
    store: ObjectStore,
    landing: ObjectStore,
    line: RecordObject,
    there: dict[str, ObjectInfo],
    received: Received,
) -> None:
    md5 = bytes.fromhex(line.md5)
    context.progress.current(line.name)
    known = there.get(line.name)
    if known is not None and known.size_bytes == line.size and known.md5 == md5:
        received.already_there += 1
        context.progress.add(files=1, size_bytes=line.size)
        return
    try:
        copy_object(
            store,
            landing,
            line.name,
            line.size,
            context.control,
            md5=md5,
            replace=known is not None,
        )
    except BackupError as error:
        if error.code not in _DAMAGE:
            raise
        missing = error.code is ErrorCode.OBJECT_MISSING
        (received.missing if missing else received.damaged).append(line.name)
        context.tell(error.code, name=line.name)
        return
    there[line.name] = ObjectInfo(line.name, line.size, md5)
    received.objects += 1
    received.size_bytes += line.size
    context.progress.add(files=1, size_bytes=line.size)
