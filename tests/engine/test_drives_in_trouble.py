"""Full, pulled, exchanged and read-only drives: a plain sentence, the others go on."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from offline_backup_gui.domain.book import HomeState
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.engine import lanes
from tests.drive_fixtures import MountedDrive, loop_drives, tmpfs_drives
from tests.engine.hooks import AtCall, HookedDoor
from tests.engine.office import Office
from tests.trees import compare_trees, noise, write

__all__ = ["loop_drives", "tmpfs_drives"]

MIB = 1 << 20
Drives = Callable[[int], MountedDrive]


@pytest.fixture(autouse=True)
def small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "pack_bytes_for", lambda capacity: 2 * MIB)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Make 24 MiB that do not compress, in files of 1 MiB over several folders."""
    top = tmp_path / "office"
    for number in range(24):
        folder = top / f"folder {number % 6}"
        folder.mkdir(parents=True, exist_ok=True)
        write(bytes(folder / f"{number}.bin"), noise(number, MIB))
        write(bytes(folder / f"{number}.txt"), b"%d" % number * 100)
    return top


def packs_on(mount: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in mount.glob("landing/packs/*/[0-9a-f]*")}


def assert_restores(office: Office, mounts: list[Path], source: Path, to: Path) -> None:
    outcome = office.restore([office.store(mount) for mount in mounts], to)
    assert outcome.differences == {}
    assert compare_trees(source, to / source.name) == []
    for mount in mounts:
        check = office.check(mount)
        assert check.good
        assert check.unlisted == []
        assert [path for path in mount.rglob("*") if path.name.endswith(".part")] == []


def assert_refused(office: Office, mounts: list[Path], code: ErrorCode) -> BackupError:
    with pytest.raises(BackupError) as caught:
        office.copy(mounts)
    assert caught.value.code is code
    assert not any(point.done for point in office.book.points())
    return caught.value


def test_drives_of_different_sizes_are_filled_to_the_brim(
    tmp_path: Path, source: Path, tmpfs_drives: Drives
) -> None:
    mounts = [tmpfs_drives(size * MIB).mount for size in (7, 11, 13)]
    office = Office(tmp_path / "state", (source,))
    office.copy(mounts)
    assert_restores(office, mounts, source, tmp_path / "to")


def test_drives_too_small_are_said_so_and_one_more_finishes(
    tmp_path: Path, source: Path, tmpfs_drives: Drives
) -> None:
    mounts = [tmpfs_drives(size * MIB).mount for size in (8, 9)]
    office = Office(tmp_path / "state", (source,))
    assert_refused(office, mounts, ErrorCode.DRIVES_TOO_SMALL)
    before = {mount: packs_on(mount) for mount in mounts}
    assert all(before.values())

    mounts.append(tmpfs_drives(20 * MIB).mount)
    office.copy(mounts)

    for mount, packs in before.items():
        assert packs.items() <= packs_on(mount).items()
    assert_restores(office, mounts, source, tmp_path / "to")


def test_a_drive_filled_by_somebody_else_gives_way_to_the_others(
    tmp_path: Path, source: Path, tmpfs_drives: Drives
) -> None:
    mounts = [tmpfs_drives(40 * MIB).mount for _ in range(2)]

    def fill() -> None:
        with suppress(OSError), (mounts[0] / "film.mkv").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(MIB))

    hook = AtCall(4, fill, operation="write", name="packs/", label=str(mounts[0]))
    office = Office(tmp_path / "state", (source,), door=HookedDoor(hook))
    assert_refused(office, mounts, ErrorCode.DRIVE_FULL)  # not even its record fits any more
    assert FindingCode.DRIVE_FULL in office.codes()

    (mounts[0] / "film.mkv").unlink()
    office.copy(mounts)
    assert_restores(office, mounts, source, tmp_path / "to")


def test_a_pulled_drive_is_named_and_continues_when_it_is_back(
    tmp_path: Path, source: Path, loop_drives: Drives
) -> None:
    drives = [loop_drives(40 * MIB) for _ in range(2)]
    mounts = [drive.mount for drive in drives]
    hook = AtCall(6, drives[0].pull, operation="write", name="packs/", label=str(mounts[0]))
    office = Office(tmp_path / "state", (source,), door=HookedDoor(hook))

    trouble = assert_refused(office, mounts, ErrorCode.DRIVE_GONE)

    assert trouble.parameters["drive"] == mounts[0].name
    assert FindingCode.DRIVE_GONE in office.codes()
    assert list(mounts[0].iterdir()) == []  # nothing was written into the empty mount point
    others = packs_on(mounts[1])
    assert len(others) > 3
    assert not office.book.unverified(office.book.homes()[1].home)

    drives[0].plug_in()
    office.copy(mounts)
    assert others.items() <= packs_on(mounts[1]).items()
    assert_restores(office, mounts, source, tmp_path / "to")


