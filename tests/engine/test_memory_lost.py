"""The book is a cache: lost or old, the drives and the account fill it again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from offline_backup_gui.domain.errors import Stopped
from offline_backup_gui.engine import lanes
from tests.engine.office import Office, Wish
from tests.trees import compare_trees, noise, prose, write

MIB = 1 << 20


@pytest.fixture(autouse=True)
def small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "pack_bytes_for", lambda capacity: MIB)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    top = tmp_path / "office"
    for folder in ("a", "b/c"):
        (top / folder).mkdir(parents=True)
        for number in range(20):
            write(bytes(top / folder / f"{number}.txt"), prose(number, 4000) + folder.encode())
            write(bytes(top / folder / f"{number}.tmp"), b"scratch")
    for number in range(6):
        write(bytes(top / f"{number}.bin"), noise(number, 1_100_000))
    return top


@pytest.fixture
def drives(tmp_path: Path) -> list[Path]:
    found = [tmp_path / "drive-0", tmp_path / "drive-1"]
    for drive in found:
        drive.mkdir()
    return found


def data_packs(drives: list[Path]) -> dict[Path, int]:
    return {
        path: path.stat().st_ino
        for drive in drives
        for path in drive.glob("landing/packs/*/[0-9a-f]*")
    }


def forget(base: Path) -> None:
    for path in (base / "state").glob("book.db*"):
        path.unlink()


def assert_restores(office: Office, drives: list[Path], source: Path, to: Path) -> None:
    outcome = office.restore([office.store(drive) for drive in drives], to)
    assert outcome.differences == {}
    assert compare_trees(source, to / source.name) == []
    for drive in drives:
        check = office.check(drive)
        assert check.good
        assert check.unlisted == []


def test_a_lost_book_is_filled_from_the_drives(
    tmp_path: Path, source: Path, drives: list[Path]
) -> None:
    office = Office(tmp_path / "state", (source,))
    first = office.copy(drives).point
    office.close()
    packs = data_packs(drives)
    forget(tmp_path)

    office = Office(tmp_path / "state", (source,))
    second = office.copy(drives).point

    assert packs.items() <= data_packs(drives).items()
    assert len(data_packs(drives)) == len(packs)  # not even the catalogue is written again
    assert (second.sequence, second.previous_id) == (2, first.point_id)
    assert_restores(office, drives, source, tmp_path / "to")


def test_a_book_lost_in_the_middle_of_a_copy_costs_nothing_that_was_finished(
    tmp_path: Path, source: Path, drives: list[Path]
) -> None:
    wish = Wish()

    def stop_after_the_first_pack() -> None:
        wish.stopping = bool(data_packs(drives))

    wish.on_checkpoint = stop_after_the_first_pack
    office = Office(tmp_path / "state", (source,), wish=wish)
    with pytest.raises(Stopped):
        office.copy(drives)
    office.close()
    packs = data_packs(drives)
    assert packs
    forget(tmp_path)
    office = Office(tmp_path / "state", (source,))
    office.copy(drives)
    assert packs.items() <= data_packs(drives).items()
    assert_restores(office, drives, source, tmp_path / "to")


def test_a_book_from_last_week_learns_what_happened_since(
    tmp_path: Path, source: Path, drives: list[Path]
) -> None:
    office = Office(tmp_path / "state", (source,))
    office.copy(drives[:1])
    office.close()
    shutil.copytree(tmp_path / "state", tmp_path / "last week")
    office = Office(tmp_path / "state", (source,))
    write(bytes(source / "new"), noise(77, MIB))
    office.copy(drives)
    third = office.copy(drives).point
    office.close()
    write(bytes(source / "newer"), noise(78, MIB))
    shutil.rmtree(tmp_path / "state")
    shutil.move(tmp_path / "last week", tmp_path / "state")

    office = Office(tmp_path / "state", (source,))
    fourth = office.copy(drives).point
    assert (fourth.sequence, fourth.previous_id) == (4, third.point_id)
    assert_restores(office, drives, source, tmp_path / "to")
    stores = [office.store(drive) for drive in drives]
    older = office.restore(stores, tmp_path / "older", third.point_id)
    assert older.differences == {}
    assert older.files == fourth.files - 1


def test_a_vault_goes_on_with_its_chain_when_the_book_was_lost(
    tmp_path: Path, source: Path, drives: list[Path]
) -> None:
    office = Office(tmp_path / "state", (source,))
    office.copy(drives)
    office.receive(drives)
    office.to_vault()
    write(bytes(source / "new"), noise(77, 100_000))
    second = office.increment().point
    office.close()
    forget(tmp_path)
    write(bytes(source / "newer"), noise(78, 100_000))

    office = Office(tmp_path / "state", (source,))
    outcome = office.increment()

    assert (outcome.point.sequence, outcome.point.previous_id) == (3, second.point_id)
    assert outcome.sent_bytes < 300_000
    assert office.restore([office.vault], tmp_path / "to").differences == {}
    assert compare_trees(source, tmp_path / "to" / "office") == []
    older = office.restore([office.vault], tmp_path / "older", second.point_id)
    assert older.differences == {}


def test_patterns_leave_out_what_they_name_until_they_are_taken_back(
    tmp_path: Path, source: Path, drives: list[Path]
) -> None:
    office = Office(tmp_path / "state", (source,), exclude=("*.tmp", "b/"))
    point = office.copy(drives).point
    assert point.complete
    assert point.files == 26
    office.exclude = ()
    assert office.copy(drives).point.files == 86
    assert_restores(office, drives, source, tmp_path / "to")
