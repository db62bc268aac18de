"""Start jobs in a process of their own, watch them, pause, stop and continue them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import (
    CONTINUABLE,
    ENDED,
    ControlWord,
    Event,
    Job,
    JobId,
    JobKind,
    JobState,
    Reading,
)
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.services.world import World

_BORN_S = 60.0  # what a new runner process has to take its job


class Backups:
    """Jobs of all kinds; every call is short and safe from any thread."""

    def __init__(self, world: World) -> None:
        self._world, self._state = world, world.state

    def prepare(self, plan_id: PlanId, kind: JobKind, **options: object) -> JobId:
        """Ask for a job without starting it; ALREADY_RUNNING when the plan has a living runner."""
        if self._state.held(plan_id):
            raise BackupError(ErrorCode.ALREADY_RUNNING, plan=plan_id)
        return self._state.new_job(plan_id, kind, options)

    def start(self, plan_id: PlanId, kind: JobKind, **options: object) -> JobId:
        """Ask for a job and start its runner process; ALREADY_RUNNING when one runs."""
        job_id = self.prepare(plan_id, kind, **options)
        self._world.spawn(job_id)
        return job_id

    def again(self, job_id: JobId) -> None:
        """Continue a stopped or interrupted job in a new runner process."""
        job = self.job(job_id)
        if job.state not in CONTINUABLE:
            raise BackupError(
                ErrorCode.MOVE_NOT_ALLOWED, now=job.state.value, to=JobState.RUNNING.value
            )
        if self._state.held(job.plan_id):
            raise BackupError(ErrorCode.ALREADY_RUNNING, plan=job.plan_id)
        self._state.put_control(job_id, ControlWord.GO)
        self._world.spawn(job_id)

    def job(self, job_id: JobId) -> Job:
        """Give a job; its state says INTERRUPTED when its runner died."""
        job = self._state.job(job_id)
        if job is None:
            raise BackupError(ErrorCode.JOB_NOT_FOUND, job=job_id)
        return self._living(job)

    def _living(self, job: Job) -> Job:
        if job.state is JobState.WAITING:
            age_s = (self._world.clock.now() - job.created).total_seconds()
            if age_s > _BORN_S and not self._state.held(job.plan_id):
                return replace(job, state=JobState.INTERRUPTED)  # its runner never came to life
        elif job.state not in ENDED and not self._state.held(job.plan_id):
            # Looked at between its last word and the end of its lease, a job may have ended.
            newest = self._state.job(job.job_id) or job
            if newest.state in ENDED:
                return newest
            return replace(newest, state=JobState.INTERRUPTED)
        return job

    def jobs(self, plan_id: PlanId) -> Sequence[Job]:
        """List the jobs of a plan, newest first."""
        return [self._living(job) for job in self._state.jobs(plan_id)]

    def newest(self, plan_id: PlanId, kind: JobKind) -> Job | None:
        """Give the newest job of a kind."""
        return next((job for job in self.jobs(plan_id) if job.kind is kind), None)

    def reading(self, job_id: JobId) -> Reading:
        """Give the newest progress."""
        return self._state.reading(job_id)

    def events(self, job_id: JobId, after: int = 0) -> Sequence[tuple[int, Event]]:
        """Give numbered events later than `after`."""
        return self._state.events(job_id, after)

    def pause(self, job_id: JobId) -> None:
        """Ask the runner to pause."""
        self._state.put_control(job_id, ControlWord.PAUSE)

    def resume(self, job_id: JobId) -> None:
        """Ask the runner to go on."""
        self._state.put_control(job_id, ControlWord.GO)

    def stop(self, job_id: JobId) -> None:
        """Ask the runner to stop; what is finished stays."""
        self._state.put_control(job_id, ControlWord.STOP)
