"""The tray icon: there while a job runs, when the system has a tray; notifies sparingly."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from offline_backup_gui.domain.job import Job
from offline_backup_gui.ui.icons import icon
from offline_backup_gui.ui.theme import current_tones
from offline_backup_gui.words import Words


class Tray(QObject):
    """Shows that a job runs while the window is closed. Does nothing where there is no tray."""

    open_wanted = Signal()
    quit_wanted = Signal()

    def __init__(self, words: Words, window: QWidget) -> None:
        super().__init__(window)
        self._words = words
        self._menu = QMenu(window)
        self._sign: QSystemTrayIcon | None = None
        for key, signal in (
            ("tracking.tray-open", self.open_wanted),
            ("tracking.tray-quit", self.quit_wanted),
        ):
            action = QAction(words.text(key), self._menu)
            action.triggered.connect(signal)
            self._menu.addAction(action)
        self._ready()

    @property
    def available(self) -> bool:
        """Say whether the system has a tray now: it may come late or go, as Explorer does."""
        return QSystemTrayIcon.isSystemTrayAvailable() and self._ready() is not None

    def _ready(self) -> QSystemTrayIcon | None:
        if self._sign is None and QSystemTrayIcon.isSystemTrayAvailable():
            self._sign = QSystemTrayIcon(icon("app", current_tones().accent), self)
            self._sign.setContextMenu(self._menu)
            self._sign.activated.connect(self._activated)
            self._sign.messageClicked.connect(self.open_wanted)
        return self._sign

    def show_job(self, job: Job | None, share: float | None) -> None:
        """Show the icon while a job runs, with its progress in the tooltip."""
        if self._sign is None:
            return
        self._sign.setVisible(job is not None)
        if job is not None:
            kind = self._words.term("job-kind", job.kind.value)
            percent = self._words.percent(share) if share is not None else "…"
            self._sign.setToolTip(
                self._words.text("tracking.tray-running", kind=kind, percent=percent)
            )

    def notify(self, title: str, sentence: str) -> None:
        """Tell something once: act now, finished, ended early."""
        if self._sign is None:
            return
        self._sign.show()  # a message needs an icon to come from
        self._sign.showMessage(title, sentence, QSystemTrayIcon.MessageIcon.NoIcon)

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason != QSystemTrayIcon.ActivationReason.Context:
            self.open_wanted.emit()
