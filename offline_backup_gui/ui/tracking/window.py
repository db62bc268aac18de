"""The home of the program: the backups at the left, one of them at the right, and what is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QLocale, Qt, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.job import Job, JobKind
from offline_backup_gui.domain.papers import PageSize
from offline_backup_gui.domain.plan import Plan, PlanId
from offline_backup_gui.domain.shipment import NowYou, Parcel
from offline_backup_gui.services import Services
from offline_backup_gui.ui.bridge import Bridge, Every
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.restore.wizard import RestoreWizard
from offline_backup_gui.ui.shell import MINIMUM_SIZE, USUAL_SIZE
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.tracking import view
from offline_backup_gui.ui.tracking.backup_list import BackupList
from offline_backup_gui.ui.tracking.detail import Detail
from offline_backup_gui.ui.tracking.dialogs import ParcelDialog, Question, ReceivedDialog
from offline_backup_gui.ui.tracking.invitation import Invitation
from offline_backup_gui.ui.tracking.news import News
from offline_backup_gui.ui.tracking.presence import Presence
from offline_backup_gui.ui.updates.line import UpdateLine
from offline_backup_gui.ui.widgets.boxes import row, unit
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Message, Words

REFRESH_EVERY_MS = 30_000


def utc_now() -> datetime:
    """Give the time, aware, in UTC."""
    return datetime.now(UTC)


class TrackingWindow(QWidget):
    """Shows every backup and lets the admin act; opens the wizard through its two signals."""

    new_wanted = Signal()
    repeat_wanted = Signal(object)  # Plan

    def __init__(
        self,
        services: Services,
        words: Words,
        bridge: Bridge | None = None,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """Begin asking the services at once; nothing blocks."""
        super().__init__()
        self._services, self._words, self._now = services, words, now
        self._bridge = bridge or Bridge(self)
        self._backups: tuple[view.Backup, ...] = ()
        self._asking = self._ask_again = self._closed = False
        self._busy: set[PlanId] = set()
        self._wanted: PlanId | None = None
        self._news = News(words)
        self.restore_wizard: RestoreWizard | None = None
        self.setWindowTitle(words.text("tracking.window-title"))
        self.setMinimumSize(MINIMUM_SIZE)
        self.resize(USUAL_SIZE)
        self.list = BackupList(words)
        self.detail = Detail(services.backups, self._bridge, words)
        self.presence = Presence(words, self)
        self.update_line = UpdateLine(services.updates, self._bridge, words)
        self._lay_out()
        self._connect()
        self._pace = Every(REFRESH_EVERY_MS, self.refresh, self)
        self._pace.start()

    # ------------------------------------------------------------ layout

    def _lay_out(self) -> None:
        words, step = self._words, unit(self)
        rail = QFrame()
        rail.setObjectName("rail")
        rail.setFixedWidth(self.fontMetrics().averageCharWidth() * 38)
        self.new_button = IconButton("plus", words.text("tracking.new"))
        self.new_button.setAccessibleName(plain(words.text("tracking.new")))
        self.restore_any_button = IconButton("restore", words.text("tracking.restore-any"), "quiet")
        self.restore_any_button.setAccessibleName(words.text("tracking.restore-any-tip"))
        self.restore_any_button.setToolTip(words.text("tracking.restore-any-tip"))
        brand = row(
            IconLabel("app", Status.NOW, 1.9),
            text(words.text("tracking.window-title"), "title"),
            spacing=step * 2 // 3,
        )
        brand.setContentsMargins(step // 2, 0, 0, 0)
        brand.setStretch(1, 1)
        left = QVBoxLayout(rail)
        left.setContentsMargins(step * 2 // 3, step, step * 2 // 3, step * 2 // 3)
        left.setSpacing(step * 2 // 3)
        left.addLayout(brand)
        left.addWidget(self.list, 1)
        left.addWidget(self.new_button)
        left.addWidget(self.restore_any_button)
        left.addWidget(self.update_line)
        self._stack = QStackedWidget()
        self._invitation = Invitation(words)
        self.first_button = self._invitation.button
        self._stack.addWidget(self._invitation)
        self._stack.addWidget(self.detail)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(rail)
        layout.addWidget(self._stack, 1)

    def _connect(self) -> None:
        detail = self.detail
        self.list.selectionModel().currentChanged.connect(self._show_current)
        self.new_button.clicked.connect(self.new_wanted)
        self.first_button.clicked.connect(self.new_wanted)
        self.restore_any_button.clicked.connect(lambda: self.open_restore(None))
        detail.repeat_wanted.connect(self._repeat)
        detail.restore_wanted.connect(lambda: self.open_restore(self._plan()))
        detail.refresh_wanted.connect(self.refresh)
        detail.now_card.wanted.connect(self._act)
        detail.shipment.parcel_wanted.connect(self._ask_parcel)
        detail.shipment.papers_wanted.connect(self._ask_papers_folder)
        detail.shipment.receive_wanted.connect(self._receive_here)
        detail.arrival.check_wanted.connect(lambda: self._start(JobKind.ARRIVAL))
        detail.arrival.repair_wanted.connect(lambda: self._start(JobKind.ARRIVAL, repair=True))
        detail.arrival.vault_wanted.connect(lambda: self._start(JobKind.VAULT))
        detail.runs.run_wanted.connect(lambda: self._start(JobKind.INCREMENT))
        detail.strip.ended.connect(self._job_ended)
        detail.strip.progressed.connect(self.presence.show_job)
        detail.strip.stop_wanted.connect(self._ask_stop)
        detail.strip.trouble.connect(detail.notices.show_trouble)
        self.presence.leave_wanted.connect(self._leave)
        QShortcut(QKeySequence("F5"), self, self.refresh)

    # ------------------------------------------------------------ asking

    @property
    def settled(self) -> bool:
        """Say whether nothing is being asked or done for the window at this moment."""
        return not self._asking and not self._busy

    def refresh(self) -> None:
        """Ask the services about every backup, beside the window."""
        if self._asking:
            self._ask_again = True
            return
        self._asking = True
        self.detail.show_checking()
        before = self._backups
        self._bridge.call(
            self, lambda: view.load(self._services, before), self._loaded, self._not_loaded
        )

    def _loaded(self, backups: tuple[view.Backup, ...]) -> None:
        self._asking = False
        if self._closed:
            return
        chosen = self._plan()
        self._backups = backups
        self.list.entries.set_backups(backups)
        if self._wanted is not None and self.list.choose(self._wanted):
            self._wanted = None
        elif backups and not (chosen and self.list.choose(chosen.plan_id)):
            self.list.choose(backups[0].plan.plan_id)
        self._stack.setCurrentIndex(1 if backups else 0)
        self._show_current()
        for title, sentence in self._news.of(backups):
            self.presence.tray.notify(title, sentence)
        if self._ask_again:
            self._ask_again = False
            self.refresh()

    def _not_loaded(self, error: BackupError) -> None:
        self._asking = False
        self._stack.setCurrentIndex(1)
        self.detail.notices.show_trouble(error)
        self.detail.show_freshness(self._now())

    def _show_current(self) -> None:
        backup = self.list.current()
        if backup is not None:
            busy = backup.plan.plan_id in self._busy
            self.detail.show_backup(backup, self._now(), busy=busy)

    def select(self, plan_id: PlanId) -> None:
        """Show a backup, for instance the one the wizard just made; it may not be listed yet."""
        self._wanted = None if self.list.choose(plan_id) else plan_id
        if self._wanted is not None:
            self.refresh()

    def _plan(self) -> Plan | None:
        backup = self.list.current()
        return backup.plan if backup else None

    # ------------------------------------------------------------ doing

    def _do(self, deed: Callable[[PlanId], object], done: Callable[[], None] | None = None) -> None:
        """Run a deed for the shown backup beside the window; its trouble is shown above."""
        plan = self._plan()
        if plan is None:
            return
        plan_id = plan.plan_id
        self._busy.add(plan_id)
        self.detail.notices.clear()
        self._show_current()

        def finished(_: object) -> None:
            self._busy.discard(plan_id)
            if done is not None:
                done()
            self.refresh()

        def refused(error: BackupError) -> None:
            self._busy.discard(plan_id)
            self._show_current()
            self.detail.notices.show_trouble(error)
            self.refresh()

        self._bridge.call(self, lambda: deed(plan_id), finished, refused)

    def _start(self, kind: JobKind, **options: object) -> None:
        self._do(lambda plan_id: self._services.backups.start(plan_id, kind, **options))

    def _act(self, now: str) -> None:
        """Do what the "Now you" card asks for."""
        deeds: dict[str, Callable[[], None]] = {
            NowYou.COPY: self._repeat,
            NowYou.COPY_TO_DEVICE: self._repeat,
            NowYou.CONTINUE_COPY: self._continue,
            NowYou.FIX_RUN: self._continue,
            NowYou.SHIP: self._ask_parcel,
            NowYou.SHIP_DEVICE: self._ask_parcel,
            NowYou.ENTER_TRACKING: self._ask_parcel,
            NowYou.NOTE_RECEIVED: self._ask_received,
            NowYou.RECEIVE_HERE: self._receive_here,
            NowYou.CHECK_ARRIVAL: lambda: self._start(JobKind.ARRIVAL),
            NowYou.REPAIR_ARRIVAL: lambda: self._start(JobKind.ARRIVAL, repair=True),
            NowYou.MOVE_TO_VAULT: lambda: self._start(JobKind.VAULT),
            NowYou.RUN_INCREMENT: lambda: self._start(JobKind.INCREMENT),
            NowYou.RESOLVE_UPLOAD: self._show_timeline,
            NowYou.REVIEW_ERRORS: self._show_timeline,
        }
        deeds[now]()

    def _show_timeline(self) -> None:
        self.detail.ensureWidgetVisible(self.detail.timeline)

    def _repeat(self) -> None:
        if (plan := self._plan()) is not None:
            self.repeat_wanted.emit(plan)

    def _continue(self) -> None:
        backup = self.list.current()
        job = view.continuable(backup) if backup else None
        if job is None:
            self._start(JobKind.INCREMENT)
        else:
            self._do(lambda _: self._services.backups.again(job.job_id))

    def _receive_here(self) -> None:
        backup = self.list.current()
        if backup is None or backup.tracking is None:
            return
        mounts = tuple(drive.mount for drive in backup.tracking.drives if drive.mount)
        self._do(lambda plan_id: self._services.shipments.receive_here(plan_id, mounts))

    def _ask_parcel(self) -> None:
        backup = self.list.current()
        if backup is None or backup.tracking is None:
            return
        dialog = ParcelDialog(self._words, backup.tracking.parcel, self._now(), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.entered.connect(self._ship)
        dialog.open()

    def _ship(self, parcel: Parcel) -> None:
        self._do(lambda plan_id: self._services.shipments.ship(plan_id, parcel))

    def _ask_received(self) -> None:
        dialog = ReceivedDialog(self._words, self._now(), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.entered.connect(
            lambda at: self._do(lambda plan_id: self._services.shipments.note_received(plan_id, at))
        )
        dialog.open()

    def _ask_papers_folder(self) -> None:
        dialog = QFileDialog(self, self._words.text("tracking.papers-folder"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.save_papers)
        dialog.open()

    def save_papers(self, folder: str) -> None:
        """Write packing slip, custody sheet and label into a folder, and offer to open it."""
        words = self._words
        imperial = (
            QLocale.system().measurementSystem() == QLocale.MeasurementSystem.ImperialUSSystem
        )
        paper = PageSize.LETTER if imperial else PageSize.A4
        language = "de" if words.language == "de" else "en"
        made: list[Path] = []

        def write(plan_id: PlanId) -> None:
            made.extend(
                self._services.shipments.save_papers(plan_id, Path(folder), language, paper.value)
            )

        def tell() -> None:
            where = words.text("tracking.papers-where", count=len(made), folder=folder)
            message = Message(words.text("tracking.papers-saved"), where, "")

            def show() -> None:
                QDesktopServices.openUrl(QUrl.fromLocalFile(folder))

            self.detail.notices.show_message(
                message, Status.GOOD, (words.text("tracking.open-folder"), show)
            )

        self._do(write, tell)

    def open_restore(self, plan: Plan | None) -> None:
        """Open the restore wizard: for a plan, or for a drive or account of any origin."""
        wizard = RestoreWizard(self._services, self._words, self._bridge, plan=plan)
        wizard.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        wizard.show()
        self.restore_wizard = wizard

    # ------------------------------------------------------------ jobs

    def _job_ended(self, job: Job) -> None:
        plan = self._plan()
        self.presence.ended(plan.name if plan else "", job)
        self.refresh()

    def _ask_stop(self) -> None:
        words = self._words
        dialog = Question(
            words,
            words.text("tracking.stop-title"),
            words.text("tracking.stop-why"),
            words.text("tracking.stop-do"),
            words.text("tracking.stop-keep"),
            self,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(self.detail.strip.stop_job)
        dialog.open()

    # ------------------------------------------------------------ coming and going

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stay where it can be found while a job runs; the job itself needs no window."""
        if self.presence.stays(self.detail.strip.job):
            event.ignore()
            return
        self._closed = True
        self._pace.stop()
        self.detail.strip.show_job(None)
        super().closeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin asking again when the window comes back."""
        super().showEvent(event)
        if self._closed:
            self._closed = False
            self._pace.start()

    def _leave(self) -> None:
        self._pace.stop()
        self.close()
