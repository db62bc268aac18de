"""Restores keep inside their target, whatever a catalogue says and whatever stands there."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from offline_backup_gui.adapters.state.book import SqliteBook
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.engine import restore_order, restoring_files, target
from offline_backup_gui.engine.homes import put
from offline_backup_gui.engine.library import Library
from offline_backup_gui.engine.open_pack import Lane
from offline_backup_gui.engine.packing import Packer
from offline_backup_gui.engine.restore_order import RestoreOrder, RestoreOutcome
from offline_backup_gui.engine.restoring import Restoring
from offline_backup_gui.engine.restoring_files import FileRestorer
from offline_backup_gui.engine.sealing import Sealer
from offline_backup_gui.formats.catalogue import HOLE, Entry, Kind, Listing, encode
from offline_backup_gui.formats.pack import PackKind
from offline_backup_gui.formats.point import (
    CatalogueChunk,
    Point,
    Root,
    new_point_id,
    object_name,
    seal,
)
from tests.drive_fixtures import MountedDrive, tmpfs_drives
from tests.engine.office import Office
from tests.trees import compare_trees, noise, write

__all__ = ["tmpfs_drives"]

CONTENTS = b"from the backup"
MODE = 0o644


@pytest.fixture(autouse=True, params=[target.FEW, 1], ids=["alone", "with makers"])
def _few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Restore by the process itself, and by others that make its small files."""
    monkeypatch.setattr(target, "FEW", request.param)


class Forger:
    """Somebody with the key who writes whatever he likes into the vault."""

    def __init__(self, base: Path) -> None:
        self.office = Office(base / "state", ())
        self.base = base
        office = self.office
        lane = Lane("vault", office.vault, lambda: 1 << 40, 1 << 30)
        self._packer = Packer(
            office.keyring,
            PackKind.META,
            [lane],
            lambda: 0,
            lambda pack, ticket: None,
            lambda lane, error: None,
            office.clock,
        )
        self._sealer = Sealer(office.keyring, office.book, self._packer)
        self.chunk = self._seal(CONTENTS)

    def _seal(self, data: bytes) -> bytes:
        return self._sealer.seal(memoryview(data))[0]

    def file(self, name: bytes, **words: object) -> Entry:
        return Entry(name, Kind.FILE, MODE, 0, 0, len(CONTENTS), 10**18, [0, 0, len(CONTENTS)])

    def listing(self, path: bytes, *entries: Entry) -> Listing:
        return Listing(0, path, [self.chunk], list(entries))

    def restore(
        self, listings: Sequence[Listing], to: Path, *, overwrite: bool = False
    ) -> RestoreOutcome:
        stream = b"".join(encode(listing) for listing in listings)
        chunk = CatalogueChunk(self._seal(stream), len(stream), 0, b"", 0)
        self._packer.finish()
        now = datetime(2026, 11, 23, tzinfo=UTC)
        point = Point(
            point_id=new_point_id(now),
            sequence=1,
            previous_id="",
            previous_hash=b"",
            plan="plan",
            host="host",
            started="2026-11-23T00:00:00Z",
            finished="2026-11-23T00:00:00Z",
            roots=[Root(b"/source", b"source", Entry(b"source", Kind.FOLDER, 0o755))],
            files=1,
            folders=1,
            size=1,
            catalogue=[chunk],
            packs=[],
            left_out=[],
            complete=True,
        )
        office = self.office
        put(office.vault, object_name(point.point_id), seal(office.keyring, point))
        return office.restore([office.vault], to, overwrite=overwrite)


@pytest.fixture
def forger(tmp_path: Path) -> Forger:
    return Forger(tmp_path)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    write(bytes(folder / "kept"), b"not of the backup")
    return folder


def reasons(outcome: RestoreOutcome, to: Path) -> dict[bytes, str]:
    top = len(bytes(to / "source")) + 1
    return {path[top:]: reason for path, reason in outcome.differences.items()}


def unharmed(outside: Path) -> bool:
    return os.listdir(outside) == ["kept"] and (outside / "kept").read_bytes() == (
        b"not of the backup"
    )