def test_a_drive_that_comes_back_during_the_copy_takes_part_again(
    tmp_path: Path, source: Path, loop_drives: Drives
) -> None:
    drives = [loop_drives(40 * MIB) for _ in range(2)]
    mounts = [drive.mount for drive in drives]
    back = threading.Event()
    written_after: list[str] = []
    pull = AtCall(5, drives[0].pull, operation="write", name="packs/", label=str(mounts[0]))

    def hook(operation: str, name: str, label: str) -> None:
        pull(operation, name, label)
        if label == str(mounts[0]):
            if pull.acted and operation == "open":
                back.set()
            if back.is_set() and operation == "committed" and name.startswith("packs/"):
                written_after.append(name)
        elif pull.acted and operation == "write":
            assert back.wait(20)  # the other drive is slow

    office = Office(tmp_path / "state", (source,), door=HookedDoor(hook))
    emit = office.events.append

    class Replug(list):
        def append(self, event: tuple) -> None:
            emit(event)
            if event[0] == FindingCode.DRIVE_GONE:
                drives[0].plug_in()

    office.events = Replug()
    office.copy(mounts)

    assert written_after
    assert_restores(office, mounts, source, tmp_path / "to")


def test_a_memory_drive_that_comes_back_empty_is_another_medium(
    tmp_path: Path, source: Path, tmpfs_drives: Drives
) -> None:
    drives = [tmpfs_drives(40 * MIB) for _ in range(2)]
    mounts = [drive.mount for drive in drives]

    def exchange() -> None:
        drives[0].pull()
        drives[0].plug_in()

    hook = AtCall(6, exchange, operation="write", name="packs/", label=str(mounts[0]))
    office = Office(tmp_path / "state", (source,), door=HookedDoor(hook))
    assert_refused(office, mounts, ErrorCode.DRIVE_GONE)
    assert list(mounts[0].iterdir()) == []

    office.copy(mounts)  # the new one takes the place of the old
    assert FindingCode.DRIVE_REPLANNED in office.codes()
    assert_restores(office, mounts, source, tmp_path / "to")


def test_a_drive_switched_to_read_only_sits_out_and_is_replaced(
    tmp_path: Path, source: Path, tmpfs_drives: Drives
) -> None:
    drives = [tmpfs_drives(40 * MIB) for _ in range(2)]
    mounts = [drive.mount for drive in drives]
    hook = AtCall(1, lambda: None)

    def switch(operation: str, name: str, label: str) -> None:
        # tmpfs refuses the switch while a file is open for writing: between two packs it is free.
        packs = operation == "create" and name.startswith("packs/") and label == str(mounts[0])
        if packs and packs_on(mounts[0]) and not hook.acted:
            hook("", "", "")
            drives[0].set_read_only()

    office = Office(tmp_path / "state", (source,), door=HookedDoor(switch))
    assert_refused(office, mounts, ErrorCode.DRIVE_READ_ONLY)
    assert FindingCode.DRIVE_READ_ONLY in office.codes()
    assert office.codes().count(FindingCode.DRIVE_READ_ONLY) == 1
    # The other drive took what the read-only one could not.
    kept = packs_on(mounts[1])
    assert len(packs_on(mounts[0])) + len(kept) > 10

    new = tmpfs_drives(40 * MIB).mount
    office.copy([new, mounts[1]])
    assert FindingCode.DRIVE_REPLANNED in office.codes()
    assert kept.items() <= packs_on(mounts[1]).items()
    assert_restores(office, [new, mounts[1]], source, tmp_path / "to")


def test_a_sealed_drive_counts_while_it_is_away(
    tmp_path: Path, source: Path, tmpfs_drives: Drives
) -> None:
    first, second = (tmpfs_drives(40 * MIB).mount for _ in range(2))
    office = Office(tmp_path / "state", (source,))
    office.copy([first])
    write(bytes(source / "folder 0" / "new.bin"), noise(100, MIB))

    outcome = office.copy([second])

    assert sum(path.stat().st_size for path in second.rglob("*") if path.is_file()) < 2 * MIB
    assert FindingCode.DRIVE_REPLANNED not in office.codes()
    assert [home.state for home in office.book.homes()] == [HomeState.SEALED] * 2
    assert outcome.point.sequence == 2
    stores = [office.store(first), office.store(second)]
    assert office.restore(stores, tmp_path / "to").differences == {}
    assert compare_trees(source, tmp_path / "to" / source.name) == []
    alone = office.restore([office.store(second)], tmp_path / "alone")
    assert len(alone.differences) == 24 + 24
    assert os.listdir(tmp_path / "alone" / source.name / "folder 0") == ["new.bin"]


