"""Taskbar, remote line and log-off, against a shell that only remembers what it was asked."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.domain.job import Job, JobId, JobKind, JobState
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.ui.desktop.calls import NoShell
from offline_backup_gui.ui.desktop.desktop import Desktop
from offline_backup_gui.ui.desktop.messages import (
    SPI_SETHIGHCONTRAST,
    WM_SETTINGCHANGE,
    WM_SYSCOLORCHANGE,
    WM_THEMECHANGED,
    WM_WTSSESSION_CHANGE,
    Message,
)
from offline_backup_gui.ui.desktop.taskbar import (
    STEPS,
    Flag,
    TaskbarList,
    TaskbarProgress,
    _Prototype,
    flag_of,
)
from tests.ui.instant import InstantBridge

_BUTTON = 0xC123


class ComObject:
    """An ITaskbarList3 in memory: a pointer to a table of functions, as COM lays it out."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []
        hr, this, number = ctypes.c_long, ctypes.c_void_p, ctypes.c_ulonglong
        self._functions = [_Prototype(hr, this)(lambda _: self._wrong()) for _ in range(21)]
        self._functions[2] = _Prototype(ctypes.c_ulong, this)(lambda _: self._note("release"))
        self._functions[3] = _Prototype(hr, this)(lambda _: self._note("init"))
        self._functions[9] = _Prototype(hr, this, this, number, number)(
            lambda _, window, done, total: self._note("value", window, done, total)
        )
        self._functions[10] = _Prototype(hr, this, this, ctypes.c_int)(
            lambda _, window, flag: self._note("state", window, Flag(flag))
        )
        pointers = [ctypes.cast(function, ctypes.c_void_p) for function in self._functions]
        self._table = (ctypes.c_void_p * len(pointers))(*pointers)
        self._object = ctypes.c_void_p(ctypes.addressof(self._table))
        self.pointer = ctypes.addressof(self._object)

    def _note(self, *what: object) -> int:
        self.heard.append(what)
        return 0

    def _wrong(self) -> int:
        self.heard.append(("a place nobody meant",))
        return -1


class Shell:
    """Remembers what it was asked."""

    def __init__(self, *, remote: bool = False) -> None:
        self.remote = remote
        self.asked: list[tuple[object, ...]] = []
        self.com = ComObject()
        self.made = 0

    def is_remote(self) -> bool:
        return self.remote

    def message(self, name: str) -> int:
        return _BUTTON if name == "TaskbarButtonCreated" else 0

    def let_in(self, window: int, message: int) -> None:
        self.asked.append(("let in", window, message))

    def watch_session(self, window: int) -> None:
        self.asked.append(("watch", window))

    def hold_session(self, window: int, reason: str) -> None:
        self.asked.append(("hold", window, reason))

    def let_session_go(self, window: int) -> None:
        self.asked.append(("let go", window))

    def taskbar(self) -> int:
        self.made += 1
        return self.com.pointer


def job(state: JobState) -> Job:
    at = datetime(2026, 11, 25, tzinfo=UTC)
    return Job(JobId(7), PlanId("branch"), JobKind.COPY, state, at)


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


def _desktop(qapp: QApplication, shell: Shell, *, outlive: bool) -> Desktop:
    return Desktop(qapp, words.load("en"), InstantBridge(), shell, jobs_outlive_session=outlive)


@pytest.fixture
def desktop(qapp: QApplication, shell: Shell) -> Iterator[Desktop]:
    made = _desktop(qapp, shell, outlive=False)
    yield made
    made.close()
    made.deleteLater()


def _post(qapp: QApplication, desktop: Desktop, number: int, window: int, wide: int) -> None:
    """Hand a message to the filter the way Qt does."""
    told = Message(window=window, number=number, wide=wide, long=0)
    answer = desktop._messages.nativeEventFilter(b"windows_generic_MSG", ctypes.addressof(told))
    assert answer == (False, 0)


def test_the_table_is_called_at_its_places() -> None:
    com = ComObject()
    taskbar = TaskbarList(com.pointer)
    taskbar.show(0x1F00000042, Flag.NORMAL, 0.25)
    taskbar.show(66, Flag.BUSY, None)
    taskbar.show(66, Flag.NONE, None)
    taskbar.release()
    taskbar.release()
    assert com.heard == [
        ("init",),
        ("state", 0x1F00000042, Flag.NORMAL),
        ("value", 0x1F00000042, 250, STEPS),
        ("state", 66, Flag.BUSY),
        ("state", 66, Flag.NONE),
        ("release",),
    ]


@pytest.mark.parametrize(
    ("state", "share", "flag"),
    [
        (JobState.WAITING, None, Flag.BUSY),
        (JobState.RUNNING, None, Flag.BUSY),
        (JobState.RUNNING, 0.5, Flag.NORMAL),
        (JobState.PAUSING, 0.5, Flag.PAUSED),
        (JobState.PAUSED, 0.5, Flag.PAUSED),
        (JobState.STOPPING, 0.5, Flag.PAUSED),
        (JobState.STOPPED, 0.5, Flag.NONE),
        (JobState.INTERRUPTED, 0.5, Flag.TROUBLE),
        (JobState.FAILED, None, Flag.TROUBLE),
        (JobState.DONE, 1.0, Flag.NONE),
        (JobState.EXCEPTIONS, 1.0, Flag.NONE),
    ],
)
def test_each_state_has_its_colour(state: JobState, share: float | None, flag: Flag) -> None:
    assert flag_of(job(state), share) is flag


