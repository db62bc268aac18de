"""Where the overview stays while a job runs, in the tray or the taskbar, and what it tells."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from offline_backup_gui.domain.job import ENDED, Job, JobState
from offline_backup_gui.ui.desktop.front import come_to_front
from offline_backup_gui.ui.tracking.tray import Tray
from offline_backup_gui.words import Words


class Presence(QObject):
    """Decides what closing means; tells what was asked for, finished, or ended early."""

    leave_wanted = Signal()
    job_shown = Signal(object, object)  # Job or None, share of 1 or None

    def __init__(self, words: Words, window: QWidget) -> None:
        super().__init__(window)
        self._words, self._window = words, window
        self._leaving = False
        self.tray = Tray(words, window)
        self.tray.open_wanted.connect(self.come_back)
        self.tray.quit_wanted.connect(self._leave)

    def show_job(self, job: Job, share: float | None) -> None:
        """Show a job in tray and taskbar."""
        self.tray.show_job(None if job.state in ENDED else job, share)
        self.job_shown.emit(job, share)

    def ended(self, plan_name: str, job: Job) -> None:
        """Tell that a job has ended; one that was stopped by hand is no news."""
        kind = self._words.term("job-kind", job.kind.value)
        key = {JobState.DONE: "ended-done", JobState.EXCEPTIONS: "ended-exceptions"}.get(
            job.state, "ended-failed"
        )
        if plan_name and job.state is not JobState.STOPPED:
            self.tray.notify(plan_name, self._words.text(f"tracking.{key}", kind=kind))
        self.tray.show_job(None, None)
        self.job_shown.emit(job, None)

    def stays(self, job: Job | None) -> bool:
        """Keep the window where it can be found again; False when it may close.

        Without a tray (RemoteApp, a bare desktop) it goes to the taskbar, and who closes it there
        means it.
        """
        if self._leaving or job is None or job.state in ENDED:
            return False
        if self.tray.available:
            self.tray.show_job(job, None)
            self._window.hide()
            return True
        if self._window.isMinimized():
            return False
        self._window.showMinimized()
        return True

    def come_back(self) -> None:
        """Show the window again."""
        come_to_front(self._window)

    def _leave(self) -> None:
        self._leaving = True
        self.tray.show_job(None, None)
        self.leave_wanted.emit()
        self._leaving = False
