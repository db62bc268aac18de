"""Doors to what this computer remembers: plans, jobs, shipments, key files; only a cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct, field

from offline_backup_gui.domain.agent_seed import AgentLink, SeedLook
from offline_backup_gui.domain.clouds import SignIn
from offline_backup_gui.domain.job import ControlWord, Event, Job, JobId, JobKind, JobState, Reading
from offline_backup_gui.domain.mail import MailSettings
from offline_backup_gui.domain.orders import KeptOrder
from offline_backup_gui.domain.plan import Draft, Plan, PlanId
from offline_backup_gui.domain.prepared_drive import PreparedDrive
from offline_backup_gui.domain.shipment import KeptJob, Parcel, ServiceFact
from offline_backup_gui.domain.shipping import ShippingNotes


class KeptPlan(Struct, frozen=True):
    """A plan as it is kept; `repository_id` is "" until the passphrase was set."""

    plan: Plan
    repository_id: str
    practice: bool
    created: datetime


class ShipmentNotes(Struct, frozen=True):
    """What was typed in and what was proved; times are None until it happened."""

    parcel: Parcel | None = None
    received_at: datetime | None = None
    read_in_at: datetime | None = None
    arrival_checked_at: datetime | None = None
    arrival: dict[str, object] = field(default_factory=dict)
    vault_proved_at: datetime | None = None
    agent_link: AgentLink | None = None
    agent_look: SeedLook | None = None  # the newest look at the agent's vault
    typed: tuple[ServiceFact, ...] = ()  # statuses that the admin read in the portal


class PlanStore(Protocol):
    """Plans and the one draft."""

    def draft(self) -> Draft | None:
        """Give the saved draft."""

    def put_draft(self, draft: Draft | None) -> None:
        """Keep or (None) forget the draft."""

    def plans(self) -> Sequence[KeptPlan]:
        """List plans, newest first."""

    def plan(self, plan_id: PlanId) -> KeptPlan | None:
        """Give one plan."""

    def put_plan(self, kept: KeptPlan) -> None:
        """Add or replace a plan."""

    def move_plan(self, before: PlanId, kept: KeptPlan) -> None:
        """Let a plan go on under the identity it now has, with its jobs and notes."""


class JobStore(Protocol):
    """Jobs, their readings, events and control words."""

    def new_job(self, plan_id: PlanId, kind: JobKind, options: Mapping[str, object]) -> JobId:
        """Ask for a job; it waits."""

    def job(self, job_id: JobId) -> Job | None:
        """Give a job as stored."""

    def jobs(self, plan_id: PlanId) -> Sequence[Job]:
        """List jobs of a plan, newest first."""

    def set_state(
        self, job_id: JobId, state: JobState, outcome: Mapping[str, object] | None = None
    ) -> Job:
        """Move a job to a state that `domain.job` allows; MOVE_NOT_ALLOWED otherwise."""

    def put_reading(self, job_id: JobId, reading: Reading) -> None:
        """Replace the newest reading."""


class JobFeed(Protocol):
    """What window and runner tell each other."""

    def reading(self, job_id: JobId) -> Reading:
        """Give the newest reading."""

    def add_event(self, job_id: JobId, event: Event) -> None:
        """Append an event."""

    def events(self, job_id: JobId, after: int) -> Sequence[tuple[int, Event]]:
        """Give numbered events later than `after`."""

    def control(self, job_id: JobId) -> ControlWord:
        """Give what is asked of the runner."""

    def put_control(self, job_id: JobId, word: ControlWord) -> None:
        """Ask something of the runner."""


class Leases(Protocol):
    """Keeps two runners off one plan."""

    def take(self, plan_id: PlanId) -> bool:
        """Take the lease for this process; False while another living runner holds it."""

    def beat(self, plan_id: PlanId) -> None:
        """Show that this process is alive."""

    def give_back(self, plan_id: PlanId) -> None:
        """Let go."""

    def held(self, plan_id: PlanId) -> bool:
        """Say whether a living runner (this one or another) holds it."""

    def holders(self) -> Sequence[PlanId]:
        """Name whatever a living runner works on: plans, and restores without one."""


class ShipmentStore(Protocol):
    """Notes on shipments, the job of Azure that carries them, and what was told of them."""

    def notes(self, plan_id: PlanId) -> ShipmentNotes:
        """Give the notes, empty ones at first."""

    def put_notes(self, plan_id: PlanId, notes: ShipmentNotes) -> None:
        """Replace the notes."""

    def service_job(self, plan_id: PlanId) -> KeptJob | None:
        """Give the job of Azure as it was last seen."""

    def put_service_job(self, plan_id: PlanId, kept: KeptJob) -> None:
        """Keep a newer look at the job."""

    def mail(self) -> MailSettings | None:
        """Give how mails are sent; None when none are."""

    def put_mail(self, settings: MailSettings | None) -> None:
        """Keep or (None) forget how mails are sent."""

    def claim(self, plan_id: PlanId, channel: str, what: str) -> bool:
        """Take the right to tell something once; False when somebody has told it."""

    def disclaim(self, plan_id: PlanId, channel: str, what: str) -> None:
        """Give the right back: it could not be told after all."""

    def claim_due(
        self, plan_id: PlanId, channel: str, what: str, at: datetime, within: timedelta
    ) -> bool:
        """Take the right to tell once that something is due `at`.

        False when it was told of a time that is as near to it as `within`, or nearer.
        """

    def disclaim_due(
        self, plan_id: PlanId, channel: str, what: str, at: datetime, within: timedelta
    ) -> None:
        """Give that right back: it could not be told after all."""


class OrderStore(Protocol):
    """Orders as this computer remembers them, and how it signs in to Azure; no secret."""

    def orders(self) -> Sequence[KeptOrder]:
        """List every order, oldest first."""

    def put_order(self, order: KeptOrder) -> None:
        """Write an order down, on the disk before this returns."""

    def sign_in(self) -> SignIn | None:
        """Give how this computer signs in."""

    def put_sign_in(self, sign_in: SignIn | None) -> None:
        """Keep or (None) forget how this computer signs in."""


class PreparedStore(Protocol):
    """Own drives that are ready for an import job (without their keys), and what papers tell."""

    def prepared(self, plan_id: PlanId) -> Sequence[PreparedDrive]:
        """List the prepared drives of a plan by serial."""

    def put_prepared(self, plan_id: PlanId, drive: PreparedDrive) -> None:
        """Add a drive, or replace what is known of the same serial."""

    def forget_prepared(self, plan_id: PlanId, serial: str) -> None:
        """Take a drive out; no trouble when it is not there."""

    def shipping(self, plan_id: PlanId) -> ShippingNotes:
        """Give what is kept for the papers of a plan, empty notes at first."""

    def put_shipping(self, plan_id: PlanId, notes: ShippingNotes) -> None:
        """Replace what is kept for the papers."""


class KeyFiles(Protocol):
    """Repository record and key slots, by object name; they hold no secret."""

    def key_files(self, repository_id: str) -> dict[str, bytes]:
        """Give the files of a repository."""

    def put_key_file(self, repository_id: str, name: str, data: bytes) -> None:
        """Add or replace one."""

    def folder_drives(self) -> list[str]:
        """List the folders that stand for drives."""

    def add_folder_drive(self, path: str) -> None:
        """Remember a folder that stands for a drive."""


class State(
    PlanStore,
    JobStore,
    JobFeed,
    Leases,
    ShipmentStore,
    OrderStore,
    PreparedStore,
    KeyFiles,
    Protocol,
):
    """All of it; one SQLite file."""
