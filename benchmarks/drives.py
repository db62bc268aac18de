"""One, two and four drives of equal, limited speed at once: does every drive get its fill?"""

from __future__ import annotations

import random
import shutil
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.moments import Moments
from benchmarks.timing import median, save
from offline_backup_gui.adapters.stores.drive import FolderDriveStore
from offline_backup_gui.adapters.stores.folder_writer import FolderWriter
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.domain.ports import ObjectWriter
from tests.engine.office import FolderDoor, Office

MIB = 1 << 20
DRIVE_MB_S = 40.0
SECONDS = 12


class SlowWriter:
    """Takes as long for its bytes as a drive of the given speed would."""

    def __init__(self, inner: FolderWriter, drive: SlowDrive) -> None:
        self._inner, self._drive = inner, drive

    def write(self, data: bytes | bytearray | memoryview) -> None:
        until = self._drive.takes(memoryview(data).nbytes)
        self._inner.write(data)
        time.sleep(max(0.0, until - time.perf_counter()))

    def commit(self, md5: bytes | None = None) -> None:
        self._inner.commit(md5)

    def abort(self) -> None:
        self._inner.abort()


class SlowDrive(FolderDriveStore):
    """A folder that writes as slowly as a drive; it never makes up for time without work."""

    def __init__(self, mount: Path, container: str, mb_s: float) -> None:
        super().__init__(mount, container)
        self._mb_s = mb_s
        self._free_at = 0.0
        self._pace = threading.Lock()

    def create(self, name: str, *, replace: bool = False) -> ObjectWriter:  # type: ignore[override]
        return SlowWriter(super().create(name, replace=replace), self)

    def takes(self, count: int) -> float:
        """Give the moment at which the drive will have taken these bytes."""
        with self._pace:
            now = time.perf_counter()
            self._free_at = max(now, self._free_at) + count / (self._mb_s * 1e6)
            return self._free_at


def copy(sources: tuple[Path, ...], base: Path, count: int, mb_s: float) -> dict[str, float]:
    """Copy onto `count` slow drives; give the speed of the copy, without the verifying."""

    def slow(store: FolderDriveStore) -> SlowDrive:
        return SlowDrive(store.root.parent, store.root.name, mb_s)

    moments = Moments()
    mounts = [base / f"drive-{number}" for number in range(count)]
    for mount in mounts:
        mount.mkdir(parents=True)
    office = Office(base / "office", sources, door=FolderDoor(slow))
    office.events = moments  # type: ignore[assignment]
    try:
        outcome = office.copy(mounts)
    finally:
        office.close()
        shutil.rmtree(base)
    took = moments.first[Phase.VERIFY].wall_s - moments.first[Phase.COPY].wall_s
    return {
        "copy_s": took,
        "mb_s": outcome.stored_bytes / took / 1e6,
    }


def fill(top: Path, size_bytes: int) -> None:
    """Make files that do not compress, and are not the same in any two folders."""
    chooser = random.Random(top.name)
    top.mkdir(parents=True)
    for number in range(size_bytes // (16 * MIB)):
        with (top / f"{number:04}.mp4").open("wb") as file:
            for _ in range(16):
                file.write(chooser.randbytes(MIB))


def run(
    rounds: int, mb_s: float = DRIVE_MB_S, seconds: float = SECONDS, folder: str = "/dev/shm"
) -> dict[str, object]:
    """Copy onto one, two and four drives in turn, as much for each drive."""
    base = Path(tempfile.mkdtemp(prefix="drives-", dir=folder))
    counts = (1, 2, 4)
    try:
        sources = tuple(base / f"source-{number}" for number in range(max(counts)))
        for source in sources:
            fill(source, int(mb_s * seconds * 1e6))
        each = [
            {str(count): copy(sources[:count], base / "run", count, mb_s) for count in counts}
            for _ in range(rounds)
        ]
    finally:
        shutil.rmtree(base)
    figures = {
        "drive_mb_s": mb_s,
        "median": {
            str(count): {
                key: median([one[str(count)][key] for one in each]) for key in each[0]["1"]
            }
            for count in counts
        },
        "of_the_sum": {
            str(count): median(
                [one[str(count)]["mb_s"] / (count * one["1"]["mb_s"]) for one in each]
            )
            for count in counts[1:]
        },
        "each": each,
    }
    return save("drives", rounds, figures)
