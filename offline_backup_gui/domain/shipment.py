"""What a shipment is: its stages, deadlines, parcel and the facts they are derived from.

The rules over these facts live beside: `timeline` (stages, who acts next, safe to erase) and
`deadlines` (what is due when). All times are aware and in UTC.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.agent_seed import AgentLink, SeedLook
from offline_backup_gui.domain.job import Job, JobKind
from offline_backup_gui.domain.plan import DeploymentModel, PlanId, Route
from offline_backup_gui.domain.service_job import ServiceJob


class Source(StrEnum):
    """Who says so."""

    AZURE = "azure"
    CARRIER = "carrier"
    AGENT = "agent"
    YOU = "you"
    PROGRAM = "program"


class StageStatus(StrEnum):
    """How far a stage is."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    TROUBLE = "trouble"


class StageName(StrEnum):
    """Every stage a timeline can have, as words keys; the first four are Data Box orders only."""

    ORDERED = "stage.ordered"
    PREPARED = "stage.prepared"
    DISPATCHED = "stage.dispatched"
    DELIVERED = "stage.delivered"
    SEALED = "stage.sealed"
    SENT = "stage.sent"
    RECEIVED = "stage.received"
    READING_IN = "stage.reading-in"
    ARRIVED = "stage.arrived"
    VAULT = "stage.vault"
    INCREMENTS = "stage.increments"


class DueName(StrEnum):
    """Every deadline, as words keys."""

    TRACKING_NUMBER = "due.tracking-number"
    DRIVES_ARRIVE = "due.drives-arrive"
    REVIEW_ERRORS = "due.review-errors"
    JOB_HISTORY = "due.job-history"
    RETURN_DEVICE = "due.return-device"
    ORDER_UNSERVED = "due.order-unserved"


class NowYou(StrEnum):
    """What the admin has to do next, as words keys; one at most at a time."""

    COPY = "now.copy"
    CONTINUE_COPY = "now.continue-copy"
    FIX_RUN = "now.fix-run"
    COPY_TO_DEVICE = "now.copy-to-device"
    SHIP = "now.ship"
    SHIP_DEVICE = "now.ship-device"
    FETCH_DEVICE = "now.fetch-device"
    BRING_DEVICE = "now.bring-device"
    ENTER_TRACKING = "now.enter-tracking"
    NOTE_RECEIVED = "now.note-received"
    RECEIVE_HERE = "now.receive-here"
    RESOLVE_UPLOAD = "now.resolve-upload"
    REVIEW_ERRORS = "now.review-errors"
    LOOK_FOR_DRIVE = "now.look-for-drive"
    DEVICES_LOST = "now.devices-lost"
    CHECK_ARRIVAL = "now.check-arrival"
    REPAIR_ARRIVAL = "now.repair-arrival"
    NAME_VAULT = "now.name-vault"
    LOOK_AT_AGENT = "now.look-at-agent"
    MOVE_TO_VAULT = "now.move-to-vault"
    RUN_INCREMENT = "now.run-increment"


class TrackingState(StrEnum):
    """The state of one backup in the list at the left, as words keys."""

    ORDERED = "state.ordered"
    PREPARING = "state.preparing"
    COPYING = "state.copying"
    SEALED = "state.sealed"
    TRAVELLING = "state.travelling"
    RECEIVED = "state.received"
    READING_IN = "state.reading-in"
    READ_IN = "state.read-in"
    ARRIVED = "state.arrived"
    WAITING_FOR_AGENT = "state.waiting-for-agent"
    IN_VAULT = "state.in-vault"
    PROTECTED = "state.protected"
    TROUBLE = "state.trouble"


class Stage(Struct, frozen=True):
    """One stage of the timeline. `name` is a StageName; `evidence` plain facts, no sentences."""

    name: str
    azure_name: str
    status: StageStatus
    time: datetime | None
    source: Source
    evidence: tuple[str, ...] = ()


class Due(Struct, frozen=True):
    """A deadline. `what` is a DueName; `days_left` as `deadlines.days_left` counts."""

    what: str
    at: datetime
    days_left: int


class SealedDrive(Struct, frozen=True):
    """A drive as its record says: packs, bytes, fingerprint (hex) and when it was sealed.

    Where files travel as they are, `packs` counts files.
    """

    drive_id: str
    serial: str
    label: str
    mount: str
    packs: int
    size_bytes: int
    fingerprint: str
    sealed_at: datetime | None
    manifest: str = ""  # MD5 of its drive manifest in Base16, where the seal itself names it

    @property
    def carries_files(self) -> bool:
        """Say whether files are on it as they are; only the seal of such a drive is a manifest."""
        return bool(self.manifest)


class Parcel(Struct, frozen=True):
    """What the admin entered when the drives left."""

    carrier: str
    tracking_number: str
    shipped_at: datetime


class KeptJob(Struct, frozen=True):
    """The job of Azure that belongs to a plan, as it was last seen, and who showed it."""

    job: ServiceJob
    seen_at: datetime
    source: Source


