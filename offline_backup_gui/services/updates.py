"""Updates of the program itself: look, take in, start; only when the admin wants to."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from offline_backup_gui import __version__
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.updates import (
    OnBytes,
    Place,
    PlaceKind,
    Release,
    place_of,
    version_key,
)
from offline_backup_gui.services.world import World


class Offer(Struct, frozen=True):
    """What a look gave: the installed version, the release there, and whether it is newer."""

    installed: str
    release: Release | None
    ready: bool = False

    @property
    def newer(self) -> bool:
        """Say whether there is something to install."""
        found = self.release
        return found is not None and version_key(found.version) > version_key(self.installed)


def _nothing(_size_bytes: int) -> None:
    """Tell nobody."""


class Updates:
    """Nothing happens by itself: without a configured place nobody is ever asked."""

    def __init__(self, world: World, installed: str = __version__) -> None:
        self._world, self._door = world, world.updates
        self.installed = installed

    def source(self) -> str:
        """Give the configured place, "" when there is none."""
        return self._door.source()

    def set_source(self, text: str) -> None:
        """Configure an HTTPS address, a folder or share, or none; UPDATE_ADDRESS_NOT_ALLOWED."""
        if text.strip() and place_of(text).kind is PlaceKind.FILE:
            raise BackupError(ErrorCode.UPDATE_ADDRESS_NOT_ALLOWED, place=text)
        self._door.set_source(place_of(text).where if text.strip() else "")

    def check(self) -> Offer:
        """Look whether the configured place has a newer version; UPDATE_SOURCE_MISSING."""
        return Offer(self.installed, self._door.look(self._place()))

    def take(self, on_bytes: OnBytes = _nothing) -> Offer:
        """Bring in the version of the configured place."""
        return self._take(self._place(), on_bytes)

    def take_file(self, path: Path, on_bytes: OnBytes = _nothing) -> Offer:
        """Bring in an update file that was carried here."""
        return self._take(Place(PlaceKind.FILE, str(path.absolute())), on_bytes)

    def waiting(self) -> Offer:
        """Give what was brought in and waits to be started; a spent one is thrown away."""
        release = self._door.ready()
        if release is not None and version_key(release.version) <= version_key(self.installed):
            self._door.discard()
            release = None
        return Offer(self.installed, release, ready=release is not None)

    def install(self) -> Release:
        """Start the setup that was brought in; UPDATE_NOT_READY, UPDATE_JOB_RUNS.

        The program has to end then: setup replaces its files.
        """
        self._no_job_runs()
        if not self.waiting().newer:
            raise BackupError(ErrorCode.UPDATE_NOT_READY)
        return self._door.start()

    def _take(self, place: Place, on_bytes: OnBytes) -> Offer:
        self._no_job_runs()
        # The setup is fetched only when it is wanted.
        found = self._door.look(place)
        if version_key(found.version) == version_key(self.installed):
            return Offer(self.installed, found)
        return Offer(self.installed, self._door.take(place, on_bytes), ready=True)

    def _no_job_runs(self) -> None:
        running = self._world.state.holders()
        if running:
            raise BackupError(ErrorCode.UPDATE_JOB_RUNS, count=len(running))

    def _place(self) -> Place:
        text = self._door.source()
        if not text:
            raise BackupError(ErrorCode.UPDATE_SOURCE_MISSING)
        return place_of(text)