@pytest.mark.parametrize("below", [b"a", b"a/b", b"a/b/c"])
def test_a_link_in_the_place_of_a_folder_is_not_followed(
    forger: Forger, outside: Path, tmp_path: Path, below: bytes
) -> None:
    link = Entry(b"a", Kind.SYMLINK, 0o777, target=bytes(outside))
    listings = [
        forger.listing(b"", link, forger.file(b"fine")),
        forger.listing(below, forger.file(b"kept"), Entry(b"new", Kind.FOLDER, 0o755)),
    ]
    outcome = forger.restore(listings, tmp_path / "to")
    assert unharmed(outside)
    assert reasons(outcome, tmp_path / "to") == {
        below + b"/kept": "a link is in its place",
        below + b"/new": "a link is in its place",
    }
    assert (tmp_path / "to" / "source" / "fine").read_bytes() == CONTENTS


def test_a_link_and_a_file_of_one_name_harm_nothing(
    forger: Forger, outside: Path, tmp_path: Path
) -> None:
    link = Entry(b"kept", Kind.SYMLINK, 0o777, target=bytes(outside / "kept"))
    forger.restore([forger.listing(b"", link, forger.file(b"kept"))], tmp_path / "to")
    assert unharmed(outside)


def test_a_link_that_replaces_a_folder_is_not_followed(
    forger: Forger, outside: Path, tmp_path: Path
) -> None:
    link = Entry(b"a", Kind.SYMLINK, 0o777, target=bytes(outside))
    listings = [
        forger.listing(b"", Entry(b"a", Kind.FOLDER, 0o755), link),
        forger.listing(b"a", forger.file(b"kept")),
    ]
    forger.restore(listings, tmp_path / "to", overwrite=True)
    assert unharmed(outside)


def test_links_that_were_in_the_target_before_are_not_followed(
    forger: Forger, outside: Path, tmp_path: Path
) -> None:
    (tmp_path / "to" / "source").mkdir(parents=True)
    (tmp_path / "to" / "source" / "a").symlink_to(outside)
    (tmp_path / "to" / "source" / "fine").symlink_to(outside / "kept")
    listings = [
        forger.listing(b"", Entry(b"a", Kind.FOLDER, 0o755), forger.file(b"fine")),
        forger.listing(b"a", forger.file(b"kept")),
    ]
    outcome = forger.restore(listings, tmp_path / "to", overwrite=True)
    assert unharmed(outside)
    assert set(reasons(outcome, tmp_path / "to")) == {b"a", b"a/kept"}
    assert (tmp_path / "to" / "source" / "fine").read_bytes() == CONTENTS
    assert not (tmp_path / "to" / "source" / "fine").is_symlink()


@pytest.mark.parametrize("size", [1 << 62, 1 << 50])
def test_a_file_larger_than_any_disk_is_named_and_the_others_come_back(
    forger: Forger, tmp_path: Path, size: int
) -> None:
    huge = Entry(b"huge", Kind.FILE, MODE, size=size, extents=[HOLE, 0, size], sparse=True)
    outcome = forger.restore([forger.listing(b"", forger.file(b"fine"), huge)], tmp_path / "to")
    assert (tmp_path / "to" / "source" / "fine").read_bytes() == CONTENTS
    assert reasons(outcome, tmp_path / "to") == {b"huge": os.strerror(errno.EFBIG)}


def test_zeros_without_end_stop_at_a_full_disk(
    forger: Forger, tmp_path: Path, tmpfs_drives: object
) -> None:
    disk: MountedDrive = tmpfs_drives(4 << 20)  # type: ignore[operator]
    huge = Entry(b"huge", Kind.FILE, MODE, size=1 << 50, extents=[HOLE, 0, 1 << 50])
    with pytest.raises(BackupError) as caught:
        forger.restore([forger.listing(b"", huge)], disk.mount / "to")
    assert caught.value.code is ErrorCode.TARGET_NOT_WRITABLE
    assert [path.name for path in (disk.mount / "to" / "source").iterdir()] == []


