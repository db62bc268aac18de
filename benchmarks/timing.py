"""What every measurement shares: clocks, medians, peak memory, facts of the machine, results."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.notes import NOTES

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Spent:
    """Wall time and CPU time of one piece of work, in seconds."""

    wall_s: float
    cpu_s: float


def spent(work: Callable[[], object]) -> Spent:
    """Run something in this process and give what it took, threads included."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - wall, time.process_time() - cpu)


def spent_by(command: Sequence[str], env: Mapping[str, str] | None = None) -> Spent:
    """Run a command to its good end and give what it and its children took."""
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=env)
    wall = time.perf_counter() - wall
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(wall, cpu)


def peak_mb() -> float:
    """Give the highest memory this process has had so far, in MB of 10^6 bytes.

    Not `ru_maxrss`: that begins with what the parent had.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024 / 1e6


def median(values: Sequence[float], digits: int = 3) -> float:
    """Give the middle value, rounded."""
    return round(statistics.median(values), digits)


def machine() -> dict[str, object]:
    """Give what the figures depend on, without anything that names the machine."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
    }


def in_own_process(module: str, function: str, *arguments: object) -> dict[str, object]:
    """Call a function of a benchmark in a fresh process, so that its peak memory is its own."""
    code = (
        "import importlib, json, sys\n"
        "module, function, arguments = json.loads(sys.argv[1])\n"
        "print(json.dumps(getattr(importlib.import_module(module), function)(*arguments)))"
    )
    call = json.dumps([module, function, arguments])
    done = subprocess.run(
        [sys.executable, "-c", code, call], check=True, stdout=subprocess.PIPE, text=True
    )
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


def save(name: str, rounds: int, figures: Mapping[str, object]) -> dict[str, object]:
    """Write the results of one part to `results/NAME.json` and give them."""
    result = {
        "name": name,
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "rounds": rounds,
        "machine": machine(),
        **figures,
        "notes": NOTES.get(name, ()),
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(result, indent=2, ensure_ascii=False) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    return result
