"""Services in memory for the wizard's pages: quick, without threads, each step under control."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from offline_backup_gui.adapters.drives.hints import Hints
from offline_backup_gui.domain.agent_writing import Writing
from offline_backup_gui.domain.agents import AgentsFound
from offline_backup_gui.domain.device_layout import Layout
from offline_backup_gui.domain.drive import Bus, Drive, Encryption, Health
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.fitness import judge_all
from offline_backup_gui.domain.job import (
    Event,
    Job,
    JobId,
    JobKind,
    JobState,
    Lane,
    Phase,
    Reading,
    move,
)
from offline_backup_gui.domain.orders import JobRef, OwnDrive
from offline_backup_gui.domain.plan import Destination, Draft, Measurement, Plan, PlanId
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.prepared_drive import PreparedDrive, prepared_drive
from offline_backup_gui.domain.preparing import PrepareStep
from offline_backup_gui.domain.shipment import Parcel, SealedDrive, Tracking, TrackingState
from offline_backup_gui.domain.shipping import Code, Postal, Site
from offline_backup_gui.domain.staging import PlaceLook, StagingReport
from offline_backup_gui.domain.staging_watch import StagedFile, StagingSample
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.formats.recovery_code import lines_of
from offline_backup_gui.services import SERVICES, Services
from offline_backup_gui.services.agents import AgentSearch
from offline_backup_gui.services.backups import Backups
from offline_backup_gui.services.devices import DeviceCheck, Devices
from offline_backup_gui.services.drives import DriveListing, DriveNeed, Drives
from offline_backup_gui.services.following import Following
from offline_backup_gui.services.import_jobs import ImportAnswers, ImportJobs
from offline_backup_gui.services.mirrors import Mirrors
from offline_backup_gui.services.orders import Orders
from offline_backup_gui.services.papers import Papers
from offline_backup_gui.services.planning import Planning
from offline_backup_gui.services.preparations import Preparations
from offline_backup_gui.services.preparing import Preparing, ReadyDrive
from offline_backup_gui.services.protection import Protection, RecoveryKit
from offline_backup_gui.services.reminders import Reminders
from offline_backup_gui.services.restores import Restores
from offline_backup_gui.services.schedules import Schedules
from offline_backup_gui.services.shipments import Shipments
from offline_backup_gui.services.sites import Sites, WayThere
from offline_backup_gui.services.staging import Staging
from offline_backup_gui.services.watching import Watch
from tests.fakes import FakeClock, MemoryTold, world_of
from tests.fakes_azure import AzureInMemory
from tests.fakes_updates import FakeUpdateDoor, updates_over

GB, TB = 10**9, 10**12
NOW = datetime(2026, 6, 3, 14, 10, tzinfo=UTC)
REPOSITORY = "4f0c9a1be27d5580"
PRACTICE_ACCOUNT = "/var/lib/offline-backup/practice/account"


def drive(serial: str, mount: str, size: int, **more: object) -> Drive:
    """Make a healthy drive, empty unless told."""
    facts: dict[str, object] = {
        "model": "Seagate IronWolf",
        "bus": Bus.SATA,
        "free_bytes": size,
        "mounts": (mount,) if mount else (),
        "device": f"disk-{serial}",
        "health": Health.GOOD,
        "encryption": Encryption.UNLOCKED,
    }
    return Drive(serial=serial, size_bytes=size, **{**facts, **more})  # type: ignore[arg-type]


def office_drives() -> tuple[Drive, ...]:
    """Give what may hang on a branch server: good drives and every kind of unusable one."""
    return (
        drive("ZR5A1K2F", "E:\\", 8 * TB, label="BACKUP-1"),
        drive("ZR5A1M7Q", "F:\\", 8 * TB, label="BACKUP-2"),
        drive(
            "WD-WX31D",
            "G:\\",
            4 * TB,
            model="WD Elements",
            bus=Bus.USB,
            free_bytes=int(3.1 * TB),
            label="Archive",
            health=Health.UNKNOWN,
            first_folders=("Photos", "Old projects"),
        ),
        drive("S5GXNF0R", "C:\\", 960 * GB, model="Samsung PM883", is_system=True, label="System"),
        drive("PHYF9021", "D:\\", 4 * TB, model="Intel S4510", label="Data"),
        drive(
            "20240117", "H:\\", 64 * GB, model="Kingston DataTraveler", bus=Bus.USB, removable=True
        ),
        drive(
            "ST2000NM",
            "",
            2 * TB,
            model="Seagate Exos",
            encryption=Encryption.LOCKED,
            health=Health.FAILING,
        ),
    )


class FakePlanning(Planning):
    """Keeps a draft and plans; sizes come from a table."""

    def __init__(self, draft: Draft) -> None:
        self.last_draft = draft
        self.saved: list[Draft] = []
        self.decided: list[Plan] = []
        self.kept_plans: list[KeptPlan] = []
        self.secrets: dict[str, str] = {}
        self.refuse: BackupError | None = None
        self.sizes: dict[str, Measurement] = {}
        self.checked: tuple[Finding, ...] = ()

    def measure(
        self,
        sources: Sequence[str],
        exclude: Sequence[str],
        on_measurement: Callable[[Measurement], None],
        control: Control,
    ) -> Measurement:
        found = self.sizes.get(sources[0])
        if found is None:
            raise BackupError(ErrorCode.SOURCE_MISSING, path=sources[0])
        on_measurement(replace(found, size_bytes=found.size_bytes // 2, complete=False))
        control.checkpoint()
        return found

    def draft(self) -> Draft:
        return self.last_draft

    def save_draft(self, draft: Draft) -> None:
        self.saved.append(draft)
        self.last_draft = draft

    def discard_draft(self) -> None:
        self.last_draft = Draft()

    def decide(self, draft: Draft) -> Plan:
        if self.refuse is not None:
            raise self.refuse
        assert draft.deployment_model is not None
        assert draft.route is not None
        plan = Plan(
            draft.name,
            draft.deployment_model,
            draft.route,
            draft.sources,
            Destination(draft.account, draft.landing, draft.vault),
            draft.exclude,
            draft.drives,
            draft.schedule_times,
        )
        self.decided.append(plan)
        return plan

    def plans(self) -> Sequence[Plan]:
        return tuple(self.decided)

    def plan(self, plan_id: PlanId) -> Plan:
        return next(plan for plan in self.decided if plan.plan_id == plan_id)

    def check(self, plan: Plan, mounts: Sequence[str] | None = None) -> Sequence[Finding]:
        return self.checked

    def practice_account(self) -> str:
        return PRACTICE_ACCOUNT

    def keep(self, plan: Plan, *, repository_id: str = "", practice: bool = False) -> KeptPlan:
        kept = KeptPlan(plan, repository_id, practice, NOW)
        self.kept_plans.append(kept)
        return kept

    def keep_access(
        self, account: str, *, sas: str | None = None, connection_string: str | None = None
    ) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.secrets[account] = sas or connection_string or ""

    def draft_from(self, plan: Plan) -> Draft:
        return self.last_draft


class FakeDrives(Drives):
    """Lists given drives, judged by the real rules."""

    def __init__(self, drives: Sequence[Drive]) -> None:
        self.attached = list(drives)
        self.released: list[str] = []
        self.in_use: tuple[Finding, ...] = ()
        self.stale = False
        self.heard = Hints()

    def listing(self, need: DriveNeed) -> DriveListing:
        return DriveListing(judge_all(self.attached, need), self.stale)

    def hints(self) -> Hints:
        return self.heard

    def add_folder(self, path: str, size_bytes: int | None = None) -> Drive:
        size = size_bytes or 500 * GB
        added = drive(
            f"folder-{len(self.attached)}",
            path,
            size,
            model="",
            bus=Bus.FOLDER,
            health=Health.UNKNOWN,
        )
        self.attached.append(added)
        return added

    def release(self, mount: str) -> Sequence[Finding]:
        if not self.in_use:
            self.released.append(mount)
        return self.in_use


class FakeProtection(Protection):
    """Hands out a fixed kit; passphrases are only looked at."""

    LINES = lines_of(hashlib.sha1(b"a kit for pictures").digest())
    lasts = True

    def __init__(self) -> None:
        self.saved: list[Path] = []
        self.open: list[Finding] = []
        self.bound: dict[PlanId, str] = {}
        self.created: list[str] = []

    def new_passphrase(self) -> str:
        return "otter lamp violin seven rain harbour slate"

    def weakness(self, passphrase: str) -> str | None:
        return "passphrase.short" if len(passphrase) < 12 else None

    def create(self, passphrase: str) -> str:
        self.created.append(passphrase)
        return REPOSITORY

    def new_kit(self, repository_id: str) -> RecoveryKit:
        return RecoveryKit(repository_id, self.LINES)

    def save_kit(self, kit: RecoveryKit, title: str, path: Path, **_more: object) -> None:
        path.write_bytes(b"%PDF-1.4")
        self.saved.append(path)

    def left_open(self, paths: Sequence[Path]) -> list[Finding]:
        return list(self.open)

    def bind(self, plan: Plan, repository_id: str) -> None:
        self.bound[plan.plan_id] = repository_id

    def repository_of(self, plan: Plan) -> str:
        return self.bound.get(plan.plan_id, "")


class FakeBackups(Backups):
    """One job that takes its next reading each time it is asked."""

    def __init__(self, script: Sequence[Reading] = (), *, ends: JobState = JobState.DONE) -> None:
        self.script = list(script)
        self.ends = ends
        self.current = script[0] if script else Reading()
        self.now: Job | None = None
        self.told: list[tuple[int, Event]] = []
        self.asked: list[str] = []
        self.outcome: dict[str, object] = {}

    def start(self, plan_id: PlanId, kind: JobKind, **options: object) -> JobId:
        self.asked.append("start")
        self.now = Job(JobId(7), plan_id, kind, JobState.RUNNING, NOW, dict(options))
        return JobId(7)

    def again(self, job_id: JobId) -> None:
        self.asked.append("again")
        self.become(JobState.RUNNING)

    def job(self, job_id: JobId) -> Job:
        assert self.now is not None
        return self.now

    def jobs(self, plan_id: PlanId) -> Sequence[Job]:
        return (self.now,) if self.now else ()

    def newest(self, plan_id: PlanId, kind: JobKind) -> Job | None:
        return self.now

    def reading(self, job_id: JobId) -> Reading:
        if self.now is not None and self.now.state is JobState.RUNNING and self.script:
            self.current = self.script.pop(0)
            if not self.script:
                self.become(self.ends)
        return self.current

    def events(self, job_id: JobId, after: int = 0) -> Sequence[tuple[int, Event]]:
        return tuple(item for item in self.told if item[0] > after)

    def tell(self, code: str, **parameters: str | int) -> None:
        """Let something happen."""
        self.told.append((len(self.told) + 1, Event(NOW, code, {**parameters})))

    def become(self, state: JobState) -> None:
        """Put the job into a state, by the real rules."""
        assert self.now is not None
        told = (JobState.DONE, JobState.EXCEPTIONS, JobState.INTERRUPTED)
        outcome = self.outcome if state in told else {}
        self.now = replace(self.now, state=move(self.now.state, state), outcome=outcome)

    def pause(self, job_id: JobId) -> None:
        self.asked.append("pause")
        self.become(JobState.PAUSING)
        self.become(JobState.PAUSED)

    def resume(self, job_id: JobId) -> None:
        self.asked.append("resume")
        self.become(JobState.RUNNING)

    def stop(self, job_id: JobId) -> None:
        self.asked.append("stop")
        self.become(JobState.STOPPING)
        self.become(JobState.STOPPED)


class FakeShipments(Shipments):
    """Two sealed drives and what was noted."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []

    def track(self, plan_id: PlanId) -> Tracking:
        parcel = self.parcels[-1] if self.parcels else None
        return Tracking(
            plan_id=plan_id,
            state=TrackingState.SEALED,
            stages=(),
            due=(),
            now_you=None,
            drives=sealed_drives(),
            parcel=parcel,
            arrival={},
            safe_to_erase=False,
            checked_at=NOW,
            running=None,
        )

    def ship(self, plan_id: PlanId, parcel: Parcel) -> None:
        self.parcels.append(parcel)


