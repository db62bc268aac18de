"""Open a repository from a drive or an account, look into it, restore from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from offline_backup_gui.domain.job import JobId


@dataclass(frozen=True)
class PointView:
    """One restore point as the admin sees it; `exceptions` counts what is not in it."""

    point_id: str
    time: datetime
    files: int
    size_bytes: int
    complete: bool
    exceptions: int
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Node:
    """One file or folder inside a point. `path` is what `restore --include` takes."""

    path: str
    name: str
    is_folder: bool
    size_bytes: int
    modified: datetime | None
    kind: str


@dataclass(frozen=True)
class Opening:
    """How to open a repository: stores (paths or URLs) and one secret, or what is kept here."""

    stores: tuple[str, ...]
    passphrase: str | None = None
    recovery_code: str | None = None
    sas: str | None = None
    connection_string: str | None = None


class OpenRepository:
    """An opened repository, read-only."""

    def points(self) -> Sequence[PointView]:
        """List restore points, newest first."""
        raise NotImplementedError

    def children(self, point_id: str, path: str) -> Sequence[Node]:
        """List one folder of a point, folders first; "" is the top."""
        raise NotImplementedError

    def search(self, point_id: str, text: str, limit: int = 500) -> Sequence[Node]:
        """Find names that contain `text`, ignoring case."""
        raise NotImplementedError


class Restores:
    """Opening and restoring; opening may take seconds and belongs in a worker thread."""

    def open(self, opening: Opening) -> OpenRepository:
        """Unlock a repository; PASSPHRASE_WRONG, RECOVERY_CODE_WRONG, REPOSITORY_NOT_FOUND."""
        raise NotImplementedError

    def start(
        self,
        opening: Opening,
        point_id: str,
        to: str,
        include: Sequence[str] = (),
        overwrite: bool = False,
    ) -> JobId:
        """Start a restore in a process of its own."""
        raise NotImplementedError
