"""What the robustness suite promises, how hard it tries, and where its newest figures are kept."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

FIGURES = Path(__file__).parent / "figures"
SEED = 20261125

Figure = int | float | str


@dataclass(frozen=True)
class Promise:
    """One sentence of docs/reliability.md; `figures` is filled from the newest long run.

    A test module lists its promises as `PROMISES`; `make reliability` writes the page from them.
    """

    key: str
    sentence: str
    figures: str


@dataclass(frozen=True)
class Effort:
    """How hard to try: the short form runs in every CI run, the long one by `make reliability`."""

    long: bool
    seed: int

    def pick(self, *, short: int, long: int) -> int:
        """Give the size of a test in the form that runs."""
        return long if self.long else short

    def chooser(self, name: str) -> random.Random:
        """Give the random numbers of one test; the seed and the name give them again."""
        return random.Random(f"{self.seed} {name}")

    def note(self, key: str, **numbers: Figure) -> None:
        """Keep what a long run measured, one file for each promise; a short run keeps nothing."""
        if not self.long:
            return
        FIGURES.mkdir(exist_ok=True)
        kept = {"measured": datetime.now(UTC).date().isoformat(), "seed": self.seed, **numbers}
        (FIGURES / f"{key}.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def newest(key: str) -> Mapping[str, Figure] | None:
    """Give the figures of the newest long run of a promise, or None when there was none."""
    path = FIGURES / f"{key}.json"
    if not path.exists():
        return None
    found: Mapping[str, Figure] = json.loads(path.read_text(encoding="utf-8"))
    return found
