"""Page 9: the copy at work: phases, totals, a lane per drive, what was left out, what happened."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton, QVBoxLayout, QWidget

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import (
    CONTINUABLE,
    Event,
    Job,
    JobId,
    JobKind,
    JobState,
    Lane,
    Phase,
    Reading,
)
from offline_backup_gui.ui.bridge import JobWatch
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.jobs.trouble import job_trouble
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.bars import ShareBar
from offline_backup_gui.ui.widgets.boxes import Card, Columns, WrappingCheck, row, unit
from offline_backup_gui.ui.widgets.lanes import LaneList
from offline_backup_gui.ui.widgets.lists import LineList
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.phases import PhaseStrip
from offline_backup_gui.ui.widgets.speech import announce
from offline_backup_gui.ui.widgets.texts import text
from offline_backup_gui.ui.wizard.outcome import exceptions, final_reading
from offline_backup_gui.ui.wizard.page import Desk, Page
from offline_backup_gui.words import Message

PHASES = (Phase.SCAN, Phase.COPY, Phase.VERIFY, Phase.SEAL)
_TITLES = {"done": "done-copy"}
_MOVING = frozenset({JobState.RUNNING, JobState.PAUSING, JobState.STOPPING})


class CopyingPage(Page):
    """Watches one job. Everything it shows is read; every button asks the services."""

    job_changed = Signal(object)  # Job
    reading_shown = Signal(object)  # Reading
    progressed = Signal(object, object)  # Job, share of 1 or None
    drives_wanted = Signal()
    begun_again = Signal(object)  # JobId of a copy that was started in the place of this one

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._watch: JobWatch | None = None
        self._job: Job | None = None
        self._reading = Reading()
        self._told_tenth = 0
        self._packs = True
        self.column.addWidget(self._progress_card())
        self._state_told = NoticeList(self.words)
        self.column.addWidget(self._state_told)
        self.column.addWidget(self._unready_card())
        lanes = Card(self.say("copying.drives-title"), "drive")
        self._lanes = LaneList(self.words)
        lanes.add(self._lanes)
        self.column.addWidget(lanes)
        self._skipped_title, self._skipped, skipped = self._list_card("skipped", "caution")
        self._events_title, self._events, events = self._list_card("events", "note")
        self.column.addWidget(skipped)
        self.column.addWidget(events)
        self.column.addStretch(1)

    # ------------------------------------------------------------ building

    def _progress_card(self) -> Card:
        card = Card()
        self._phases = PhaseStrip(self.words, PHASES)
        card.add(self._phases)
        self._bar = ShareBar()
        card.column.addSpacing(unit(self) // 2)
        card.add(self._bar)
        self._titles: dict[str, QLabel] = {}
        self._figures: dict[str, QLabel] = {}
        self._details: dict[str, QLabel] = {}
        cells = []
        for key in ("done", "rate", "time-left", "stored"):
            cell = QWidget()
            column = QVBoxLayout(cell)
            column.setContentsMargins(0, unit(self) // 4, 0, 0)
            column.setSpacing(0)
            self._figures[key] = text("–", "figure", wrap=False)
            self._details[key] = text("", "subdued")
            self._titles[key] = text(self.say(f"copying.{_TITLES.get(key, key)}"), "subdued")
            column.addWidget(self._titles[key])
            column.addWidget(self._figures[key])
            column.addWidget(self._details[key])
            column.addStretch(1)
            cells.append(cell)
        card.add(Columns(cells, letters=15))
        self._pause = IconButton("pause", self.say("copying.pause"))
        self._stop = IconButton("stop", self.say("copying.stop"))
        self._again = IconButton("play", self.say("copying.continue"), "primary")
        self._more = IconButton("plus", self.say("copying.add-drive"))
        self._more.clicked.connect(self.drives_wanted)
        self._pause.clicked.connect(self._pause_or_go_on)
        self._stop.clicked.connect(self._ask_stop)
        self._again.clicked.connect(self._continue)
        self._doing = text("", "subdued")
        line = row(
            self._doing, self._more, self._again, self._pause, self._stop, spacing=unit(self) // 2
        )
        line.setStretch(0, 1)
        card.add(line)
        return card

    def _unready_card(self) -> Card:
        """Ask who copies a staging location that is not ready to take that upon themselves."""
        self.unready = Card(self.say("copying.unready-title"), "caution")
        self.unready.add(text(self.say("copying.unready-why"), "subdued"))
        self.unready_consent = WrappingCheck(self.say("copying.unready-consent"))
        self.unready.add(self.unready_consent)
        self.unready_button = IconButton("play", self.say("copying.unready-copy"))
        self.unready_button.setEnabled(False)
        self.unready_button.clicked.connect(self.copy_unready)
        self.unready_consent.toggled.connect(self.unready_button.setEnabled)
        self.unready.add(row(self.unready_button, 1))
        self.unready.hide()
        return self.unready

    def _list_card(self, key: str, icon: str) -> tuple[QLabel, LineList, Card]:
        title = self.say(f"copying.{key}-title")
        card = Card(title, icon)
        summary = text(self.say(f"copying.{key}-none"), "subdued")
        lines = LineList(title)
        lines.hide()
        card.add(summary)
        card.add(lines)
        return summary, lines, card

    # ------------------------------------------------------------ watching

    def watch(self, job_id: JobId, *, packs: bool = True) -> None:
        """Begin to show a job; `packs` says whether it makes packs or copies files as they are."""
        self._packs = packs
        if self._watch is not None:
            self._watch.stop()
        self._skipped.lines.replace(())
        self._events.lines.replace(())
        self._watch = JobWatch(self.desk.bridge, self.desk.services.backups, job_id, self)
        self._watch.reading.connect(self._show_reading)
        self._watch.job.connect(self._show_job)
        self._watch.events.connect(self._show_events)

    def show_lanes(self, lanes: tuple[Lane, ...]) -> None:
        """Show the drives of one reading; called as often as readings come."""
        self._lanes.show_lanes(lanes, running=True)

    def _show_reading(self, reading: Reading) -> None:
        self._reading = reading
        words = self.words
        done = self._job is not None and self._job.state in (JobState.DONE, JobState.EXCEPTIONS)
        if done and self._job is not None:
            reading = final_reading(self._job, reading)
        phase = Phase.SCAN if reading.phase is Phase.PREPARE else reading.phase
        self._phases.show_phase(phase, done=done)
        known = reading.scan_complete and reading.bytes_total
        share = reading.bytes_done / reading.bytes_total if known else 0.0
        self._bar.show_shares((1.0 if done else share, "good" if done else "accent"))
        self._bar.setAccessibleName(words.percent(share))
        self._announce_tenth(share)
        size = words.size(reading.bytes_done)
        # Each phase counts from zero: what was copied is then read back.
        title = phase if phase in (Phase.SCAN, Phase.VERIFY) and not done else Phase.COPY
        self._titles["done"].setText(self.say(f"copying.done-{title.value}"))
        self._figures["done"].setText(size)
        self._figures["done"].setToolTip(words.exact(reading.bytes_done))
        self._details["done"].setText(self._counted(reading))
        running = self._job is not None and self._job.state in _MOVING
        self._figures["rate"].setText(words.rate(reading.rate_bytes_s) if running else "–")
        self._show_time_left(reading, done=done, running=running)
        self._figures["stored"].setText(words.size(reading.stored_bytes))
        self._details["stored"].setText(
            self.say("copying.stored-why" if self._packs else "copying.stored-as-is")
        )
        self._lanes.show_lanes(reading.lanes, running=running)
        self._show_skipped_count(reading.exceptions)
        self.reading_shown.emit(reading)
        if self._job is not None:
            self.progressed.emit(self._job, share if known else None)

    def _counted(self, reading: Reading) -> str:
        if reading.scan_complete:
            total = self.words.size(reading.bytes_total)
            reads_packs = self._packs and reading.phase is Phase.VERIFY
            key = "packs" if reads_packs else "files"
            files = self.say(f"copying.{key}", done=reading.files_done, total=reading.files_total)
            return self.say("copying.of", total=total) + f"\n{files}"
        return self.say("copying.files-counting", done=reading.files_done)

    def _show_time_left(self, reading: Reading, *, done: bool, running: bool) -> None:
        left = reading.seconds_left if reading.scan_complete else None
        if done:
            self._figures["time-left"].setText("–")
            self._details["time-left"].setText(self.say("copying.left-done"))
        elif left is None or not running:
            self._figures["time-left"].setText("–")
            told = self.say("copying.left-open") if running else ""
            self._details["time-left"].setText(told)
        else:
            time = self.words.duration(left)
            self._figures["time-left"].setText(time)
            self._details["time-left"].setText("")

    def _announce_tenth(self, share: float) -> None:
        tenth = int(share * 10)
        if tenth > self._told_tenth:
            announce(self, self.words.percent(tenth / 10))
        self._told_tenth = tenth

    def _show_job(self, job: Job) -> None:
        self._job = job
        state = job.state
        told = {JobState.PAUSING: "copying.pausing", JobState.STOPPING: "copying.stopping"}
        sentence = self.say("copying.state", state=self.words.term("job-state", state.value))
        self._doing.setText(self.say(told[state]) if state in told else sentence)
        moving = state in (JobState.RUNNING, JobState.PAUSING, JobState.PAUSED)
        self._pause.setVisible(moving)
        self._pause.setEnabled(state is not JobState.PAUSING)
        paused = state is JobState.PAUSED
        self._pause.setText(self.say("copying.resume" if paused else "copying.pause"))
        self._pause.set_icon_name("play" if paused else "pause")
        self._stop.setVisible(moving or state is JobState.WAITING)
        self._again.setVisible(state in CONTINUABLE)
        self._more.setVisible(state in CONTINUABLE)
        self._show_state(job)
        self._take_exceptions(job)
        self._show_reading(self._reading)
        self.job_changed.emit(job)

    def _show_state(self, job: Job) -> None:
        state = job.state
        trouble = job_trouble(job) if state in CONTINUABLE else None
        unready = trouble is not None and trouble.code is ErrorCode.STAGING_NOT_READY
        self.unready.setVisible(unready)
        self.unready_consent.box.setChecked(False)
        if trouble is not None:
            message = self.words.trouble(trouble)
            do = self.say("copying.unready-do") if unready else message.do
            self._tell(Message(message.title, message.why, do, message.code), Status.CAUTION)
        elif state is JobState.DONE:
            self._tell(Message(self.say("copying.finished"), "", ""), Status.GOOD)
        elif state is JobState.EXCEPTIONS:
            self._tell(Message(self.say("copying.finished-exceptions"), "", ""), Status.CAUTION)
        elif state in CONTINUABLE:
            key = state.value
            parts = (self.say(f"copying.{key}{part}") for part in ("", "-why", "-do"))
            self._tell(Message(*parts), Status.CAUTION)
        else:
            self._state_told.clear()

    def _tell(self, message: Message, status: Status) -> None:
        self._state_told.show_message(message, status)
        announce(self, message.title)

    def _show_events(self, events: tuple[Event, ...]) -> None:
        words = self.words
        self._events.lines.append(
            f"{words.moment(event.at)}   {words.event(event.code, event.parameters)}"
            for event in events
        )
        self._events.show()
        self._events_title.hide()
        self._events.scrollToBottom()

    # ------------------------------------------------------------ what was left out

    def _show_skipped_count(self, count: int) -> None:
        if count:
            self._skipped_title.setText(self.say("copying.skipped", count=count))
        else:
            self._skipped_title.setText(self.say("copying.skipped-none"))

    def _take_exceptions(self, job: Job) -> None:
        lines = [f"{path}   ({self._reason(reason)})" for path, reason in exceptions(job)]
        if lines:
            self._skipped.lines.replace(lines)
            self._skipped.show()

    def _reason(self, reason: str) -> str:
        return self.words.term("left-out", reason)

    # ------------------------------------------------------------ doing

    def _ask(self, function: Callable[[], None]) -> None:
        self.desk.bridge.call(
            self, function, lambda _none: None, lambda error: self._show_trouble(error)
        )

    def _show_trouble(self, error: BackupError) -> None:
        self._state_told.show_trouble(error)

    def _pause_or_go_on(self) -> None:
        if self._job is None:
            return
        backups, job_id = self.desk.services.backups, self._job.job_id
        if self._job.state is JobState.PAUSED:
            self._ask(lambda: backups.resume(job_id))
        else:
            self._ask(lambda: backups.pause(job_id))
            self._doing.setText(self.say("copying.pausing"))

    def _ask_stop(self) -> None:
        if self._job is None:
            return
        box = QMessageBox(self)
        box.setWindowTitle(self.say("copying.stop-title"))
        box.setText(self.say("copying.stop-title"))
        box.setInformativeText(self.say("copying.stop-why"))
        stop = QPushButton(self.say("copying.stop-yes"))
        keep = QPushButton(self.say("copying.stop-no"))
        box.addButton(stop, QMessageBox.ButtonRole.AcceptRole)
        box.addButton(keep, QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        stop.clicked.connect(self.stop_now)
        box.open()

    def stop_now(self) -> None:
        """Ask the runner to stop; what is finished stays."""
        if self._job is not None:
            backups, job_id = self.desk.services.backups, self._job.job_id
            self._ask(lambda: backups.stop(job_id))
            self._doing.setText(self.say("copying.stopping"))

    def continued(self) -> None:
        """Watch again, after the job was asked to go on."""
        self._state_told.clear()
        if self._watch is not None:
            self._watch.resume()

    def copy_unready(self) -> None:
        """Copy a staging location as it is, in a job that keeps who agreed to it."""
        job, backups = self._job, self.desk.services.backups
        if job is None or not self.unready_consent.box.isChecked():
            return
        plan_id = job.plan_id
        self.unready_button.setEnabled(False)
        self.desk.bridge.call(
            self,
            lambda: backups.start(plan_id, JobKind.COPY, unready=True),
            self.begun_again.emit,
            self._show_trouble,
        )

    def _continue(self) -> None:
        if self._job is None:
            return
        backups, job_id = self.desk.services.backups, self._job.job_id
        self._again.setEnabled(False)

        def going(_none: None) -> None:
            self._again.setEnabled(True)
            self.continued()

        def refused(error: BackupError) -> None:
            self._again.setEnabled(True)
            self._show_trouble(error)

        self.desk.bridge.call(self, lambda: backups.again(job_id), going, refused)
