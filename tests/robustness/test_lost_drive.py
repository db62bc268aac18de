"""Five drives are filled to the brim, one is lost on the way, another takes its place."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.engine.catalogue import read_catalogue
from offline_backup_gui.formats.pack import name_of
from offline_backup_gui.formats.point import Point
from tests.engine.hooks import HookedDoor
from tests.engine.office import PASSPHRASE, Office
from tests.robustness.affected import IndependentLook
from tests.robustness.promises import Effort, Promise
from tests.robustness.small_drives import Shelf, SmallDrive, shelf
from tests.trees import compare_trees, noise, prose, write

PROMISES = (
    Promise(
        "lost-drive",
        "When one of five drives vanishes in the middle of a copy, its packs are planned again "
        "onto the others and onto an added drive, and nothing that lies on the others is written "
        "again. Small drives are filled to at least 97 %. The restore is identical; when one "
        "drive is withheld, exactly the files are named of which it holds a part.",
        "{walks} walks, {drives} drives; the least filled of them to {least} %, on average to "
        "{average} %; {replanned} packs planned again, {rewritten} written again; {named} files "
        "named for a withheld drive, {wrong} of them wrong, {unnamed} not named",
    ),
)
MIB = 1 << 20
LEAST_FILL = 0.97


@pytest.fixture(autouse=True)
def flushes_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Power cuts have a test of their own."""
    monkeypatch.setattr(os, "sync", lambda: None)


@dataclass
class Tally:
    """What the walks added up to."""

    fills: list[float]
    replanned: int = 0
    named: int = 0


def make_source(top: Path, total: int, chooser: random.Random) -> None:
    """Write `total` bytes that do not shrink, and some that do, in files of every size."""
    left, number = total, 0
    while left > 0:
        folder = top / f"{number % 12}" / f"{number % 5}"
        folder.mkdir(parents=True, exist_ok=True)
        size = chooser.choice((900, 20_000, 90_000, 700_000, 2_500_000, 6_000_000))
        seed = chooser.randrange(1 << 60)
        write(bytes(folder / f"{number}.bin"), noise(seed, size))
        left, number = left - size, number + 1
        if number % 7 == 0:
            write(bytes(folder / f"{number}.txt"), prose(number, 30_000))
        if number % 31 == 0:
            os.link(folder / f"{number - 1}.bin", folder / f"{number}.link")


class Walk:
    """One seed: its drives, its source, its office."""

    def __init__(self, base: Path, stock: Shelf, chooser: random.Random, sizes: list[int]) -> None:
        self.base, self.stock, self.chooser = base, stock, chooser
        self.drives = [stock.take(size) for size in sizes]
        self.source = base / "office"
        # A little more than five drives hold: they must be full before the sixth is touched.
        self.total = int(sum(sizes) * 1.02)
        make_source(self.source, self.total, chooser)
        self.lost = chooser.choice(self.drives)
        self.pulled = False
        self.all_drives: list[SmallDrive] = []
        self.office = Office(base / "state", (self.source,), door=HookedDoor(self.hook))

    def hook(self, operation: str, name: str, label: str) -> None:
        """Pull the chosen drive while it is written, once half of the data is stored."""
        if self.pulled or operation != "write" or label != str(self.lost.mount):
            return
        if name.startswith("packs/") and self.stored() >= self.total / 2:
            self.pulled = True
            self.lost.pull()

    def stored(self) -> int:
        return self.office.progress.reading().stored_bytes

    def refused(self, drives: Sequence[SmallDrive]) -> ErrorCode:
        with pytest.raises(BackupError) as caught:
            self.office.copy([drive.mount for drive in drives])
        code = caught.value.code
        assert isinstance(code, ErrorCode)
        return code


def digests(drives: Sequence[SmallDrive]) -> dict[Path, tuple[int, int, int, bytes]]:
    return {
        path: (*facts, hashlib.sha256(path.read_bytes()).digest())
        for drive in drives
        for path, facts in drive.packs().items()
    }


