"""Trouble at the n-th call of anything: a sentence or success, never a false end or a hang."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.engine import increment, lanes
from offline_backup_gui.engine.source import attributes
from tests.robustness.fault_jobs import JOBS, Job, Stage, make_stages
from tests.robustness.fault_loops import judge_run, run
from tests.robustness.promises import Effort, Promise
from tests.robustness.syscalls import EIO, FAULTS, Injector, installed
from tests.robustness.troubled import TROUBLES, Nth, sqlite_trouble, surrounded

PROMISES = (
    Promise(
        "faults",
        "Whichever call of the system, of a store, of the memory or of any other door fails, a job"
        " ends with a sentence or finds another way; it never claims what is not so, leaves"
        " nothing open, and the next run finishes.",
        "{calls} calls of the system and {doors} of doors and database failed, one a run, in {jobs}"
        " jobs: {false} false ends, {hangs} hangs; {done} runs found another way",
    ),
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "pack_bytes_for", lambda capacity: 400_000)
    monkeypatch.setattr(increment, "VAULT_PACK_BYTES", 400_000)
    monkeypatch.setattr(os, "sync", lambda: None)


@dataclass
class Loops:
    """The stages, and how the runs ended."""

    base: Path
    stages: dict[str, Path]
    effort: Effort
    endings: Counter[str]

    def run(
        self, job: Job, case: str, trouble: Callable[[Stage], AbstractContextManager[object]]
    ) -> str:
        try:
            told = judge_run(
                job, self.stages[job.begins], self.base / "office", self.base / "case", trouble
            )
        except AssertionError as error:
            raise AssertionError(f"seed {self.effort.seed}: {job.name}, {case}: {error}") from error
        self.endings[told] += 1
        return told

    def system(self, job: Job, area: str, call: str, number: int, fault: object) -> Injector:
        injectors: list[Injector] = []

        def trouble(stage: Stage) -> AbstractContextManager[object]:
            top = self.base if area in ("office", "changed") else stage.base
            injectors.append(
                Injector(str(top / area), call, number, fault, stage.clock.jump)  # type: ignore[arg-type]
            )
            return installed(injectors[0])

        self.run(job, f"call {number} of {call} in {area}: {fault}", trouble)
        return injectors[0]

    def door(self, job: Job, call: str, number: int, error: Callable[[], BaseException]) -> Nth:
        nth = Nth(call, number, error)
        self.run(job, f"call {number} of {call}: {error()}", lambda stage: surrounded(stage, nth))
        return nth

    def note(self, calls: int, doors: int) -> None:
        self.effort.note(
            "faults",
            calls=calls,
            doors=doors,
            jobs=len(JOBS),
            false=0,
            hangs=0,
            done=self.endings["done"],
        )
        print(f"\n{calls} calls, {doors} doors: {dict(self.endings.most_common())}")


@pytest.fixture
def loops(tmp_path: Path, effort: Effort, quick: None) -> Loops:
    return Loops(tmp_path, make_stages(tmp_path), effort, Counter())


def system_cases(loops: Loops) -> Iterator[tuple[Job, str, str, object, int]]:
    """Give every kind of trouble for every system call, with how often a clean run makes it."""
    for job in JOBS:
        for area in job.areas:
            clean = loops.system(job, area, "", 0, EIO)
            for call, count in clean.counts.items():
                for fault in FAULTS[call]:
                    yield job, area, call, fault, count


def door_cases(loops: Loops) -> Iterator[tuple[Job, str, Callable[[], BaseException], int]]:
    for job in JOBS:
        clean = loops.door(job, "", 0, Exception)
        for call, count in clean.counts.items():
            for error in TROUBLES[call.split(".")[0]]:
                yield job, call, error, count


@pytest.mark.timeout(0)
def test_trouble_at_the_nth_call_of_anything_never_ends_in_a_false_success(loops: Loops) -> None:
    chooser = loops.effort.chooser("faults")
    calls = doors = 0
    if not loops.effort.long:
        for job, area, call, fault, count in chooser.sample([*system_cases(loops)], 45):
            loops.system(job, area, call, chooser.randint(1, count), fault)
        for job, call, error, count in chooser.sample([*door_cases(loops)], 25):
            loops.door(job, call, chooser.randint(1, count), error)
        return
    for number, case in enumerate(spread(chooser, [*door_cases(loops)]), start=1):
        job, call, error, nth = case
        doors += loops.door(job, call, nth, error).fired
        if number % 100 == 0:
            loops.note(calls, doors)
    for number, (job, area, call, fault, nth) in enumerate(
        spread(chooser, [*system_cases(loops)]), start=1
    ):
        calls += loops.system(job, area, call, nth, fault).fired
        if number % 100 == 0:
            loops.note(calls, doors)
    loops.note(calls, doors)


def spread(chooser: random.Random, cases: list[tuple]) -> list[tuple]:
    """Give every n of every case, in an order that meets a bit of everything early."""
    found = [(*case[:-1], nth) for case in cases for nth in range(1, case[-1] + 2)]
    chooser.shuffle(found)
    return found


@pytest.mark.parametrize("why", ["database or disk is full", "disk I/O error"])
def test_a_database_that_fails_at_the_nth_statement_ends_the_job(loops: Loops, why: str) -> None:
    chooser = loops.effort.chooser(f"faults {why}")
    for job in JOBS:
        clean = Nth("", 0, Exception)
        loops.run(job, "clean", lambda stage: sqlite_trouble(stage, clean))  # noqa: B023
        for call, count in clean.counts.items():
            every = range(1, count + 1)
            for number in every if loops.effort.long else chooser.sample(every, 1):
                nth = Nth(call, number, lambda: sqlite3.OperationalError(why))
                told = loops.run(
                    job,
                    f"{call} {number}: {why}",
                    lambda stage: sqlite_trouble(stage, nth),  # noqa: B023
                )
                assert told in ("state-not-usable", "done") or not nth.fired, (job.name, number)


def test_a_hole_is_not_taken_from_a_disk_that_fails(loops: Loops) -> None:
    (copy,) = (job for job in JOBS if job.name == "copy")
    for number in (1, 2, 3, 4):
        loops.system(copy, "office", "lseek", number, EIO)


def test_an_attribute_that_vanishes_takes_no_other_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x")
    os.setxattr(file, "user.stays", b"1")
    monkeypatch.setattr(os, "listxattr", lambda *_, **__: ["user.gone", "user.stays"])
    assert attributes(bytes(file)) == ({b"user.stays": b"1"}, None)


def test_a_file_that_is_there_already_survives_a_disk_that_fails(loops: Loops) -> None:
    (restore,) = (job for job in JOBS if job.name == "restore")
    mine = loops.base / "case" / "to" / "office" / "nothing"
    fired, number = True, 0
    while fired:
        number += 1
        stage = begin(loops.stages[restore.begins], mine)
        injector = Injector(str(mine.parents[1]), "lstat", number, EIO, stage.clock.jump)
        with installed(injector):
            ending = run(lambda: restore.run(stage))  # noqa: B023
        assert isinstance(ending.error, BackupError)
        assert mine.read_bytes() == b"mine"
        fired = injector.fired
        stage.office.close()
        shutil.rmtree(loops.base / "case")
    assert number > 1


def begin(stage: Path, mine: Path) -> Stage:
    """Begin a stage whose target holds a file of the user already."""
    base = mine.parents[2]
    shutil.copytree(stage, base)
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    return Stage(base, stage.parent / "office")