@pytest.mark.parametrize("extents", [[0, 0, 1000], [0, 10, len(CONTENTS)], [0, 1 << 40, 15]])
def test_an_extent_outside_its_chunk_is_no_contents(
    forger: Forger, tmp_path: Path, extents: list[int]
) -> None:
    entry = Entry(b"wrong", Kind.FILE, MODE, size=extents[2], extents=extents)
    outcome = forger.restore([forger.listing(b"", entry)], tmp_path / "to")
    assert reasons(outcome, tmp_path / "to") == {b"wrong": "extent-outside-chunk"}
    assert os.listdir(tmp_path / "to" / "source") == []


def test_names_that_cannot_stand_here_are_named_and_the_others_come_back(
    forger: Forger, tmp_path: Path
) -> None:
    # Longer than any file system here takes: as "a:b" would be on a Windows disk.
    long = b"n" * 300
    listings = [
        forger.listing(
            b"", forger.file(b"fine"), forger.file(long), Entry(long + b"f", Kind.FOLDER, 0o755)
        ),
        forger.listing(long + b"f", forger.file(b"inside")),
    ]
    outcome = forger.restore(listings, tmp_path / "to")
    assert (tmp_path / "to" / "source" / "fine").read_bytes() == CONTENTS
    said = reasons(outcome, tmp_path / "to")
    assert set(said) == {long, long + b"f", long + b"f/inside"}
    assert set(said.values()) == {os.strerror(errno.ENAMETOOLONG)}


def test_a_folder_that_is_a_file_here_is_named(forger: Forger, tmp_path: Path) -> None:
    listings = [
        forger.listing(b"", forger.file(b"a")),
        forger.listing(b"a", forger.file(b"inside")),
        forger.listing(b"z", forger.file(b"inside")),
    ]
    (tmp_path / "to" / "source").mkdir(parents=True)
    write(bytes(tmp_path / "to" / "source" / "z"), b"in the way")
    outcome = forger.restore(listings, tmp_path / "to", overwrite=True)
    assert b"z/inside" in reasons(outcome, tmp_path / "to")
    assert (tmp_path / "to" / "source" / "z").read_bytes() == b"in the way"


# --- targets


@pytest.fixture
def office(tmp_path: Path) -> Office:
    source = tmp_path / "office"
    (source / "folder").mkdir(parents=True)
    for number in range(4):
        write(bytes(source / "folder" / f"{number}"), noise(number, 5000))
    (tmp_path / "drive").mkdir()
    office = Office(tmp_path / "state", (source,))
    office.copy([tmp_path / "drive"])
    return office


def test_a_target_that_is_not_empty_is_left_alone(office: Office, tmp_path: Path) -> None:
    (tmp_path / "to" / "office").mkdir(parents=True)
    write(bytes(tmp_path / "to" / "office" / "mine"), b"mine")
    with pytest.raises(BackupError) as caught:
        office.restore([office.store(tmp_path / "drive")], tmp_path / "to")
    assert caught.value.code is ErrorCode.TARGET_NOT_EMPTY
    assert os.listdir(tmp_path / "to") == ["office"]
    assert os.listdir(tmp_path / "to" / "office") == ["mine"]


