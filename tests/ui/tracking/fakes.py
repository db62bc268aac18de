"""Services in memory for the tracking window and the restore wizard.

Timeline and deadlines come from the real rules of the domain; only the facts are made up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from offline_backup_gui.domain.agent_seed import AgentLink, SeedLook
from offline_backup_gui.domain.clouds import SignIn, SignInMethod
from offline_backup_gui.domain.deadlines import due
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.job import (
    ENDED,
    Event,
    Job,
    JobId,
    JobKind,
    JobState,
    Phase,
    Reading,
    move,
)
from offline_backup_gui.domain.job_facts import facts_of
from offline_backup_gui.domain.orders import JobRef
from offline_backup_gui.domain.plan import DeploymentModel, Destination, Plan, PlanId, Route
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.service_job import ServiceJob
from offline_backup_gui.domain.service_status import place
from offline_backup_gui.domain.shipment import (
    KeptJob,
    Parcel,
    SealedDrive,
    ServiceFact,
    ShipmentFacts,
    Source,
    Tracking,
)
from offline_backup_gui.domain.timeline import now_you, safe_to_erase, stages, state
from offline_backup_gui.engine.receiving import Received
from offline_backup_gui.services import SERVICES, Services
from offline_backup_gui.services.azure import Azure
from offline_backup_gui.services.backups import Backups
from offline_backup_gui.services.orders import Orders
from offline_backup_gui.services.papers import Papers
from offline_backup_gui.services.planning import Planning
from offline_backup_gui.services.reminders import Reminders
from offline_backup_gui.services.restores import (
    Node,
    Opening,
    OpenRepository,
    PointView,
    Restores,
)
from offline_backup_gui.services.schedules import Schedules
from offline_backup_gui.services.shipments import Shipments
from offline_backup_gui.services.watching import Watch
from tests.fakes import FakeClock, MemoryTold, world_of
from tests.fakes_azure import CLOUD, PERSON
from tests.fakes_services import FakeFollowing
from tests.fakes_updates import FakeUpdateDoor, updates_over

NOW = datetime(2026, 6, 9, 8, 14, tzinfo=UTC)
PASSPHRASE = "otter-lamp-violin-seven-rain-harbour-slate"


def plan(
    name: str = "Branch 042",
    *,
    practice: bool = False,
    route: Route = Route.IMPORT_EXPORT,
    model: DeploymentModel = DeploymentModel.STANDALONE,
) -> Plan:
    """Give a decided plan."""
    slug = name.lower().replace(" ", "-")
    account = "/srv/practice/account" if practice else "https://contoso042.blob.core.windows.net"
    return Plan(
        name=name,
        deployment_model=model,
        route=route,
        sources=("D:/Shares", "E:/Projects"),
        destination=Destination(account, f"landing-{slug}", f"vault-{slug}"),
        drives=("F:/", "G:/", "H:/"),
        schedule_times=("21:00",),
    )


def sealed_drives(count: int = 3) -> tuple[SealedDrive, ...]:
    """Give drives as their records say."""
    return tuple(
        SealedDrive(
            drive_id=f"drive-{number}",
            serial=f"ZR5{number:02d}8KQW",
            label=f"OB-{number}",
            mount=f"{chr(ord('E') + number)}:/",
            packs=7_431 - 211 * number,
            size_bytes=7_979_104_256_000 - 226_000_000_123 * number,
            fingerprint=hashlib.blake2b(bytes([number]), digest_size=32).hexdigest(),
            sealed_at=NOW - timedelta(days=5, hours=2, minutes=number),
        )
        for number in range(1, count + 1)
    )


PARCEL = Parcel("DHL", "JD01 4600 0123 4567 8901", NOW - timedelta(days=4, hours=20))


@dataclass
class World:
    """Everything the fake services know; a test changes it and refreshes the window."""

    plans: list[Plan] = field(default_factory=list)
    facts: dict[PlanId, ShipmentFacts] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    readings: dict[JobId, Reading] = field(default_factory=dict)
    trouble: dict[str, BackupError] = field(default_factory=dict)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    arrival: dict[PlanId, dict[str, object]] = field(default_factory=dict)
    next_runs: dict[PlanId, datetime] = field(default_factory=dict)
    looks: dict[PlanId, KeptJob] = field(default_factory=dict)
    agents: dict[PlanId, SeedLook] = field(default_factory=dict)
    links: dict[PlanId, AgentLink] = field(default_factory=dict)
    signed_in: bool = False
    refs: dict[PlanId, JobRef] = field(default_factory=dict)
    answers: dict[PlanId, BackupError | None] = field(default_factory=dict)
    now: datetime = NOW
    told: MemoryTold = field(default_factory=MemoryTold)
    door: FakeUpdateDoor = field(default_factory=FakeUpdateDoor)

    def add(self, one: Plan, facts: ShipmentFacts) -> None:
        """Let a backup be there."""
        self.plans.append(one)
        self.facts[one.plan_id] = facts

    def look(self, plan_id: PlanId, job: ServiceJob, age: timedelta = timedelta()) -> None:
        """Let Azure have been asked for a plan's job."""
        self.looks[plan_id] = KeptJob(job, self.now - age, Source.AZURE)
        self.facts[plan_id] = replace(self.facts[plan_id], service=facts_of(job).service)

    def add_job(
        self,
        plan_id: PlanId,
        kind: JobKind,
        job_state: JobState = JobState.RUNNING,
        age: timedelta = timedelta(),
        **outcome: object,
    ) -> Job:
        """Let a job be there; the newest comes first in lists."""
        job = Job(
            job_id=JobId(len(self.jobs) + 1),
            plan_id=plan_id,
            kind=kind,
            state=job_state,
            created=self.now - age,
            outcome=outcome,
        )
        self.jobs.append(job)
        return job

    def finish(self, job_id: JobId, job_state: JobState, **outcome: object) -> None:
        """Let a job end."""
        self.change(job_id, job_state)
        self.jobs = [
            replace(job, outcome=outcome) if job.job_id == job_id else job for job in self.jobs
        ]

    def change(self, job_id: JobId, job_state: JobState) -> None:
        """Move a job by the rules of the domain."""
        self.jobs = [
            replace(job, state=move(job.state, job_state)) if job.job_id == job_id else job
            for job in self.jobs
        ]

    def check(self, name: str) -> None:
        """Raise what a test put in the way of a call."""
        if name in self.trouble:
            raise self.trouble[name]

    def azure_parts(self) -> dict[str, Any]:
        """Give an Azure that nobody has signed in to, unless a test puts something there."""
        return {
            "azure": FakeAzure(self),
            "following": FakeFollowing(self.refs, self.answers),
            "orders": FakeOrders(self),
        }

    def services(self) -> Services:
        """Give the services of this world."""
        # What these windows never ask for is not there, so that asking for it shows.
        nothing: dict[str, Any] = dict.fromkeys(SERVICES | {"world"})
        known = {
            "planning": FakePlanning(self),
            "backups": FakeBackups(self),
            "shipments": FakeShipments(self),
            "papers": FakePapers(self),
            "reminders": Reminders(world_of(self.told, TheirClock(self))),
            "schedules": FakeSchedules(self),
            "restores": FakeRestores(self),
            "updates": updates_over(self.door),
            **self.azure_parts(),
        }
        return Services(**{**nothing, **known})


