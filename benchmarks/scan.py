"""Scanning 1,000,000 files in 10,000 folders: files a second and memory of the engine's scan."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.moments import Moments
from benchmarks.timing import in_own_process, median, peak_mb, save
from offline_backup_gui.adapters.files import system_files
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.engine.counting import Counts, count
from offline_backup_gui.engine.scan import Exclusions, walk
from tests.engine.office import Office

FOLDERS, FILES_A_FOLDER = 10_000, 100


def fill(top: Path, folders: int) -> None:
    """Make a tree of empty files, a hundred folders in each folder of the first level."""
    for number in range(folders):
        folder = top / f"department {number // 100:03}" / f"project {number % 100:02}"
        folder.mkdir(parents=True)
        for index in range(FILES_A_FOLDER):
            os.close(os.open(folder / f"some document {index:04}.docx", os.O_CREAT | os.O_WRONLY))


def scan(top: str) -> dict[str, float]:
    """Walk the tree as a copy does, keeping nothing."""
    files, wall, cpu = 0, time.perf_counter(), time.process_time()
    for folder in walk(system_files(), top.encode(), Exclusions(()), lambda *_: None):
        files += len(folder.children)
        folder.stats()
    return _figures(files, wall, cpu)


def counter(top: str) -> dict[str, float]:
    """Count the tree as the total of a copy is counted."""
    counts, wall, cpu = Counts(), time.perf_counter(), time.process_time()
    count(system_files(), [top.encode()], (), counts, lambda: None)
    return _figures(counts.files, wall, cpu)


def plain(top: str) -> dict[str, float]:
    """Look at every name with nothing but the system's own calls: what there is to reach."""
    files, wall, cpu = 0, time.perf_counter(), time.process_time()
    waiting = [top.encode()]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    files += 1
    return _figures(files, wall, cpu)


def copied(top: str, base: str) -> dict[str, float]:
    """Copy the tree; when it was copied before, nothing has changed and nothing is read."""
    moments = Moments()
    mount = Path(base) / "drive"
    mount.mkdir(exist_ok=True)
    office = Office(Path(base) / "office", (Path(top),))
    office.events = moments  # type: ignore[assignment]
    wall, cpu = time.perf_counter(), time.process_time()
    outcome = office.copy([mount])
    figures = _figures(outcome.point.files, wall, cpu)
    office.close()
    took = moments.first[Phase.VERIFY].wall_s - moments.first[Phase.COPY].wall_s
    return figures | {"pass_and_catalogue_s": took}


def _figures(files: int, wall: float, cpu: float) -> dict[str, float]:
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "files": files,
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "files_a_second": files / wall_s,
        "files_a_cpu_second": files / cpu_s,
        "peak_mb": peak_mb(),
    }


def run(rounds: int, folders: int = FOLDERS, folder: str = "/dev/shm") -> dict[str, object]:
    """Scan, count, and copy what did not change, each in a process of its own and in turn."""
    base = Path(tempfile.mkdtemp(prefix="scan-", dir=folder))
    top = base / "source"
    calls: dict[str, tuple[object, ...]] = {
        "plain": (str(top),),
        "scan": (str(top),),
        "counter": (str(top),),
        "copied": (str(top), str(base)),
    }
    try:
        fill(top, folders)
        first = in_own_process("benchmarks.scan", "copied", str(top), str(base))
        each = [
            {
                name: in_own_process("benchmarks.scan", name, *arguments)
                for name, arguments in calls.items()
            }
            for _ in range(rounds)
        ]
    finally:
        shutil.rmtree(base)
    figures = {
        "files": folders * FILES_A_FOLDER,
        "folders": folders,
        "first_copy_of_empty_files": first,
        "median": {
            name: {
                key: median([float(str(one[name][key])) for one in each]) for key in each[0][name]
            }
            for name in calls
        },
        "ratios": {
            "scan_to_plain": median(
                [
                    float(str(one["scan"]["cpu_s"])) / float(str(one["plain"]["cpu_s"]))
                    for one in each
                ],
                2,
            )
        },
        "each": each,
    }
    return save("scan", rounds, figures)
