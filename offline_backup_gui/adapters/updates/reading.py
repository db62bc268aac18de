"""Hands the files of a source to The Update Framework: bounded in size and time, read once."""

from __future__ import annotations

from collections.abc import Iterator

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface

from offline_backup_gui.adapters.updates.sources import NotThereError, Source
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import Clock
from offline_backup_gui.domain.updates import OnBytes
from offline_backup_gui.formats import update_file

BASE = "release:///"
METADATA_MOST_BYTES = 256 << 10
_METADATA_S = 90.0  # an answer that drips is no answer
_SETUP_S = 6 * 3600.0


class Reading(FetcherInterface):
    """Keeps every metadata file it has read, so that two looks see the same release."""

    def __init__(self, source: Source, clock: Clock, on_bytes: OnBytes) -> None:
        self._source, self._clock, self._on_bytes = source, clock, on_bytes
        self.metadata: dict[str, bytes] = {}
        self.used: set[str] = set()
        self._missing: set[str] = set()

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = url.removeprefix(BASE)
        if not update_file.allowed(name) or name in self._missing:
            raise DownloadHTTPError(name, 404)
        try:
            if name.startswith("metadata/"):
                if name not in self.metadata:
                    self.metadata[name] = b"".join(self._bounded(name))
                self.used.add(name)
                return iter((self.metadata[name],))
            self.used.add(name)
            return self._setup(name)
        except NotThereError as error:
            self._missing.add(name)
            raise DownloadHTTPError(name, 404) from error

    def peek(self, name: str) -> None:
        """Read a metadata file that nothing may have asked for: it is judged with the others."""
        self.metadata[name] = b"".join(self._bounded(name))
        # Roots are checked one by one; of the other kinds a release has one each.
        if name.endswith(".root.json"):
            self.used.add(name)

    def _bounded(self, name: str) -> Iterator[bytes]:
        began, size = self._clock.monotonic(), 0
        for piece in self._source.chunks(name):
            size += len(piece)
            if size > METADATA_MOST_BYTES:
                raise BackupError(ErrorCode.UPDATE_TOO_LARGE, name=name)
            self._in_time(began, _METADATA_S)
            yield piece

    def _setup(self, name: str) -> Iterator[bytes]:
        began, size = self._clock.monotonic(), 0
        try:
            for piece in self._source.chunks(name):
                size += len(piece)
                self._in_time(began, _SETUP_S)
                self._on_bytes(size)
                yield piece
        except NotThereError as error:
            raise DownloadHTTPError(name, 404) from error

    def _in_time(self, began: float, limit_s: float) -> None:
        if self._clock.monotonic() - began > limit_s:
            raise BackupError(
                ErrorCode.UPDATE_UNREACHABLE, place=self._source.label, why="too slow"
            )