def walk_once(walk: Walk, tally: Tally) -> list[SmallDrive]:
    """Lose one drive, go on with an added one until all five are full, finish on a sixth."""
    office = walk.office
    assert walk.refused(walk.drives) is ErrorCode.DRIVE_GONE
    assert walk.pulled
    others = [drive for drive in walk.drives if drive is not walk.lost]
    kept = digests(others)
    assert kept
    added = walk.stock.take(walk.chooser.randrange(72, 81) * MIB)
    five = [*others, added]

    assert walk.refused(five) is ErrorCode.DRIVES_TOO_SMALL
    replanned = [words for code, words in office.events if code == "drive-replanned"]
    assert [words["drive"] for words in replanned] == [walk.lost.mount.name]
    tally.replanned += int(replanned[0]["packs"])  # type: ignore[arg-type]
    full = digests(five)
    assert kept.items() <= full.items(), "a pack on another drive was written again"

    sixth = walk.stock.take(200 * MIB)
    office.copy([drive.mount for drive in [*five, sixth]])
    assert full.items() <= digests(five).items(), "a pack on a full drive was written again"
    fills = [drive.fill() for drive in five]
    assert min(fills) >= LEAST_FILL, fills
    tally.fills += fills
    return [*five, sixth]


def affected_by_book(walk: Walk, point: Point, withheld: SmallDrive) -> set[bytes]:
    """Name the files with a chunk on the withheld drive alone, from catalogue and placements."""
    office = walk.office
    everywhere = office.library([office.store(drive.mount) for drive in walk.all_drives])
    home = next(h.home for h in office.book.homes() if h.mount == str(withheld.mount))
    elsewhere = {
        pack.pack_id
        for h in office.book.homes()
        if h.home != home
        for pack in office.book.packs(h.home)
    }
    return {
        os.path.join(listing.path, entry.name)
        for listing in read_catalogue(point, everywhere.chunk)
        for entry in listing.entries
        if any(
            everywhere.pack_of(listing.chunks[number]) not in elsewhere
            for number in entry.extents[::3]
            if number >= 0
        )
    }


def withhold(walk: Walk, drives: Sequence[SmallDrive], tally: Tally, *, by_reader: bool) -> None:
    office = walk.office
    withheld = walk.chooser.choice(drives)
    left = [drive for drive in drives if drive is not withheld]
    to = walk.base / "withheld"
    outcome = office.restore([office.store(drive.mount) for drive in left], to)
    named = {os.path.relpath(path, bytes(to / "office")) for path in outcome.differences}
    expected = affected_by_book(walk, outcome.point, withheld)
    assert expected
    assert set(outcome.differences.values()) == {"pack-missing"}
    assert named == expected, (len(named), len(expected), sorted(named ^ expected)[:5])
    if by_reader:
        look = IndependentLook([drive.mount / "landing" for drive in left], PASSPHRASE)
        assert named == look.files_lacking(())
    lacking = frozenset(b"/" + path for path in expected)
    assert compare_trees(walk.source, to / "office", lacking) == []
    library = office.library([office.store(drive.mount) for drive in left])
    mine = {
        name_of(pack.pack_id)
        for home in office.book.homes()
        if home.mount == str(withheld.mount)
        for pack in office.book.packs(home.home)
        if not pack.kind
    }
    assert set(library.missing_packs(outcome.point)) == mine
    tally.named += len(named)
    shutil.rmtree(to)


def test_a_lost_drive_is_planned_again_and_a_withheld_one_names_exactly_its_files(
    tmp_path: Path, effort: Effort
) -> None:
    walks, tally = effort.pick(short=1, long=40), Tally([])
    for number in range(walks):
        chooser = effort.chooser(f"lost drive {number}")
        sizes = [chooser.randrange(72, effort.pick(short=81, long=97)) * MIB for _ in range(5)]
        base = tmp_path / f"walk {number}"
        base.mkdir()
        with shelf(base / "drives") as stock:
            walk = Walk(base, stock, chooser, sizes)
            case = f"seed {effort.seed}, walk {number}, drives of {sizes}"
            try:
                drives = walk.all_drives = walk_once(walk, tally)
                stores = [walk.office.store(drive.mount) for drive in drives]
                assert walk.office.restore(stores, base / "to").differences == {}
                assert compare_trees(walk.source, base / "to" / "office") == []
                shutil.rmtree(base / "to")
                withhold(walk, drives, tally, by_reader=number == 0)
            except BaseException as error:
                error.add_note(case)
                raise
            walk.office.close()
        shutil.rmtree(base)
        print(f"{case}: filled to {[round(fill, 4) for fill in tally.fills[-5:]]}", flush=True)
        # After each walk, so that a run that somebody ends has not run for nothing.
        effort.note(
            "lost-drive",
            walks=number + 1,
            drives=len(tally.fills),
            least=round(min(tally.fills) * 100, 2),
            average=round(sum(tally.fills) / len(tally.fills) * 100, 2),
            replanned=tally.replanned,
            rewritten=0,
            named=tally.named,
            wrong=0,
            unnamed=0,
        )
