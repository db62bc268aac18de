"""What every long piece of work shares: control, progress, events, clock."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.errors import Parameter
from offline_backup_gui.domain.file_ports import Files
from offline_backup_gui.domain.job import Lane, Phase, Reading
from offline_backup_gui.domain.ports import Clock, Control

_RATE_WINDOW_S = 15.0
_LANE_WINDOW_S = 3.0


class Progress:
    """Counts from many threads; gives one reading on demand."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._reading = Reading()  # all but the four counters
        self._files = self._bytes = self._stored = self._left_out = 0
        self._lanes: dict[str, Lane] = {}
        self._look: Callable[[], Sequence[Lane]] = tuple
        self._history: deque[tuple[float, int]] = deque(maxlen=120)
        self._lane_history: dict[str, deque[tuple[float, int]]] = {}

    def phase(self, phase: Phase, files_total: int = 0, bytes_total: int = 0) -> None:
        """Begin a phase: counters start at zero, totals as known now."""
        with self._lock:
            self._history.clear()
            self._files = self._bytes = 0
            self._reading = replace(
                self._reading,
                phase=phase,
                files_total=files_total,
                bytes_total=bytes_total,
                scan_complete=phase is not Phase.SCAN and bytes_total > 0,
                seconds_left=None,
            )

    def totals(self, files: int, size_bytes: int, *, complete: bool) -> None:
        """Replace the totals while or after scanning."""
        with self._lock:
            self._reading = replace(
                self._reading, files_total=files, bytes_total=size_bytes, scan_complete=complete
            )

    def add(
        self, *, files: int = 0, size_bytes: int = 0, stored: int = 0, left_out: int = 0
    ) -> None:
        """Count finished work; called for every file, so it only adds."""
        with self._lock:
            self._files += files
            self._bytes += size_bytes
            self._stored += stored
            self._left_out += left_out

    def current(self, name: str) -> None:
        """Name what is worked on, for people."""
        with self._lock:
            self._reading = replace(self._reading, current=name)

    def lane(self, lane: Lane) -> None:
        """Replace the state of one drive."""
        with self._lock:
            self._lanes[lane.drive_id] = self._rated(lane, self._clock.monotonic())

    def look_at_lanes(self, look: Callable[[], Sequence[Lane]]) -> None:
        """Ask `look` for the lanes whenever a reading is wanted, until told otherwise."""
        with self._lock:
            self._look = look

    def reading(self) -> Reading:
        """Give the newest reading, with the rates of the last seconds."""
        lanes = self._look()
        with self._lock:
            now = self._clock.monotonic()
            reading = replace(
                self._reading,
                files_done=self._files,
                bytes_done=self._bytes,
                stored_bytes=self._stored,
                exceptions=self._left_out,
            )
            self._lanes |= {lane.drive_id: self._rated(lane, now) for lane in lanes}
            self._history.append((now, reading.bytes_done))
            while len(self._history) > 2 and now - self._history[0][0] > _RATE_WINDOW_S:
                self._history.popleft()
            (then, before) = self._history[0]
            rate = (reading.bytes_done - before) / (now - then) if now > then else 0.0
            left = None
            if reading.scan_complete and rate > 0:
                left = max(0.0, (reading.bytes_total - reading.bytes_done) / rate)
            return replace(
                reading,
                rate_bytes_s=max(0.0, rate),
                seconds_left=left,
                lanes=tuple(self._lanes.values()),
            )

    def _rated(self, lane: Lane, now: float) -> Lane:
        """Give a lane the rate of its last seconds."""
        history = self._lane_history.setdefault(lane.drive_id, deque(maxlen=120))
        history.append((now, lane.written_bytes + lane.verified_bytes))
        while len(history) > 2 and now - history[0][0] > _LANE_WINDOW_S:
            history.popleft()
        then, before = history[0]
        moved = history[-1][1] - before
        return replace(lane, rate_bytes_s=max(0.0, moved / (now - then)) if now > then else 0.0)


class Context(Struct, frozen=True):
    """Handed to every engine function that may take long. `emit(code, **parameters)` tells."""

    control: Control
    progress: Progress
    clock: Clock
    emit: Callable[..., None]
    files: Files

    def tell(self, code: str, **parameters: Parameter) -> None:
        """Note that something happened and stays true."""
        self.emit(code, **parameters)
