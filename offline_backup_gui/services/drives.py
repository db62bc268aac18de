"""What is attached, what may be written to, how the data spreads, and letting go."""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.fitness import DriveNeed, JudgedDrive, judge_all
from offline_backup_gui.domain.ports import DriveHints
from offline_backup_gui.services.real_place import real_place
from offline_backup_gui.services.world import World

__all__ = ["DriveListing", "DriveNeed", "Drives", "JudgedDrive"]


class DriveListing(Struct, frozen=True):
    """Every drive with its findings. `stale` says that the system did not answer this time."""

    drives: tuple[JudgedDrive, ...]
    stale: bool = False


class Drives:
    """Lists drives; a failed listing keeps the last one. May be called from a worker thread."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._last: tuple[Drive, ...] = ()

    def listing(self, need: DriveNeed) -> DriveListing:
        """List and judge every drive, practice folders included."""
        stale = False
        try:
            self._last = tuple(self._world.drive_source.drives())
        except BackupError as error:
            if error.code is not ErrorCode.DRIVES_UNANSWERED:
                raise
            stale = True
        resolved = replace(
            need,
            sources=tuple(real_place(source) for source in need.sources),
            account=need.account if "://" in need.account else _real(need.account),
        )
        return DriveListing(judge_all(self._last, resolved), stale)

    def hints(self) -> DriveHints:
        """Begin to hear of drives that come and go; to be closed when nobody looks any more."""
        return self._world.drive_hints()

    def add_folder(self, path: str, size_bytes: int | None = None) -> Drive:
        """Let a folder stand for a drive (practice), optionally of limited size."""
        drive = self._world.make_folder_drive(path, size_bytes)
        self._world.state.add_folder_drive(os.path.abspath(path))
        return drive

    def release(self, mount: str) -> Sequence[Finding]:
        """Flush and eject; findings say what still uses it."""
        return self._world.release(mount)


def _real(path: str) -> str:
    return real_place(path) if path else ""
