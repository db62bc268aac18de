"""Killed anywhere, the next run continues; nothing finished is done again, nothing is left over."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from offline_backup_gui.engine import increment
from tests.engine.office import Office
from tests.robustness.killing import run_until
from tests.trees import awkward_tree, change_tree, compare_trees, noise, write

# One number lets a nightly run do a hundred kills, or somebody find the one that failed.
KILLS = int(os.environ.get("OFFLINE_BACKUP_KILLS", "15"))
SEED = int(os.environ.get("OFFLINE_BACKUP_SEED", "20261123"))
KILLS_A_CYCLE = 3


def make_source(source: Path) -> frozenset[bytes]:
    awkward = awkward_tree(source, large=False)
    for number in range(4):
        write(bytes(source) + b"/sizes/block %d" % number, noise(500 + number, 1_500_000))
    return awkward.left_out


def sealed_packs(*tops: Path) -> dict[Path, tuple[int, int, int]]:
    """Give what tells a finished pack that was written again from one that was left alone."""
    return {
        path: (info.st_ino, info.st_mtime_ns, info.st_size)
        for top in tops
        for path in top.glob("**/packs/*/*")
        if not path.name.startswith(".") and ".properties" not in path.parts
        for info in (path.stat(),)
    }


def leftovers(*tops: Path) -> list[Path]:
    return [path for top in tops for path in top.rglob("*part*") if path.is_file()]


class Copies:
    """One plan on two drives, run by children that are killed."""

    def __init__(self, base: Path, source: Path, patch: pytest.MonkeyPatch) -> None:
        self.base, self.source, self.patch = base, source, patch
        self.drives = [base / "drive-0", base / "drive-1"]
        for drive in self.drives:
            drive.mkdir(parents=True)
        self.before: dict[Path, tuple[int, int, int]] = {}

    def office(self) -> Office:
        return Office(self.base / "state", (self.source,))

    def run(self, at: int) -> int:
        """Copy until operation `at`; give how many operations a finished run took, or 0."""

        def work() -> None:
            office = self.office()
            office.copy(self.drives)
            office.close()

        ending = run_until(at, work, self.patch)
        after = sealed_packs(*self.drives)
        rewritten = [path for path in self.before if self.before[path] != after.get(path)]
        assert rewritten == []
        self.before = after
        return 0 if ending.killed else ending.operations


def test_a_copy_killed_at_random_moments_ends_as_if_nothing_had_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "office"
    left_out = make_source(source)
    chooser = random.Random(SEED)
    whole = Copies(tmp_path / "whole", source, monkeypatch).run(0)
    assert whole > 200
    assert len(sealed_packs(tmp_path / "whole")) > 6
    for cycle in range(-(-KILLS // KILLS_A_CYCLE)):
        base = tmp_path / f"cycle-{cycle}"
        copies = Copies(base, source, monkeypatch)
        moments = [chooser.randrange(1, whole) for _ in range(KILLS_A_CYCLE)]
        for moment in moments:
            if copies.run(moment):
                break
        else:
            assert copies.run(0)
        assert leftovers(*copies.drives, base / "state" / "spool") == [], moments
        office = copies.office()
        stores = [office.store(drive) for drive in copies.drives]
        for drive in copies.drives:
            assert office.check(drive).good, moments
            assert office.check(drive).unlisted == [], moments
        outcome = office.restore(stores, base / "to")
        assert outcome.differences == {}, moments
        assert compare_trees(source, base / "to" / source.name, left_out) == [], moments
        office.close()
        shutil.rmtree(base)


def test_increments_killed_at_random_moments_continue_in_the_vault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(increment, "VAULT_PACK_BYTES", 300_000)
    source, drive = tmp_path / "office", tmp_path / "drive"
    drive.mkdir()
    left_out = make_source(source)
    office = Office(tmp_path / "state", (source,))
    office.copy([drive])
    office.receive([drive])
    office.to_vault()
    office.close()
    vault = tmp_path / "state" / "account" / "vault"
    chooser = random.Random(SEED + 1)

    def work() -> None:
        running = Office(tmp_path / "state", (source,))
        running.increment()
        running.close()

    change_tree(source, 10)
    whole = run_until(0, work, monkeypatch).operations
    for number in range(14, 14 + 4 * max(3, KILLS // KILLS_A_CYCLE), 4):
        change_tree(source, number)
        write(bytes(source) + b"/sizes/block 1", noise(number, 900_000))
        before = sealed_packs(vault)
        for moment in (*(chooser.randrange(1, whole) for _ in range(KILLS_A_CYCLE)), 0):
            ending = run_until(moment, work, monkeypatch)
            after = sealed_packs(vault)
            assert {path: after.get(path) for path in before} == before
            before = after
            if not ending.killed:
                break
        assert leftovers(vault) == []

    office = Office(tmp_path / "state", (source,))
    assert [point.done for point in office.book.points()][-1]
    outcome = office.restore([office.vault], tmp_path / "to")
    assert outcome.differences == {}
    assert compare_trees(source, tmp_path / "to" / source.name, left_out) == []


def test_a_restore_killed_at_random_moments_continues_by_its_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, drive = tmp_path / "office", tmp_path / "drive"
    drive.mkdir()
    left_out = make_source(source)
    office = Office(tmp_path / "state", (source,))
    office.copy([drive])
    office.close()
    chooser = random.Random(SEED + 2)
    to = tmp_path / "to"

    def work() -> None:
        running = Office(tmp_path / "state", (source,))
        assert running.restore([running.store(drive)], to).differences == {}

    whole = run_until(0, work, monkeypatch).operations
    shutil.rmtree(to)
    for _ in range(max(3, KILLS // 5)):
        moments = [chooser.randrange(1, whole) for _ in range(KILLS_A_CYCLE)]
        for moment in (*moments, 0):
            if not run_until(moment, work, monkeypatch).killed:
                break
        assert compare_trees(source, to / source.name, left_out) == [], moments
        assert sorted(path.name for path in to.iterdir()) == [source.name]
        shutil.rmtree(to)


def test_reading_in_and_moving_on_killed_at_random_moments_continue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, drives = tmp_path / "office", [tmp_path / "drive-0", tmp_path / "drive-1"]
    for drive in drives:
        drive.mkdir()
    left_out = make_source(source)
    chooser = random.Random(SEED + 3)

    def copy() -> None:
        Office(tmp_path / "state", (source,)).copy(drives)

    def work() -> None:
        running = Office(tmp_path / "state", (source,))
        running.receive(drives)
        arrival = running.arrival()
        assert arrival.complete
        assert running.to_vault().incomplete == []

    assert not run_until(0, copy, monkeypatch).killed
    account = tmp_path / "state" / "account"
    whole = run_until(0, work, monkeypatch).operations
    for _ in range(max(2, KILLS // KILLS_A_CYCLE // 2)):
        shutil.rmtree(account)
        office = Office(tmp_path / "state", (source,))
        office.book.drop_copies("vault")
        office.close()
        for moment in (*(chooser.randrange(1, whole) for _ in range(KILLS_A_CYCLE)), 0):
            if not run_until(moment, work, monkeypatch).killed:
                break
        assert leftovers(account) == []
    office = Office(tmp_path / "state", (source,))
    assert office.restore([office.vault], tmp_path / "to").differences == {}
    assert compare_trees(source, tmp_path / "to" / source.name, left_out) == []
