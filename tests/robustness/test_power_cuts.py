"""The power fails at any moment: nothing that was called stored is lost, nothing is torn."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.adapters.stores.folder_writer import FolderWriter
from offline_backup_gui.adapters.stores.held import HeldFolder
from offline_backup_gui.engine.restore_mark import Mark
from tests.robustness.fs_cut import Cuts
from tests.robustness.fs_log import Fuse
from tests.robustness.mutants import Mutant
from tests.robustness.power_cutter import Cutter, keep
from tests.robustness.power_journey import JOURNEY, Journey, Step
from tests.robustness.promises import Effort, Promise

PROMISES = (
    Promise(
        "power-cuts",
        "The power may fail at any moment. Of what was not flushed any part may be gone, torn or"
        " out of order: no object that was called stored is lost, none is torn, no drive record,"
        " restore point or book names what is not there, an older book (or none) does no harm, and"
        " the next run goes on to the same backup or restore.",
        "{states} states of {journeys} journeys with {kills} kills before: {lost} lost, {torn}"
        " torn; {continued} of them carried on to the end and restored: {differences} differences;"
        " {mutants} planted faults of the own writer found",
    ),
)
_MEMORY = Path("/dev/shm")  # many small trees: a disk would only be slow
_STATES_A_JOURNEY = 500


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    # A name of its own: another worker or run may be at these tests on the same machine.
    base = Path(mkdtemp(prefix="power-", dir=_MEMORY if _MEMORY.is_dir() else tmp_path))
    base.rmdir()
    yield base
    shutil.rmtree(base, ignore_errors=True)


@pytest.mark.parametrize("hard_links", [True, False], ids=["with links", "without links"])
def test_the_log_holds_everything_that_was_done(place: Path, hard_links: bool) -> None:
    log = Journey(place, hard_links=hard_links).record()
    crash = Cuts(log).complete()
    for root in log.roots:
        top = place / root
        real = {str(path.relative_to(place)): path for path in top.rglob("*") if path.is_file()}
        replayed = {path: crash.contents[node] for path, node in crash.files(root)}
        assert {path: found.read_bytes() for path, found in real.items()} == replayed


def test_no_power_cut_loses_or_tears_anything(effort: Effort, place: Path) -> None:
    states = effort.pick(short=200, long=10_000)
    every = 20  # one in so many is carried on
    kills = continued = journeys = 0
    cutter: Cutter | None = None
    for number in range(states):
        if number % _STATES_A_JOURNEY == 0 or cutter is None:
            shutil.rmtree(place, ignore_errors=True)
            chooser = effort.chooser(f"power journey {journeys}")
            journey = Journey(place, chooser, hard_links=journeys % 3 != 2)
            cutter = Cutter(journey, journey.record())
            journeys, kills = journeys + 1, kills + journey.kills
            print(f"\n{number} states, {continued} carried on", end="", flush=True)
        case = cutter.case(f"state {number}", effort.chooser(f"power state {number}"))
        told = f"seed {effort.seed}, {case.name}, moment {case.moment}, book {case.book}"
        wrong = cutter.wrong(case)
        if not wrong and number % every == 0:
            wrong = cutter.wrong_after(case)
            continued += 1
        if wrong:
            lines = [f"{told}, {case.step}", f"its log: {keep(cutter.journey.log)}", *wrong]
            pytest.fail("\n".join(lines))
    assert kills > 0
    effort.note(
        "power-cuts",
        states=states,
        journeys=journeys,
        kills=kills,
        lost=0,
        torn=0,
        continued=continued,
        differences=0,
        mutants=len(WRITER_MUTANTS) + len(RESTORE_MUTANTS),
    )


NO_FLUSH = Mutant("no flush", FolderWriter, "_publish", (("os.fsync(self._fd)", "pass"),))
WRITER_MUTANTS = (
    NO_FLUSH,
    Mutant("no folder flush", HeldFolder, "publish", (("    self.flush()", "    pass"),)),
    Mutant(
        "rename first",
        FolderWriter,
        "_publish",
        (
            ("os.fsync(self._fd)", "pass"),
            ("self._close_file()", "pass"),
            (
                "self._store.give_back(replaced)",
                "self._store.give_back(replaced); os.fsync(self._fd); self._close_file()",
            ),
        ),
    ),
    Mutant("new folders not flushed", HeldFolder, "inner", (("self.flush()", "pass"),)),
    Mutant("old names not flushed", FolderStore, "_swept", (("folder.flush()", "pass"),)),
)
RESTORE_MUTANTS = (
    Mutant(
        "trust in every restored file",
        Mark,
        "covers",
        (("return info.st_ctime_ns < self._kept_ns", "return True"),),
    ),
    Mutant("mark without flush", Mark, "_put", (("os.sync()", "pass"),)),
)


@pytest.mark.parametrize("mutant", WRITER_MUTANTS, ids=str)
def test_a_planted_fault_in_the_writer_is_found(
    effort: Effort, place: Path, mutant: Mutant
) -> None:
    found: list[str] = []
    for number in range(6):
        shutil.rmtree(place, ignore_errors=True)
        with mutant.planted():
            # The second time with a kill between a name and its flush.
            journey = Journey(place, fuses=[Fuse(links=number)], steps=JOURNEY[:1])
            cutter = Cutter(journey, journey.record())
        for state in range(100):
            case = cutter.case("", effort.chooser(f"mutant {number} {state}"))
            found += cutter.wrong(case)
        if found:
            break
    assert found != [], f"nothing found in {number + 1} journeys"


@pytest.mark.parametrize("mutant", RESTORE_MUTANTS, ids=str)
def test_a_planted_fault_in_the_restore_is_found(
    effort: Effort, place: Path, mutant: Mutant
) -> None:
    steps = (JOURNEY[0], Step("restore", 1, 2))
    with mutant.planted():
        for number in range(8):
            shutil.rmtree(place, ignore_errors=True)
            journey = Journey(place, steps=steps)
            cutter = Cutter(journey, journey.record())
            for state in range(100):
                case = cutter.case("", effort.chooser(f"restore mutant {number} {state}"))
                if case.step.name == "restore" and cutter.wrong_after(case):
                    return
    pytest.fail("nothing found")
