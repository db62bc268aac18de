"""Drives made to do harm, with and without the key: nothing is written outside, nothing hangs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.robustness.answering import Child
from tests.robustness.crafting import Attacker, outside_tree, snapshot
from tests.robustness.hostile_bombs import BOMBS
from tests.robustness.hostile_objects import OBJECTS
from tests.robustness.hostile_places import PLACES
from tests.robustness.hostile_trees import TREES
from tests.robustness.promises import Effort, Promise
from tests.robustness.rotting import memory_folder

PROMISES = (
    Promise(
        "hostile",
        "A drive made to do harm, even by somebody who has the key, never makes the program write"
        " outside the target, hang, use more than 512 MB or fall over.",
        "{repositories} crafted repositories of {kinds} kinds, {steps} steps: {outside} writes"
        " outside, {hangs} hangs, {falls} falls, at most {peak_mb} MB",
    ),
    Promise(
        "fuzz",
        "No bytes or values make a parser do anything but take them or refuse them.",
        "{cases} cases at {parsers} parsers, {accepted} of them taken: {failures} failures, at"
        " most {peak_mb} MB, the slowest {slowest_ms} ms; of the parsers' lines {reached} of"
        " {lines} reached",
    ),
)
pytestmark = pytest.mark.timeout(0)  # every child has a guard of its own
MOST_KIB = 512 * 1024
HANGS_AFTER_S = 900  # 20,000,000 directory rows are long work on a busy machine, and no hang
KINDS = (*TREES, *BOMBS, *OBJECTS, *PLACES)


@pytest.fixture
def victim() -> Iterator[Child]:
    child = Child("tests.robustness.victim")
    yield child
    child.close()


def test_crafted_repositories_do_no_harm(victim: Child, effort: Effort, tmp_path: Path) -> None:
    count = effort.pick(short=len(KINDS), long=9 * len(KINDS))
    troubles: list[tuple[object, ...]] = []
    peak = steps = outside = hangs = 0
    worked_s = 0.0
    with memory_folder(tmp_path) as top:
        for number in range(count):
            craft = KINDS[number % len(KINDS)]
            case = f"{number} {craft.__name__}"
            base = top / str(number)
            base.mkdir()
            outside_tree(base)
            attacker = Attacker(base, effort.chooser(case))
            craft(attacker)
            attacker.write()
            before = snapshot(base)
            told = victim.ask(str(base), HANGS_AFTER_S)
            if told is None:
                hangs += 1
                troubles.append((case, "hangs, or ended"))
                told = {"said": {}, "outside": [], "peak_kib": 0, "worked_s": 0.0}
            said = told["said"]
            steps += len(said)
            troubles += [(case, name, text) for name, text in said.items() if text[:4] == "BUG "]
            if told["outside"] or snapshot(base) != before:
                outside += 1
                troubles.append((case, "wrote outside", told["outside"]))
            if told["peak_kib"] > MOST_KIB:
                troubles.append((case, "memory in MB", told["peak_kib"] >> 10))
            peak = max(peak, told["peak_kib"])
            worked_s += told["worked_s"]
            if number % 20 == 0 or told["worked_s"] > 1:
                print(f"{case}: {told['worked_s']:.1f} s, {told['peak_kib'] >> 10} MB;", end=" ")
                print(f"{worked_s:.0f} s, {len(troubles)} troubles so far", flush=True)
            # Folders may be deeper than Python's own way of removing them can follow.
            subprocess.run(["rm", "-rf", base], check=True)
    told_of = "\n".join("\n".join(map(str, trouble)) for trouble in troubles)
    assert not troubles, f"seed {effort.seed}\n{told_of}"
    effort.note(
        "hostile",
        repositories=count,
        kinds=len(KINDS),
        steps=steps,
        outside=outside,
        hangs=hangs,
        falls=len(troubles),
        peak_mb=peak >> 10,
    )


def test_changed_cases_at_every_parser_are_taken_or_refused(effort: Effort) -> None:
    count = effort.pick(short=15_000, long=1_000_000)
    fuzz = Child("tests.robustness.fuzz_child", str(effort.seed), str(count))
    told = fuzz.listen(HANGS_AFTER_S)
    fuzz.close()
    failures = told["failures"]
    assert not failures, f"seed {effort.seed}\n" + "\n\n".join(failures)
    assert told["done"] == count
    assert told["peak_kib"] < MOST_KIB
    # Cases that are all refused at the first look, or all taken, would prove little.
    taken = {name: accepted for name, (accepted, _) in told["by_parser"].items()}
    assert {name for name, accepted in taken.items() if not accepted} <= {"passphrase slot values"}
    cover = Child("tests.robustness.fuzz_child", str(effort.seed), str(200 * len(taken)), "cover")
    reached = cover.listen(HANGS_AFTER_S)["cover"]
    cover.close()
    print(reached)
    lines = sum(there for _, there in reached.values())
    lines_reached = sum(found for found, _ in reached.values())
    assert lines_reached > 0.8 * lines
    effort.note(
        "fuzz",
        cases=count,
        parsers=len(told["by_parser"]),
        accepted=sum(taken.values()),
        failures=len(failures),
        peak_mb=told["peak_kib"] >> 10,
        slowest_ms=round(1000 * told["slowest"][0]),
        reached=lines_reached,
        lines=lines,
    )
