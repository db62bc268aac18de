"""A child process that feeds changed cases to every parser and tells what came of it.

`python -m tests.robustness.fuzz_child SEED COUNT [cover]`: a line of JSON now and then, the last
one with everything. `cover` counts the lines of the parsers' modules that were reached.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
import traceback
from collections import Counter
from random import Random
from types import CodeType, FrameType
from typing import Any

from offline_backup_gui.domain.errors import BackupError
from tests.robustness.fuzzing import Parser
from tests.robustness.parsers import PARSERS
from tests.robustness.victim import peak_kib

_ADDRESS_SPACE = 2 << 30
_EVERY = 10_000
_MODULES = (
    "formats.pack", "formats.catalogue", "formats.point", "formats.record", "formats.canonical",
    "formats.keys", "formats.compression", "formats.recovery_code", "adapters.stores.names",
    "adapters.stores.properties", "services.plan_file", "domain.windows_names",
    "formats.manifest_reading", "formats.manifest_elements", "formats.small_xml",
    "formats.blob_files", "formats.import_journal", "formats.import_csv", "formats.import_command",
    "domain.manifest_rules",
)  # fmt: skip


class Fuzz:
    """Counts what happened, by parser."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.failures: list[str] = []
        self.slowest = (0.0, "")

    def one(self, parser: Parser, number: int) -> None:
        """Try one case; a number and a seed give it again."""
        case = parser.case(Random(f"{self._seed} {parser.name} {number}"))
        begun = time.perf_counter()
        try:
            parser.read(case)
            self.accepted[parser.name] += 1
        except BackupError:
            self.refused[parser.name] += 1
        except Exception:
            if len(self.failures) < 50:
                told = f"{parser.name}, case {number}: {case!r}"
                self.failures.append(told[:600] + "\n" + traceback.format_exc()[-1500:])
        took = time.perf_counter() - begun
        if took > self.slowest[0]:
            self.slowest = (took, f"{parser.name}, case {number}")

    def told(self, done: int) -> str:
        """Give the state as one line."""
        return json.dumps(
            {
                "done": done,
                "accepted": sum(self.accepted.values()),
                "by_parser": {
                    parser.name: [self.accepted[parser.name], self.refused[parser.name]]
                    for parser in PARSERS
                },
                "failures": self.failures,
                "slowest": self.slowest,
                "peak_kib": peak_kib(),
            }
        )


class Cover:
    """Which lines of some modules run."""

    def __init__(self) -> None:
        modules = [importlib.import_module(f"offline_backup_gui.{name}") for name in _MODULES]
        self._functions: dict[str, list[set[int]]] = {str(one.__file__): [] for one in modules}
        self.reached: dict[str, set[int]] = {name: set() for name in self._functions}
        for name in self._functions:
            with open(name, encoding="utf-8") as file:
                self._count(compile(file.read(), name, "exec"), name, top=True)

    def _count(self, code: CodeType, name: str, *, top: bool = False) -> None:
        if not top:  # what runs at import is no parsing
            own = {line for _, _, line in code.co_lines() if line}
            self._functions[name].append(own - {code.co_firstlineno})
        for inner in code.co_consts:
            if isinstance(inner, CodeType):
                self._count(inner, name)

    def trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        found = self.reached.get(frame.f_code.co_filename)
        if found is None:
            return None
        if event == "line":
            found.add(frame.f_lineno)
        return self.trace

    def told(self) -> dict[str, list[int]]:
        """Give lines reached, and lines of the functions that were entered, by module.

        The other functions write: they are not what a stranger's bytes can reach.
        """
        found = {}
        for name, functions in self._functions.items():
            entered = [lines for lines in functions if lines & self.reached[name]]
            there = set().union(*entered)
            found[name.rsplit("offline_backup_gui/")[-1]] = [
                len(there & self.reached[name]),
                len(there),
            ]
        return found


def main(seed: int, count: int, *, covering: bool) -> None:
    """Run `count` cases over all parsers in turn."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    fuzz = Fuzz(seed)
    cover = Cover() if covering else None
    if cover is not None:
        sys.settrace(cover.trace)
    for number in range(count):
        fuzz.one(PARSERS[number % len(PARSERS)], number)
        if number % _EVERY == _EVERY - 1:
            print(fuzz.told(number + 1), flush=True)
    sys.settrace(None)
    ending = json.loads(fuzz.told(count))
    print(json.dumps(ending | {"cover": cover.told() if cover else {}, "end": True}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), covering=sys.argv[3:] == ["cover"])
