"""Where the shipment is, what is due, who acts next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from offline_backup_gui.domain import deadlines, timeline
from offline_backup_gui.domain.agent_seed import HALTED
from offline_backup_gui.domain.book import Home, HomeState
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import ENDED, Job, JobKind, JobState
from offline_backup_gui.domain.job_facts import facts_of, route_of, ships
from offline_backup_gui.domain.plan import PlanId, Route
from offline_backup_gui.domain.service_job import ServiceJob
from offline_backup_gui.domain.service_status import place
from offline_backup_gui.domain.shipment import (
    Due,
    KeptJob,
    Parcel,
    SealedDrive,
    ServiceFact,
    ShipmentFacts,
    Source,
    Stage,
    StageStatus,
    Tracking,
)
from offline_backup_gui.domain.state import KeptPlan, ShipmentNotes
from offline_backup_gui.engine.receiving import Received, receive
from offline_backup_gui.formats.record import drive_record_name, moment, read_drive_record
from offline_backup_gui.services.backups import Backups
from offline_backup_gui.services.job_views import read_views
from offline_backup_gui.services.keys import assert_same_repository
from offline_backup_gui.services.mirrors import Mirrors
from offline_backup_gui.services.seals import newest_seal, since
from offline_backup_gui.services.watching import Watch, watched
from offline_backup_gui.services.world import World

__all__ = [
    "Due",
    "Parcel",
    "SealedDrive",
    "Shipments",
    "Source",
    "Stage",
    "StageStatus",
    "Tracking",
]

_SUCCESS = (JobState.DONE, JobState.EXCEPTIONS)


class Shipments:
    """Timeline, deadlines and facts typed in by hand."""

    def __init__(self, world: World, backups: Backups, mirrors: Mirrors) -> None:
        self._world, self._backups, self._mirrors = world, backups, mirrors

    # --- where it is

    def track(self, plan_id: PlanId) -> Tracking:
        """Give the newest known state of one backup."""
        kept = self._kept(plan_id)
        facts = self.facts(kept)
        notes = self._world.state.notes(plan_id)
        now = self._world.clock.now()
        next_step = timeline.now_you(facts)
        return Tracking(
            plan_id=plan_id,
            state=timeline.state(facts).value,
            stages=timeline.stages(facts),
            due=deadlines.due(facts, now),
            now_you=None if next_step is None else next_step.value,
            drives=facts.drives,
            parcel=notes.parcel,
            arrival=notes.arrival,
            safe_to_erase=timeline.safe_to_erase(facts),
            checked_at=now,
            running=facts.running,
            job=self._world.state.service_job(plan_id),
            agent=notes.agent_look,
            agent_link=notes.agent_link,
        )

    def facts(self, kept: KeptPlan) -> ShipmentFacts:
        """Gather everything known of a plan's shipment."""
        plan_id = kept.plan.plan_id
        notes, jobs = self._world.state.notes(plan_id), self._backups.jobs(plan_id)
        increments = [
            job for job in jobs if job.kind is JobKind.INCREMENT and job.state in _SUCCESS
        ]
        arrival = notes.arrival
        figures = tuple(
            (name, value if isinstance(value, int) else len(value))
            for name, value in arrival.items()
            if isinstance(value, int | list) and not isinstance(value, bool)
        )
        known = self._from_azure(kept, notes)
        return replace(
            known,
            route=kept.plan.route,
            deployment_model=kept.plan.deployment_model,
            as_is=kept.plan.as_is,
            practice=kept.practice or kept.plan.destination.is_folder,
            drives=self.sealed_drives(kept),
            running=next((job for job in jobs if job.state not in ENDED), None),
            newest=_newest_of_interest(jobs),
            parcel=notes.parcel or known.parcel,
            parcel_source=Source.YOU if notes.parcel else known.parcel_source,
            received_at=notes.received_at,
            read_in_at=notes.read_in_at,
            arrival_checked_at=notes.arrival_checked_at,
            arrival_complete=bool(arrival.get("complete")),
            arrival_figures=figures,
            vault_proved_at=notes.vault_proved_at,
            recovery_point_at=notes.agent_look.proved_at if notes.agent_look else None,
            agent_linked=notes.agent_link is not None,
            agent_halted=notes.agent_look is not None and notes.agent_look.state in HALTED,
            increments=len(increments),
            increment_at=increments[0].created if increments else None,
        )

    def _from_azure(self, kept: KeptPlan, notes: ShipmentNotes) -> ShipmentFacts:
        """Give what the job of Azure says; what was typed counts from the last look at it on."""
        look = self._world.state.service_job(kept.plan.plan_id)
        if look is None:
            return ShipmentFacts(service=notes.typed)
        facts = facts_of(look.job)
        later = tuple(fact for fact in notes.typed if fact.at and fact.at > look.seen_at)
        return replace(facts, service=facts.service + later)

    def _kept(self, plan_id: PlanId) -> KeptPlan:
        kept = self._world.state.plan(plan_id)
        if kept is None:
            raise BackupError(ErrorCode.PLAN_NOT_FOUND, name=plan_id)
        return kept

    def sealed_drives(self, kept: KeptPlan) -> tuple[SealedDrive, ...]:
        """Give the drives of a plan as their records say."""
        if kept.plan.travels_as_is:
            return self._mirrors.sealed_drives(kept.plan)
        if not kept.repository_id:
            return ()
        book = self._world.book(kept.repository_id)
        return tuple(
            _sealed_drive(home) for home in book.homes() if home.state is not HomeState.LOST
        )

    # --- what Azure says

    def note_job(self, plan_id: PlanId, job: ServiceJob, source: Source = Source.AZURE) -> None:
        """Keep a look at the plan's job. VALUE_NOT_UNDERSTOOD when it carries no drives to Azure,
        or another route's."""
        kept = self._kept(plan_id)
        own = kept.plan.route is Route.IMPORT_EXPORT
        if not ships(job) or own != (route_of(job) is Route.IMPORT_EXPORT):
            told = job.name or job.resource_type
            raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="job", value=told)
        now = self._world.clock.now()
        self._world.state.put_service_job(plan_id, KeptJob(job, now, source))

    def note_job_file(self, plan_id: PlanId, path: Path) -> None:
        """Keep a job that was saved as a file; of several, the one that fits the plan's route.

        AZURE_ANSWER_UNREADABLE; JOB_OF_ANOTHER_PLAN when none or more than one fits.
        """
        route = self._kept(plan_id).plan.route
        jobs = [view.job for view in read_views(path, self._world.clock.now()).views]
        own = route is Route.IMPORT_EXPORT
        fitting = [
            job for job in jobs if ships(job) and own == (route_of(job) is Route.IMPORT_EXPORT)
        ]
        if len(fitting) != 1:
            raise BackupError(ErrorCode.JOB_OF_ANOTHER_PLAN, name=path.name)
        self.note_job(plan_id, fitting[0], Source.YOU)

    def note_status(self, plan_id: PlanId, status: str, at: datetime) -> bool:
        """Note a status that was read in the portal; say whether it is a word we know."""
        self._kept(plan_id)
        state = self._world.state
        notes, fact = state.notes(plan_id), ServiceFact(status, at, source=Source.YOU)
        typed = sorted((*notes.typed, fact), key=lambda one: one.at or at)
        state.put_notes(plan_id, replace(notes, typed=tuple(typed)))
        return place(fact) is not None

    # --- what the admin says

    def ship(self, plan_id: PlanId, parcel: Parcel) -> None:
        """Note that the drives left."""
        self._kept(plan_id)
        state = self._world.state
        state.put_notes(plan_id, replace(state.notes(plan_id), parcel=parcel))

    def note_received(self, plan_id: PlanId, at: datetime) -> None:
        """Note by hand that the datacenter has the drives."""
        self._kept(plan_id)
        state = self._world.state
        state.put_notes(plan_id, replace(state.notes(plan_id), received_at=at))

    def receive_here(
        self, plan_id: PlanId, drives: Sequence[str], watch: Watch | None = None
    ) -> Received:
        """Practice: read the drives into the landing container, as the datacenter would."""
        kept = self._kept(plan_id)
        if kept.plan.travels_as_is:
            raise BackupError(ErrorCode.NOT_FOR_THIS_PLAN, job="receive", plan=kept.plan.name)
        names = kept.plan.destination
        mounts = list(drives) or [drive.mount for drive in self.sealed_drives(kept)]
        landing = self._world.account(kept.plan).container(names.landing, create=True)
        stores = [self._world.open_drive(mount, names.landing) for mount in mounts]
        for store in (*stores, landing):
            assert_same_repository(store, kept.repository_id)
        received = receive(
            watched(watch or Watch(), self._world.clock, self._world.files), stores, landing
        )
        state, now = self._world.state, self._world.clock.now()
        notes = state.notes(plan_id)
        sealed_at = newest_seal(self._world.book(kept.repository_id))
        received_at = since(notes.received_at, sealed_at) or now
        state.put_notes(plan_id, replace(notes, received_at=received_at, read_in_at=now))
        return received


def _newest_of_interest(jobs: Sequence[Job]) -> Job | None:
    """Give the newest job that moves the shipment; a restore does not."""
    return next((job for job in jobs if job.kind is not JobKind.RESTORE), None)


def _sealed_drive(home: Home) -> SealedDrive:
    """Read what the admin sees from a drive's record; an open drive has none yet."""
    drive = SealedDrive(home.home, home.serial, home.label, home.mount, 0, 0, "", None)
    if home.state is not HomeState.SEALED or not home.record:
        return drive
    record = read_drive_record(home.record, drive_record_name(home.home))
    return replace(
        drive,
        packs=sum(1 for line in record.objects if line.name.startswith("packs/")),
        size_bytes=sum(line.size for line in record.objects),
        fingerprint=record.check,
        sealed_at=moment(record.sessions[-1].finished),
    )