def test_the_same_reading_again_costs_no_call(shell: Shell) -> None:
    taskbar = TaskbarProgress(shell)
    for share in (0.5, 0.50001, 0.5, 0.51):
        taskbar.show_flag(66, Flag.NORMAL, share)
    assert [one for one in shell.com.heard if one[0] == "value"] == [
        ("value", 66, 500, STEPS),
        ("value", 66, 510, STEPS),
    ]


def test_a_window_without_a_number_gets_none_from_us(shell: Shell, qtbot: QtBot) -> None:
    hidden = QWidget()
    qtbot.addWidget(hidden)
    TaskbarProgress(shell).show(hidden, job(JobState.RUNNING), 0.5)
    assert (shell.made, hidden.internalWinId()) == (0, 0)


def test_an_explorer_that_started_anew_is_told_again(
    qapp: QApplication, desktop: Desktop, shell: Shell, window: QWidget
) -> None:
    number = int(window.winId())
    desktop.attach(window)
    assert ("let in", number, _BUTTON) in shell.asked
    desktop.show_job(window, job(JobState.PAUSED), 0.75)
    shell.com.heard.clear()
    _post(qapp, desktop, _BUTTON, number, 0)
    assert shell.com.heard == [
        ("release",),
        ("init",),
        ("state", number, Flag.PAUSED),
        ("value", number, 750, STEPS),
    ]
    assert shell.made == 2


def test_over_a_remote_line_nothing_moves_for_show(qapp: QApplication, shell: Shell) -> None:
    blink, menu = qapp.cursorFlashTime(), Qt.UIEffect.UI_AnimateMenu
    qapp.setEffectEnabled(Qt.UIEffect.UI_General, True)
    qapp.setEffectEnabled(menu, True)
    shell.remote = True
    desktop = _desktop(qapp, shell, outlive=True)
    assert desktop._bridge.calm
    assert (qapp.cursorFlashTime(), qapp.isEffectEnabled(menu)) == (0, False)
    # The session comes back to the screen of the server itself.
    shell.remote = False
    _post(qapp, desktop, WM_WTSSESSION_CHANGE, 66, 1)
    assert not desktop._bridge.calm
    assert (qapp.cursorFlashTime(), qapp.isEffectEnabled(menu)) == (blink, True)
    shell.remote = True
    _post(qapp, desktop, WM_WTSSESSION_CHANGE, 66, 7)  # locked: nothing changes
    assert not desktop._bridge.calm
    _post(qapp, desktop, WM_WTSSESSION_CHANGE, 66, 3)
    assert desktop._bridge.calm
    shell.remote = False
    _post(qapp, desktop, WM_WTSSESSION_CHANGE, 66, 3)
    desktop.close()


def test_a_switch_of_the_systems_look_is_told_once_when_it_is_through(
    qapp: QApplication, desktop: Desktop, qtbot: QtBot
) -> None:
    told: list[bool] = []
    desktop.look_changed.connect(lambda: told.append(True))
    _post(qapp, desktop, WM_SETTINGCHANGE, 66, 0x14)  # another wallpaper
    assert not desktop._look.isActive()
    with qtbot.waitSignal(desktop.look_changed):
        for window in (66, 67):
            _post(qapp, desktop, WM_SYSCOLORCHANGE, window, 0)
            _post(qapp, desktop, WM_THEMECHANGED, window, 0)
            _post(qapp, desktop, WM_SETTINGCHANGE, window, SPI_SETHIGHCONTRAST)
    assert told == [True]


class _Manager:
    """A session manager that is asked to wait or not."""

    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


def test_a_log_off_waits_for_a_job_of_this_session_and_says_why(
    desktop: Desktop, shell: Shell, window: QWidget
) -> None:
    number = int(window.winId())
    desktop.show_job(window, job(JobState.RUNNING), 0.1)
    desktop.show_job(window, job(JobState.PAUSED), 0.2)
    (held,) = [one for one in shell.asked if one[0] == "hold"]
    assert held[1] == number
    assert "signing out" in str(held[2])
    manager = _Manager()
    desktop._session_ends(manager)  # type: ignore[arg-type]
    assert manager.cancelled
    desktop.show_job(window, job(JobState.DONE), 1.0)
    assert shell.asked[-1] == ("let go", number)
    manager = _Manager()
    desktop._session_ends(manager)  # type: ignore[arg-type]
    assert not manager.cancelled


def test_a_window_in_the_tray_shows_itself_when_it_has_to_hold_the_session(
    desktop: Desktop, window: QWidget
) -> None:
    desktop.show_job(window, job(JobState.RUNNING), 0.1)
    window.hide()
    desktop._session_ends(_Manager())  # type: ignore[arg-type]
    assert window.isVisible()
    assert window.isMinimized()


def test_a_job_that_outlives_the_session_holds_nobody_up(
    qapp: QApplication, shell: Shell, window: QWidget
) -> None:
    desktop = _desktop(qapp, shell, outlive=True)
    desktop.show_job(window, job(JobState.RUNNING), 0.1)
    manager = _Manager()
    desktop._session_ends(manager)  # type: ignore[arg-type]
    assert not manager.cancelled
    assert not [one for one in shell.asked if one[0] == "hold"]
    desktop.close()


def test_on_other_systems_nothing_is_asked(qapp: QApplication, window: QWidget) -> None:
    desktop = Desktop(qapp, words.load("en"), InstantBridge())
    assert isinstance(desktop._shell, NoShell)
    desktop.attach(window)
    desktop.show_job(window, job(JobState.RUNNING), 0.5)
    desktop.close()
    QCoreApplication.processEvents()
