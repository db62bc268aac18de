"""A shelf of disks for the command line: real folders that say the facts of a real disk.

Serials are those a maker would print; what a test wants otherwise it says.
"""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from offline_backup_gui import cli
from offline_backup_gui.adapters.drives.contents import with_contents
from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.app import build_services
from offline_backup_gui.domain.drive import Bus, Drive, Encryption, Health
from offline_backup_gui.domain.prepared_drive import PreparedDrive
from offline_backup_gui.services import Services, build
from offline_backup_gui.services.plan_file import read_plan_file
from offline_backup_gui.services.world import World
from tests.cli.desk import Desk, Said, snapshot

TB = 10**12


class Shelf:
    """A computer whose disks are the folders of a desk, with its command line."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.disks: dict[Path, Drive] = {}
        self.changed: Callable[[World], World] = lambda world: world

    def add(self, **facts: Any) -> Path:
        """Put a disk onto the shelf; give where it is mounted."""
        number = len(self.disks) + 1
        place = self.desk.home / f"disk{number}"
        place.mkdir()
        known: dict[str, Any] = {
            "serial": f"WD-WCC4N{number:07}",
            "model": "WDC WD20EZRZ",
            "bus": Bus.SATA,
            "size_bytes": 2 * TB,
            "free_bytes": 2 * TB,
            "mounts": (str(place),),
            "device": f"\\\\.\\PhysicalDrive{number}",
            "file_system": "NTFS",
            "encryption": Encryption.UNLOCKED,
            "health": Health.GOOD,
        }
        self.disks[place] = Drive(**{**known, **facts})
        return place

    def put(self, place: Path, **facts: Any) -> None:
        """Change what a disk says."""
        self.disks[place] = replace(self.disks[place], **facts)

    def drives(self) -> Sequence[Drive]:
        return [_looked_into(place, drive) for place, drive in self.disks.items()]

    def build(self, _folder: Path | None = None) -> Services:
        world = build_services(self.desk.state).world
        return build(self.changed(replace(world, drive_source=self)))

    def say(self, *given: object) -> Said:
        """Run one command inside this process, as `python -m offline_backup_gui` would."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OFFLINE_BACKUP_LANGUAGE", self.desk.environ()["OFFLINE_BACKUP_LANGUAGE"])
            patch.chdir(self.desk.home)
            with redirect_stdout(out), redirect_stderr(err):
                code = int(cli.main(list(map(str, given)), self.build))
        said = Said(code, out.getvalue(), err.getvalue())
        assert "Traceback" not in said.out + said.err
        return said

    def prepared(self, plan: Path, *more: PreparedDrive) -> Sequence[PreparedDrive]:
        """Give what is noted of the drives of a plan, after noting more."""
        plan_id, state = read_plan_file(plan).plan_id, StateStore(self.desk.state)
        for drive in more:
            state.put_prepared(plan_id, drive)
        found = list(state.prepared(plan_id))
        state.close()
        return found

    def contents(self) -> Mapping[str, bytes]:
        """Give every byte on the disks."""
        return {
            f"{place.name}/{name}": data
            for place in self.disks
            for name, data in snapshot(place).items()
        }

    def memory(self) -> tuple[list[str], list[str]]:
        """Give every row that is remembered, and the name of every other file of the state."""
        StateStore(self.desk.state).close()
        with sqlite3.connect(self.desk.state / "state.db") as database:
            rows = list(database.iterdump())
        database.close()
        others = [
            str(path.relative_to(self.desk.state))
            for path in sorted(self.desk.state.rglob("*"))
            if not path.name.startswith("state.db")
        ]
        return rows, others


def _looked_into(place: Path, drive: Drive) -> Drive:
    # Its letter is a name only; what lies on it lies in the folder.
    return replace(with_contents(replace(drive, mounts=(str(place),))), mounts=drive.mounts)