class FakeAzure(Azure):
    def __init__(self, world: World) -> None:
        self.world = world

    def signed_in(self) -> SignIn | None:
        return SignIn(CLOUD, SignInMethod.BROWSER, account=PERSON) if self.world.signed_in else None


class FakeOrders(Orders):
    def __init__(self, world: World) -> None:
        self.world = world

    def of_plan(self, plan_id: PlanId) -> None:
        return None

    def note_status_of(self, plan_id: PlanId, status: str, at: datetime) -> bool:
        return FakeShipments(self.world).note_status(plan_id, status, at)


class TheirClock(FakeClock):
    """The time of the world, wherever a test moves it."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._given = world

    def now(self) -> datetime:
        return self._given.now


class FakeSchedules(Schedules):
    """Knows the runs the world was given."""

    def __init__(self, world: World) -> None:
        self._given = world

    def next_run(self, plan_id: PlanId) -> datetime | None:
        return self._given.next_runs.get(plan_id)


class FakePlanning(Planning):
    def __init__(self, world: World) -> None:
        self.world = world

    def plans(self) -> Sequence[Plan]:
        self.world.check("plans")
        return tuple(self.world.plans)


class FakeBackups(Backups):
    def __init__(self, world: World) -> None:
        self.world = world

    def start(self, plan_id: PlanId, kind: JobKind, **options: object) -> JobId:
        self.world.check("start")
        self.world.calls.append(("start", plan_id, kind, options))
        return self.world.add_job(plan_id, kind).job_id

    def again(self, job_id: JobId) -> None:
        self.world.check("again")
        self.world.calls.append(("again", job_id))
        self.world.change(job_id, JobState.RUNNING)

    def job(self, job_id: JobId) -> Job:
        return next(job for job in self.world.jobs if job.job_id == job_id)

    def jobs(self, plan_id: PlanId) -> Sequence[Job]:
        found = [job for job in self.world.jobs if job.plan_id == plan_id]
        return tuple(sorted(found, key=lambda job: (job.created, job.job_id), reverse=True))

    def newest(self, plan_id: PlanId, kind: JobKind) -> Job | None:
        return next((job for job in self.jobs(plan_id) if job.kind is kind), None)

    def reading(self, job_id: JobId) -> Reading:
        return self.world.readings.get(job_id, Reading())

    def events(self, job_id: JobId, after: int = 0) -> Sequence[tuple[int, Event]]:
        return ()

    def pause(self, job_id: JobId) -> None:
        self.world.calls.append(("pause", job_id))
        self.world.change(job_id, JobState.PAUSING)
        self.world.change(job_id, JobState.PAUSED)

    def resume(self, job_id: JobId) -> None:
        self.world.calls.append(("resume", job_id))
        self.world.change(job_id, JobState.RUNNING)

    def stop(self, job_id: JobId) -> None:
        self.world.calls.append(("stop", job_id))
        self.world.change(job_id, JobState.STOPPING)
        self.world.change(job_id, JobState.STOPPED)


class FakeShipments(Shipments):
    def __init__(self, world: World) -> None:
        self.world = world

    def track(self, plan_id: PlanId) -> Tracking:
        self.world.check("track")
        jobs = FakeBackups(self.world).jobs(plan_id)
        newest = jobs[0] if jobs else None
        running = newest if newest is not None and newest.state not in ENDED else None
        facts = replace(self.world.facts[plan_id], running=running, newest=newest)
        return Tracking(
            plan_id=plan_id,
            state=state(facts),
            stages=stages(facts),
            due=due(facts, self.world.now),
            now_you=now_you(facts),
            drives=facts.drives,
            parcel=facts.parcel,
            arrival=self.world.arrival.get(plan_id, {}),
            safe_to_erase=safe_to_erase(facts),
            checked_at=self.world.now,
            running=running,
            job=self.world.looks.get(plan_id),
            agent=self.world.agents.get(plan_id),
            agent_link=self.world.links.get(plan_id),
        )

    def note_status(self, plan_id: PlanId, status: str, at: datetime) -> bool:
        self.world.check("note_status")
        self.world.calls.append(("note_status", plan_id, status, at))
        fact = ServiceFact(status, at, source=Source.YOU)
        facts = self.world.facts[plan_id]
        self.world.facts[plan_id] = replace(facts, service=(*facts.service, fact))
        return place(fact) is not None

    def note_job_file(self, plan_id: PlanId, path: Path) -> None:
        self.world.check("note_job_file")
        self.world.calls.append(("note_job_file", plan_id, path))

    def ship(self, plan_id: PlanId, parcel: Parcel) -> None:
        self.world.calls.append(("ship", plan_id, parcel))
        self.world.facts[plan_id] = replace(self.world.facts[plan_id], parcel=parcel)

    def note_received(self, plan_id: PlanId, at: datetime) -> None:
        self.world.calls.append(("note_received", plan_id, at))
        facts = self.world.facts[plan_id]
        self.world.facts[plan_id] = replace(facts, received_at=at, received_source=Source.YOU)

    def receive_here(
        self, plan_id: PlanId, drives: Sequence[str], watch: Watch | None = None
    ) -> Received:
        self.world.check("receive_here")
        self.world.calls.append(("receive_here", plan_id, tuple(drives)))
        facts = self.world.facts[plan_id]
        self.world.facts[plan_id] = replace(
            facts, received_at=self.world.now, read_in_at=self.world.now
        )
        return Received()


class FakePapers(Papers):
    """Writes nothing."""

    def __init__(self, world: World) -> None:
        self.world = world

    def save(self, plan_id: PlanId, folder: Path, language: str, paper: str) -> list[Path]:
        self.world.check("save_papers")
        self.world.calls.append(("save_papers", plan_id, folder, language, paper))
        return [folder / "slip.pdf", folder / "custody.pdf", folder / "label.pdf"]

    def lacking(self, plan_id: PlanId) -> tuple[Finding, ...]:
        return (Finding(FindingCode.RETURN_ACCOUNT_MISSING, Severity.WARNING),)


# ---------------------------------------------------------------- restoring

POINTS = (
    PointView("p3", NOW - timedelta(hours=11), 51_204, 3_214_000_000_000, True, 0, ("D:/Shares",)),
    PointView("p2", NOW - timedelta(hours=35), 51_187, 3_209_000_000_000, True, 3, ("D:/Shares",)),
    PointView("p1", NOW - timedelta(days=6), 50_912, 3_187_000_000_000, False, 12, ("D:/Shares",)),
)


def _file(path: str, size_bytes: int, days: int) -> Node:
    name = path.rpartition("/")[2]
    return Node(
        path, name, False, size_bytes, NOW - timedelta(days=days, minutes=days * 37), "file"
    )


def _folder(path: str, size_bytes: int = 0) -> Node:
    return Node(path, path.rpartition("/")[2], True, size_bytes, NOW - timedelta(days=9), "folder")


TREE: dict[str, tuple[Node, ...]] = {
    "": (_folder("Projects", 1_204_000_000_000), _folder("Shares", 2_010_000_000_000)),
    "Projects": (
        _folder("Projects/Harbour bridge", 804_000_000_000),
        _folder("Projects/Museum", 400_000_000_000),
        _file("Projects/index.xlsx", 184_320, 12),
    ),
    "Projects/Harbour bridge": (
        _folder("Projects/Harbour bridge/Drawings", 600_000_000_000),
        _file("Projects/Harbour bridge/Contract signed.pdf", 4_204_311, 41),
        _file("Projects/Harbour bridge/Cost plan.xlsx", 918_204, 3),
        _file("Projects/Harbour bridge/Survey 2026-04.dwg", 203_999_995_696, 20),
    ),
    "Projects/Harbour bridge/Drawings": (),
    "Projects/Museum": (_file("Projects/Museum/Roof.dwg", 400_000_000_000, 70),),
    "Shares": (
        _folder("Shares/Accounting", 810_000_000_000),
        _folder("Shares/Scans", 1_199_000_000_000),
        _file("Shares/Telephone list.docx", 1_000_000_000, 2),
    ),
    "Shares/Accounting": (_file("Shares/Accounting/ledger.db", 810_000_000_000, 1),),
    "Shares/Scans": (_file("Shares/Scans/2026.pdf", 1_199_000_000_000, 1),),
}


class FakeRepository(OpenRepository):
    def __init__(self, world: World) -> None:
        self.world = world

    def points(self) -> Sequence[PointView]:
        return POINTS

    def children(self, point_id: str, path: str) -> Sequence[Node]:
        self.world.check("children")
        self.world.calls.append(("children", point_id, path))
        return TREE[path]

    def search(self, point_id: str, text: str, limit: int = 500) -> Sequence[Node]:
        found = [
            node
            for nodes in TREE.values()
            for node in nodes
            if text.casefold() in node.name.casefold()
        ]
        return tuple(found[:limit])


class FakeRestores(Restores):
    def __init__(self, world: World) -> None:
        self.world = world

    def open(self, opening: Opening, control: Control | None = None) -> OpenRepository:
        self.world.check("open")
        self.world.calls.append(("open", opening))
        if opening.passphrase not in (None, PASSPHRASE):
            raise BackupError(ErrorCode.PASSPHRASE_WRONG)
        return FakeRepository(self.world)

    def start(
        self,
        opening: Opening,
        point_id: str,
        to: str,
        paths: Sequence[str] = (),
        overwrite: bool = False,
    ) -> JobId:
        self.world.check("restore")
        self.world.calls.append(("restore", point_id, to, tuple(paths), overwrite))
        return self.world.add_job(PlanId("restore"), JobKind.RESTORE).job_id


COPYING = Reading(
    phase=Phase.COPY,
    files_done=31_240,
    bytes_done=1_940_000_000_000,
    files_total=51_204,
    bytes_total=3_214_000_000_000,
    scan_complete=True,
    rate_bytes_s=412_000_000,
    seconds_left=3_090,
    current="D:/Shares/Projects/Harbour bridge/Survey 2026-04.dwg",
)
