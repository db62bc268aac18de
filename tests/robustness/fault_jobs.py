"""The jobs that are tried with trouble: where each begins and what its end may claim."""

from __future__ import annotations

import ast
import os
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from offline_backup_gui.engine.arrival import Arrival, check_arrival, expected_objects
from offline_backup_gui.engine.copying import CopyOutcome
from offline_backup_gui.engine.increment import IncrementOutcome
from offline_backup_gui.engine.receiving import Received
from offline_backup_gui.engine.restore_order import RestoreOutcome
from offline_backup_gui.formats.point import LeftOut
from tests.engine.office import Office
from tests.trees import compare_trees, noise, prose, write

_NAME = re.compile(r"b'(?:[^'\\]|\\.)*'|b\"(?:[^\"\\]|\\.)*\"")


def make_source(top: Path) -> None:
    """Make a small tree with one of everything that is read in its own way."""
    (top / "folder").mkdir(parents=True)
    (top / "empty").mkdir()
    write(bytes(top / "folder" / "text"), prose(1, 3_000))
    write(bytes(top / "folder" / "noise"), noise(1, 120_000))
    write(bytes(top / "nothing"), b"")
    os.setxattr(top / "folder" / "text", b"user.one", b"1")
    os.setxattr(top / "folder" / "text", b"user.two", b"2")
    os.symlink("folder/text", top / "link")
    os.link(top / "folder" / "noise", top / "same noise")
    os.mkfifo(top / "fifo")
    write(bytes(top / "large"), noise(2, 300_000))
    with open(top / "large", "r+b") as file:
        file.seek(1_400_000)
        file.write(noise(3, 90_000))


class Clock:
    """The real time, which trouble may let jump."""

    def __init__(self, office: Office) -> None:
        self._inner, self._ahead_s = office.clock, 0.0

    def now(self):
        return self._inner.now()

    def monotonic(self) -> float:
        return self._inner.monotonic() + self._ahead_s

    def wait(self, seconds: float) -> None:
        self._ahead_s += seconds

    def jump(self, seconds: float) -> None:
        self._ahead_s += seconds


@dataclass
class Stage:
    """A folder with everything a job needs; `kept` is where later stages begin."""

    base: Path
    source: Path

    def __post_init__(self) -> None:
        self.office = Office(self.base / "state", (self.source,))
        self.clock = Clock(self.office)
        self.office.clock = self.clock  # type: ignore[assignment]
        self.drives = [self.base / "drive-0", self.base / "drive-1"]

    def stores(self):
        return [self.office.store(drive) for drive in self.drives]

    def arrival(self, container) -> Arrival:
        office = self.office
        expected = expected_objects(office.book, office.key_files)
        return check_arrival(office.context, container, expected.values(), {})

    def restored(self, stores, to: str, left_out: Iterable[LeftOut] = ()) -> list[str]:
        """Restore everything; give the differences that the ledger does not explain."""
        shutil.rmtree(self.base / to, ignore_errors=True)
        outcome = self.office.restore(stores, self.base / to)
        assert outcome.differences == {}
        return unexplained(self.source, self.base / to / self.source.name, left_out)


def unexplained(source: Path, restored: Path, left_out: Iterable[LeftOut]) -> list[str]:
    top = os.fsencode(source)
    lines = [line.path[len(top) :] for line in left_out]
    assert all(line.path.startswith(top) for line in left_out)
    found = []
    for difference in compare_trees(source, restored):
        names = [ast.literal_eval(name) for name in _NAME.findall(difference)]
        if not any(
            name == line or name.startswith(line + b"/") or line == b""
            for name in names
            for line in lines
        ):
            found.append(difference)
    return found


