"""The strip of a running job: phase, progress, speed, time left; pause, stop, continue."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.job import CONTINUABLE, ENDED, Job, JobId, JobState, Reading
from offline_backup_gui.services.backups import Backups
from offline_backup_gui.ui.bridge import Bridge, JobWatch
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.widgets.boxes import Card, row, unit
from offline_backup_gui.ui.widgets.speech import announce
from offline_backup_gui.ui.widgets.texts import ElidedLabel, plain, text
from offline_backup_gui.words import Words

_STEPS = 1000


def share_done(reading: Reading) -> float | None:
    """Give how far a job is, from 0 to 1; None while the whole is not known."""
    if not reading.scan_complete or reading.bytes_total <= 0:
        return None
    return min(1.0, reading.bytes_done / reading.bytes_total)


def progress_words(reading: Reading, words: Words, *, moving: bool = True) -> str:
    """Say files, bytes, and while the job moves speed and time left, in one line."""
    parts = []
    if reading.scan_complete and reading.files_total:
        parts.append(
            words.text("tracking.strip-files", done=reading.files_done, total=reading.files_total)
        )
    elif reading.files_done:
        parts.append(words.text("tracking.strip-files-open", done=reading.files_done))
    if reading.scan_complete and reading.bytes_total:
        parts.append(
            words.text("tracking.strip-bytes", done=reading.bytes_done, total=reading.bytes_total)
        )
    if not moving:
        return " · ".join(parts)
    if reading.rate_bytes_s > 0:
        parts.append(words.rate(reading.rate_bytes_s))
    if reading.seconds_left is not None:
        parts.append(words.text("tracking.strip-left", seconds=reading.seconds_left))
    elif not reading.scan_complete:
        parts.append(words.text("tracking.strip-counting"))
    return " · ".join(parts)


class JobStrip(Card):
    """Shows one job while it runs, and while it waits to be continued; else it is hidden."""

    ended = Signal(object)  # Job
    progressed = Signal(object, object)  # Job, share or None
    trouble = Signal(object)  # BackupError
    stop_wanted = Signal()

    def __init__(self, backups: Backups, bridge: Bridge, words: Words) -> None:
        super().__init__()
        self._backups, self._bridge, self._words = backups, bridge, words
        self._watch: JobWatch | None = None
        self._job: Job | None = None
        self._tenth = -1
        self._reading = Reading()
        self._title = text("", "title")
        self._figures = text("", "body")
        self._current = ElidedLabel("", "small")
        self._lanes = text("", "small")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(words.text("tracking.busy"))
        self.pause_button = self._button("pause", "tracking.pause", self._pause)
        self.resume_button = self._button("play", "tracking.resume", self._resume)
        self.stop_button = self._button("stop", "tracking.stop", self.stop_wanted.emit)
        self.continue_button = self._button("play", "tracking.continue", self._continue)
        head = row(
            self._title,
            self.pause_button,
            self.resume_button,
            self.stop_button,
            self.continue_button,
            spacing=unit(self) // 2,
        )
        head.setStretch(0, 1)
        head.setAlignment(self._title, Qt.AlignmentFlag.AlignVCenter)
        self.add(head)
        for part in (self._bar, self._figures, self._lanes, self._current):
            self.add(part)
        self.hide()

    def _button(self, icon: str, key: str, act: Callable[[], None]) -> IconButton:
        label = self._words.text(key)
        button = IconButton(icon, label)
        button.setAccessibleName(plain(label))
        button.clicked.connect(lambda: act())
        return button

    @property
    def job(self) -> Job | None:
        """Give the job that is shown."""
        return self._job

    def show_job(self, job: Job | None) -> None:
        """Show a job, or nothing; watching begins when it is another one than before."""
        if job is None:
            self._forget()
            self.hide()
            return
        if self._watch is None or self._watch.job_id != job.job_id:
            self._forget()
            self._follow(job.job_id)
        self._show_state(job)
        self.show()

    def _follow(self, job_id: JobId) -> None:
        self._reading = Reading()
        self._show_reading(self._reading)
        watch = JobWatch(self._bridge, self._backups, job_id, self)
        watch.reading.connect(self._show_reading)
        watch.job.connect(self._show_state)
        watch.ended.connect(self.ended)
        self._watch = watch

    def _forget(self) -> None:
        if self._watch is not None:
            self._watch.stop()
            self._watch.deleteLater()
        self._watch, self._job = None, None

    def _show_state(self, job: Job) -> None:
        words, before = self._words, self._job
        self._job = job
        kind = words.term("job-kind", job.kind.value)
        state = words.term("job-state", job.state.value)
        self._title.setText(words.text("tracking.strip", kind=kind, state=state))
        self.pause_button.setVisible(job.state in (JobState.RUNNING, JobState.WAITING))
        self.resume_button.setVisible(job.state in (JobState.PAUSED, JobState.PAUSING))
        self.stop_button.setVisible(
            job.state in (JobState.RUNNING, JobState.WAITING, JobState.PAUSED, JobState.PAUSING)
        )
        self.continue_button.setVisible(job.state in CONTINUABLE)
        if before is None or before.state is not job.state:
            self._show_reading(self._reading)
        if before is not None and before.state is not job.state:
            announce(self, self._title.text())

    def _show_reading(self, reading: Reading) -> None:
        words, share = self._words, share_done(reading)
        self._reading = reading
        if share is None:
            # A bar that runs to and fro says "busy"; many readers dislike it, but it is honest.
            busy = reading.files_done and not self._bridge.calm
            self._bar.setRange(0, 0 if busy else _STEPS)
            self._bar.setValue(0)
        else:
            self._bar.setRange(0, _STEPS)
            self._bar.setValue(round(share * _STEPS))
            self._announce_tenth(share)
        phase = words.term("phase", reading.phase.value)
        moving = self._job is None or self._job.state not in ENDED
        figures = progress_words(reading, words, moving=moving)
        self._figures.setText(f"{phase}: {figures}" if figures else phase)
        self._current.set_whole(reading.current)
        self._current.setVisible(bool(reading.current) and moving)
        lanes = " · ".join(
            words.text(
                "tracking.strip-lane",
                label=lane.label or lane.path,
                state=words.term("lane", lane.state),
            )
            for lane in reading.lanes
        )
        self._lanes.setText(lanes)
        self._lanes.setVisible(bool(lanes))
        if self._job is not None:
            self.progressed.emit(self._job, share)

    def _announce_tenth(self, share: float) -> None:
        tenth = int(share * 10)
        if tenth != self._tenth and self._tenth >= 0:
            announce(self._bar, self._words.percent(share))
        self._tenth = tenth

    # ------------------------------------------------------------ buttons

    def _pause(self) -> None:
        self._ask(self._backups.pause)

    def _resume(self) -> None:
        self._ask(self._backups.resume)

    def stop_job(self) -> None:
        """Ask the runner to stop; the window has asked the admin before."""
        self._ask(self._backups.stop)

    def _continue(self) -> None:
        self._ask(self._backups.again, watch_again=True)

    def _ask(self, act: Callable[[JobId], None], *, watch_again: bool = False) -> None:
        job = self._job
        if job is None:
            return

        def done(_: object) -> None:
            if watch_again and self._watch is not None:
                self._watch.resume()

        def refused(error: BackupError) -> None:
            self.trouble.emit(error)

        self._bridge.call(self, lambda: act(job.job_id), done, refused)