class FakePreparations(Preparations):
    """Two drives are ready; what is written is remembered."""

    def __init__(self) -> None:
        self.drives = [prepared_drive(f"ZR{number}", f"{number:032X}") for number in (1, 2)]
        self.written: list[Path] = []

    def of(self, plan_id: PlanId) -> list[PreparedDrive]:
        return self.drives

    def write_form(self, plan_id: PlanId, path: Path) -> None:
        self.written.append(path)

    def job_drives(self, plan_id: PlanId) -> tuple[tuple[OwnDrive, ...], dict[str, str]]:
        raise BackupError(ErrorCode.BITLOCKER_KEY_MISSING, drive="ZR2")

    def hand_in(self, plan_id: PlanId, folder: Path) -> list[Path]:
        raise BackupError(ErrorCode.BITLOCKER_KEY_MISSING, drive="ZR2")


class FakeMirrors(Mirrors):
    """Foresees what it was told to."""

    def __init__(self) -> None:
        self.foreseen: list[Finding] = []

    def predict(self, plan: Plan) -> list[Finding]:
        return self.foreseen


class FakePapers(Papers):
    """Writes nothing and remembers what it was asked for."""

    def __init__(self) -> None:
        self.written: list[Path] = []

    def save(self, plan_id: PlanId, folder: Path, language: str, paper: str) -> list[Path]:
        self.written = [
            folder / f"{name}.pdf" for name in ("packing-slip", "custody", "address-label")
        ]
        return self.written


