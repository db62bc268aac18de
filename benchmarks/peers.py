"""The main comparison: restic, borg, rclone and `cp -r` on the same data, in turn, in one run."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks.corpora import Corpus, change, mixed, small
from benchmarks.timing import median, save
from benchmarks.tools import TOOLS, Tool

_VERSIONS = {
    "restic": ["restic", "version"],
    "borg": ["borg", "--version"],
    "rclone": ["rclone", "version"],
}


def compare(corpus_name: str, place: Path, rounds: int, scale: float = 1.0) -> dict[str, object]:
    """Measure every tool on one set of files below `place`; sync and settle between the steps."""
    work = Path(tempfile.mkdtemp(prefix="benchmark-", dir=place))
    try:
        # In a process of its own: the peak of a child begins with the memory of its parent.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as maker:
            corpus = maker.submit(_make, corpus_name, work / "source", scale).result()
        _touch_memory(work, int(2.2 * corpus.size_bytes))
        taken: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for number in range(rounds):
            # Another one is first each time, so that no tool always finds a settled machine.
            for tool_class in (*TOOLS[number % len(TOOLS) :], *TOOLS[: number % len(TOOLS)]):
                tool = tool_class(work, work / "source")
                tool.prepare()
                for step in tool.steps:
                    _one(tool, step, corpus, number, taken[tool.name])
                taken[tool.name]["stored MB"].append(tool.stored_bytes() / 1e6)
                tool.done()
                figures = {k: round(v[-1], 2) for k, v in taken[tool.name].items() if " " not in k}
                print(corpus_name, number + 1, tool.name, figures, flush=True)
        return {
            "files": len(corpus.files),
            "mb": corpus.size_bytes // 10**6,
            "versions": _versions(),
            "median": {
                tool: {step: median(values) for step, values in steps.items()}
                for tool, steps in taken.items()
            },
            "all": {tool: dict(steps) for tool, steps in taken.items()},
        }
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _make(corpus_name: str, top: Path, scale: float) -> Corpus:
    return mixed(top, scale) if corpus_name == "mixed" else small(top, int(100_000 * scale))


def _one(tool: Tool, step: str, corpus: Corpus, number: int, taken: dict[str, list[float]]) -> None:
    changed = change(corpus, number) if step == "changed" else None
    try:
        for name, value in tool.step(step).items():
            taken[name].append(value)
    finally:
        if changed is not None:
            changed.undo()
    if step == "restore":
        shutil.rmtree(tool.to)
    time.sleep(0.2)


def _touch_memory(work: Path, size_bytes: int) -> None:
    """Use as much memory as the runs will, once: a virtual machine is slow the first time."""
    path = work / "touched"
    block = bytes(1 << 24)
    with path.open("wb") as file:
        for _ in range(size_bytes // len(block)):
            file.write(block)
    path.unlink()


def _versions() -> dict[str, str]:
    return {
        name: subprocess.run(command, check=True, capture_output=True, text=True).stdout.split(
            "\n"
        )[0]
        for name, command in _VERSIONS.items()
    }


def run(rounds: int) -> dict[str, object]:
    """Measure both sets of files in memory; `--place disk` and others by hand."""
    for corpus in ("mixed", "small"):
        save(f"peers-{corpus}-memory", rounds, compare(corpus, Path("/dev/shm"), rounds))
    return {}


def main() -> None:
    """Measure one set of files at one place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", choices=["mixed", "small"])
    parser.add_argument("--place", choices=["memory", "disk"], default="memory")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0)
    given = parser.parse_args()
    place = Path("/dev/shm") if given.place == "memory" else Path(tempfile.gettempdir())
    figures = compare(given.corpus, place, given.rounds, given.scale)
    save(f"peers-{given.corpus}-{given.place}", given.rounds, figures)


if __name__ == "__main__":
    main()
