"""Proves what arrived: expected, arrived, damaged, renamed, missing; and repairs the difference."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from blake3 import blake3
from msgspec import Struct, field
from msgspec.structs import replace

from offline_backup_gui.domain.book import LANDING, Book, HomeState
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.domain.ports import Account, Container, ObjectInfo, ObjectStore
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.reading_back import read_through
from offline_backup_gui.engine.transfer import copy_object
from offline_backup_gui.formats.canonical import MAX_RECORD_BYTES
from offline_backup_gui.formats.pack import name_of
from offline_backup_gui.formats.point import object_name
from offline_backup_gui.formats.record import drive_id_of, drive_record_name, read_drive_record

_OURS = ("packs/", "points/", "drives/")


class Expected(Struct, frozen=True):
    """One object that must be in the account. `data` holds what is small enough to be known."""

    name: str
    size_bytes: int
    md5: bytes
    blake3: bytes
    data: bytes | None = None

    @property
    def info(self) -> ObjectInfo:
        """Give it as a store lists it."""
        return ObjectInfo(self.name, self.size_bytes, self.md5)


def expected_objects(book: Book, key_files: Mapping[str, bytes]) -> dict[str, Expected]:
    """Give everything the drives carried, from what this computer knows of them.

    Increments went into the vault directly: neither their packs nor their points are expected.
    """
    small = dict(key_files)
    carried: set[str] = set()
    sealed = [home for home in book.homes() if home.record and home.state is not HomeState.LOST]
    for home in sealed:
        name = drive_record_name(home.home)
        small[name] = home.record
        carried |= {line.name for line in read_drive_record(home.record, name).objects}
    small |= {
        object_name(point.point_id): book.point(point).data
        for point in book.points()
        if object_name(point.point_id) in carried
    }
    expected = {
        name: Expected(
            name,
            len(data),
            hashlib.md5(data, usedforsecurity=False).digest(),
            blake3(data).digest(),
            data,
        )
        for name, data in small.items()
    }
    for place in [home.home for home in sealed] + [LANDING]:
        for pack in book.packs(place):
            name = name_of(pack.pack_id)
            if name in carried or place == LANDING:
                expected[name] = Expected(name, pack.size_bytes, pack.md5, pack.blake3)
    return expected


class Arrival(Struct):
    """What an arrival check found; names are object names. `renamed` gives the place found.

    `affected_files` hold a part in what is damaged or missing; `lost_files` nobody can bring back.
    """

    expected: int = 0
    arrived: int = 0
    size_bytes: int = 0
    damaged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    repaired_bytes: int = 0
    affected_files: list[bytes] = field(default_factory=list)
    lost_files: list[bytes] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Say whether everything arrived under its name, bit for bit."""
        return not (self.damaged or self.missing or self.renamed)


def check_arrival(
    context: Context,
    landing: Container,
    expected: Iterable[Expected],
    others: Mapping[str, Container],
) -> Arrival:
    """Compare the landing container with what was expected; every byte is proved.

    The service proves large objects against their MD5 by itself where it can; otherwise they are
    read. `others` are further containers of the account, in which renamed objects may be.
    """
    wanted = sorted(expected, key=lambda one: one.name)
    total = sum(one.size_bytes for one in wanted)
    context.progress.phase(Phase.COMPARE, len(wanted), total)
    context.tell(Phase.COMPARE, objects=len(wanted), bytes=total)
    arrival = Arrival(expected=len(wanted))
    there = {info.name: info for info in landing.objects()}
    for one in wanted:
        context.control.checkpoint()
        context.progress.current(one.name)
        found = there.get(one.name)
        if found is None:
            arrival.missing.append(one.name)
        elif _proved(context, landing, one, found):
            arrival.arrived += 1
            arrival.size_bytes += one.size_bytes
        elif (label := _sealed_again(landing, one)) is not None:
            arrival.missing.append(one.name)
            context.tell(FindingCode.DRIVE_SEALED_AGAIN, drive=label)
        else:
            arrival.damaged.append(one.name)
            context.tell(ErrorCode.OBJECT_DAMAGED, name=one.name)
        context.progress.add(files=1, size_bytes=one.size_bytes)
    if arrival.missing:
        _find_renamed(context, arrival, landing, {one.name: one for one in wanted}, there, others)
    for name in arrival.missing:
        context.tell(ErrorCode.OBJECT_MISSING, name=name)
    return arrival


def _proved(context: Context, store: Container, one: Expected, found: ObjectInfo) -> bool:
    """Say whether what was found, under whatever name, is what was expected, bit for bit."""
    if found.size_bytes != one.size_bytes:
        return False
    if one.md5 and found.md5 is not None and found.md5 != one.md5:
        return False
    try:
        if one.data is not None:
            return store.read(found.name, 0, one.size_bytes + 1) == one.data
        proof = store.prove(replace(one.info, name=found.name)) if one.md5 else None
        if proof is None:
            hashes = read_through(store, found.name, one.size_bytes, context.control)
            proof = hashes.blake3 == one.blake3 if one.blake3 else hashes.md5 == one.md5
    except BackupError as error:
        if error.code not in (ErrorCode.OBJECT_DAMAGED, ErrorCode.OBJECT_MISSING):
            raise
        return False
    return proof


