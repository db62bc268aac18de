"""The runner: pause, stop and kill are visible states, and control words are heard at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import ControlWord, Event, JobId, JobKind, JobState, Reading
from offline_backup_gui.services.running import Ended
from tests.services.branch import Branch


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    made = Branch(tmp_path)
    made.fill()
    made.keep()
    return made


class Standing:
    """A copy that runs in a thread of the test and stands still from its first moment."""

    def __init__(self, branch: Branch) -> None:
        self.branch, self.state = branch, branch.world.state
        self.job_id = branch.prepare(JobKind.COPY)
        self.state.put_control(self.job_id, ControlWord.PAUSE)
        self.ended: list[Ended] = []
        self.readings: list[Reading] = []
        self.events: list[Event] = []
        self.services = branch.fresh()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self.until_state(JobState.PAUSED)

    def _run(self) -> None:
        runner = self.services.runner
        self.ended.append(runner.run(self.job_id, self.readings.append, self.events.append))

    def until_state(self, state: JobState) -> None:
        until(lambda: self.branch.services.backups.job(self.job_id).state is state)

    def join(self) -> Ended:
        self._thread.join(30)
        (ended,) = self.ended
        return ended


@pytest.fixture
def standing(branch: Branch) -> Iterator[Standing]:
    copy = Standing(branch)
    yield copy
    copy.services.runner.stop()
    copy._thread.join(30)


def test_a_paused_job_goes_on_to_its_end(standing: Standing) -> None:
    backups = standing.branch.services.backups
    assert standing.readings
    backups.resume(standing.job_id)
    ended = standing.join()
    assert ended.job.state is JobState.DONE
    assert ended.job.outcome["files"] == 4
    assert [event.code for event in standing.events] == ["prepare", "copy", "verify", "seal"]
    assert [e.code for _, e in backups.events(standing.job_id)] == [
        "prepare",
        "copy",
        "verify",
        "seal",
    ]
    assert backups.reading(standing.job_id) == standing.readings[-1]


def test_a_stopped_job_shows_it_and_is_continued(standing: Standing) -> None:
    branch = standing.branch
    branch.services.backups.stop(standing.job_id)
    ended = standing.join()
    assert (ended.job.state, ended.job.outcome) == (JobState.STOPPED, {"outcome": "stopped"})
    again = branch.services.runner.run(standing.job_id)
    assert again.job.state is JobState.DONE


def test_nothing_else_runs_on_the_plan_meanwhile(standing: Standing) -> None:
    branch = standing.branch
    with pytest.raises(BackupError) as refused:
        branch.services.backups.prepare(branch.plan.plan_id, JobKind.INCREMENT)
    assert refused.value.code is ErrorCode.ALREADY_RUNNING
    with pytest.raises(BackupError) as twice:
        branch.services.backups.again(standing.job_id)
    assert twice.value.code is ErrorCode.MOVE_NOT_ALLOWED


def test_a_signal_before_the_job_began_is_not_lost(branch: Branch) -> None:
    branch.services.runner.stop()
    ended = branch.services.runner.run(branch.prepare(JobKind.COPY))
    assert ended.job.state is JobState.STOPPED
    assert not list(branch.drives[0].iterdir())


def test_jobs_that_died_are_marked_when_the_next_one_begins(branch: Branch) -> None:
    state = branch.world.state
    dead = branch.prepare(JobKind.COPY)
    state.set_state(dead, JobState.RUNNING)
    state.set_state(dead, JobState.PAUSING)
    assert branch.services.backups.job(dead).state is JobState.INTERRUPTED
    living = branch.prepare(JobKind.COPY)
    seen: list[JobState] = []
    branch.services.runner.run(
        living, on_event=lambda _: seen.append(branch.services.backups.job(dead).state)
    )
    assert set(seen) == {JobState.INTERRUPTED}
    stored = state.job(dead)
    assert stored is not None
    assert stored.state is JobState.INTERRUPTED


def test_a_job_whose_runner_never_came_is_shown_as_interrupted(branch: Branch) -> None:
    from datetime import UTC, datetime, timedelta

    from tests.fakes import FakeClock

    waiting = branch.prepare(JobKind.COPY)
    assert branch.services.backups.job(waiting).state is JobState.WAITING
    branch.clock = FakeClock(datetime.now(UTC) + timedelta(minutes=5))
    assert branch.fresh().backups.job(waiting).state is JobState.INTERRUPTED


def test_trouble_that_an_admin_can_clear_leaves_the_job_continuable(branch: Branch) -> None:
    branch.fill(files=3, file_bytes=60_000_000)
    for drive in branch.drives:
        branch.services.drives.add_folder(str(drive), 70_000_000)
    ended = branch.services.runner.run(branch.prepare(JobKind.COPY))
    assert ended.trouble is not None
    assert ended.trouble.code is ErrorCode.DRIVES_TOO_SMALL
    assert ended.job.state is JobState.INTERRUPTED
    assert ended.job.outcome["code"] == "drives-too-small"
    third = branch.home / "drive3"
    third.mkdir()
    again = branch.run(JobKind.COPY, drives=[*map(str, branch.drives), str(third)])
    assert again.state is JobState.DONE


def test_trouble_that_has_to_be_decided_ends_the_job(branch: Branch) -> None:
    ended = branch.services.runner.run(branch.prepare(JobKind.ARRIVAL))
    assert ended.trouble is not None
    assert (ended.trouble.code, ended.job.state) == (ErrorCode.DRIVE_NOT_SEALED, JobState.FAILED)


def test_a_state_that_does_not_answer_for_a_moment_ends_nothing(
    branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()
    ready = threading.Event()
    state = branch.world.state
    put_reading = type(state).put_reading

    def sulky(self: object, job_id: JobId, reading: Reading) -> None:
        if not asked.is_set():
            asked.set()
            raise BackupError(ErrorCode.STATE_NOT_USABLE, path="state.db", why="locked")
        ready.set()
        put_reading(state, job_id, reading)

    monkeypatch.setattr(type(state), "put_reading", sulky)
    job_id = branch.prepare(JobKind.COPY)
    state.put_control(job_id, ControlWord.PAUSE)
    thread = threading.Thread(target=branch.fresh().runner.run, args=(job_id,))
    thread.start()
    assert ready.wait(30)
    state.put_control(job_id, ControlWord.GO)
    thread.join(30)
    assert branch.services.backups.job(job_id).state is JobState.DONE


def test_an_unknown_job_is_told(branch: Branch) -> None:
    for call in (branch.services.runner.run, branch.services.backups.job):
        with pytest.raises(BackupError) as refused:
            call(JobId(99))
        assert refused.value.code is ErrorCode.JOB_NOT_FOUND
