"""Work beside the window, and watching jobs: never in the window's way."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from time import monotonic, thread_time

import pytest
import shiboken6
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import JobKind, JobState, Lane, Phase, Reading
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.ui.bridge import Bridge, Garbage, JobWatch, Newest
from offline_backup_gui.ui.wizard.page import Desk, load_geography
from offline_backup_gui.ui.wizard.pages.copying import CopyingPage
from tests.fakes_services import FakeBackups, FakeServices


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
    owner = QObject()
    troubles: list[BackupError] = []

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
    owner = QObject()
    seen: list[object] = []
    reached: list[object] = []
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


class Traced:
    """Something of the window's that notes in which thread it was let go."""

    def __init__(self, gone: list[threading.Thread]) -> None:
        self._gone = gone

    def __del__(self) -> None:
        self._gone.append(threading.current_thread())


@pytest.mark.parametrize("way", ["answer", "function", "trouble", "owner gone"])
def test_what_a_call_held_is_let_go_in_the_windows_thread(
    qtbot: QtBot, bridge: Bridge, way: str
) -> None:
    gone: list[threading.Thread] = []
    owner, gate = QObject(), threading.Event()

    def work(held: Traced) -> object:
        gate.wait(5)
        if way == "trouble":
            raise BackupError(ErrorCode.DRIVE_GONE, drive="E:")
        return held if way == "answer" else None

    bridge.call(owner, partial(work, Traced(gone)), lambda _answer: None, lambda _trouble: None)
    if way == "owner gone":
        shiboken6.delete(owner)
    gate.set()
    # What ends as garbage is collected wherever something is made next: never beside the window.
    qtbot.waitUntil(lambda: bool(gone))
    assert gone == [threading.main_thread()]


def test_garbage_of_the_window_is_collected_in_its_thread(qtbot: QtBot) -> None:
    gone: list[threading.Thread] = []
    made: list[list[object]] = []

    def drop() -> None:
        loop: list[object] = [Traced(gone), QObject()]
        loop.append(loop)

    def make() -> None:
        made.extend([] for _ in range(200_000))  # beside the window: many times what asks for it

    enabled = gc.isenabled()
    garbage = Garbage(every_ms=10)
    try:
        drop()
        worker = threading.Thread(target=make)
        worker.start()
        worker.join()
        assert gone == []
        qtbot.waitUntil(lambda: bool(gone))
        assert gone == [threading.main_thread()]
    finally:
        garbage.stop()
    assert gc.isenabled() == enabled


def test_of_many_reports_only_the_newest_is_shown(qtbot: QtBot) -> None:
    shown: list[int] = []
    owner = QObject()
    newest = Newest(shown.append, owner)

    def report() -> None:
        for number in range(20_000):
            newest.report(number)

    worker = threading.Thread(target=report)
    worker.start()
    worker.join()
    qtbot.waitUntil(lambda: shown[-1:] == [19_999])
    assert len(shown) < 20


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


class Heartbeat(QTimer):
    """Notes how much work the window's thread did between two beats.

    Its processor time is taken, not the clock on the wall: other programs must not fail the test,
    and neither must Python's search for garbage among what all the tests before have left.
    """

    def __init__(self) -> None:
        super().__init__()
        gc.collect()
        gc.freeze()
        self.destroyed.connect(gc.unfreeze)
        self.beats: list[float] = []
        self.setInterval(5)
        self.timeout.connect(lambda: self.beats.append(thread_time()))
        self.start()

    def longest(self) -> float:
        return max(later - earlier for earlier, later in pairwise(self.beats))


def test_the_window_never_waits_for_a_job(qtbot: QtBot, bridge: Bridge) -> None:
    backups = Busy()
    job_id = backups.start(PlanId("plan"), JobKind.COPY)
    watch = JobWatch(bridge, backups, job_id)
    heart = Heartbeat()
    for _ in range(2):
        with qtbot.waitSignal(watch.reading):
            pass
    watch.stop()
    assert len(heart.beats) > 10
    assert heart.longest() < 0.1


class Talkative(FakeBackups):
    """A copy to ten drives with news at every look and thousands of events at once."""

    def reading(self, job_id: object) -> Reading:
        done = self.current.files_done + 1_000
        lanes = tuple(
            Lane(str(n), f"BACKUP-{n}", f"/mnt/{n}", "writing", done * n, 0, 0, done * 1e3, done)
            for n in range(10)
        )
        for number in range(500):
            self.tell("drive-silent", drive=f"E{number}:")
        self.current = Reading(
            Phase.COPY, done, done * 100, 10**6, 10**8, scan_complete=True, lanes=lanes
        )
        return self.current


def test_the_copying_page_stays_light_while_readings_come(qtbot: QtBot, bridge: Bridge) -> None:
    fakes = FakeServices()
    services = fakes.services
    vars(services)["backups"] = Talkative()
    job_id = services.backups.start(PlanId("plan"), JobKind.COPY)
    page = CopyingPage(Desk(services, words.load("en"), bridge, load_geography()))
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(page)
    area.resize(900, 700)
    qtbot.addWidget(area)
    area.show()
    page.watch(job_id)
    seen: list[object] = []
    heart: list[Heartbeat] = []

    def one_more(_job_reading: object) -> None:
        seen.append(_job_reading)
        if len(seen) == 1:  # the rows of the drives are made with the first reading
            heart.append(Heartbeat())

    page.reading_shown.connect(one_more)
    qtbot.waitUntil(lambda: len(seen) >= 5, timeout=20_000)
    assert heart[0].longest() < 0.1
