"""A book older than drives and account (a power cut, a computer put back) decides nothing wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.adapters.state.book import SqliteBook
from offline_backup_gui.domain.book import HomeState
from offline_backup_gui.engine import lanes
from offline_backup_gui.engine.arrival import expected_objects
from offline_backup_gui.engine.remembering import (
    forgotten_drives,
    remember_drives,
    remember_points,
)
from tests.engine.office import Office
from tests.trees import compare_trees, noise, write


@pytest.fixture(autouse=True)
def small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "pack_bytes_for", lambda capacity: 1 << 20)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    top = tmp_path / "office"
    top.mkdir()
    for number in range(8):
        write(bytes(top / f"file {number}"), noise(number, 1_100_000))
    return top


@pytest.fixture
def drives(tmp_path: Path) -> list[Path]:
    found = [tmp_path / "drive-0", tmp_path / "drive-1"]
    for drive in found:
        drive.mkdir()
    return found


def with_book_from_before_the_end(office: Office) -> Office:
    """Give the next process, whose book ends right before the newest point was done."""
    kept = office.book.point(office.book.points()[-1])
    office.book.put_point(replace(kept, done=False))
    office.close()
    return Office(office.base, office.sources)


def test_a_copy_with_an_old_book_takes_what_changed(
    tmp_path: Path, source: Path, drives: list[Path]
) -> None:
    office = Office(tmp_path / "state", (source,))
    first = office.copy(drives).point
    write(bytes(source / "file 1"), noise(101, 150_000))
    office = with_book_from_before_the_end(office)
    second = office.copy(drives).point
    assert second.previous_id == first.point_id
    stores = [office.store(drive) for drive in drives]
    assert office.restore(stores, tmp_path / "to").differences == {}
    assert compare_trees(source, tmp_path / "to" / source.name) == []
    office.close()


def test_an_increment_with_an_old_book_takes_what_changed(
    tmp_path: Path, source: Path, drives: list[Path]
) -> None:
    office = Office(tmp_path / "state", (source,))
    first = office.copy(drives).point
    office.receive(drives)
    assert office.to_vault().incomplete == []
    write(bytes(source / "file 1"), noise(101, 150_000))
    office = with_book_from_before_the_end(office)
    assert office.increment().point.previous_id == first.point_id
    assert office.restore([office.vault], tmp_path / "to").differences == {}
    assert compare_trees(source, tmp_path / "to" / source.name) == []
    office.close()


def lose_one_of(landing: Path, drive: Path, *others: Path) -> str:
    """Take a pack out of the landing container that came from one drive only; give its name."""
    for path in sorted((landing / "packs").glob("*/*")):
        name = f"packs/{path.parent.name}/{path.name}"
        if (drive / "landing" / name).exists() and not any(
            (other / "landing" / name).exists() for other in others
        ):
            path.unlink()
            return name
    raise AssertionError("every pack came from several drives")


def assert_the_loss_is_found_and_mended(office: Office, drives: list[Path], lost: str) -> None:
    assert forgotten_drives(office.book, office.landing)
    remember_drives(office.context, office.keyring, office.book, office.landing)
    remember_points(office.keyring, office.book, office.landing)
    assert not forgotten_drives(office.book, office.landing)
    arrival = office.arrival()
    assert (arrival.missing, arrival.damaged) == ([lost], [])
    office.receive(drives)
    assert office.arrival().complete
    assert office.to_vault().incomplete == []
    source, to = office.sources[0], office.base / "to"
    assert office.restore([office.vault], to).differences == {}
    assert compare_trees(source, to / source.name) == []
    office.close()


def test_an_arrival_misses_what_a_drive_carried_whose_seal_the_book_forgot(
    tmp_path: Path, source: Path, drives: list[Path]
) -> None:
    office = Office(tmp_path / "state", (source,))
    office.copy(drives)
    office.receive(drives)
    forgotten = office.book.homes()[1]
    office.book.put_home(replace(forgotten, state=HomeState.OPEN, record=b""))
    lost = lose_one_of(office.landing.root, *reversed(drives))
    assert office.arrival().missing == [], "the book alone expects nothing of that drive"
    assert_the_loss_is_found_and_mended(office, drives, lost)


def test_an_arrival_misses_what_a_session_wrote_that_the_book_forgot(
    tmp_path: Path, source: Path, drives: list[Path]
) -> None:
    office = Office(tmp_path / "state", (source,))
    office.copy(drives)
    office.close()
    book, old = tmp_path / "state" / "book.db", tmp_path / "old.db"
    shutil.copyfile(book, old)
    for number in range(8):
        write(bytes(source / f"new {number}"), noise(100 + number, 1_100_000))
    office = Office(tmp_path / "state", (source,))
    office.copy(drives)
    office.close()
    shutil.copyfile(old, book)
    office = Office(tmp_path / "state", (source,))
    office.receive(drives)
    lost = lose_one_of(office.landing.root, *reversed(drives))
    assert_the_loss_is_found_and_mended(office, drives, lost)


def test_a_rebuild_that_is_killed_begins_again(
    tmp_path: Path, source: Path, drives: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path / "state", (source,))
    office.copy(drives)
    office.receive(drives)
    expected = set(expected_objects(office.book, office.key_files))
    folders = [folder.listing for folder in office.book.folders()]
    office.close()
    steps = ("commit", "put_point", "replace_folders", "put_home")
    for number in range(1, 12):
        for path in (tmp_path / "state").glob("book.db*"):
            path.unlink()
        office = Office(tmp_path / "state", (source,))
        killed = kill_at(number, steps, monkeypatch)
        try:
            remember(office)
        except KeyboardInterrupt:
            assert killed
        monkeypatch.undo()
        office.close()
        office = Office(tmp_path / "state", (source,))
        remember(office)
        assert set(expected_objects(office.book, office.key_files)) == expected, number
        assert [folder.listing for folder in office.book.folders()] == folders, number
        office.close()
        if not killed:
            break
    assert number > 5
    assert not killed


def remember(office: Office) -> None:
    if forgotten_drives(office.book, office.landing):
        remember_drives(office.context, office.keyring, office.book, office.landing)


def kill_at(number: int, steps: tuple[str, ...], patch: pytest.MonkeyPatch) -> list[str]:
    """End the program right before the n-th of some calls of a book; says which it was."""
    calls: list[str] = []
    killed: list[str] = []

    def dying(step: str) -> None:
        real = getattr(SqliteBook, step)

        def call(book: SqliteBook, *arguments: object) -> object:
            calls.append(step)
            if len(calls) == number:
                killed.append(step)
                raise KeyboardInterrupt
            return real(book, *arguments)

        patch.setattr(SqliteBook, step, call)

    for step in steps:
        dying(step)
    return killed
