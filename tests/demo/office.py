"""The branch offices of the demo: real services, drives and an account in folders, a fast clock."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from msgspec.structs import replace

from offline_backup_gui.adapters.drives.folder import create_folder_drive
from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.adapters.stores.accounts import open_account
from offline_backup_gui.app import build_services
from offline_backup_gui.domain.device_layout import Format
from offline_backup_gui.domain.job import JobKind
from offline_backup_gui.domain.plan import DeploymentModel, Destination, Plan, Route
from offline_backup_gui.domain.ports import Account, Control
from offline_backup_gui.domain.shipment import Parcel, SealedDrive
from offline_backup_gui.engine.receiving import receive
from offline_backup_gui.services import Services, build
from offline_backup_gui.services.watching import Watch, watched
from tests.demo.azure_job import AzureJob
from tests.services.branch import labelled_at

PASSPHRASE = "seven words that nobody ever guesses"
ACCOUNT = "https://contoso042.blob.core.windows.net"


class FastClock:
    """A Clock that the demo moves, and that moves when a job waits."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._waited_s = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._waited_s

    def wait(self, seconds: float) -> None:
        self._waited_s += max(0.0, seconds)

    def move(self, to: datetime) -> None:
        """Let the time pass; it never goes back."""
        self._now = max(self._now, to)


def services_in(home: Path, clock: FastClock) -> Services:
    """Build the real services; only the storage account is a folder and the clock is ours."""

    def account(
        account: str,
        *,
        sas: str | None = None,
        connection_string: str | None = None,
        control: Control | None = None,
    ) -> Account:
        return open_account(str(home / "azure" / str(urlsplit(account).hostname)))

    world = build_services(home / "state").world
    state = StateStore(home / "state", clock.now)
    return build(
        replace(world, state=state, clock=clock, open_account=account, drive_at=labelled_at)
    )


class Office:
    """One office with its plan, its drives and its job of Azure."""

    def __init__(
        self, home: Path, services: Services, clock: FastClock, name: str, route: Route
    ) -> None:
        self.services, self.clock = services, clock
        slug = name.lower().replace(" ", "-")
        self._source = home / slug / "office"
        self._folders = tuple(home / slug / f"drive {n}" for n in (1, 2))
        for folder in (self._source, *self._folders):
            folder.mkdir(parents=True)
        if route is Route.DATA_BOX_DISK:  # as they come from Microsoft
            for folder in self._folders:
                for kind in (Format.BLOCK, Format.PAGE):
                    (folder / kind.value).mkdir()
        for number, folder in enumerate(self._folders, 1):
            serial = f"ZR5{number:02d}{hashlib.sha256(slug.encode()).hexdigest()[:4].upper()}"
            create_folder_drive(str(folder), None, f"OB-{number}", make_serial=partial(str, serial))
        for number in range(8):
            noise = hashlib.shake_128(f"{slug}{number}".encode()).digest(60_000)
            (self._source / f"contract {number}.pdf").write_bytes(noise)
        self.plan = Plan(
            name,
            DeploymentModel.STANDALONE,
            route,
            (str(self._source),),
            Destination(ACCOUNT, f"landing-{slug}", f"vault-{slug}"),
            (),
            tuple(map(str, self._folders)),
            ("21:00",),
        )
        repository_id = services.protection.create(PASSPHRASE)
        services.planning.keep(self.plan, repository_id=repository_id)
        self.job: AzureJob | None = None
        self._sku = "DataBoxCustomerDisk" if route is Route.IMPORT_EXPORT else "DataBoxDisk"
        self._slug = slug

    def order(self) -> AzureJob:
        """Let Azure have an order or an import job."""
        self.job = AzureJob(f"order-{self._slug}", self._sku, self.clock.now())
        return self.job

    def azure(self) -> AzureJob:
        """Give the job of Azure, which is there by now."""
        assert self.job is not None
        return self.job

    def step(self, name: str, progress: str = "Succeeded") -> None:
        """Let a stage of the job come now."""
        self.azure().step(self.clock.now(), name, progress)

    def look(self) -> None:
        """Look at the job, as the window's services do."""
        if self.job is not None:
            self.services.shipments.note_job(self.plan.plan_id, self.job.seen())

    def run(self, kind: JobKind) -> None:
        """Run a job of the program to its end."""
        job_id = self.services.backups.prepare(self.plan.plan_id, kind)
        ended = self.services.runner.run(job_id)
        if ended.trouble is not None:
            raise ended.trouble

    def ship(self, carrier: str, number: str, days_ago: float = 0) -> None:
        """Note what the admin enters when the drives leave."""
        at = self.clock.now() - timedelta(days=days_ago)
        self.services.shipments.ship(self.plan.plan_id, Parcel(carrier, number, at))

    def change(self) -> None:
        """Let somebody in the office change a file."""
        minute = f"{self.clock.now():%d %H%M}"
        (self._source / f"minutes {minute}.txt").write_text(minute, encoding="utf-8")

    def drives(self) -> tuple[SealedDrive, ...]:
        """Give the sealed drives."""
        return self.services.shipments.track(self.plan.plan_id).drives

    def read_in(self, share: float, status: str = "InProgress") -> None:
        """Let the datacenter have read this share of each drive."""
        size = 7 * 10**12  # as on a real drive; what the folders hold is a sample
        for number, drive in enumerate(self.drives()):
            part = min(1.0, max(0.0, share * 2 - number * 0.5)) if share < 1 else 1.0
            said = "Completed" if part == 1.0 else status if part else "NotStarted"
            self.azure().drive(drive.serial, said, int(size * part), size)

    def read_in_whole(self) -> None:
        """Read the drives into the landing container, as the datacenter does."""
        names, world = self.plan.destination, self.services.world
        landing = world.account(self.plan).container(names.landing, create=True)
        stores = [world.open_drive(str(folder), names.landing) for folder in self._folders]
        receive(watched(Watch(), world.clock, world.files), stores, landing)
        self.read_in(1.0)
