"""The only place where threads and timers meet Qt: work beside the window, and watching jobs."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any, TypeVar

import shiboken6
from msgspec import Struct
from PySide6.QtCore import QObject, QTimer, Signal

from offline_backup_gui.domain.errors import BackupError, Stopped
from offline_backup_gui.domain.job import ENDED, Event, Job, JobId, Reading
from offline_backup_gui.services.backups import Backups

T = TypeVar("T")
WATCH_EVERY_MS = 250
CALM_EVERY_MS = 1000  # over a remote line each picture travels
WORKERS = 4


class _Call(Struct):
    """One function beside the window: what it needs, what comes of it, and who is told."""

    owner: QObject
    function: Callable[[], Any]
    on_done: Callable[[Any], None]
    on_error: Callable[[BackupError], None] | None
    value: Any = None
    error: BaseException | None = None


class Bridge(QObject):
    """Runs functions on a few worker threads and brings their answers to the window's thread.

    What a call holds (pages, answers, the frames of an error) lies in a table that only the
    window's thread clears: Qt ends when a worker destroys something of the window's.
    `calm`: the window is shown over a remote line; whatever moves only for show keeps still.
    """

    calm = False
    _answered = Signal(int)  # which call; emitted by workers, so that it is a queued one

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="beside-the-window")
        self._calls: dict[int, _Call] = {}
        self._numbers = count()
        self._closed = False
        self._answered.connect(self._deliver)

    def call(
        self,
        owner: QObject,
        function: Callable[[], T],
        on_done: Callable[[T], None],
        on_error: Callable[[BackupError], None] | None = None,
    ) -> None:
        """Run `function` on a worker thread, then one of the two in the window's thread.

        Nothing is called once `owner` is gone. A bug in `function` reaches the crash dialog.
        A closed bridge takes nothing on: timers of a window may outlive it for a moment.
        """
        if self._closed:
            return
        number = next(self._numbers)
        self._calls[number] = _Call(owner, function, on_done, on_error)
        self._pool.submit(self._work, number)

    def _work(self, number: int) -> None:
        self._run(self._calls[number])
        if not self._closed:
            self._answered.emit(number)

    @staticmethod
    def _run(call: _Call) -> None:
        """Leave the answer in the call; when this returns, the worker holds nothing of it."""
        try:
            call.value = call.function()
        except Exception as error:  # thread top: the window's thread decides what it means
            call.error = error

    def _deliver(self, number: int) -> None:
        call = self._calls.pop(number)
        # The frames of an error hold the call: without this only a search for garbage ends both.
        error, call.error = call.error, None
        if self._closed or not shiboken6.isValid(call.owner):
            return
        if error is None:
            call.on_done(call.value)
        elif isinstance(error, BackupError) and call.on_error is not None:
            call.on_error(error)
        elif not isinstance(error, Stopped):
            raise error

    def close(self) -> None:
        """Deliver nothing more; running work ends by itself."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def finish(self) -> None:
        """Wait for the running work; for the end of the program and for tests."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class Garbage(QObject):
    """Collects garbage in the window's thread alone, as long as the window is there.

    Python looks for it in whichever thread happens to make something. Among it are widgets and
    timers, and Qt allows nobody but their own thread to destroy them.
    """

    def __init__(self, parent: QObject | None = None, *, every_ms: int = 1000) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(every_ms)

    def stop(self) -> None:
        """Let Python look for garbage by itself again."""
        self._timer.stop()
        gc.enable()

    def _look(self) -> None:
        # As Python does it: an older generation when the younger ones were looked at often.
        waiting, limits = gc.get_count(), gc.get_threshold()
        full = [place for place in range(3) if waiting[place] > limits[place]]
        if full:
            gc.collect(full[-1])


class Newest(QObject):
    """Hands the newest of many reports to the window; those in between are dropped."""

    arrived = Signal()

    def __init__(self, on_report: Callable[[Any], None], parent: QObject) -> None:
        super().__init__(parent)
        self._on_report = on_report
        self._lock = threading.Lock()
        self._report: Any = None
        self._waiting = False
        self.arrived.connect(self._deliver)

    def report(self, report: object) -> None:
        """Take a report from any thread."""
        with self._lock:
            self._report = report
            first = not self._waiting
            self._waiting = True
        if first and shiboken6.isValid(self):
            self.arrived.emit()

    def _deliver(self) -> None:
        with self._lock:
            report, self._waiting = self._report, False
        self._on_report(report)


class Every(QObject):
    """Calls back at a fixed pace while running; the first time at once."""

    def __init__(self, interval_ms: int, on_tick: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._on_tick = on_tick
        self._timer = QTimer(self)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(on_tick)

    def start(self) -> None:
        """Begin, and tick at once."""
        if not self._timer.isActive():
            self._timer.start()
            self._on_tick()

    def set_interval(self, interval_ms: int) -> None:
        """Take another pace; the same again changes nothing."""
        if self._timer.interval() != interval_ms:
            self._timer.setInterval(interval_ms)

    def stop(self) -> None:
        """Fall silent."""
        self._timer.stop()


def after(owner: QObject, delay_ms: int, function: Callable[[], None]) -> Callable[[], None]:
    """Give a trigger that calls `function` once, `delay_ms` after it was last pulled."""
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(delay_ms)
    timer.timeout.connect(function)
    return timer.start


class JobWatch(QObject):
    """Reads one job four times a second until it has ended; silent when nothing has changed."""

    reading = Signal(object)  # Reading
    job = Signal(object)  # Job
    events = Signal(object)  # tuple[Event, ...]
    ended = Signal(object)  # Job

    def __init__(
        self, bridge: Bridge, backups: Backups, job_id: JobId, parent: QObject | None = None
    ) -> None:
        """Begin watching at once."""
        super().__init__(parent)
        self._bridge = bridge
        self._backups = backups
        self.job_id = job_id
        self._last_event = 0
        self._asking = False
        self._job: Job | None = None
        self._reading: Reading | None = None
        self._every = Every(WATCH_EVERY_MS, self._ask, self)
        # After this turn of the event loop, so that the owner has connected its slots.
        QTimer.singleShot(0, self, self._every.start)

    def stop(self) -> None:
        """Watch no longer."""
        self._every.stop()

    def resume(self) -> None:
        """Watch again, after a stopped job was continued."""
        self._every.start()

    def _ask(self) -> None:
        # The state file may be busy for a moment; asking beside the window keeps it lively.
        if self._asking:
            return
        self._asking = True
        self._every.set_interval(CALM_EVERY_MS if self._bridge.calm else WATCH_EVERY_MS)
        after = self._last_event

        def ask() -> tuple[Job, Reading, Sequence[tuple[int, Event]]]:
            # The state first: an ended job then brings its last reading and events with it.
            job = self._backups.job(self.job_id)
            return job, self._backups.reading(self.job_id), self._backups.events(self.job_id, after)

        self._bridge.call(self, ask, self._tell, self._nothing)

    def _nothing(self, _error: BackupError) -> None:
        self._asking = False

    def _tell(self, answer: tuple[Job, Reading, Sequence[tuple[int, Event]]]) -> None:
        self._asking = False
        job, reading, numbered = answer
        if numbered:
            self._last_event = numbered[-1][0]
            self.events.emit(tuple(event for _, event in numbered))
        if reading != self._reading:
            self._reading = reading
            self.reading.emit(reading)
        changed = self._job is None or job != self._job
        self._job = job
        if changed:
            self.job.emit(job)
            if job.state in ENDED:
                self._every.stop()
                self.ended.emit(job)