class Tracking(Struct, frozen=True):
    """Everything the tracking window shows of one backup.

    `state` is a TrackingState, `now_you` a NowYou or None.
    """

    plan_id: PlanId
    state: str
    stages: tuple[Stage, ...]
    due: tuple[Due, ...]
    now_you: str | None
    drives: tuple[SealedDrive, ...]
    parcel: Parcel | None
    arrival: dict[str, object]
    safe_to_erase: bool
    checked_at: datetime
    running: Job | None
    job: KeptJob | None = None  # the newest look at the job of Azure
    agent: SeedLook | None = None  # the newest look at the agent's vault
    agent_link: AgentLink | None = None  # that vault, and the server's name in it


class ServiceFact(Struct, frozen=True):
    """What Azure said of the job: a status or the name of a stage, unchanged, and when.

    `progress` is the stageStatus when it is a stage; `at` None when Azure gave no time.
    """

    status: str
    at: datetime | None
    progress: str = ""
    source: Source = Source.AZURE  # or YOU, when it was read in the portal and typed
    by_customer: bool = False  # picked up by the customer, who ships himself


class ShipmentFacts(Struct, frozen=True):
    """Everything known of one shipment; the timeline and the deadlines follow from it alone.

    A time is None until the thing happened. `service` keeps every status Azure reported, oldest
    first. `recovery_point_at` is the agents' proof, `vault_proved_at` the Standalone proof; plain
    folders are proved by a complete arrival.
    """

    route: Route = Route.IMPORT_EXPORT
    deployment_model: DeploymentModel = DeploymentModel.STANDALONE
    as_is: bool = False  # plain folders: the account is where they stay
    practice: bool = False
    drives: tuple[SealedDrive, ...] = ()
    running: Job | None = None
    newest: Job | None = None
    # what you and the carrier said
    parcel: Parcel | None = None
    parcel_source: Source = Source.YOU
    delivered_at: datetime | None = None
    received_at: datetime | None = None
    received_source: Source = Source.YOU
    # what Azure said: an import job (own drives) or an order (Data Box)
    service: tuple[ServiceFact, ...] = ()
    job_created_at: datetime | None = None
    job_numbered: bool = False  # Azure has carrier and tracking number
    drives_missing: tuple[str, ...] = ()  # serials that were not in the parcel
    devices_lost: bool = False  # all of the order, as Azure says
    filled: tuple[str, ...] = ()  # drives and manifests, of a job that no plan here belongs to
    # what the program proved
    read_in_at: datetime | None = None
    arrival_checked_at: datetime | None = None
    arrival_complete: bool = False
    arrival_figures: tuple[tuple[str, int], ...] = ()  # ("expected", 12), ("damaged", 1) ...
    vault_proved_at: datetime | None = None
    recovery_point_at: datetime | None = None
    agent_linked: bool = True  # somebody said which vault an agent's backup goes to
    agent_halted: bool = False  # its newest job did not succeed, or a data source is gone
    increments: int = 0
    increment_at: datetime | None = None

    @property
    def sealed_at(self) -> datetime | None:
        """Give when the last drive was sealed; None while any is not, or when there is none."""
        times = [drive.sealed_at for drive in self.drives if drive.sealed_at is not None]
        if not times or len(times) < len(self.drives):
            return None
        return max(times)

    def of_newest_journey(self) -> ShipmentFacts:
        """Leave out what belongs to an earlier journey of the drives.

        A copy that came after a proof brought data which that proof never saw. Proofs carry this
        computer's own times; what people and carriers typed may be off by a day.
        """
        sealed = [drive.sealed_at for drive in self.drives if drive.sealed_at is not None]
        copying = self.newest is not None and self.newest.kind is JobKind.COPY
        if self.drives and (not sealed or (copying and self.sealed_at is None)):
            return replace(
                self,
                parcel=None,
                received_at=None,
                read_in_at=None,
                arrival_checked_at=None,
                arrival_complete=False,
                vault_proved_at=None,
                recovery_point_at=None,
            )
        if not sealed:
            return self
        since, typed = max(sealed), max(sealed) - timedelta(days=1)
        kept = self
        if self.parcel is not None and self.parcel.shipped_at < typed:
            kept = replace(kept, parcel=None)
        if self.received_at is not None and self.received_at < typed:
            kept = replace(kept, received_at=None)
        if self.read_in_at is not None and self.read_in_at < since:
            kept = replace(kept, read_in_at=None)
        if self.arrival_checked_at is not None and self.arrival_checked_at < since:
            kept = replace(kept, arrival_checked_at=None, arrival_complete=False)
        if self.vault_proved_at is not None and self.vault_proved_at < since:
            kept = replace(kept, vault_proved_at=None)
        if self.recovery_point_at is not None and self.recovery_point_at < since:
            kept = replace(kept, recovery_point_at=None)
        return kept
