"""Runs one job with one piece of trouble, and judges how it ends."""

from __future__ import annotations

import os
import shutil
import threading
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from offline_backup_gui.domain.errors import BackupError, Stopped
from tests.robustness.fault_jobs import Job, Stage

# A guard against hanging for ever; a run takes a part of a second.
_HANGS_AFTER_S = 300


class UnexpectedError(Exception):
    """A bug in a driver of somebody else."""


@dataclass
class Ending:
    """How a run ended: a result, or what was raised."""

    result: object = None
    error: BaseException | None = None


def run(work: Callable[[], object]) -> Ending:
    """Run in a thread of its own, so that a hang is found."""
    ending = Ending()

    def body() -> None:
        try:
            ending.result = work()
        except BaseException as error:
            ending.error = error

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    thread.join(_HANGS_AFTER_S)
    assert not thread.is_alive(), "it hangs"
    return ending


def open_files() -> set[str]:
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            found.add(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            continue
    return found


def judge_run(
    job: Job,
    begin: Path,
    source: Path,
    to: Path,
    trouble: Callable[[Stage], AbstractContextManager[object]],
) -> str:
    """Run a job with trouble and once more without; give how the first run ended.

    Raises AssertionError when it claims what is not so, leaves anything open, or cannot go on.
    """
    shutil.copytree(begin, to)
    stage = Stage(to, source)
    try:
        job.prepare(stage)
        threads, files = set(threading.enumerate()), open_files()
        with trouble(stage):
            ending = run(lambda: job.run(stage))
        left = [thread.name for thread in threading.enumerate() if thread not in threads]
        assert left == []
        held = {path for path in open_files() - files if path.startswith(str(to.parent))}
        assert {path for path in held if ".db" not in path} == set()
        told = _told(ending)
        if ending.error is None:
            job.judge(stage, ending.result)
        stage.office.close()
        stage = Stage(to, source)
        if job.name == "increment":
            job.prepare(stage)
        job.again(stage)
    finally:
        stage.office.close()
        shutil.rmtree(to, ignore_errors=True)
    return told


def _told(ending: Ending) -> str:
    error = ending.error
    if error is None:
        return "done"
    if isinstance(error, BackupError):
        return error.code.value
    if isinstance(error, UnexpectedError | Stopped):
        return type(error).__name__
    raise AssertionError("".join(traceback.format_exception(error)))
