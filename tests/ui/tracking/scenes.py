"""The tracking window in every state that matters, for pictures and for tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Any

from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QEventLoop
from PySide6.QtWidgets import QWidget

from offline_backup_gui.domain.agent_seed import AgentLink, SeedLook, SeedState
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import JobKind, JobState, Lane
from offline_backup_gui.domain.plan import DeploymentModel, Route
from offline_backup_gui.domain.shipment import Parcel, ShipmentFacts, Source
from offline_backup_gui.domain.updates import Release
from offline_backup_gui.formats.service_job import read_job
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.tracking.azure_dialogs import CancelDialog, PickupDialog
from offline_backup_gui.ui.tracking.log_dialog import LogDialog
from offline_backup_gui.ui.tracking.vault_dialog import VaultDialog
from offline_backup_gui.ui.tracking.window import TrackingWindow
from offline_backup_gui.ui.updates.dialog import UpdatesDialog
from offline_backup_gui.words import Words
from tests.fakes_updates import NEWER, FakeUpdateDoor, updates_over
from tests.formats.test_service_log import sample
from tests.ui.instant import InstantBridge
from tests.ui.tracking import bodies
from tests.ui.tracking.fakes import COPYING, NOW, PARCEL, FakeAzure, World, plan, sealed_drives

DAY = timedelta(days=1)
SENT = ShipmentFacts(drives=sealed_drives(), parcel=PARCEL, job_created_at=NOW - 6 * DAY)
READ_IN = replace(
    SENT,
    received_at=NOW - 2 * DAY,
    received_source=Source.CARRIER,
    read_in_at=NOW - DAY,
)
PROVED = replace(
    READ_IN,
    arrival_checked_at=NOW - DAY / 2,
    arrival_complete=True,
    arrival_figures=(("expected", 21_027), ("arrived", 21_027)),
)
SAFE = replace(PROVED, vault_proved_at=NOW - DAY / 3, increments=2, increment_at=NOW - DAY / 4)
VAULT = AgentLink(
    "/subscriptions/0/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/branch-vault",
    "FS042",
)
ALONE: Any = None  # a dialog for a picture has no window below it
WHOLE = {"expected": 21_027, "arrived": 21_027, "damaged": [], "renamed": [], "missing": []}


def world(facts: ShipmentFacts, *, practice: bool = False) -> World:
    """Give a world with the backup in question and two quieter ones below it."""
    made = World()
    made.add(plan(practice=practice), replace(facts, practice=practice))
    made.add(plan("Branch 017"), SAFE)
    made.add(plan("Head office archive"), replace(SENT, received_at=NOW - DAY))
    for other in made.plans[1:2]:
        made.arrival[other.plan_id] = dict(WHOLE)
        made.add_job(other.plan_id, JobKind.COPY, JobState.DONE, 20 * DAY, files=20_112)
        made.add_job(other.plan_id, JobKind.INCREMENT, JobState.DONE, DAY, files=214)
    return made


def sealed() -> World:
    """Three drives are sealed; the admin ships."""
    made = world(ShipmentFacts(drives=sealed_drives(), job_created_at=NOW - 9 * DAY))
    made.add_job(made.plans[0].plan_id, JobKind.COPY, JobState.DONE, 5 * DAY, files=51_204)
    return made


def travelling() -> World:
    """The parcel is on its way and the carrier is known."""
    made = world(SENT)
    made.add_job(made.plans[0].plan_id, JobKind.COPY, JobState.DONE, 5 * DAY, files=51_204)
    return made


def no_number() -> World:
    """Sent without a tracking number; the deadline is near."""
    parcel = Parcel("DHL", "", NOW - 4 * DAY)
    return world(replace(SENT, parcel=parcel, job_created_at=NOW - 13 * DAY))


def practice() -> World:
    """A practice backup waits for this computer to play the datacenter."""
    made = world(ShipmentFacts(drives=sealed_drives()), practice=True)
    first = made.plans[0].plan_id
    made.add_job(first, JobKind.COPY, JobState.EXCEPTIONS, DAY, files=1_204, exceptions=[1])
    return made


def incomplete() -> World:
    """The arrival check found damage and gaps."""
    made = world(
        replace(
            READ_IN,
            arrival_checked_at=NOW - DAY / 2,
            arrival_figures=(("expected", 21_027), ("damaged", 1), ("missing", 3)),
        )
    )
    first = made.plans[0].plan_id
    made.arrival[first] = {
        "expected": 21_027,
        "arrived": 21_023,
        "damaged": ["packs/3f/3f09c2d4e5b61784a9c0d1e2f3a4b5c6"],
        "missing": [f"packs/a{n}/a{n}17d4e5b61784a9c0d1e2f3a4b5c6d7" for n in range(3)],
        "renamed": [],
    }
    made.add_job(first, JobKind.COPY, JobState.DONE, 6 * DAY, files=51_204)
    made.add_job(first, JobKind.ARRIVAL, JobState.DONE, DAY / 2)
    return made


def safe() -> World:
    """Everything is proved in the vault, increments run."""
    made = world(SAFE)
    first = made.plans[0].plan_id
    made.arrival[first] = dict(WHOLE)
    made.add_job(first, JobKind.COPY, JobState.DONE, 6 * DAY, files=51_204)
    made.add_job(
        first, JobKind.INCREMENT, JobState.EXCEPTIONS, 1.5 * DAY, files=812, exceptions=[1, 2, 3]
    )
    made.add_job(first, JobKind.INCREMENT, JobState.DONE, DAY / 2, files=214, exceptions=[])
    return made


def running() -> World:
    """An increment runs."""
    made = safe()
    job = made.add_job(made.plans[0].plan_id, JobKind.INCREMENT)
    lanes = tuple(
        Lane(drive.drive_id, drive.label, drive.mount, "writing") for drive in sealed_drives(2)
    )
    made.readings[job.job_id] = replace(COPYING, lanes=lanes)
    return made


def interrupted() -> World:
    """The copy stopped before its end."""
    made = world(ShipmentFacts())
    made.add_job(made.plans[0].plan_id, JobKind.COPY, JobState.INTERRUPTED)
    made.readings[made.jobs[-1].job_id] = COPYING
    return made


def at_azure() -> World:
    """Own drives are read in: one is whole, one runs, one was not in the parcel; a delay."""
    made = world(SENT)
    first = made.plans[0].plan_id
    made.look(first, read_job(bodies.own_drives(NOW)), timedelta(minutes=4))
    made.add_job(first, JobKind.COPY, JobState.DONE, 9 * DAY, files=51_204)
    return made


def azure_asks() -> World:
    """A Data Box Disk order waits for the admin; both parcels are known."""
    made = World()
    device = plan(route=Route.DATA_BOX_DISK)
    facts = replace(SENT, route=Route.DATA_BOX_DISK, parcel=None, job_created_at=None)
    made.add(device, facts)
    made.add(plan("Branch 017"), SAFE)
    made.look(device.plan_id, read_job(bodies.disk_order(NOW)), timedelta(hours=9))
    made.add_job(device.plan_id, JobKind.COPY, JobState.DONE, 9 * DAY, files=51_204)
    return made


def agent() -> World:
    """Azure has read an agent's seed in; its vault has points of one item, not of the other."""
    made = World()
    seed = plan(model=DeploymentModel.MARS)
    facts = replace(READ_IN, deployment_model=DeploymentModel.MARS)
    made.add(seed, facts)
    made.add(plan("Branch 017"), SAFE)
    look = SeedLook(SeedState.FIRST_PENDING, None, ("IRPending",), ("D:\\",))
    made.agents[seed.plan_id] = look
    made.links[seed.plan_id] = VAULT
    return made


