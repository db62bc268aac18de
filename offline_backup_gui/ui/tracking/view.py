"""What the tracking window says of a backup, worked out from facts; free of Qt."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from offline_backup_gui.domain.deadlines import DueWarning
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.job import CONTINUABLE, Job, JobKind
from offline_backup_gui.domain.orders import JobRef
from offline_backup_gui.domain.plan import DeploymentModel, Plan, Route
from offline_backup_gui.domain.shipment import (
    Due,
    NowYou,
    Source,
    Stage,
    StageName,
    StageStatus,
    Tracking,
    TrackingState,
)
from offline_backup_gui.services import Services
from offline_backup_gui.words import Words

# Beyond this age the line of freshness becomes a caution.
STALE_AFTER = timedelta(hours=6)


class Backup(Struct, frozen=True):
    """One backup as the window knows it. `trouble` says why `tracking` is an older one."""

    plan: Plan
    tracking: Tracking | None
    jobs: tuple[Job, ...] = ()
    trouble: BackupError | None = None
    next_run: datetime | None = None  # when the system starts the next increment, if it does
    warnings: tuple[DueWarning, ...] = ()  # deadlines that came near since the last look
    ref: JobRef | None = None  # the order or import job at Azure, when it is known
    signed_in: bool = False
    azure_trouble: BackupError | None = None  # why Azure did not answer at the newest look

    @property
    def practice(self) -> bool:
        """Say whether the account is a folder on this computer."""
        return self.plan.destination.is_folder


class ArrivalFigures(Struct, frozen=True):
    """The arrival check, parsed from its outcome; `missing` and the like name objects."""

    expected: int
    arrived: int
    damaged: tuple[str, ...]
    renamed: tuple[str, ...]
    missing: tuple[str, ...]
    repaired_bytes: int

    @property
    def complete(self) -> bool:
        """Say whether nothing is damaged or missing."""
        return not self.damaged and not self.missing


def load(services: Services, before: Sequence[Backup] = ()) -> tuple[Backup, ...]:
    """Ask the services about every backup; what does not answer keeps its last known state."""
    known = {backup.plan.plan_id: backup for backup in before}
    backups = []
    signed_in = services.azure.signed_in() is not None
    for plan in services.planning.plans():
        last = known.get(plan.plan_id)
        jobs = tuple(services.backups.jobs(plan.plan_id))
        try:
            tracking = services.shipments.track(plan.plan_id)
        except BackupError as trouble:
            backups.append(Backup(plan, last.tracking if last else None, jobs, trouble))
        else:
            at = services.schedules.next_run(plan.plan_id)
            warnings = services.reminders.fresh(plan.plan_id, tracking.due, _channel())
            backups.append(
                Backup(
                    plan,
                    tracking,
                    jobs,
                    next_run=at,
                    warnings=warnings,
                    ref=services.following.ref(plan.plan_id),
                    signed_in=signed_in,
                )
            )
    return tuple(backups)


def _channel() -> str:
    """Give the channel of this window: two people on one server are told once each."""
    return f"tray:{getpass.getuser()}"


def arrival_figures(outcome: Mapping[str, object]) -> ArrivalFigures | None:
    """Parse the outcome of an arrival check; None when there was none."""
    if "expected" not in outcome:
        return None
    return ArrivalFigures(
        expected=_count(outcome.get("expected")),
        arrived=_count(outcome.get("arrived")),
        damaged=_names(outcome.get("damaged")),
        renamed=_names(outcome.get("renamed")),
        missing=_names(outcome.get("missing")),
        repaired_bytes=_count(outcome.get("repaired_bytes")),
    )


def _count(value: object) -> int:
    """Read a number; a list counts its items."""
    if isinstance(value, int | float):
        return int(value)
    return len(value) if isinstance(value, list | tuple) else 0


def _names(value: object) -> tuple[str, ...]:
    """Read a list of names; entries that are objects name themselves by path or name."""
    if not isinstance(value, list | tuple):
        return ()
    return tuple(
        str(item.get("path") or item.get("name") or "") if isinstance(item, dict) else str(item)
        for item in value
    )


def exception_count(job: Job) -> int:
    """Give how much a run left out; its outcome lists or counts it."""
    return _count(job.outcome.get("exceptions")) + _count(job.outcome.get("differences"))


def file_count(job: Job) -> int | None:
    """Give how many files a run holds, if its outcome says so."""
    files = job.outcome.get("files")
    return int(files) if isinstance(files, int | float) else None


def continuable(backup: Backup) -> Job | None:
    """Give the newest job when it ended before its end and can go on."""
    if not backup.jobs:
        return None
    newest = backup.jobs[0]
    return newest if newest.state in CONTINUABLE else None


def runs(backup: Backup) -> tuple[Job, ...]:
    """Give the jobs that make restore points, newest first."""
    return tuple(job for job in backup.jobs if job.kind in (JobKind.COPY, JobKind.INCREMENT))


def may_check_arrival(tracking: Tracking) -> bool:
    """Say whether there is something in the landing container to check."""
    return done(tracking, StageName.RECEIVED) and not done(tracking, StageName.VAULT)


def may_move_to_vault(tracking: Tracking) -> bool:
    """Say whether the backup is proved in the landing container and not in the vault yet."""
    # Plain folders stay where they arrive: their journey has no such stage.
    has_vault = any(stage.name == StageName.VAULT for stage in tracking.stages)
    arrived = done(tracking, StageName.ARRIVED)
    return has_vault and arrived and not done(tracking, StageName.VAULT)


def may_run(tracking: Tracking) -> bool:
    """Say whether increments may run: the first backup is in the vault."""
    return done(tracking, StageName.VAULT)


def may_receive_here(backup: Backup) -> bool:
    """Say whether this computer may play the datacenter: a practice backup, sealed, not read in."""
    tracking = backup.tracking
    return (
        backup.practice
        and tracking is not None
        and done(tracking, StageName.SEALED)
        and not done(tracking, StageName.READING_IN)
    )


def marks_shipped(backup: Backup) -> bool:
    """Say whether the import job of own drives can be told that they are on their way."""
    return backup.ref is not None and backup.plan.route is Route.IMPORT_EXPORT


def _stage(tracking: Tracking, name: str) -> Stage | None:
    return next((stage for stage in tracking.stages if stage.name == name), None)


def done(tracking: Tracking, name: str) -> bool:
    """Say whether a stage is over."""
    stage = _stage(tracking, name)
    return stage is not None and stage.status is StageStatus.DONE


def by_agent(backup: Backup) -> bool:
    """Say whether an agent makes the backup data."""
    return backup.plan.deployment_model is not DeploymentModel.STANDALONE


def agent_waits(tracking: Tracking) -> str:
    """Give what the agent's console says while it waits; empty when it does not."""
    stage = _stage(tracking, StageName.VAULT)
    return stage.azure_name if stage is not None and stage.status is StageStatus.NOW else ""


