"""What is attached, what may be written to, how the data spreads, and letting go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.fitness import DriveNeed, JudgedDrive

__all__ = ["DriveListing", "DriveNeed", "Drives", "JudgedDrive"]


@dataclass(frozen=True)
class DriveListing:
    """Every drive with its findings. `stale` says that the system did not answer this time."""

    drives: tuple[JudgedDrive, ...]
    stale: bool = False


class Drives:
    """Lists drives; a failed listing keeps the last one. May be called from a worker thread."""

    def listing(self, need: DriveNeed) -> DriveListing:
        """List and judge every drive, practice folders included."""
        raise NotImplementedError

    def add_folder(self, path: str, size_bytes: int | None = None) -> Drive:
        """Let a folder stand for a drive (practice), optionally of limited size."""
        raise NotImplementedError

    def release(self, mount: str) -> Sequence[Finding]:
        """Flush and eject; findings say what still uses it."""
        raise NotImplementedError
