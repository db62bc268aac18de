"""A random walk over everything an office does: no file ever differs from what was promised."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from pathlib import Path

import pytest

from offline_backup_gui.engine import backup, lanes, scan
from tests.cli.desk import Desk
from tests.robustness.mutants import Mutant
from tests.robustness.promises import Effort, Promise
from tests.robustness.walking import Walk

PROMISES = (
    Promise(
        "soak",
        "Whatever is done in whatever order (backups, changes, kills, drives pulled, lost and "
        "added, the journey to the vault, increments, the computer's memory lost): what is "
        "restored is bit for bit what was backed up, for every restore point",
        "{minutes} minutes, {offices} offices, {steps} steps, {runs} runs of the program with "
        "{kills} kills, {backups} backups, {pulls} drives pulled while being written, "
        "{restores} restores, {files} files compared, {differences} differences",
    ),
)

STEPS = 40
_HOUR_S = 3600


@pytest.fixture(autouse=True)
def small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    # The slow part of a passphrase is its purpose; here it opens hundreds of offices.
    monkeypatch.setattr(lanes, "VAULT_PACK_BYTES", 400_000)


def walk_once(home: Path, seed: int, steps: int, counts: Counter[str]) -> None:
    """Walk one office from its first day to its last; a failure tells how to walk there again."""
    walk = Walk(Desk(home), f"{seed} soak", counts)
    try:
        for _ in range(steps):
            walk.step()
        walk.restore_everything()
    except BaseException:
        print("\n".join(walk.story))
        print(f"the same walk: pytest tests/robustness/test_soak.py --seed {seed}")
        raise
    shutil.rmtree(home)


def test_a_random_walk_never_differs_from_a_plain_model(tmp_path: Path, effort: Effort) -> None:
    counts: Counter[str] = Counter()
    begun = time.monotonic()
    offices = 0
    # Each office has a seed of its own, so that the one that failed is walked again by itself.
    while not offices or (effort.long and time.monotonic() - begun < _HOUR_S):
        walk_once(tmp_path / f"office-{offices}", effort.seed + offices, STEPS, counts)
        offices += 1
        print(offices, dict(counts), flush=True)
    assert counts["files compared"] > 100 * offices
    effort.note(
        "soak",
        minutes=round((time.monotonic() - begun) / 60),
        offices=offices,
        steps=counts["steps"],
        runs=counts["runs"],
        kills=counts["kills"],
        backups=counts["backups"],
        pulls=counts["pulls"],
        restores=counts["restores"],
        files=counts["files compared"],
        differences=0,
    )


def short_way(home: Path, seed: int) -> None:
    """Copy, change, copy again a few times and compare everything, by the walk's own steps."""
    walk = Walk(Desk(home), f"{seed} short way", Counter())
    for thing in (walk.copy, *(walk.change, walk.copy) * 3, walk.restore_everything):
        walk.story.append(thing.__name__)
        thing()
    assert walk.counts["files compared"] > 100
    shutil.rmtree(home)


def test_the_comparison_of_the_walk_finds_a_planted_fault(tmp_path: Path, effort: Effort) -> None:
    short_way(tmp_path / "sound", effort.seed)
    blind = Mutant(
        "times of change do not count",
        scan,
        "signature",
        (("kept_time(s.st_mtime_ns)", "0"), ("kept_time(s.st_ctime_ns)", "0")),
    )
    with blind.planted(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(backup, "signature", scan.signature)
        with pytest.raises(AssertionError, match=" became "):
            short_way(tmp_path / "blind", effort.seed)
