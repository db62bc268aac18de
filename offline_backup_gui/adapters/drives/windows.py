"""The drives of a Windows computer, asked all at once, with nobody waiting for a silent one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from offline_backup_gui.adapters.drives.guard import Answer, Guard, Key
from offline_backup_gui.adapters.drives.win32 import RealWin32, Win32
from offline_backup_gui.adapters.drives.windows_disks import (
    Disk,
    HealthMemory,
    ask_for_health,
    disk_numbers,
    read_disk,
)
from offline_backup_gui.adapters.drives.windows_drives import assemble
from offline_backup_gui.adapters.drives.windows_health import Told
from offline_backup_gui.adapters.drives.windows_volumes import (
    Place,
    Records,
    VolumeFacts,
    places,
    read_volume,
)
from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode

TIME_LIMIT_S = 10.0


class WindowsDriveSource:
    """Lists physical disks, volumes and network letters. Safe to call from several threads."""

    def __init__(
        self,
        win32: Win32 | None = None,
        *,
        time_limit_s: float = TIME_LIMIT_S,
        memory: HealthMemory | None = None,
        records: Records | None = None,
    ) -> None:
        self._win32 = win32 or RealWin32()
        self._time_limit_s = time_limit_s
        self._guard = Guard()
        self._memory = memory or HealthMemory()
        self._records = records or Records()

    def drives(self) -> Sequence[Drive]:
        """List every drive; DRIVES_UNANSWERED when not even Windows' own answers."""
        win32 = self._win32
        home = win32.windows_letter()
        volumes = self._ask(
            {place: partial(read_volume, win32, place, self._records) for place in self._places()}
        )
        if not any(volume.place.letter == home for volume in volumes.values()):
            # Without it nobody knows which disk Windows runs from, and that one must be known.
            raise BackupError(ErrorCode.DRIVES_UNANSWERED, reason=f"{home}:")
        found = self._ask(
            {number: partial(read_disk, win32, number) for number in self._numbers(volumes)}
        )
        disks = [disk for disk in found.values() if disk is not None]
        return assemble(
            list(volumes.values()),
            disks,
            self._told(disks),
            windows_letter=home,
            needed=win32.needed_by_windows(),
            policies=win32.policies(),
        )

    def _ask(self, questions: Mapping[Key, Callable[[], Answer]]) -> dict[Key, Answer]:
        return self._guard.ask_all(questions, self._time_limit_s)

    def _places(self) -> list[Place]:
        """Give what is to be asked; the letters alone when counting volumes hangs."""
        found = self._ask({"places": partial(places, self._win32)})
        letters = (f"{letter}:\\" for letter in self._win32.letters())
        return found.get("places", [Place(root, (root,)) for root in letters])

    def _numbers(self, volumes: Mapping[Place, VolumeFacts]) -> list[int]:
        """Give the numbers of all disks; those of the volumes when counting hangs."""
        counted = self._ask({"count": partial(disk_numbers, self._win32)})
        known = {number for volume in volumes.values() for number in volume.disks}
        return sorted(known.union(*counted.values()))

    def _told(self, disks: list[Disk]) -> dict[int, Told]:
        """Ask disks about themselves, those that were not asked lately; the silent stay unknown."""
        self._memory.forget_all_but(disks)
        due = {disk.number: disk for disk in disks if self._memory.recall(disk) is None}
        answers = self._ask(
            {
                ("health", number): partial(ask_for_health, self._win32, disk)
                for number, disk in due.items()
                if disk.has_medium
            }
        )
        for number, disk in due.items():
            if disk.has_medium:
                # One that was silent is not asked again at once: everybody would wait each time.
                told = answers.get(("health", number), self._memory.last(disk))
                self._memory.keep(disk, told)
        return {disk.number: self._memory.last(disk) for disk in disks}
