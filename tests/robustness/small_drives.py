"""Small drives that really fill up and really vanish: memory when root, else practice folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from offline_backup_gui.adapters.stores.drive import FolderDriveStore
from offline_backup_gui.adapters.stores.practice import make_practice_drive
from tests.drive_fixtures import MountedDrive, tmpfs_drive
from tests.engine.office import CONTAINER


@dataclass
class SmallDrive:
    """One drive; `mounted` is None for a practice folder."""

    mount: Path
    mounted: MountedDrive | None

    def pull(self) -> None:
        """Let it vanish in the middle of whatever is written."""
        if self.mounted is not None:
            self.mounted.pull()
        else:
            self.mount.rename(self.mount.with_name(self.mount.name + "-gone"))

    def fill(self) -> float:
        """Give the share of its room that is used."""
        store = FolderDriveStore(self.mount, CONTAINER)
        return 1 - store.room_bytes() / store.capacity_bytes()

    def packs(self) -> dict[Path, tuple[int, int, int]]:
        """Give what tells a pack that was written again from one that was left alone."""
        return {
            path: (info.st_ino, info.st_mtime_ns, info.st_size)
            for path in self.mount.glob("landing/packs/*/[0-9a-f]*")
            for info in (path.stat(),)
        }


@contextmanager
def shelf(folder: Path) -> Iterator[Shelf]:
    """Give drives by size; all of them go at the end."""
    folder.mkdir()
    with ExitStack() as stack:
        yield Shelf(folder, stack)


@dataclass
class Shelf:
    """Where drives are taken from."""

    folder: Path
    stack: ExitStack
    taken: int = 0

    def take(self, size_bytes: int) -> SmallDrive:
        """Give a new, empty drive."""
        self.taken += 1
        if os.geteuid() == 0:
            mounted = self.stack.enter_context(tmpfs_drive(size_bytes, self.folder))
            return SmallDrive(mounted.mount, mounted)
        mount = self.folder / f"practice-{self.taken}"
        make_practice_drive(mount, size_bytes)
        return SmallDrive(mount, None)