# ---------------------------------------------------------------- words


def state_words(backup: Backup, words: Words) -> str:
    """Say the state of a backup."""
    state = backup.tracking.state if backup.tracking else "state.unknown"
    return words.text(state) if words.has(state) else state


def next_words(backup: Backup, words: Words) -> str:
    """Say in a few words what is to do."""
    if backup.tracking is None:
        return words.text("now.nothing.short")
    if backup.tracking.running is not None:
        return words.term("job-kind", backup.tracking.running.kind.value)
    return words.text(f"{backup.tracking.now_you or 'now.nothing'}.short")


def in_trouble(backup: Backup) -> bool:
    """Say whether the list should mark this backup."""
    tracking = backup.tracking
    if tracking is None:
        return backup.trouble is not None
    return tracking.state == TrackingState.TROUBLE or tracking.now_you in (
        NowYou.REPAIR_ARRIVAL,
        NowYou.FIX_RUN,
        NowYou.CONTINUE_COPY,
        NowYou.RESOLVE_UPLOAD,
    )


def stage_title(stage: Stage, words: Words) -> str:
    """Name a stage; an unknown one by Azure's own name."""
    return words.text(stage.name) if words.has(stage.name) else stage.azure_name or stage.name


# What was counted for an arrival is told even when it is nothing; other figures only when not.
_ALWAYS_TOLD = frozenset({"expected", "arrived", "damaged", "missing"})


def evidence_words(stage: Stage, words: Words) -> tuple[str, ...]:
    """Word the evidence of a stage: figures, a number of runs; other facts as they are."""
    if stage.name == StageName.INCREMENTS:
        return tuple(
            words.text("tracking.increments", count=int(fact)) if fact.isdigit() else fact
            for fact in stage.evidence
        )
    said = []
    for fact in stage.evidence:
        name, _, figure = fact.partition(" ")
        key = f"tracking.{name.replace('_', '-')}"
        if not (figure.isdigit() and words.has(key)):
            said.append(fact)
        elif name.endswith("bytes"):
            said.extend([f"{words.text(key)}: {words.size(int(figure))}"] if int(figure) else [])
        elif int(figure) or name in _ALWAYS_TOLD:
            said.append(f"{words.text(key)}: {words.number(int(figure))}")
    # Drives stand below one another; figures, carrier and number belong on one line.
    return tuple(said) if stage.name == StageName.SEALED or not said else (" · ".join(said),)


def known_at(tracking: Tracking) -> datetime:
    """Give since when the newest knowledge stands: the look at Azure's job, if there was one."""
    return tracking.checked_at if tracking.job is None else tracking.job.seen_at


def freshness(backup: Backup, now: datetime, words: Words) -> str:
    """Say how old the knowledge is: of Azure's job, else of what this computer knows."""
    tracking = backup.tracking
    if tracking is None:
        return ""
    kept = tracking.job
    if kept is not None and kept.source is not Source.AZURE:
        return words.text("azure-job.file-at", at=kept.seen_at)
    if kept is not None:
        return age_words(kept.seen_at, now, words, "azure-job.")
    checked = age_words(tracking.checked_at, now, words, "tracking.checked-")
    if backup.plan.destination.is_folder:
        return checked
    return words.text("azure-job.not-seen", checked=checked)


def age_words(at: datetime, now: datetime, words: Words, group: str) -> str:
    """Say how long ago something was, with the sentences of a group."""
    minutes = int((now - at).total_seconds() // 60)
    if minutes < 1:
        return words.text(f"{group}now")
    if minutes < 60:
        return words.text(f"{group}minutes", count=minutes)
    if minutes < 24 * 60:
        return words.text(f"{group}hours", count=minutes // 60)
    return words.text(f"{group}at", at=at)


def due_words(due: Due, words: Words) -> str:
    """Say how long is left."""
    if due.days_left == 0:
        return words.text("due.today")
    if due.days_left < 0:
        return words.text("due.passed", count=-due.days_left)
    return words.text("due.left", count=due.days_left)
