"""Fills a book that was lost from what drives and account carry: points, drive records, packs."""

from __future__ import annotations

from collections.abc import Iterator

from offline_backup_gui.domain.book import (
    LANDING,
    Batch,
    Book,
    CachedFolder,
    Home,
    HomeState,
    KeptPoint,
    NewPack,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import ObjectInfo, ObjectStore
from offline_backup_gui.engine.catalogue import longest_listing, read_catalogue
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.directories import learn_packs
from offline_backup_gui.engine.homes import find_record, sealed_hashes
from offline_backup_gui.engine.points import (
    Chain,
    done_points,
    newest_point,
    open_point,
    read_chain,
)
from offline_backup_gui.engine.reading_back import first_header, read_chunk
from offline_backup_gui.engine.scan import UNSEEN
from offline_backup_gui.formats.canonical import MAX_RECORD_BYTES
from offline_backup_gui.formats.catalogue import Kind, encode_folder, folders_of
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import (
    Header,
    PackKind,
    name_of,
    pack_id_of,
)
from offline_backup_gui.formats.point import object_name
from offline_backup_gui.formats.record import (
    DriveRecord,
    RecordObject,
    check_drive_tag,
    drive_id_of,
    read_drive_record,
)

_PACKS = "packs/"


def remember_points(keyring: Keyring, book: Book, store: ObjectStore) -> int:
    """Take the points of a container that the book does not know as done; give how many.

    What has a finished point of the same number keeps it: a chain is never forked from here.
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
    taken = {point.sequence for point in done_points(book)}
    count = 0
    for point in chain.points:
        if point.sequence in taken:
            continue
        if listed is not None and object_name(point.point_id) not in listed:
            continue
        book.put_point(KeptPoint(point.sequence, point.point_id, point.read(), done=True))
        taken.add(point.sequence)
        count += 1
    return count


def remember_folders(
    context: Context, keyring: Keyring, book: Book, store: ObjectStore, *, anew: bool = False
) -> int:
    """Take the folders of the newest point as its catalogue lists them; give how many.

    Those that the book has are kept, unless all are to be taken `anew`.

    Only who knows which files a pack held can name them, or make them again, when it is lost. What
    a scan would have seen is not in a catalogue: the next pass reads these folders again. A
    catalogue that is lost itself is no trouble here: whoever looks finds it missing.
    """
    newest = newest_point(book)
    if newest is None or (not anew and any(True for _ in book.folders())):
        return 0
    try:
        book.replace_folders(_folders(context, keyring, book, store, newest))
    except BackupError as error:
        if error.code not in (ErrorCode.OBJECT_DAMAGED, ErrorCode.OBJECT_MISSING):
            raise
        return 0
    return sum(1 for _ in book.folders())


def _folders(
    context: Context, keyring: Keyring, book: Book, store: ObjectStore, kept: KeptPoint
) -> Iterator[CachedFolder]:
    """Read a point's catalogue folder by folder; all of it may be larger than memory."""
    point = open_point(keyring, kept)
    epoch = book.epoch
    fetch = _ChunkReader(keyring, book, store).read
    longest = longest_listing(sum(pack.size_bytes for pack in book.packs()))
    for listing in folders_of(read_catalogue(point, fetch, longest=longest)):
        context.control.checkpoint()
        files = [entry for entry in listing.entries if entry.kind is Kind.FILE]
        yield CachedFolder(
            point.roots[listing.root].path,
            listing.path,
            UNSEEN,
            encode_folder(listing),
            sum(not entry.stream for entry in files),
            sum(entry.size for entry in files),
            sum(entry.unsure for entry in listing.entries),
            epoch,
        )


class _ChunkReader:
    """Reads chunks of one store from where the book says they are."""

    def __init__(self, keyring: Keyring, book: Book, store: ObjectStore) -> None:
        self._keyring, self._book, self._store = keyring, book, store
        self._names = {pack.number: name_of(pack.pack_id) for pack in book.packs()}
        self._headers: dict[str, Header] = {}

    def read(self, chunk_id: bytes) -> bytes:
        """Give a chunk's contents; OBJECT_MISSING, OBJECT_DAMAGED."""
        place = self._book.find(chunk_id)
        if place is None:
            raise BackupError(ErrorCode.OBJECT_MISSING, name="")
        name = self._names[place.pack]
        if name not in self._headers:
            self._headers[name] = first_header(self._keyring, self._store, name)
        return read_chunk(self._keyring, self._store, self._headers[name], chunk_id, place)


def forgotten_drives(book: Book, landing: ObjectStore) -> dict[str, bytes]:
    """Give the drive records in a container that are newer than what the book has of the drives.

    A book that was lost, or is older than the last copy, must not decide what is expected. Nothing
    is authenticated here: whoever takes a record needs the key.
    """
    known = {home.home: home.record for home in book.homes()}
    forgotten = {}
    for info in landing.objects("drives/"):
        drive_id = drive_id_of(info.name)
        if drive_id is None:
            continue
        data = landing.read(info.name, 0, MAX_RECORD_BYTES + 1)
        ours = known.get(drive_id, b"")
        if data != ours and (not ours or _age(data, info.name) > _age(ours, info.name)):
            forgotten[info.name] = data
    return forgotten


def _age(data: bytes, name: str) -> tuple[int, str]:
    """Give what is larger for a newer record of the same drive; a damaged one is oldest."""
    try:
        record = read_drive_record(data, name)
    except BackupError as error:
        if error.code is not ErrorCode.FORMAT_DAMAGED:
            raise
        return 0, ""
    return len(record.sessions), record.sessions[-1].finished if record.sessions else ""


def remember_drives(context: Context, keyring: Keyring, book: Book, landing: ObjectStore) -> int:
    """Take drives, packs, points and folders as the landing container lists them.

    Gives how many drives were forgotten. A pack that the newest point needs and no record lists is
    expected all the same. The drives are noted last: whoever is killed before begins again.
    """
    there = {info.name: info for info in landing.objects()}
    mounts = {home.home: home.mount for home in book.homes()}
    homes: list[Home] = []
    for name, data in forgotten_drives(book, landing).items():
        record = _record(context, keyring, name, data)
        if record is None or not record.sealed:
            continue
        _remember_packs(context, keyring, book, landing, there, record)
        drive_id, mount = record.drive_id, mounts.get(record.drive_id, "")
        home = Home(drive_id, record.serial, record.label, mount, HomeState.SEALED, data)
        homes.append(home)
    if homes:
        _remember_lost_packs(keyring, book, landing)
        points = remember_points(keyring, book, landing)
        remember_folders(context, keyring, book, landing, anew=points > 0)
    for home in homes:
        book.put_home(home)
    return len(homes)


def _remember_lost_packs(keyring: Keyring, book: Book, landing: ObjectStore) -> None:
    """Expect what the newest point needs and no record lists: a drive did not arrive.

    Older points may lean on a drive that was lost long before this journey. That was known when
    the copy after it was made, and nothing can bring it back: it must not keep the newest from
    the vault.
    """
    known = {pack.pack_id for pack in book.packs()}
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
        for point in read_chain(keyring, landing).points[-1:]
        for row in point.open(keyring).packs
        if row.pack_id not in known
    }
    if lost:
        book.commit(Batch(packs=list(lost.values())))


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
    """Take the packs of a record, with the places of the chunks of those that arrived."""
    lines = [line for line in record.objects if line.name.startswith(_PACKS)]
    unproved = {name_of(pack.pack_id) for pack in book.packs() if not pack.md5}
    arrived = [
        there[line.name]
        for line in lines
        if line.name in there and there[line.name].size_bytes == line.size
    ]
    hashes_of = sealed_hashes(record)
    home = record.drive_id
    unreadable = learn_packs(context, keyring, book, landing, arrived, home, hashes_of)
    learned = {info.name for info in arrived} - {info.name for info in unreadable}
    lacking = [_without_places(line, home) for line in lines if line.name not in learned]
    if lacking:
        book.commit(Batch(packs=lacking))
    for line in lines:
        if line.name in unproved:
            md5, strong = bytes.fromhex(line.md5), bytes.fromhex(line.blake3)
            book.verified(home, pack_id_of(line.name), md5, strong)


def _without_places(line: RecordObject, home: str) -> NewPack:
    """Give a pack that did not arrive, or does not open, as its record line says."""
    strong, md5 = bytes.fromhex(line.blake3), bytes.fromhex(line.md5)
    return NewPack(pack_id_of(line.name), PackKind.DATA, line.size, strong, (home,), (), md5)