class FakeSites(Sites):
    """Knows one way, and where Azure sends drives when it is asked."""

    def __init__(self) -> None:
        self.known = WayThere(codes={Code.INBOUND_ID: ""})
        self.noted: dict[Code, str] = {}
        self.answer: Site | BackupError = Site(Postal(("Datacenter", "1 Way")))

    def way(self, plan_id: PlanId) -> WayThere:
        return self.known

    def note_codes(self, plan_id: PlanId, codes: Mapping[Code, str]) -> None:
        self.noted.update(codes)

    def ask(self, plan_id: PlanId, control: Control | None = None) -> Site:
        if isinstance(self.answer, BackupError):
            raise self.answer
        self.known = replace(self.known, lines=self.answer.address.lines)
        return self.answer


class FakeRestores(Restores):
    """Nothing to restore in the wizard."""

    def __init__(self) -> None:
        pass


class FakeSchedules(Schedules):
    """No run is set with the system."""

    def __init__(self) -> None:
        pass

    def next_run(self, plan_id: PlanId) -> datetime | None:
        return None


def sealed_drives() -> tuple[SealedDrive, ...]:
    """Give two drives with their records."""
    return (
        SealedDrive(
            "a", "ZR5A1K2F", "BACKUP-1", "E:\\", 3_412, 3_662_000_000_000, "c41f9d2e" * 8, NOW
        ),
        SealedDrive(
            "b", "ZR5A1M7Q", "BACKUP-2", "F:\\", 3_409, 3_658_100_000_000, "07be55a1" * 8, NOW
        ),
    )


