"""Work beside the window, and watching jobs: never in the window's way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise
from time import monotonic

import pytest
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import JobKind, JobState, Reading
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.ui.bridge import Bridge, JobWatch, Newest
from tests.fakes_services import FakeBackups


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    made = Bridge()
    yield made
    made.close()
    made.finish()


def test_the_answer_comes_back_in_the_windows_thread(qtbot: QtBot, bridge: Bridge) -> None:
    owner, seen = QObject(), []
    bridge.call(
        owner,
        threading.current_thread,
        lambda worker: seen.append((worker, threading.current_thread())),
    )
    qtbot.waitUntil(lambda: bool(seen))
    worker, window = seen[0]
    assert worker is not window
    assert window is threading.main_thread()


def test_expected_trouble_is_handed_to_the_caller(qtbot: QtBot, bridge: Bridge) -> None:
    owner, troubles = QObject(), []

    def fail() -> None:
        raise BackupError(ErrorCode.DRIVE_GONE, drive="E:")

    bridge.call(owner, fail, lambda _none: None, troubles.append)
    qtbot.waitUntil(lambda: bool(troubles))
    assert troubles[0].code is ErrorCode.DRIVE_GONE


def test_a_bug_beside_the_window_reaches_the_crash_dialog(qtbot: QtBot, bridge: Bridge) -> None:
    owner = QObject()

    def slip() -> None:
        raise ZeroDivisionError

    with qtbot.captureExceptions() as caught:
        bridge.call(owner, slip, lambda _none: None)
        qtbot.waitUntil(lambda: bool(caught))
    assert caught[0][0] is ZeroDivisionError


def test_nothing_is_delivered_to_a_window_that_is_gone(qtbot: QtBot, bridge: Bridge) -> None:
    import shiboken6

    owner, seen, reached = QObject(), [], []
    gate = threading.Event()
    bridge.call(owner, lambda: gate.wait(5), seen.append)
    shiboken6.delete(owner)
    gate.set()
    other = QObject()
    bridge.call(other, lambda: None, reached.append)
    qtbot.waitUntil(lambda: bool(reached))
    bridge.finish()
    qtbot.wait(1)
    assert seen == []


def test_of_many_reports_only_the_newest_is_shown(qtbot: QtBot) -> None:
    shown: list[int] = []
    owner = QObject()
    newest = Newest(shown.append, owner)
    worker = threading.Thread(target=lambda: [newest.report(n) for n in range(20_000)])
    worker.start()
    worker.join()
    qtbot.waitUntil(lambda: shown[-1:] == [19_999])
    assert len(shown) < 20


def test_two_thousand_signals_do_not_end_the_program(qtbot: QtBot) -> None:
    # A binding of Python and Qt once lost a reference with each signal and died after some 560.
    count = []
    owner = QObject()
    watch = Newest(lambda _report: None, owner)
    watch.arrived.connect(lambda: count.append(True))
    for _ in range(2_000):
        watch.arrived.emit()
    assert len(count) == 2_000


def test_a_watch_tells_the_last_reading_and_then_the_end(qtbot: QtBot, bridge: Bridge) -> None:
    readings = [Reading(files_done=n) for n in (1, 2, 3)]
    backups = FakeBackups(readings)
    job_id = backups.start(PlanId("plan"), JobKind.COPY)
    backups.tell("copy")
    watch = JobWatch(bridge, backups, job_id)
    seen: list[Reading] = []
    events: list[object] = []
    watch.reading.connect(seen.append)
    watch.events.connect(events.extend)
    with qtbot.waitSignal(watch.ended) as ended:
        pass
    assert ended.args[0].state is JobState.DONE
    assert seen[-1] == readings[-1]
    assert len(events) == 1


class Busy(FakeBackups):
    """A job whose state file answers slowly, as a busy disk does."""

    def reading(self, job_id: object) -> Reading:
        until = monotonic() + 0.15
        while monotonic() < until:
            self.current = Reading(files_done=self.current.files_done + 1)
        return self.current


def test_the_window_never_waits_for_a_job(qtbot: QtBot, bridge: Bridge) -> None:
    backups = Busy()
    job_id = backups.start(PlanId("plan"), JobKind.COPY)
    watch = JobWatch(bridge, backups, job_id)
    beats: list[float] = []
    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(lambda: beats.append(monotonic()))
    timer.start()
    with qtbot.waitSignal(watch.reading):
        pass
    with qtbot.waitSignal(watch.reading):
        pass
    watch.stop()
    longest = max(later - earlier for earlier, later in pairwise(beats))
    assert longest < 0.1