def _sealed_again(store: ObjectStore, one: Expected) -> str | None:
    """Name the drive when what lies here is a record of it from before it was sealed again."""
    if one.data is None or drive_id_of(one.name) is None:
        return None
    now = read_drive_record(one.data, one.name)
    try:
        then = read_drive_record(store.read(one.name, 0, MAX_RECORD_BYTES + 1), one.name)
    except BackupError as error:
        if error.code not in (ErrorCode.FORMAT_DAMAGED, ErrorCode.OBJECT_DAMAGED):
            raise
        return None
    older = then.sealed and then.repository_id == now.repository_id
    earlier = then.sessions == now.sessions[: len(then.sessions)]
    return now.label if older and earlier and len(then.sessions) < len(now.sessions) else None


def _find_renamed(
    context: Context,
    arrival: Arrival,
    landing: Container,
    wanted: Mapping[str, Expected],
    there: Mapping[str, ObjectInfo],
    others: Mapping[str, Container],
) -> None:
    """Look for missing objects under other names, by size and MD5, and in other containers.

    The service renames containers it does not like, and blobs whose name is taken. What is found
    elsewhere is proved there: a damaged object in a renamed container is damaged, not renamed.
    """
    names = set(arrival.missing)
    places: dict[str, str] = {}
    damaged: set[str] = set()
    missing = {(wanted[name].size_bytes, wanted[name].md5): name for name in names}
    for info in there.values():
        name = missing.get((info.size_bytes, info.md5 or b""))
        if name is None or info.name in wanted or name in places:
            continue
        if _proved(context, landing, wanted[name], info):
            places[name] = info.name
    for container, store in others.items():
        found = [info for info in store.objects() if info.name in names]
        # Every backup has a repository record and keys; all other names are ours alone.
        ours = any(info.name.startswith(_OURS) for info in found)
        for info in found:
            context.control.checkpoint()
            context.progress.current(info.name)
            if info.name in places:
                continue
            if _proved(context, store, wanted[info.name], info):
                places[info.name] = f"{container}:{info.name}"
            elif ours:
                damaged.add(info.name)
    arrival.renamed = places
    damaged -= places.keys()
    for name in sorted(damaged):
        context.tell(ErrorCode.OBJECT_DAMAGED, name=name)
    arrival.damaged += sorted(damaged)
    arrival.missing = [
        name for name in arrival.missing if name not in places and name not in damaged
    ]


def repair_arrival(
    context: Context,
    arrival: Arrival,
    landing: Container,
    expected: Mapping[str, Expected],
    account: Account,
    drives: Sequence[ObjectStore],
) -> list[str]:
    """Bring what is missing or damaged; give the names that no copy was found of.

    Renamed objects are copied inside the account; small ones are known here; packs come from the
    drives that are at hand.
    """
    names = [*arrival.renamed, *arrival.missing, *arrival.damaged]
    context.progress.phase(
        Phase.REPAIR, len(names), sum(expected[name].size_bytes for name in names)
    )
    context.tell(Phase.REPAIR, objects=len(names))
    without_source = []
    for name in names:
        one = expected[name]
        context.progress.current(name)
        if name in arrival.renamed and _take_back(context, arrival, landing, one, account):
            continue
        if not _send(context, landing, one, drives):
            without_source.append(name)
            continue
        arrival.repaired_bytes += one.size_bytes
        context.progress.add(files=1, size_bytes=one.size_bytes)
    return without_source


def _take_back(
    context: Context, arrival: Arrival, landing: Container, one: Expected, account: Account
) -> bool:
    """Copy a renamed object to its own name; no bytes cross the line where that can be helped."""
    container, _, name = arrival.renamed[one.name].rpartition(":")
    source = account.container(container) if container else landing
    try:
        if name == one.name:
            landing.adopt(source, one.info)
        else:
            copy_object(
                source,
                landing,
                one.name,
                one.size_bytes,
                context.control,
                md5=one.md5,
                found_as=name,
            )
    except BackupError as error:
        if error.code not in (ErrorCode.OBJECT_DAMAGED, ErrorCode.OBJECT_MISSING):
            raise
        return False
    return True


def _send(
    context: Context, landing: Container, one: Expected, drives: Sequence[ObjectStore]
) -> bool:
    if one.data is not None:
        writer = landing.create(one.name, replace=True)
        try:
            writer.write(one.data)
            writer.commit(one.md5)
        finally:
            writer.abort()
        return True
    for drive in drives:
        try:
            copy_object(
                drive,
                landing,
                one.name,
                one.size_bytes,
                context.control,
                md5=one.md5,
                replace=True,
            )
        except BackupError as error:
            if error.code in (
                ErrorCode.OBJECT_MISSING,
                ErrorCode.OBJECT_DAMAGED,
                ErrorCode.DRIVE_GONE,
                ErrorCode.DRIVE_FAILING,
            ):
                continue
            raise
        return True
    return False