def copy_script() -> list[Reading]:
    """Give the readings of a copy from the first file to the seal."""
    total, files = 8_240 * GB, 1_284_903
    lanes = tuple(
        Lane(name, label, mount, "writing", 0, 0, 0, 0.0, 0)
        for name, label, mount in (("a", "BACKUP-1", "E:\\"), ("b", "BACKUP-2", "F:\\"))
    )

    def working(part: float, rate: float, state: str = "writing") -> tuple[Lane, ...]:
        written = int(7_320 * GB * part / 2)
        return tuple(
            replace(
                lane,
                state=state,
                written_bytes=written,
                rate_bytes_s=rate * (0.9 + 0.2 * place),
                packs=written // GB,
            )
            for place, lane in enumerate(lanes)
        )

    return [
        Reading(Phase.SCAN, 120, GB, 0, 0, scan_complete=False, lanes=lanes),
        *(
            Reading(
                Phase.COPY,
                int(files * part),
                int(total * part),
                files,
                total,
                scan_complete=True,
                stored_bytes=int(7_320 * GB * part),
                rate_bytes_s=318e6,
                seconds_left=total * (1 - part) / 318e6,
                exceptions=18,
                current="D:\\Shares\\Projects\\plan.dwg",
                lanes=working(part, 158e6),
            )
            for part in (0.1, 0.3, 0.62)
        ),
        Reading(
            Phase.SEAL,
            files,
            total,
            files,
            total,
            scan_complete=True,
            stored_bytes=7_320 * GB,
            exceptions=18,
            lanes=working(1.0, 0.0, "sealed"),
        ),
    ]


