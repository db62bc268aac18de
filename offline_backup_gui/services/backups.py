"""Start jobs in a process of their own, watch them, pause, stop and continue them."""

from __future__ import annotations

from collections.abc import Sequence

from offline_backup_gui.domain.job import Event, Job, JobId, JobKind, Reading
from offline_backup_gui.domain.plan import PlanId


class Backups:
    """Jobs of all kinds; every call is short and safe from any thread."""

    def start(self, plan_id: PlanId, kind: JobKind, **options: object) -> JobId:
        """Ask for a job and start its runner process; ALREADY_RUNNING when one runs."""
        raise NotImplementedError

    def again(self, job_id: JobId) -> None:
        """Continue a stopped or interrupted job in a new runner process."""
        raise NotImplementedError

    def job(self, job_id: JobId) -> Job:
        """Give a job; its state says INTERRUPTED when its runner died."""
        raise NotImplementedError

    def jobs(self, plan_id: PlanId) -> Sequence[Job]:
        """List the jobs of a plan, newest first."""
        raise NotImplementedError

    def newest(self, plan_id: PlanId, kind: JobKind) -> Job | None:
        """Give the newest job of a kind."""
        raise NotImplementedError

    def reading(self, job_id: JobId) -> Reading:
        """Give the newest progress."""
        raise NotImplementedError

    def events(self, job_id: JobId, after: int = 0) -> Sequence[tuple[int, Event]]:
        """Give numbered events later than `after`."""
        raise NotImplementedError

    def pause(self, job_id: JobId) -> None:
        """Ask the runner to pause."""
        raise NotImplementedError

    def resume(self, job_id: JobId) -> None:
        """Ask the runner to go on."""
        raise NotImplementedError

    def stop(self, job_id: JobId) -> None:
        """Ask the runner to stop; what is finished stays."""
        raise NotImplementedError