def flip(path: Path) -> None:
    """Flip one bit in the middle of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def a_pack(top: Path) -> Path:
    return max(top.glob("packs/*/[0-9a-f]*"), key=lambda path: path.stat().st_size)


class Job(ABC):
    """One job. `areas` are the folders in which its system calls may fail."""

    name = ""
    begins = ""  # the stage it begins at
    areas: tuple[str, ...] = ()

    def prepare(self, stage: Stage) -> None:
        """Change the stage before the run."""
        return

    @abstractmethod
    def run(self, stage: Stage) -> object:
        """Do it; this is what meets trouble."""

    @abstractmethod
    def judge(self, stage: Stage, result: object) -> None:
        """Look whether what the run claims is true, with means of its own."""

    @abstractmethod
    def again(self, stage: Stage) -> None:
        """Do it without trouble, and prove it."""


class Copy(Job):
    name, begins, areas = "copy", "fresh", ("office", "drive-0", "state")

    def run(self, stage: Stage) -> CopyOutcome:
        return stage.office.copy(stage.drives)

    def judge(self, stage: Stage, result: object) -> None:
        assert isinstance(result, CopyOutcome)
        for drive in stage.drives:
            check = stage.office.check(drive)
            assert (check.damaged, check.missing, check.unlisted) == ([], [], []), check
        differing = stage.restored(stage.stores(), "judged", result.point.left_out)
        assert differing == [], differing

    def again(self, stage: Stage) -> None:
        outcome = stage.office.copy(stage.drives)
        assert outcome.point.left_out == []
        self.judge(stage, outcome)


class Verify(Job):
    name, begins, areas = "verify", "sealed", ("drive-0",)

    def prepare(self, stage: Stage) -> None:
        flip(a_pack(stage.drives[0] / "landing"))

    def run(self, stage: Stage) -> object:
        return stage.office.check(stage.drives[0])

    def judge(self, stage: Stage, result) -> None:
        assert not result.good

    def again(self, stage: Stage) -> None:
        pack = a_pack(stage.drives[0] / "landing")
        check = stage.office.check(stage.drives[0])
        assert check.damaged == [str(pack.relative_to(stage.drives[0] / "landing"))]
        assert check.missing == check.unlisted == []


class Receive(Job):
    name, begins, areas = "receive", "sealed", ("drive-0", "state/account/landing")

    def run(self, stage: Stage) -> Received:
        return stage.office.receive(stage.drives)

    def judge(self, stage: Stage, result: object) -> None:
        assert isinstance(result, Received)
        arrival = stage.arrival(stage.office.landing)
        named = set(result.damaged + result.missing)
        assert set(arrival.damaged + arrival.missing) <= named

    def again(self, stage: Stage) -> None:
        self.judge(stage, stage.office.receive(stage.drives))
        assert stage.arrival(stage.office.landing).complete
        assert stage.office.to_vault().incomplete == []
        differing = stage.restored([stage.office.vault], "again")
        assert differing == [], differing


class Repair(Job):
    name, begins, areas = "repair", "landed", ("state/account/landing", "drive-0")

    def prepare(self, stage: Stage) -> None:
        flip(a_pack(stage.base / "state" / "account" / "landing"))

    def run(self, stage: Stage) -> tuple[Arrival, list[str]]:
        arrival = stage.office.arrival()
        assert not arrival.complete  # under whatever trouble
        return arrival, stage.office.repair(arrival, stage.drives)

    def judge(self, stage: Stage, result) -> None:
        _, lacking = result
        assert set(stage.arrival(stage.office.landing).damaged) <= set(lacking)

    def again(self, stage: Stage) -> None:
        assert stage.office.repair(stage.office.arrival(), stage.drives) == []
        assert stage.office.arrival().complete
        assert stage.office.to_vault().incomplete == []
        differing = stage.restored([stage.office.vault], "again")
        assert differing == [], differing


class Vault(Job):
    name, begins, areas = "vault", "landed", ("state/account/landing", "state/account/vault")

    def run(self, stage: Stage):
        return stage.office.to_vault()

    def judge(self, stage: Stage, result) -> None:
        arrival = stage.arrival(stage.office.vault)
        assert set(arrival.damaged + arrival.missing) <= set(result.incomplete)
        held = {pack.pack_id.hex() for pack in stage.office.book.packs("vault")}
        there = {path.name for path in (stage.base / "state/account/vault").glob("packs/*/*")}
        assert held <= there

    def again(self, stage: Stage) -> None:
        assert stage.office.to_vault().incomplete == []
        self.judge(stage, stage.office.to_vault())
        differing = stage.restored([stage.office.vault], "again")
        assert differing == [], differing


class Increment(Job):
    name, begins, areas = "increment", "vaulted", ("changed", "state/account/vault")

    def prepare(self, stage: Stage) -> None:
        stage.source = stage.source.parent / "changed"
        stage.office.sources = (stage.source,)

    def run(self, stage: Stage) -> IncrementOutcome:
        return stage.office.increment()

    def judge(self, stage: Stage, result: object) -> None:
        assert isinstance(result, IncrementOutcome)
        differing = stage.restored([stage.office.vault], "judged", result.point.left_out)
        assert differing == [], differing

    def again(self, stage: Stage) -> None:
        outcome = stage.office.increment()
        assert outcome.point.left_out == []
        self.judge(stage, outcome)


class Restore(Job):
    name, begins, areas = "restore", "sealed", ("to", "drive-0")

    def run(self, stage: Stage) -> RestoreOutcome:
        return stage.office.restore(stage.stores(), stage.base / "to")

    def judge(self, stage: Stage, result: object) -> None:
        assert isinstance(result, RestoreOutcome)
        to = os.fsencode(stage.base / "to" / stage.source.name)
        top = os.fsencode(stage.source)
        named = [LeftOut(top + path[len(to) :], "", "") for path in result.differences]
        assert unexplained(stage.source, stage.base / "to" / stage.source.name, named) == []

    def again(self, stage: Stage) -> None:
        to = stage.base / "to"
        outcome = stage.office.restore(stage.stores(), to, overwrite=True)
        assert outcome.differences == {}
        assert compare_trees(stage.source, to / stage.source.name) == []
        assert [path.name for path in to.iterdir()] == [stage.source.name]


JOBS: tuple[Job, ...] = (Copy(), Verify(), Receive(), Repair(), Vault(), Increment(), Restore())


def make_stages(base: Path) -> dict[str, Path]:
    """Make the folders the jobs begin at: fresh, sealed, landed, vaulted."""
    make_source(base / "office")
    shutil.copytree(base / "office", base / "changed", symlinks=True, ignore=_no_fifo)
    write(bytes(base / "changed" / "folder" / "new"), noise(9, 150_000))
    stages: dict[str, Path] = {}
    stage = Stage(base / "growing", base / "office")
    for drive in stage.drives:
        drive.mkdir()

    def keep(name: str) -> None:
        stages[name] = base / name
        shutil.copytree(stage.base, base / name)

    keep("fresh")
    stage.office.copy(stage.drives)
    keep("sealed")
    stage.office.receive(stage.drives)
    keep("landed")
    stage.office.to_vault()
    keep("vaulted")
    stage.office.close()
    return stages


def _no_fifo(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "fifo"]
