"""State of the first version, recorded from the program of its time, opened by this one."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from offline_backup_gui.adapters.state import owners
from offline_backup_gui.adapters.state.store import MIGRATIONS, StateStore
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import JobKind, JobState
from offline_backup_gui.domain.plan import PlanId

RECORDED = Path(__file__).parents[2] / "samples" / "state-v1.sql"
PLAN = PlanId("077dcf2879b15ad9")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    with sqlite3.connect(folder / "state.db") as file:
        file.executescript(RECORDED.read_text("utf-8"))
    file.close()
    return folder


def test_everything_of_the_first_version_is_there_after_the_upgrade(folder: Path) -> None:
    state = StateStore(folder)
    (kept,) = state.plans()
    assert kept.plan.plan_id == PLAN
    assert (kept.plan.sources, kept.plan.shadow_copies) == (("/srv/shares",), True)
    (job,) = state.jobs(PLAN)
    assert (job.kind, job.state, job.outcome["files"]) == (JobKind.COPY, JobState.DONE, 3)
    assert state.reading(job.job_id).bytes_done == 900
    assert [event.code for _, event in state.events(job.job_id, 0)] == ["drive-gone"]
    assert state.notes(PLAN).received_at == datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    assert state.key_files("ab" * 16) == {"keys/passphrase.json": b"\x00\x01key"}
    assert state.folder_drives() == ["/mnt/drive1"]
    assert not state.held(PLAN)
    state.close()
    assert (folder / f"state.before-{len(MIGRATIONS)}").exists()


def test_state_of_a_newer_version_is_refused(folder: Path) -> None:
    with sqlite3.connect(folder / "state.db") as file:
        file.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    file.close()
    with pytest.raises(BackupError) as newer:
        StateStore(folder)
    assert newer.value.code is ErrorCode.STATE_NEWER


def _other(folder: Path, script: str) -> str:
    """Run a script in a process of its own, as the window of somebody else would be one."""
    code = (
        "import sys; from pathlib import Path\n"
        "from offline_backup_gui.adapters.state.store import StateStore\n"
        "from offline_backup_gui.domain.plan import PlanId\n"
        f"state, plan = StateStore(Path(sys.argv[1])), PlanId({PLAN!r})\n{script}"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_two_people_at_once_see_the_same_plans_and_only_one_of_them_runs_a_job(
    folder: Path,
) -> None:
    mine = StateStore(folder)
    names = "import json; print(json.dumps([kept.plan.name for kept in state.plans()]))"
    assert json.loads(_other(folder, names)) == ["branch-042"]
    assert mine.take(PLAN)
    assert _other(folder, "print(state.take(plan), state.held(plan))") == "False True"
    mine.give_back(PLAN)
    # The other process has ended without giving back: its lease is free again.
    assert _other(folder, "print(state.take(plan))") == "True"
    assert not mine.held(PLAN)
    job = "from offline_backup_gui.domain.job import JobKind; state.new_job(plan, JobKind.COPY, {})"
    _other(folder, job)
    assert len(mine.jobs(PLAN)) == 2
    mine.close()


def test_a_runner_that_may_not_be_looked_at_is_taken_for_alive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def denied(pid: int) -> None:
        raise psutil.AccessDenied(pid)

    monkeypatch.setattr(psutil, "Process", denied)
    monkeypatch.setattr("sys.platform", "win32")
    assert owners.lives(os.getpid(), 0.0)
