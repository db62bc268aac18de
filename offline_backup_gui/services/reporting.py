"""What the machine's log hears of jobs and deadlines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from offline_backup_gui.domain.errors import BackupError, Parameter
from offline_backup_gui.domain.job import Event, Job
from offline_backup_gui.domain.machine_log import OF_EVENT, OF_STATE, LogNumber
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.shipment import Due
from offline_backup_gui.services.reminders import Reminders
from offline_backup_gui.services.world import World

CHANNEL = "machine-log"
DueOf = Callable[[PlanId], Sequence[Due]]


class Reporting:
    """Writes entries; names of plans and numbers of jobs, never secrets or file names."""

    def __init__(self, world: World, reminders: Reminders, due_of: DueOf) -> None:
        self._world, self._reminders, self._due_of = world, reminders, due_of
        self._told: set[tuple[LogNumber, str]] = set()

    def started(self, job: Job) -> None:
        """A job begins, or goes on."""
        self._told = set()
        self._note(LogNumber.JOB_STARTED, job)

    def happened(self, job: Job, event: Event) -> None:
        """Something happened in a job; told when it should not wait, once for each drive."""
        number = OF_EVENT.get(event.code)
        if number is None:
            return
        about = event.parameters.get("drive")
        if (number, str(about)) not in self._told:
            self._told.add((number, str(about)))
            self._note(number, job, {"drive": about} if about else {})

    def ended(self, job: Job, trouble: BackupError | None) -> None:
        """A job ended."""
        words: dict[str, Parameter] = {"count": _exceptions(job.outcome)}
        if trouble is not None:
            words = trouble.parameters | words | {"code": trouble.code.value}
        self._note(OF_STATE.get(job.state, LogNumber.JOB_FAILED), job, words)
        self.deadlines(job.plan_id)

    def crashed(self, job: Job) -> None:
        """A job met a bug."""
        self._note(LogNumber.JOB_BUG, job)

    def deadlines(self, plan_id: PlanId) -> None:
        """Tell deadlines that came near since this was asked last."""
        kept = self._world.state.plan(plan_id)
        if kept is None or kept.practice:
            return
        try:
            due = self._due_of(plan_id)
            fresh = self._reminders.fresh(plan_id, due, CHANNEL)
        except BackupError:
            return  # what cannot be looked up now is asked again after the next job
        for warning in fresh:
            self._world.log.note(
                LogNumber.DEADLINE_NEAR,
                plan=kept.plan.name,
                what=warning.due.what,
                at=warning.due.at.isoformat(),
            )

    def _note(
        self, number: LogNumber, job: Job, words: Mapping[str, Parameter] | None = None
    ) -> None:
        kept = self._world.state.plan(job.plan_id)
        if kept is not None and kept.practice:
            return
        own: dict[str, Parameter] = {"kind": job.kind.value, "job": job.job_id}
        if kept is not None:
            own["plan"] = kept.plan.name
        self._world.log.note(number, **{**(words or {}), **own})


def _exceptions(outcome: Mapping[str, object]) -> int:
    listed = outcome.get("exceptions") or outcome.get("differences") or ()
    return len(listed) if isinstance(listed, list) else 0
