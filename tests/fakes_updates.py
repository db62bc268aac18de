"""A door of updates in memory, and the real service over it; for windows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.updates import OnBytes, Place, Release, version_key
from offline_backup_gui.services.updates import Updates
from offline_backup_gui.services.world import World

NEWER = Release(
    version="0.2.0",
    released="2026-11-25T12:00:00+00:00",
    size_bytes=25_300_112,
    sha256="0e" * 32,
    notes={
        "en": "Drives that were pulled are taken up again at once. Fixed: umlauts in labels.",
        "de": "Abgezogene Laufwerke werden sofort wieder benutzt. Behoben: Umlaute in Etiketten.",
    },
)


class FakeUpdateDoor:
    """`there` is what a place or file has, `here` what was brought in; `trouble` refuses."""

    def __init__(self, there: Release | None = None) -> None:
        self.there, self.here = there, cast(Release | None, None)
        self.place = ""
        self.trouble: BackupError | None = None
        self.looked: list[Place] = []
        self.started: list[Release] = []

    def source(self) -> str:
        return self.place

    def set_source(self, place: str) -> None:
        self.place = place

    def look(self, place: Place) -> Release:
        self.looked.append(place)
        if self.trouble is not None:
            raise self.trouble
        if self.there is None:
            raise BackupError(ErrorCode.UPDATE_UNREACHABLE, place=place.where, why="gone")
        version_key(self.there.version)
        return self.there

    def take(self, place: Place, on_bytes: OnBytes) -> Release:
        release = self.look(place)
        on_bytes(release.size_bytes // 2)
        self.here = release
        return release

    def ready(self) -> Release | None:
        return self.here

    def start(self) -> Release:
        assert self.here is not None
        self.started.append(self.here)
        return self.here

    def discard(self) -> None:
        self.here = None


def updates_over(door: FakeUpdateDoor) -> Updates:
    """Give the real service; no job runs."""
    state = SimpleNamespace(holders=list)
    return Updates(cast(World, SimpleNamespace(updates=door, state=state)), "0.1.0")
