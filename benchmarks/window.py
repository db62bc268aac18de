"""What the open window costs a copy: the same copy with and without the window watching it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.timing import median, save
from tests.cli.desk import Desk, on

_SETTLE_S = 4.0
_WATCHING = (sys.executable, "-m", "benchmarks.window")


def watch(seen: Path) -> None:
    """Open the real window, let it look again once the next job runs, and count its readings."""
    from PySide6.QtCore import QTimer

    from offline_backup_gui import words
    from offline_backup_gui.app import build_services
    from offline_backup_gui.domain.job import ENDED, JobKind
    from offline_backup_gui.ui.bridge import Bridge
    from offline_backup_gui.ui.entry import Windows, _application
    from offline_backup_gui.ui.theme import Theme

    services, sentences = build_services(), words.load()
    app = _application(sentences)
    theme = Theme(app)
    windows = Windows(services, sentences, Bridge())
    overview = windows.open_overview()
    count = 0

    def progressed(*_: object) -> None:
        nonlocal count
        count += 1
        seen.write_text(str(count))

    overview.detail.strip.progressed.connect(progressed)
    (plan,) = services.planning.plans()
    timer = QTimer(overview, interval=100)

    def look() -> None:
        job = services.backups.newest(plan.plan_id, JobKind.COPY)
        if job is not None and job.state not in ENDED:
            timer.stop()
            overview.refresh()

    timer.timeout.connect(look)
    timer.start()
    app.exec()
    theme.deleteLater()


def copy(corpus: Path, base: Path, *, watched: bool) -> dict[str, float]:
    """Copy a corpus with the program's own processes; the window is open before it begins."""
    desk = Desk(base / "desk", {"QT_QPA_PLATFORM": "offscreen"})
    source = desk.home / "office"
    source.mkdir()
    (source / "note.txt").write_text("here before")
    plan, drives = desk.plan(source), desk.drives(1)
    command = ("copy", plan, *on(drives), "--passphrase-file", desk.passphrase, "--json")
    # The first, tiny copy makes the plan known, so that the window opens with it.
    desk.say(*command)
    os.rename(corpus, source / "data")
    figures: dict[str, float] = {}
    window = None
    try:
        if watched:
            seen = base / "seen"
            window = psutil.Popen((*_WATCHING, str(seen)), env=desk.environ())
            time.sleep(_SETTLE_S)
            before = _cpu_s(window)
        begun = time.perf_counter()
        said = desk.say(*command)
        figures["wall_s"] = time.perf_counter() - begun
        if said.code != 0:
            raise RuntimeError(said.err or said.out)
        if window is not None:
            figures["window_cpu_s"] = _cpu_s(window) - before
            figures["window_share_of_a_core"] = figures["window_cpu_s"] / figures["wall_s"]
            figures["readings_shown"] = float(seen.read_text())
            figures["window_memory_mb"] = window.memory_info().rss / 1e6
    finally:
        os.rename(source / "data", corpus)
        if window is not None:
            window.terminate()
            window.wait()
        shutil.rmtree(base / "desk")
    return figures


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def run(rounds: int, scale: float = 0.5, folder: str = "/dev/shm") -> dict[str, object]:
    """Copy with and without the window in turn."""
    from benchmarks import corpora

    base = Path(tempfile.mkdtemp(prefix="window-", dir=folder))
    corpus = base / "corpus"
    try:
        size = corpora.mixed(corpus, scale).size_bytes
        copy(corpus, base, watched=False)  # warms memory
        each = [
            {
                "alone": copy(corpus, base, watched=False),
                "watched": copy(corpus, base, watched=True),
            }
            for _ in range(rounds)
        ]
    finally:
        shutil.rmtree(base)
    figures = {
        "bytes": size,
        "platform": "offscreen",
        "median": {
            f"{part}_{key}": median([one[part][key] for one in each])
            for part in ("alone", "watched")
            for key in each[0][part]
        },
        "ratios": {
            "watched_to_alone": median(
                [one["watched"]["wall_s"] / one["alone"]["wall_s"] for one in each]
            )
        },
        "each": each,
    }
    return save("window", rounds, figures)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