def test_an_unsealed_drive_that_is_missing_is_planned_again(
    tmp_path: Path, source: Path, tmpfs_drives: Drives
) -> None:
    small = tmpfs_drives(9 * MIB).mount
    office = Office(tmp_path / "state", (source,))
    assert_refused(office, [small], ErrorCode.DRIVES_TOO_SMALL)
    assert packs_on(small)

    other = tmpfs_drives(40 * MIB).mount
    office.copy([other])

    assert FindingCode.DRIVE_REPLANNED in office.codes()
    assert_restores(office, [other], source, tmp_path / "to")
    # It is found again one day: what is on it is learnt, and it may take part.
    office.copy([other, small])
    assert_restores(office, [other, small], source, tmp_path / "again")


@pytest.mark.parametrize("operation", ["read_back", "read", "delete", "room"])
def test_a_drive_pulled_at_other_moments_is_only_a_pause(
    tmp_path: Path, source: Path, loop_drives: Drives, operation: str
) -> None:
    drives = [loop_drives(40 * MIB) for _ in range(2)]
    mounts = [drive.mount for drive in drives]
    hook = AtCall(3, drives[1].pull, operation=operation, label=str(mounts[1]))
    office = Office(tmp_path / "state", (source,), door=HookedDoor(hook))
    if operation == "delete":
        office.copy(mounts)  # nothing is deleted on a drive that is as it should be
        assert not hook.acted
    else:
        assert_refused(office, mounts, ErrorCode.DRIVE_GONE)
        assert list(mounts[1].iterdir()) == []
        drives[1].plug_in()
        office.copy(mounts)
    assert_restores(office, mounts, source, tmp_path / "to")


def test_a_drive_pulled_while_it_is_sealed_is_only_a_pause(
    tmp_path: Path, source: Path, loop_drives: Drives
) -> None:
    drives = [loop_drives(40 * MIB) for _ in range(2)]
    mounts = [drive.mount for drive in drives]
    armed = AtCall(1, drives[1].pull)

    def hook(operation: str, name: str, label: str) -> None:
        if operation == "commit" and name.startswith("points/") and label == str(mounts[1]):
            armed(operation, name, label)

    office = Office(tmp_path / "state", (source,), door=HookedDoor(hook))
    assert_refused(office, mounts, ErrorCode.DRIVE_GONE)
    before = packs_on(mounts[0])
    drives[1].plug_in()
    office.copy(mounts)
    assert packs_on(mounts[0]) == before
    assert_restores(office, mounts, source, tmp_path / "to")


def test_a_sealed_drive_that_was_emptied_no_longer_counts(
    tmp_path: Path, source: Path, tmpfs_drives: Drives
) -> None:
    first, second = (tmpfs_drives(40 * MIB).mount for _ in range(2))
    office = Office(tmp_path / "state", (source,))
    office.copy([first])
    shutil.rmtree(first / "landing")

    office.copy([first, second])

    assert FindingCode.DRIVE_REPLANNED in office.codes()
    assert_restores(office, [first, second], source, tmp_path / "to")


def test_packs_taken_from_a_sealed_drive_are_written_again(
    tmp_path: Path, source: Path, tmpfs_drives: Drives
) -> None:
    drive = tmpfs_drives(60 * MIB).mount
    office = Office(tmp_path / "state", (source,))
    office.copy([drive])
    for path in sorted(drive.glob("landing/packs/*/[0-9a-f]*"))[::3]:
        path.unlink()
    office.copy([drive])
    assert_restores(office, [drive], source, tmp_path / "to")


def test_a_copied_drive_becomes_a_drive_of_its_own(
    tmp_path: Path, source: Path, tmpfs_drives: Drives
) -> None:
    first, second = (tmpfs_drives(60 * MIB).mount for _ in range(2))
    office = Office(tmp_path / "state", (source,))
    office.copy([first])
    shutil.copytree(first / "landing", second / "landing")

    outcome = office.copy([first, second])

    assert len({drive.home for drive in outcome.drives}) == 2
    for mount in (first, second):
        assert_restores(office, [mount], source, tmp_path / f"to-{mount.name}")


def test_a_damaged_pack_is_found_by_verify_and_written_again(
    tmp_path: Path, source: Path, tmpfs_drives: Drives
) -> None:
    drive = tmpfs_drives(60 * MIB).mount
    flips: list[str] = []

    def rot(operation: str, name: str, label: str) -> None:
        """Flip a bit right after the second and third pack were finished."""
        if operation == "committed" and name.startswith("packs/") and len(flips) < 3:
            flips.append(name)
            if len(flips) > 1:
                path = drive / "landing" / name
                data = bytearray(path.read_bytes())
                data[len(data) // 2] ^= 8
                path.write_bytes(data)

    office = Office(tmp_path / "state", (source,), door=HookedDoor(rot))
    office.copy([drive])
    told = {words["name"] for code, words in office.events if code == ErrorCode.OBJECT_DAMAGED}
    assert told == set(flips[1:])
    assert_restores(office, [drive], source, tmp_path / "to")