def office_sizes() -> dict[str, Measurement]:
    """Give what is found below the sources of the sample."""
    return {
        "D:\\Shares": Measurement(
            901_344,
            61_020,
            5_910 * GB,
            unreadable=0,
            complete=True,
            largest_folders=(
                ("D:\\Shares\\Projects", 2_870 * GB),
                ("D:\\Shares\\Scans", 1_240 * GB),
                ("D:\\Shares\\Marketing\\Video", 980 * GB),
                ("D:\\Shares\\Accounting", 410 * GB),
            ),
        ),
        "D:\\Databases": Measurement(
            1_204,
            31,
            1_730 * GB,
            complete=True,
            largest_folders=(("D:\\Databases\\ERP", 1_610 * GB),),
        ),
        "\\\\NAS01\\Engineering": Measurement(
            382_355,
            40_118,
            600 * GB,
            unreadable=18,
            complete=True,
            largest_folders=(("\\\\NAS01\\Engineering\\CAD", 520 * GB),),
        ),
    }


class FakeStaging(Staging):
    """Sees places of a table; a path that is not in it cannot be reached."""

    def __init__(self) -> None:
        self.looks = {
            "D:\\AzureStaging": PlaceLook("D:\\AzureStaging", True, True, True, 4 * TB),
            "\\\\files\\staging": PlaceLook("\\\\files\\staging", True, True, True, 9 * TB),
        }
        self.written: tuple[StagedFile, ...] = (
            StagedFile("SRV042/backup.AIBBlob", 1_213 * GB),
            StagedFile("SRV042/backup.BaseBlob", 24 * GB),
        )
        self.asked: list[str] = []
        self.waits: list[Finding] = []

    def not_ready(self, plan: Plan) -> list[Finding]:
        return self.waits

    def check(self, location: str, sources: Sequence[str] = ()) -> StagingReport:
        self.asked.append(location)
        look = self.looks.get(location, PlaceLook(location, False, reason="No such share"))
        share = drive("NET", "N:\\", 12 * TB, bus=Bus.NETWORK, model="\\\\files\\staging")
        return StagingReport(
            location.strip(), (*office_drives(), share), look if location else None, self.written
        )

    def sample(self, location: str) -> StagingSample:
        return StagingSample(NOW, self.written, self.looks[location].free_bytes)


class FakePreparing(Preparing):
    """Erases drives of the table, or says why not."""

    def __init__(self, drives: FakeDrives) -> None:
        self._drives_there = drives
        self.asked: list[tuple[str, str, bool]] = []
        self.unable: BackupError | None = None
        self.refuse: BackupError | None = None

    def able(self) -> BackupError | None:
        return self.unable

    def prepare(
        self,
        name: str,
        typed_serial: str,
        *,
        plan: Plan | None = None,
        whole: bool = False,
        on_step: Callable[[PrepareStep], None] = lambda _step: None,
    ) -> ReadyDrive:
        self.asked.append((name, typed_serial, whole))
        for step in PrepareStep:
            on_step(step)
        if self.refuse is not None:
            raise self.refuse
        return ReadyDrive(name, "G:\\", "volume", 4 * TB, "key")


class FakeAgentSearch(AgentSearch):
    """Finds what it is told to find; asking tells what looking does not."""

    def __init__(self) -> None:
        self.found = AgentsFound(looked=True)
        self.asked: AgentsFound | None = None
        self.looks: list[bool] = []

    def look(self, *, ask: bool = True) -> AgentsFound:
        self.looks.append(ask)
        return self.asked if ask and self.asked is not None else self.found


