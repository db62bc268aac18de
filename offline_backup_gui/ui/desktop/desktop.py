"""Joins window and desktop: taskbar, calm over a remote line, no log-off by chance."""

from __future__ import annotations

from functools import partial

import shiboken6
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QSessionManager
from PySide6.QtWidgets import QApplication, QWidget

from offline_backup_gui.domain.job import ENDED, Job
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.desktop.calls import ShellCalls, system_shell
from offline_backup_gui.ui.desktop.messages import (
    SESSION_CONNECTED,
    SPI_SETHIGHCONTRAST,
    WM_SETTINGCHANGE,
    WM_SYSCOLORCHANGE,
    WM_THEMECHANGED,
    WM_WTSSESSION_CHANGE,
    Messages,
)
from offline_backup_gui.ui.desktop.taskbar import TaskbarProgress
from offline_backup_gui.words import Words

_SETTLED_MS = 200  # a switch of the look sends several messages to each window
_MOVING = (
    Qt.UIEffect.UI_AnimateMenu,
    Qt.UIEffect.UI_FadeMenu,
    Qt.UIEffect.UI_AnimateCombo,
    Qt.UIEffect.UI_AnimateTooltip,
    Qt.UIEffect.UI_FadeTooltip,
    Qt.UIEffect.UI_AnimateToolBox,
)


class Desktop(QObject):
    """One for each application. `jobs_outlive_session`: a log-off does not reach the runners.

    `look_changed` comes after the system has changed its colours, between two kinds of high
    contrast too, which Qt does not tell apart.
    """

    look_changed = Signal()

    def __init__(
        self,
        app: QApplication,
        words: Words,
        bridge: Bridge,
        shell: ShellCalls | None = None,
        *,
        jobs_outlive_session: bool = True,
    ) -> None:
        super().__init__(app)
        self._app, self._words, self._bridge = app, words, bridge
        self._shell = shell or system_shell()
        self._outlive = jobs_outlive_session
        self._effects = {effect: app.isEffectEnabled(effect) for effect in _MOVING}
        self._blink_ms = app.cursorFlashTime()
        self._running: set[int] = set()
        self._held = 0
        self._holder: QWidget | None = None
        self.taskbar = TaskbarProgress(self._shell)
        self._messages = Messages()
        self._messages.hear(self.taskbar.button_created, self._button_created)
        self._messages.hear(WM_WTSSESSION_CHANGE, self._session_changed)
        self._look = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._look.timeout.connect(self.look_changed)
        for number in (WM_SYSCOLORCHANGE, WM_THEMECHANGED, WM_SETTINGCHANGE):
            self._messages.hear(number, partial(self._look_told, number))
        app.installNativeEventFilter(self._messages)
        app.commitDataRequest.connect(self._session_ends)
        self._be_calm(self._shell.is_remote())

    def attach(self, window: QWidget) -> None:
        """Take a window in; it must have been shown."""
        number = int(window.winId())
        self.taskbar.watch(number)
        self._shell.watch_session(number)

    def show_job(self, window: QWidget, job: Job | None, share: float | None) -> None:
        """Show a job in the taskbar; while it runs here, a log-off is not let through silently."""
        self.taskbar.show(window, job, share)
        if job is None:
            return
        if job.state in ENDED:
            self._running.discard(job.job_id)
        else:
            self._running.add(job.job_id)
        self._hold(window)

    def close(self) -> None:
        """Let go of everything."""
        self._app.removeNativeEventFilter(self._messages)
        self._let_go()
        self.taskbar.close()

    # ------------------------------------------------------------ taskbar and line

    def _button_created(self, window: int, _wide: int) -> None:
        self.taskbar.again(window)

    def _session_changed(self, _window: int, what: int) -> None:
        """The session went to another screen; jobs do not notice."""
        if what in SESSION_CONNECTED:
            self._be_calm(self._shell.is_remote())

    def _look_told(self, number: int, _window: int, what: int) -> None:
        if number != WM_SETTINGCHANGE or what == SPI_SETHIGHCONTRAST:
            self._look.start()

    def _be_calm(self, calm: bool) -> None:
        """Over a remote line every change is a picture that travels: move nothing for show."""
        self._bridge.calm = calm
        for effect, enabled in self._effects.items():
            self._app.setEffectEnabled(effect, enabled and not calm)
        self._app.setCursorFlashTime(0 if calm else self._blink_ms)

    # ------------------------------------------------------------ log-off

    def _hold(self, window: QWidget) -> None:
        if not self._running or self._outlive:
            self._let_go()
        elif not self._held and window.internalWinId():
            self._held, self._holder = int(window.winId()), window
            self._shell.hold_session(self._held, self._words.text("desktop.log-off"))

    def _let_go(self) -> None:
        held, self._held, self._holder = self._held, 0, None
        if held:
            self._shell.let_session_go(held)

    def _session_ends(self, manager: QSessionManager) -> None:
        """Windows asks before it signs out; with a job of this session the answer is no.

        Windows then shows the reason, and the admin may sign out all the same: the job is
        interrupted and can be continued.
        """
        if not self._held:
            return
        manager.cancel()
        # Windows listens to programs with a visible window alone; one in the tray has none.
        holder = self._holder
        if holder is not None and shiboken6.isValid(holder) and not holder.isVisible():
            holder.showMinimized()
