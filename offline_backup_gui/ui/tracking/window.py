"""The home of the program: the backups at the left, one of them at the right, and what is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.job import Job
from offline_backup_gui.domain.plan import Plan, PlanId
from offline_backup_gui.services import Services
from offline_backup_gui.ui.bridge import Bridge, Every
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.restore.wizard import RestoreWizard
from offline_backup_gui.ui.shell import MINIMUM_SIZE, USUAL_SIZE
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.tracking import view
from offline_backup_gui.ui.tracking.azure_deeds import AzureDeeds
from offline_backup_gui.ui.tracking.azure_pace import AzurePace
from offline_backup_gui.ui.tracking.backup_list import BackupList
from offline_backup_gui.ui.tracking.deeds import Deeds
from offline_backup_gui.ui.tracking.detail import Detail
from offline_backup_gui.ui.tracking.invitation import Invitation
from offline_backup_gui.ui.tracking.news import News
from offline_backup_gui.ui.tracking.presence import Presence
from offline_backup_gui.ui.tracking.readings import Readings
from offline_backup_gui.ui.updates.line import UpdateLine
from offline_backup_gui.ui.widgets.boxes import row, unit
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Words

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
        self.deeds = Deeds(services, words, self._bridge, self.detail, self.list.current, now, self)
        self.readings = Readings(self.deeds)
        self.azure_deeds = AzureDeeds(self.deeds)
        self.azure_pace = AzurePace(services.following, self._bridge, self)
        self.azure_pace.looked.connect(self.refresh)
        self._lay_out()
        self._connect()
        self.azure_deeds.ask_wanted.connect(self.azure_pace.ask)
        self._pace = Every(REFRESH_EVERY_MS, self.refresh, self)
        self._pace.start()
        self.azure_pace.ask()

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
        self.mail_button = IconButton("note", words.text("mail-dialog.open"), "quiet")
        self.mail_button.setAccessibleName(plain(words.text("mail-dialog.open")))
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
        left.addWidget(self.mail_button)
        left.addWidget(self.update_line)
        self._stack = QStackedWidget()
        self._invitation = Invitation(words)
        self.first_button = self._invitation.button
        self._stack.addWidget(self._invitation)
        self._stack.addWidget(self.detail)
        # "No backup yet" would be a guess until the services have answered.
        asking = text(words.text("tracking.checking"), "subdued")
        asking.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(asking)
        self._stack.setCurrentWidget(asking)
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
        detail.restore_wanted.connect(lambda: self.open_restore(self._plan()))
        detail.refresh_wanted.connect(self.look_again)
        deeds = self.deeds
        self.mail_button.clicked.connect(deeds.ask_mail)
        deeds.repeat_wanted.connect(self.repeat_wanted)
        deeds.refresh_wanted.connect(self.refresh)
        deeds.begun.connect(self._show_current)
        detail.strip.ended.connect(self._job_ended)
        detail.strip.progressed.connect(self.presence.show_job)
        detail.strip.trouble.connect(detail.notices.show_trouble)
        self.presence.leave_wanted.connect(self._leave)
        QShortcut(QKeySequence("F5"), self, self.look_again)

    # ------------------------------------------------------------ asking

    @property
    def settled(self) -> bool:
        """Say whether nothing is being asked or done for the window at this moment."""
        return not self._asking and not self.deeds.busy and not self.azure_pace.busy

    def look_again(self) -> None:
        """Look at what this computer knows, and ask Azure itself when somebody is signed in."""
        self.azure_pace.ask()
        self.refresh()

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
        chosen, troubles = self._plan(), self.azure_pace.troubles
        backups = tuple(
            replace(one, azure_trouble=troubles.get(one.plan.plan_id)) for one in backups
        )
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
            busy = backup.plan.plan_id in self.deeds.busy
            self.detail.show_backup(backup, self._now(), busy=busy)

    def select(self, plan_id: PlanId) -> None:
        """Show a backup, for instance the one the wizard just made; it may not be listed yet."""
        self._wanted = None if self.list.choose(plan_id) else plan_id
        if self._wanted is not None:
            self.refresh()

    def _plan(self) -> Plan | None:
        backup = self.list.current()
        return backup.plan if backup else None

    # ------------------------------------------------------------ jobs and restores

    def open_restore(self, plan: Plan | None) -> None:
        """Open the restore wizard: for a plan, or for a drive or account of any origin."""
        wizard = RestoreWizard(self._services, self._words, self._bridge, plan=plan)
        wizard.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        wizard.show()
        self.restore_wizard = wizard

    def _job_ended(self, job: Job) -> None:
        plan = self._plan()
        self.presence.ended(plan.name if plan else "", job)
        self.refresh()

    # ------------------------------------------------------------ coming and going

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stay where it can be found while a job runs; the job itself needs no window."""
        if self.presence.stays(self.detail.strip.job):
            event.ignore()
            return
        self._closed = True
        self._pace.stop()
        self.azure_pace.stop()
        self.detail.strip.show_job(None)
        super().closeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin asking again when the window comes back."""
        super().showEvent(event)
        if self._closed:
            self._closed = False
            self._pace.start()
            self.azure_pace.ask()

    def _leave(self) -> None:
        self._pace.stop()
        self.close()