class FakeDevices(Devices):
    """Two disks of an order, as the real rules see them; what a check finds is told to it."""

    def __init__(self) -> None:
        self.layouts: dict[str, Layout] = {}
        self.found: list[DeviceCheck] = []
        self.writing: dict[str, Writing] = {}
        self.kept: dict[str, str] = {}
        self.ticks: dict[str, frozenset[str]] = {}

    def layout(self, place: str) -> Layout:
        if place not in self.layouts:
            raise BackupError(ErrorCode.NOT_A_DEVICE, path=place)
        return self.layouts[place]

    def check(
        self,
        places: Sequence[str],
        *,
        hashes: bool = True,
        watch: Watch | None = None,
        into: object = None,
    ) -> list[DeviceCheck]:
        return [check for check in self.found if check.path in places]

    def watch_agent(self, place: str) -> Writing:
        return self.writing[place]

    def ticked(self, name: str) -> frozenset[str]:
        return self.ticks.get(name, frozenset())

    def keep_ticks(self, name: str, steps: frozenset[str]) -> None:
        self.ticks[name] = steps

    def keep_passkey(self, name: str, passkey: str) -> bool:
        self.kept[name] = passkey
        return True

    def passkey(self, name: str) -> str:
        return self.kept.get(name, "")

    def forget_passkey(self, name: str) -> None:
        self.kept.pop(name, None)


class FakeImportJobs(ImportJobs):
    """Keeps answers in memory; the rest is the real service over the fakes beside it."""

    def __init__(
        self, planning: Planning, orders: Orders, preparations: Preparations, papers: Papers
    ) -> None:
        self._planning, self._orders = planning, orders
        self._preparations, self._papers = preparations, papers
        self.kept: dict[PlanId, ImportAnswers] = {}

    def _plan(self, plan_id: PlanId) -> Plan:
        return self._planning.plan(plan_id)

    def answers(self, plan_id: PlanId) -> ImportAnswers:
        return self.kept.get(plan_id, ImportAnswers())

    def keep(self, plan_id: PlanId, answers: ImportAnswers) -> None:
        self.kept[plan_id] = answers


class FakeFollowing(Following):
    """Knows the orders it was given, and what Azure answers about each; at first nothing."""

    def __init__(
        self,
        refs: Mapping[PlanId, JobRef] | None = None,
        answers: Mapping[PlanId, BackupError | None] | None = None,
    ) -> None:
        self._refs = {} if refs is None else refs
        self._answers = {} if answers is None else answers

    def ref(self, plan_id: PlanId) -> JobRef | None:
        return self._refs.get(plan_id)

    def look_at_all(self, control: object = None) -> dict[PlanId, BackupError | None]:
        return dict(self._answers)


class FakeServices:
    """All fakes together; `services` is what the window takes."""

    def __init__(self, draft: Draft | None = None, *, signed_in: bool = False) -> None:
        self.planning = FakePlanning(draft or Draft())
        self.planning.sizes = office_sizes()
        self.drives = FakeDrives(office_drives())
        self.protection = FakeProtection()
        self.backups = FakeBackups(copy_script())
        self.shipments, self.papers = FakeShipments(), FakePapers()
        self.preparations = FakePreparations()
        self.azure = AzureInMemory(
            self.planning, self.protection, FakeClock(NOW), signed_in=signed_in
        )
        self.staging = FakeStaging()
        self.preparing = FakePreparing(self.drives)
        self.agent_search = FakeAgentSearch()
        self.devices, self.sites = FakeDevices(), FakeSites()
        self.mirrors = FakeMirrors()
        self.import_jobs = FakeImportJobs(
            self.planning, self.azure.orders, self.preparations, self.papers
        )
        # The window asks the six services only; the world behind them is not needed here.
        asked = {
            "planning": self.planning,
            "drives": self.drives,
            "protection": self.protection,
            "backups": self.backups,
            "shipments": self.shipments,
            "papers": self.papers,
            "preparations": self.preparations,
            "staging": self.staging,
            "preparing": self.preparing,
            "reminders": Reminders(world_of(MemoryTold(), FakeClock(NOW))),
            "restores": FakeRestores(),
            "agent_search": self.agent_search,
            "devices": self.devices,
            "sites": self.sites,
            "mirrors": self.mirrors,
            "import_jobs": self.import_jobs,
            "schedules": FakeSchedules(),
            "following": FakeFollowing(),
            "updates": updates_over(FakeUpdateDoor()),
            **self.azure.parts,
        }
        behind = {field: None for field in SERVICES | {"world"} if field not in asked}
        self.services = Services(**asked, **behind)  # type: ignore[arg-type]


BLOCKED = Finding(FindingCode.SOURCE_NOT_FOUND, Severity.BLOCKER, {"path": "D:\\Gone"})
