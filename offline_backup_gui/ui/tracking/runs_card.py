"""The runs: every copy and increment with its result, the next planned one, and "run now"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from offline_backup_gui.domain.job import Job, JobState
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.tracking import view
from offline_backup_gui.ui.tracking.flush import flush
from offline_backup_gui.ui.widgets.boxes import Card, clear, unit
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Words

_SHOWN = 6


class RunsCard(Card):
    """The newest runs; older ones are in the restore points."""

    run_wanted = Signal()
    restore_wanted = Signal()
    repeat_wanted = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__(words.text("tracking.runs"), "refresh")
        self._words = words
        self._shown: tuple[Job, ...] | None = None
        step = unit(self)
        self._next = text("", "subdued")
        self._runs = QVBoxLayout()
        self._runs.setSpacing(step // 2)
        self._locked = text(words.text("tracking.run-locked"), "small")
        self.run_button = IconButton("play", words.text("tracking.run-now"), "quiet")
        self.run_button.setAccessibleName(plain(words.text("tracking.run-now")))
        self.run_button.clicked.connect(self.run_wanted)
        self.restore_button = IconButton("restore", words.text("tracking.restore"), "quiet")
        self.restore_button.setAccessibleName(plain(words.text("tracking.restore")))
        self.restore_button.clicked.connect(self.restore_wanted)
        self.repeat_button = IconButton("copy", words.text("tracking.repeat"), "quiet")
        self.repeat_button.setAccessibleName(plain(words.text("tracking.repeat")))
        self.repeat_button.clicked.connect(self.repeat_wanted)
        self.add(self._next)
        self.add(self._runs)
        self.add(self._locked)
        self.add(flush(self.run_button))
        self.add(flush(self.restore_button))
        self.add(flush(self.repeat_button))
        self.column.addStretch(1)

    def show_runs(
        self, jobs: Sequence[Job], next_run: datetime | None, *, may_run: bool, busy: bool
    ) -> None:
        """Show the runs, newest first."""
        words = self._words
        self.run_button.setEnabled(may_run and not busy)
        self.restore_button.setEnabled(may_run)
        self._locked.setVisible(not may_run)
        self._next.setVisible(may_run)
        self._next.setText(
            words.text("tracking.next-run", at=next_run)
            if next_run
            else words.text("tracking.next-none")
        )
        if tuple(jobs[:_SHOWN]) == self._shown:
            return
        self._shown = tuple(jobs[:_SHOWN])
        clear(self._runs)
        if not jobs:
            self._runs.addWidget(text(words.text("tracking.runs-none"), "subdued"))
        for job in jobs[:_SHOWN]:
            self._runs.addWidget(_RunRow(job, words))


_SIGN_BY_STATE = {
    JobState.DONE: ("circle-check", Status.GOOD),
    JobState.EXCEPTIONS: ("caution", Status.CAUTION),
    JobState.FAILED: ("obstacle", Status.OBSTACLE),
    JobState.STOPPED: ("stop", Status.CAUTION),
    JobState.INTERRUPTED: ("caution", Status.CAUTION),
}


class _RunRow(QWidget):
    """One run: kind, time, result, and how much was left out."""

    def __init__(self, job: Job, words: Words) -> None:
        super().__init__()
        step = unit(self)
        icon, status = _SIGN_BY_STATE.get(job.state, ("clock", Status.NOW))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(step * 2 // 3)
        layout.addWidget(IconLabel(icon, status, 1.2), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(0)
        title = f"{words.term('job-kind', job.kind.value)}, {words.moment(job.created)}"
        result = " · ".join(self._result(job, words))
        column.addWidget(text(title))
        column.addWidget(text(result, "small"))
        layout.addLayout(column, 1)
        self.setAccessibleName(f"{title}. {result}")

    @staticmethod
    def _result(job: Job, words: Words) -> list[str]:
        parts = [words.term("job-state", job.state.value)]
        files, exceptions = view.file_count(job), view.exception_count(job)
        if files is not None:
            parts.append(words.text("tracking.run-files", count=files))
        if exceptions:
            parts.append(words.text("tracking.run-exceptions", count=exceptions))
        elif job.state is JobState.DONE:
            parts.append(words.text("tracking.run-all"))
        return parts
