"""Jobs in processes of their own: they outlive whoever started them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import ControlWord, JobKind, JobState
from tests.services.branch import Branch

_START = """
import sys
from pathlib import Path
from offline_backup_gui.app import build_services
from offline_backup_gui.domain.job import JobKind
from offline_backup_gui.domain.plan import PlanId
services = build_services(Path(sys.argv[1]))
print(services.backups.start(PlanId(sys.argv[2]), JobKind.COPY))
"""


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


def test_a_job_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    branch = Branch(tmp_path)
    branch.fill()
    branch.keep()
    state = str(branch.world.folder)
    begun = subprocess.run(
        [sys.executable, "-c", _START, state, branch.plan.plan_id],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert begun.stderr == ""
    backups = branch.services.backups
    (job,) = backups.jobs(branch.plan.plan_id)
    assert job.job_id == int(begun.stdout)
    until(lambda: backups.job(job.job_id).state is JobState.DONE)
    assert backups.newest(branch.plan.plan_id, JobKind.COPY) == backups.job(job.job_id)
    assert backups.newest(branch.plan.plan_id, JobKind.VAULT) is None
    assert backups.job(job.job_id).outcome["files"] == 4


def test_the_window_pauses_kills_and_continues_a_process(tmp_path: Path) -> None:
    import psutil

    branch = Branch(tmp_path)
    branch.fill()
    branch.keep()
    backups = branch.services.backups
    job_id = backups.prepare(branch.plan.plan_id, JobKind.COPY)
    backups.pause(job_id)
    branch.world.spawn(job_id)
    until(lambda: backups.job(job_id).state is JobState.PAUSED)
    with pytest.raises(BackupError) as refused:
        backups.start(branch.plan.plan_id, JobKind.COPY)
    assert refused.value.code is ErrorCode.ALREADY_RUNNING

    (runner,) = [
        process
        for process in psutil.Process().children()
        if process.cmdline()[-2:] == ["run", str(job_id)]
    ]
    runner.kill()
    until(lambda: backups.job(job_id).state is JobState.INTERRUPTED)

    backups.again(job_id)
    assert branch.world.state.control(job_id) is ControlWord.GO
    until(lambda: backups.job(job_id).state is JobState.DONE)


def test_only_what_can_be_continued_is_started_again(tmp_path: Path) -> None:
    branch = Branch(tmp_path)
    branch.fill()
    branch.keep()
    job = branch.run(JobKind.COPY)
    with pytest.raises(BackupError) as refused:
        branch.services.backups.again(job.job_id)
    assert refused.value.code is ErrorCode.MOVE_NOT_ALLOWED
