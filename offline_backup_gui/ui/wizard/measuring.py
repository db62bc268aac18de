"""Measures each source beside the window and adds the figures up."""

from __future__ import annotations

from msgspec import Struct
from PySide6.QtCore import QObject, Signal

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.plan import Measurement
from offline_backup_gui.services.planning import Planning
from offline_backup_gui.services.stop_flag import StopFlag
from offline_backup_gui.ui.bridge import Bridge, Newest

LARGEST = 8


class _Running(Struct):
    flag: StopFlag
    newest: Newest


class Measuring(QObject):
    """One walk per source, so that each has its own live size."""

    changed = Signal()

    def __init__(self, bridge: Bridge, planning: Planning, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._planning = planning
        self._exclude: tuple[str, ...] = ()
        self._found: dict[str, Measurement] = {}
        self._running: dict[str, _Running] = {}
        self._missing: set[str] = set()

    def follow(self, sources: tuple[str, ...], exclude: tuple[str, ...]) -> None:
        """Measure what is new, drop what is gone; new exclusions measure everything again."""
        if exclude != self._exclude:
            self._exclude = exclude
            for path in tuple(self._found):
                self._drop(path)
        for path in tuple(self._found):
            if path not in sources:
                self._drop(path)
        for path in sources:
            if path not in self._found:
                self._begin(path)

    def of(self, path: str) -> Measurement:
        """Give the newest figures of one source."""
        return self._found.get(path, Measurement())

    def missing(self, path: str) -> bool:
        """Say whether a source could not be measured at all."""
        return path in self._missing

    def total(self) -> Measurement:
        """Add the sources up."""
        parts = tuple(self._found.values())
        largest = sorted(
            (folder for part in parts for folder in part.largest_folders), key=lambda f: -f[1]
        )
        return Measurement(
            files=sum(part.files for part in parts),
            folders=sum(part.folders for part in parts),
            size_bytes=sum(part.size_bytes for part in parts),
            unreadable=sum(part.unreadable for part in parts),
            complete=bool(parts) and all(part.complete for part in parts),
            largest_folders=tuple(largest[:LARGEST]),
            by_source=tuple((path, part.size_bytes) for path, part in self._found.items()),
        )

    def stop(self) -> None:
        """Ask every walk to end."""
        for running in self._running.values():
            running.flag.stop()

    def _begin(self, path: str) -> None:
        flag = StopFlag()
        exclude = self._exclude

        def report(found: Measurement) -> None:
            self._take(path, flag, found)

        newest = Newest(report, self)
        self._found[path] = Measurement()
        self._running[path] = _Running(flag, newest)

        def walk() -> Measurement:
            return self._planning.measure((path,), exclude, newest.report, flag)

        def done(found: Measurement) -> None:
            if self._take(path, flag, found):
                self._running.pop(path, None)

        def lost(_error: BackupError) -> None:
            if self._take(path, flag, Measurement(complete=True)):
                self._missing.add(path)
                self._running.pop(path, None)
                self.changed.emit()

        self._bridge.call(self, walk, done, lost)

    def _take(self, path: str, flag: StopFlag, found: Measurement) -> bool:
        # A late report of a walk that was stopped must not overwrite its successor's.
        if flag.stopping:
            return False
        self._found[path] = found
        self.changed.emit()
        return True

    def _drop(self, path: str) -> None:
        if (running := self._running.pop(path, None)) is not None:
            running.flag.stop()
        self._found.pop(path, None)
        self._missing.discard(path)