def agent_gone() -> World:
    """The vault lists a proved data source no more; erasing is safe, and that is said."""
    made = World()
    seed = plan(model=DeploymentModel.MARS)
    facts = replace(READ_IN, deployment_model=DeploymentModel.MARS, recovery_point_at=NOW)
    made.add(seed, facts)
    lines = ("C:\\ 2026-06-09 08:14Z", "D:\\ 2026-06-09 08:15Z")
    made.agents[seed.plan_id] = SeedLook(SeedState.PROVED, NOW, lines, (), ("D:\\",))
    made.links[seed.plan_id] = VAULT
    return made


def offline() -> World:
    """The account does not answer; the last state is shown."""
    made = travelling()
    made.trouble["track"] = BackupError(
        ErrorCode.ACCOUNT_UNREACHABLE, account="contoso042.blob.core.windows.net"
    )
    return made


def nothing() -> World:
    """No backup yet."""
    return World()


WORLDS: dict[str, Callable[[], World]] = {
    "nothing": nothing,
    "sealed": sealed,
    "travelling": travelling,
    "no-number": no_number,
    "practice": practice,
    "incomplete": incomplete,
    "safe": safe,
    "running": running,
    "interrupted": interrupted,
    "offline": offline,
    "at-azure": at_azure,
    "azure-asks": azure_asks,
    "agent": agent,
    "agent-gone": agent_gone,
}


