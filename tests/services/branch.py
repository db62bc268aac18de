"""A branch office with all services on real adapters, and a clock that the test may move."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from offline_backup_gui.adapters.drives.source import drive_at
from offline_backup_gui.app import build_services
from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.job import Job, JobId, JobKind
from offline_backup_gui.domain.plan import DeploymentModel, Destination, Plan, Route
from offline_backup_gui.domain.ports import Clock
from offline_backup_gui.services import Services, build
from offline_backup_gui.services.world import World

PASSPHRASE = "seven words that nobody ever guesses"


def labelled_at(path: str, known: Sequence[Drive]) -> Drive:
    """Give a folder as a disk with a serial number on its label, as an import job asks for."""
    return replace(drive_at(path, known), serial_made=False)


class Branch:
    """One office, one plan, two folders as drives, a folder as the account."""

    def __init__(self, home: Path, clock: Clock | None = None, **doors: object) -> None:
        self.home = home
        self.source = home / "office"
        self.drives = [home / "drive1", home / "drive2"]
        for folder in (self.source, *self.drives):
            folder.mkdir(parents=True, exist_ok=True)
        self.clock = clock
        self.doors = doors
        self.services = self.fresh()

    def fresh(self) -> Services:
        """Build the services anew on the same state, as the next process would."""
        world = build_services(self.home / "state").world
        if self.clock is not None:
            world = replace(world, clock=self.clock)
        return build(replace(world, **self.doors))

    @property
    def world(self) -> World:
        return self.services.world

    @property
    def plan(self) -> Plan:
        names = Destination(str(self.home / "account"), "landing-042", "vault-042")
        drives = tuple(map(str, self.drives))
        return Plan(
            "branch-042",
            DeploymentModel.STANDALONE,
            Route.IMPORT_EXPORT,
            (str(self.source),),
            names,
            (),
            drives,
            ("21:00",),
        )

    def fill(self, files: int = 4, file_bytes: int = 30_000) -> None:
        """Write files that do not shrink."""
        for number in range(files):
            (self.source / f"file {number}").write_bytes(noise(number, file_bytes))

    def keep(self) -> str:
        """Keep the plan with a repository; give its id."""
        repository_id = self.services.protection.create(PASSPHRASE)
        self.services.planning.keep(self.plan, repository_id=repository_id)
        return repository_id

    def prepare(self, kind: JobKind, **options: object) -> JobId:
        """Ask for a job of the plan."""
        return self.services.backups.prepare(self.plan.plan_id, kind, **options)

    def run(self, kind: JobKind, **options: object) -> Job:
        """Run a job of the plan here to its end; its trouble is raised."""
        ended = self.services.runner.run(self.prepare(kind, **options))
        if ended.trouble is not None:
            raise ended.trouble
        return ended.job

    def to_vault(self) -> None:
        """Walk the whole way with what is in the office."""
        self.fill()
        self.keep()
        self.run(JobKind.COPY)
        self.services.shipments.receive_here(self.plan.plan_id, [])
        self.run(JobKind.ARRIVAL)
        self.run(JobKind.VAULT)


def noise(seed: int, size: int) -> bytes:
    """Give bytes that do not compress, always the same for a seed."""
    return hashlib.shake_128(seed.to_bytes(4, "big")).digest(size)
