"""Cuts one journey again and again; a log that failed is kept and can be cut once more.

`python -m tests.robustness.power_cutter LOG SEED STATE` draws the same case from a kept log: the
threads of a journey never run the same way twice.
"""

from __future__ import annotations

import pickle
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.robustness.fs_cut import Crash, Cuts
from tests.robustness.fs_log import FsLog
from tests.robustness.fs_ops import Said
from tests.robustness.power_again import go_on
from tests.robustness.power_checks import Checks
from tests.robustness.power_journey import RESTORE_MARK, Journey, Step
from tests.robustness.promises import Effort


@dataclass(frozen=True)
class Case:
    """One cut: the moment, what is left of the tree, and the book beside it."""

    name: str
    moment: int
    step: Step
    crash: Crash
    book: int | None


class Cutter:
    """Cuts one journey again and again."""

    def __init__(self, journey: Journey, log: FsLog) -> None:
        self.journey = journey
        self.cuts = Cuts(log, frozenset({RESTORE_MARK}))
        self.checks = Checks(self.cuts)
        begins = [index for index, op in enumerate(log.ops) if _says(op, "begin")]
        self._steps = list(zip(begins, [*begins[1:], len(log.ops)], strict=True))

    def case(self, name: str, chooser: random.Random) -> Case:
        """Draw a step, a moment in it, and a book: the newest, any older one, or none."""
        begin, end = chooser.choice(self._steps)
        moment = chooser.randrange(begin + 1, end + 1)
        books = [index for index in self.checks.books if index < moment]
        older = chooser.choices(books) if books else []
        book = chooser.choice([*books[-1:], *books[-1:], *older, None])
        crash = self.cuts.cut(moment, chooser)
        return Case(name, moment, self.checks.step_at(moment), crash, book)

    def wrong(self, case: Case) -> list[str]:
        """Give what contradicts the claims of the journey."""
        return self.checks.wrong(case.crash, case.moment, case.book)

    def wrong_after(self, case: Case) -> list[str]:
        """Carry the case on to the end of its step; give what is wrong then."""
        said = self.cuts.ops[case.book] if case.book is not None else None
        book = said.subject if isinstance(said, Said) else None
        return go_on(self.journey, case.crash, book, case.step)


def _says(op: object, what: str) -> bool:
    return isinstance(op, Said) and op.what == what


def keep(log: FsLog) -> Path:
    """Keep a log for cutting it again; give the file."""
    path = Path(tempfile.gettempdir()) / f"{log.base.name}.log"
    path.write_bytes(pickle.dumps((log.base, log.ops, log.roots, log.old_names)))
    return path


def again(kept: Path, seed: int, state: int) -> list[str]:
    """Draw the same case from a kept log; give what is wrong with it."""
    base, ops, roots, old_names = pickle.loads(kept.read_bytes())
    cutter = Cutter(Journey(base), FsLog(base, ops=ops, roots=roots, old_names=old_names))
    chooser = Effort(long=False, seed=seed).chooser(f"power state {state}")
    case = cutter.case(f"state {state}", chooser)
    return cutter.wrong(case) or cutter.wrong_after(case)


if __name__ == "__main__":
    print("\n".join(again(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