def window(made: World, words: Words, bridge: Bridge | None = None) -> TrackingWindow:
    """Open the window on a world; an offline one has been online before."""
    trouble = dict(made.trouble)
    made.trouble.clear()
    opened = TrackingWindow(made.services(), words, bridge, now=lambda: made.now)
    settle(opened)
    if trouble:
        made.trouble.update(trouble)
        opened.refresh()
        settle(opened)
    return opened


def settle(opened: TrackingWindow) -> None:
    """Let the event loop run until everything asked is answered."""
    until = monotonic() + 10
    while not opened.settled and monotonic() < until:
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
    assert opened.settled


def _scene(make: Callable[[], World]) -> Callable[[Words], QWidget]:
    return lambda words: window(make(), words)


SCENES: dict[str, Callable[[Words], QWidget]] = {
    f"tracking-{name}": _scene(make) for name, make in WORLDS.items()
}


def update_there(words: Words) -> QWidget:
    """Give the dialog of updates with a version that can be installed."""
    dialog = _dialog(NEWER, words)
    dialog.place.setText("https://updates.contoso.example")
    dialog.look_button.click()
    return dialog


def update_refused(words: Words) -> QWidget:
    """Give the dialog of updates after a file that was changed."""
    dialog = _dialog(NEWER, words, BackupError(ErrorCode.UPDATE_NOT_GENUINE, name="targets"))
    dialog.take_file("E:/OfflineBackup-0.2.0.update")
    return dialog


def _dialog(there: Release, words: Words, trouble: BackupError | None = None) -> UpdatesDialog:
    door = FakeUpdateDoor(there)
    door.trouble = trouble
    return UpdatesDialog(updates_over(door), InstantBridge(), words, None)


def vault(words: Words) -> QWidget:
    """Give the dialog of an agent's vault, nothing chosen yet."""
    azure: Any = FakeAzure(World())
    return VaultDialog(azure, InstantBridge(), words, None, ALONE, asks=False)


def pickup(words: Words) -> QWidget:
    """Give the dialog of a pickup."""
    return PickupDialog(words, "branch-042-e1f0a2b3-1", NOW, ALONE)


def cancel(words: Words) -> QWidget:
    """Give the dialog that calls an order off."""
    return CancelDialog(words, "branch-042-e1f0a2b3-1", ALONE)


def _log(name: str) -> Callable[[Words], QWidget]:
    return lambda words: LogDialog(words, name, sample(name), ALONE)


SCENES |= {
    "update-there": update_there,
    "update-refused": update_refused,
    "dialog-vault": vault,
    "dialog-pickup": pickup,
    "dialog-cancel": cancel,
    "dialog-log-renamed": _log("drive-2018-renamed.xml"),
    "dialog-log-device": _log("device-names.xml"),
    "dialog-log-audit": _log("audit-log.txt"),
    "dialog-log-history": _log("order-history.txt"),
}


def scenes(words: Words) -> dict[str, QWidget]:
    """Give a window for each state."""
    return {name: build(words) for name, build in SCENES.items()}