def test_overwriting_replaces_files_and_keeps_strangers(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "to" / "office" / "folder"
    folder.mkdir(parents=True)
    write(bytes(folder / "mine"), b"mine")
    write(bytes(folder / "1"), b"older")
    # Looks finished by size and time, and is not.
    write(bytes(folder / "2"), bytes(5000))
    moment = (office.sources[0] / "folder" / "2").stat().st_mtime_ns
    os.utime(folder / "2", ns=(moment, moment))
    stores = [office.store(tmp_path / "drive")]
    assert office.restore(stores, tmp_path / "to", overwrite=True).differences == {}
    assert (folder / "mine").read_bytes() == b"mine"
    (folder / "mine").unlink()
    moment = (office.sources[0] / "folder").stat().st_mtime_ns
    os.utime(folder, ns=(moment, moment))
    assert compare_trees(office.sources[0], tmp_path / "to" / "office") == []


def test_a_continued_restore_trusts_only_what_it_made_itself(
    office: Office, tmp_path: Path
) -> None:
    folder = tmp_path / "to" / "office" / "folder"
    folder.mkdir(parents=True)
    write(bytes(folder / "2"), bytes(5000))
    moment = (office.sources[0] / "folder" / "2").stat().st_mtime_ns
    os.utime(folder / "2", ns=(moment, moment))
    write(bytes(folder / ".offline-backup-part-0123456789abcdef-7"), b"left by a kill")
    point = office.library([office.store(tmp_path / "drive")]).point(None)
    later = os.stat(folder / "2").st_ctime_ns + 10**9
    said = b"%s\n%d\n" % (point.point_id.encode(), later)
    mark = write(bytes(tmp_path / "to" / ".offline-backup-restore"), said)
    os.utime(mark, ns=(later + 1, later + 1))

    outcome = office.restore([office.store(tmp_path / "drive")], tmp_path / "to", overwrite=True)

    assert outcome.differences == {}
    assert compare_trees(office.sources[0], tmp_path / "to" / "office") == []


def test_a_read_only_target_is_said_so(
    office: Office, tmp_path: Path, tmpfs_drives: object
) -> None:
    disk: MountedDrive = tmpfs_drives(4 << 20)  # type: ignore[operator]
    disk.set_read_only()
    with pytest.raises(BackupError) as caught:
        office.restore([office.store(tmp_path / "drive")], disk.mount / "to")
    assert caught.value.code is ErrorCode.TARGET_NOT_WRITABLE


def test_a_good_copy_of_a_pack_serves_when_another_is_damaged(
    office: Office, tmp_path: Path
) -> None:
    office.receive([tmp_path / "drive"])
    for pack in (tmp_path / "drive").glob("landing/packs/*/*"):
        data = bytearray(pack.read_bytes())
        data[200] ^= 1
        pack.write_bytes(data)
    stores = [office.store(tmp_path / "drive"), office.landing]
    assert office.restore(stores, tmp_path / "to").differences == {}
    assert compare_trees(office.sources[0], tmp_path / "to" / "office") == []


def test_a_chunk_in_two_packs_is_found_when_one_of_them_goes(
    office: Office, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    first = office.store(tmp_path / "drive")
    office.book.drop_copies(office.book.homes()[0].home)
    office.copy([second])  # everything a second time, in other packs
    book = SqliteBook(tmp_path / "library.db")
    Library(office.context, office.keyring, book, [first, office.store(second)])
    for alone, name in ((first, "a"), (office.store(second), "b")):
        # The book remembers the directories of both.
        known = Library(office.context, office.keyring, book, [alone])
        order = RestoreOrder(bytes(tmp_path / name))
        outcome = Restoring(office.context, known, known.point(None), order).run()
        assert outcome.differences == {}
        assert compare_trees(office.sources[0], tmp_path / name / "office") == []


def test_empty_files_without_end_do_not_pile_up_before_the_first_is_made() -> None:
    taken = 0

    def batches():
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield restore_order.Batch(b"/to", Listing(0, b""), (Entry(b"empty"),) * 128)

    first = next(restore_order.runs(batches()))
    assert sum(len(batch.entries) for batch in first) <= 5000
    assert taken < 50


def test_files_of_many_chunks_do_not_hold_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, drive = tmp_path / "office", tmp_path / "drive"
    source.mkdir()
    drive.mkdir()
    office = Office(tmp_path / "state", (source,))
    for number in range(12):  # each in a session, hence a chunk, of its own
        write(bytes(source) + b"/%d" % number, noise(number, 3000))
        office.copy([drive])
    most = 0
    put = FileRestorer._put_small

    def watched(self, batch, small):
        nonlocal most
        most = max(most, len(small))
        put(self, batch, small)

    monkeypatch.setattr(FileRestorer, "_put_small", watched)
    outcome = office.restore([office.store(drive)], tmp_path / "to")
    assert outcome.differences == {}
    assert compare_trees(source, tmp_path / "to" / "office") == []
    assert 1 <= most <= restoring_files._CHUNKS_AT_HAND + 1
