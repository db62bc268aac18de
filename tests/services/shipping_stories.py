"""Stories of shipments over 60 virtual days: what happens when, and what must be warned of."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.domain.plan import DeploymentModel, Destination, Plan, Route
from offline_backup_gui.domain.shipment import Parcel, StageName, Tracking
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.formats.service_job import read_job
from offline_backup_gui.services.backups import Backups
from offline_backup_gui.services.mirrors import Mirrors
from offline_backup_gui.services.reminders import Reminders
from offline_backup_gui.services.shipments import Shipments
from tests.fakes import world_of

# Summer time ends in Europe on 25 October 2026, within the days of each story.
T0 = datetime(2026, 10, 5, 7, 30, tzinfo=UTC)
DAYS, LOOKS_A_DAY, RESTARTS = 60, 4, 50
Warned = tuple[str, int]


@dataclass
class Scene:
    """A branch office on one day of its story: the job as Azure keeps it, and a clock."""

    folder: Path
    route: Route
    day: float = 0.0  # as the computer's clock says
    true_day: float = 0.0
    body: dict[str, object] = field(default_factory=dict)
    steps: list[dict[str, object]] = field(default_factory=list)
    details: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.restart()
        destination = Destination("https://contoso.blob.core.windows.net", "landing", "vault")
        self.plan = Plan(
            "branch-042", DeploymentModel.STANDALONE, self.route, ("D:\\",), destination, (), (), ()
        )
        self.state.put_plan(KeptPlan(self.plan, "", False, T0))

    def restart(self) -> None:
        """Begin as a new process does: only the state on disk is left."""
        self.state = StateStore(self.folder)
        world = world_of(self.state, self)
        self.shipments = Shipments(world, Backups(world), Mirrors(world))
        self.reminders = Reminders(world)

    def now(self) -> datetime:
        return T0 + timedelta(days=self.day)

    def true(self) -> datetime:
        return T0 + timedelta(days=self.true_day)

    # --- what may happen

    def look(self) -> None:
        """See the job as Azure gives it now."""
        if self.body:
            self.shipments.note_job(self.plan.plan_id, read_job(self.body))

    def ordered(self, days_ago: float = 0, zone: str = "+00:00") -> None:
        self._begin("DataBoxDisk", days_ago, zone)

    def own_drives(self, days_ago: float = 0) -> None:
        self._begin("DataBoxCustomerDisk", days_ago, "+00:00")

    def _begin(self, sku: str, days_ago: float, zone: str) -> None:
        self.zone = zone
        at = self._written(self.true() - timedelta(days=days_ago))
        self.details = {"jobStages": self.steps, "jobDetailsType": sku}
        self.body = {
            "type": "Microsoft.DataBox/jobs",
            "name": "order",
            "sku": {"name": sku},
            "properties": {
                "status": "DeviceOrdered",
                "transferType": "ImportToAzure",
                "startTime": at,
                "details": self.details,
            },
        }

    def step(self, name: str, progress: str = "Succeeded", days_ago: float = 0) -> None:
        """Let a stage come, or its progress change; other stages keep their times."""
        at = self._written(self.true() - timedelta(days=days_ago))
        known = next((step for step in self.steps if step["stageName"] == name), None)
        if known is None:
            self.steps.append({"stageName": name, "stageStatus": progress, "stageTime": at})
        else:
            known["stageStatus"], known["stageTime"] = progress, at

    def steps_done(self, *names: str, days_ago: float = 0) -> None:
        for name in names:
            self.step(name, days_ago=days_ago)

    def number(self, number: str) -> None:
        """Let Azure know the carrier and the number."""
        self.details["deliverToDcPackageDetails"] = {"carrierName": "DHL", "trackingId": number}

    def status(self, word: str) -> None:
        self.body["properties"] |= {"status": word}  # type: ignore[operator]

    def old_job(self, state: str, **more: object) -> None:
        """Let the older service have the job."""
        created = getattr(self, "created", None) or self._written(self.true())
        self.created = created
        self.body = {
            "type": "Microsoft.ImportExport/jobs",
            "name": "old",
            "systemData": {"createdAt": created, "lastModifiedAt": self._written(self.true())},
            "properties": {"state": state, "jobType": "Import", **more},
        }

    def asks(self, word: str) -> None:
        """See that the admin is asked for this now."""
        self.look()
        assert self.shipments.track(self.plan.plan_id).now_you == word

    def typed(self, word: str) -> None:
        """Read a status in the portal and type it."""
        self.shipments.note_status(self.plan.plan_id, word, self.now())

    def parcel(self, number: str, days_ago: float = 0) -> None:
        sent = Parcel("DHL", number, self.now() - timedelta(days=days_ago))
        self.shipments.ship(self.plan.plan_id, sent)

    def clock_by(self, days: float) -> None:
        """Let somebody set the computer's clock."""
        self.day += days

    def _written(self, at: datetime) -> str:
        hours = int(getattr(self, "zone", "+00:00")[:3])
        local = at + timedelta(hours=hours)
        return f"{local:%Y-%m-%dT%H:%M:%S}.1234567{self.zone if hours else '+00:00'}"


Event = tuple[float, Callable[[Scene], object]]


@dataclass(frozen=True)
class Story:
    """Events by day, the warnings that must come in this order, and the state at the end."""

    name: str
    route: Route
    events: tuple[Event, ...]
    warned: tuple[Warned, ...]
    ends: str
    jitter: bool = False  # the service writes other seconds in each answer
    channels: tuple[str, ...] = ("tray",)
    never_done: tuple[StageName, ...] = ()  # what no look may show as done


def live(story: Story, folder: Path, seed: int) -> tuple[list[tuple[str, Warned]], list[Tracking]]:
    """Live through a story; give what was told (by channel) and what each look showed."""
    chooser = random.Random(f"{seed} {story.name}")
    scene = Scene(folder, story.route)
    looks = DAYS * LOOKS_A_DAY
    restarts = set(chooser.sample(range(looks), RESTARTS))
    events = sorted(story.events, key=lambda event: event[0])
    told: list[tuple[str, Warned]] = []
    seen: list[Tracking] = []
    for number in range(looks):
        scene.true_day += 1 / LOOKS_A_DAY if number else 0
        scene.day += 1 / LOOKS_A_DAY if number else 0
        if number in restarts:
            scene.restart()
        while events and events[0][0] <= scene.true_day:
            events.pop(0)[1](scene)
        if story.jitter:
            _shake(scene, chooser)
        scene.look()
        tracking = scene.shipments.track(scene.plan.plan_id)
        seen.append(tracking)
        for channel in story.channels:
            fresh = scene.reminders.fresh(scene.plan.plan_id, tracking.due, channel)
            told += [(channel, (str(one.due.what), one.at_days)) for one in fresh]
    return told, seen


def _shake(scene: Scene, chooser: random.Random) -> None:
    for step in scene.steps:
        at = str(step["stageTime"])
        step["stageTime"] = f"{at[:17]}{chooser.randrange(60):02d}{at[19:]}"
