"""Trouble at the n-th call of anything: a sentence or success, never a false end or a hang."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from offline_backup_gui.adapters.files.posix import attributes
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.engine import lanes
from tests.robustness.fault_jobs import JOBS, Job, Stage, make_stages
from tests.robustness.fault_loops import judge_run, run
from tests.robustness.promises import Effort, Promise
from tests.robustness.syscalls import EIO, FAULTS, Fault, Injector, installed
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
    monkeypatch.setattr(lanes, "VAULT_PACK_BYTES", 400_000)
    monkeypatch.setattr(os, "sync", lambda: None)


@dataclass
class Loops:
    """The stages, and how the runs ended in which something failed."""

    base: Path
    stages: dict[str, Path]
    effort: Effort
    endings: Counter[str]
    calls: int = 0
    doors: int = 0

    def run(
        self, job: Job, case: str, trouble: Callable[[Stage], AbstractContextManager[object]]
    ) -> str:
        try:
            return judge_run(
                job, self.stages[job.begins], self.base / "office", self.base / "case", trouble
            )
        except AssertionError as error:
            raise AssertionError(f"seed {self.effort.seed}: {job.name}, {case}: {error}") from error

    def system(self, job: Job, area: str, call: str, fault: Fault, number: int) -> Injector:
        """Let the n-th system call in an area fail."""
        injectors: list[Injector] = []

        def trouble(stage: Stage) -> AbstractContextManager[object]:
            top = self.base if area in ("office", "changed") else stage.base
            injectors.append(Injector(str(top / area), call, number, fault, stage.clock.jump))
            return installed(injectors[0])

        told = self.run(job, f"call {number} of {call} in {area}: {fault}", trouble)
        if injectors[0].fired:
            self.calls += 1
            self.endings[told] += 1
        return injectors[0]

    def door(self, job: Job, call: str, error: Callable[[], BaseException], number: int) -> Nth:
        """Let the n-th call of a door's method fail."""
        nth = Nth(call, number, error)
        told = self.run(
            job, f"call {number} of {call}: {error()}", lambda stage: surrounded(stage, nth)
        )
        if nth.fired:
            self.doors += 1
            self.endings[told] += 1
        return nth

    def note(self) -> None:
        self.effort.note(
            "faults",
            calls=self.calls,
            doors=self.doors,
            jobs=len(JOBS),
            false=0,
            hangs=0,
            done=self.endings["done"],
        )
        print(f"\n{self.calls} calls, {self.doors} doors: {dict(self.endings.most_common())}")


@pytest.fixture
def loops(tmp_path: Path, effort: Effort, quick: None) -> Loops:
    return Loops(tmp_path, make_stages(tmp_path), effort, Counter())


# A run with trouble, told the number of the call; and how many of these a clean run makes.
Case = tuple[Callable[[int], object], int]


def system_cases(loops: Loops) -> Iterator[Case]:
    """Give every kind of trouble for every system call in every area."""
    for job in JOBS:
        for area in job.areas:
            clean = loops.system(job, area, "", EIO, 0)
            for call, count in clean.counts.items():
                for fault in FAULTS[call]:
                    yield partial(loops.system, job, area, call, fault), count


def door_cases(loops: Loops) -> Iterator[Case]:
    """Give every kind of trouble for every method of every door."""
    for job in JOBS:
        clean = loops.door(job, "", Exception, 0)
        for call, count in clean.counts.items():
            for error in TROUBLES[call.split(".")[0]]:
                yield partial(loops.door, job, call, error), count


@pytest.mark.timeout(0)
def test_trouble_at_the_nth_call_of_anything_never_ends_in_a_false_success(loops: Loops) -> None:
    chooser = loops.effort.chooser("faults")
    if loops.effort.long:
        cases = [*door_cases(loops), *system_cases(loops)]
        # One more than a clean run makes: a run in which nothing fails ends the row.
        every = [(run, number) for run, count in cases for number in range(1, count + 2)]
        chooser.shuffle(every)
    else:
        chosen = chooser.sample([*door_cases(loops)], 25)
        chosen += chooser.sample([*system_cases(loops)], 40)
        every = [(run, chooser.randint(1, count)) for run, count in chosen]
    for done, (run_with, number) in enumerate(every, start=1):
        run_with(number)
        if loops.effort.long and done % 100 == 0:
            loops.note()
    loops.note()


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
        loops.system(copy, "office", "lseek", EIO, number)


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
