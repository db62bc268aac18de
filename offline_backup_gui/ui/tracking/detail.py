"""The right side of the tracking window: one backup, whole. It shows and asks; it does nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import ENDED
from offline_backup_gui.services.backups import Backups
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.jobs.strip import JobStrip
from offline_backup_gui.ui.jobs.trouble import job_trouble
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.tracking import azure_view, view
from offline_backup_gui.ui.tracking.agent_card import AgentCard
from offline_backup_gui.ui.tracking.arrival_card import ArrivalCard
from offline_backup_gui.ui.tracking.azure_card import AzureCard
from offline_backup_gui.ui.tracking.device_card import DeviceCard
from offline_backup_gui.ui.tracking.now_card import NowCard, SafeCard
from offline_backup_gui.ui.tracking.runs_card import RunsCard
from offline_backup_gui.ui.tracking.shipment_card import ShipmentCard
from offline_backup_gui.ui.tracking.timeline import DeadlinesCard, TimelineCard
from offline_backup_gui.ui.widgets.boxes import Columns, row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.scroll import ScrolledPage
from offline_backup_gui.ui.widgets.texts import ElidedLabel, chip, set_property, text
from offline_backup_gui.words import Message, Words

_COLUMN_LETTERS = 38


class Detail(QScrollArea):
    """Heading, freshness, what to do now, running job, and the cards of one backup."""

    repeat_wanted = Signal()
    restore_wanted = Signal()
    refresh_wanted = Signal()
    sign_in_wanted = Signal()

    def __init__(self, backups: Backups, bridge: Bridge, words: Words) -> None:
        super().__init__()
        self._words = words
        self._backup: view.Backup | None = None
        self._told = False
        self._kept = False  # what a deed said stays until the next one, whatever Azure answers
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.notices = NoticeList(words)
        self.now_card = NowCard(words)
        self.safe_card = SafeCard(words)
        self.strip = JobStrip(backups, bridge, words)
        self.deadlines = DeadlinesCard(words)
        self.timeline = TimelineCard(words)
        self.shipment = ShipmentCard(words)
        self.azure = AzureCard(words)
        self.agent = AgentCard(words)
        self.device = DeviceCard(words)
        self.arrival = ArrivalCard(words)
        self.runs = RunsCard(words)
        self.runs.restore_wanted.connect(self.restore_wanted)
        self.runs.repeat_wanted.connect(self.repeat_wanted)
        self._lay_out()

    def _lay_out(self) -> None:
        step = unit(self)
        page = ScrolledPage()
        column = QVBoxLayout(page)
        column.setContentsMargins(step * 2, step * 3 // 2, step * 2, step * 3 // 2)
        column.setSpacing(step * 3 // 4)
        column.addLayout(self._header())
        for part in (self.notices, self.now_card, self.strip, self.safe_card, self.deadlines):
            column.addWidget(part)
        left = self._pile(self.timeline, self.runs)
        right = self._pile(self.device, self.shipment, self.azure, self.agent, self.arrival)
        column.addWidget(Columns((left, right), letters=_COLUMN_LETTERS))
        column.addStretch(1)
        self.setWidget(page)

    @staticmethod
    def _pile(*cards: QWidget) -> QWidget:
        pile = QWidget()
        column = QVBoxLayout(pile)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(unit(pile) * 3 // 4)
        for card in cards:
            column.addWidget(card)
        column.addStretch(1)
        return pile

    def _header(self) -> QVBoxLayout:
        words, step = self._words, unit(self)
        self.heading = text("", "heading")
        self._practice = chip(words.text("tracking.practice"))
        self._state = chip("")
        self._fresh_icon = IconLabel("clock", Status.QUIET, 1.0)
        self._fresh = ElidedLabel("", "small", at=Qt.TextElideMode.ElideRight)
        self.refresh_button = IconButton("refresh", words.text("tracking.refresh"), "quiet")
        self.refresh_button.setToolTip(words.text("tracking.refresh-key"))
        self.refresh_button.clicked.connect(self.refresh_wanted)
        header = QVBoxLayout()
        header.setSpacing(step // 3)
        first = row(self.heading, self._practice, self._state, spacing=step // 2)
        first.setStretch(0, 1)
        header.addLayout(first)
        second = row(self._fresh_icon, self._fresh, self.refresh_button, spacing=step // 3)
        second.setStretch(1, 1)
        header.addLayout(second)
        return header

    # ------------------------------------------------------------ showing

    def show_backup(self, backup: view.Backup, now: datetime, *, busy: bool) -> None:
        """Show everything of one backup; `busy` greys what would start something."""
        another = self._backup is None or self._backup.plan.plan_id != backup.plan.plan_id
        self._backup = backup
        if another:
            self.verticalScrollBar().setValue(0)
            self.hush()
        words, tracking = self._words, backup.tracking
        self.heading.setText(backup.plan.name)
        self._practice.setVisible(backup.practice)
        self._state.setText(view.state_words(backup, words))
        set_property(self._state, "status", _chip_status(backup).value)
        if backup.trouble is not None:
            # Being cut off is no obstacle: what is known stays, and everything here still works.
            self.notices.show_message(words.trouble(backup.trouble), Status.CAUTION)
        elif (ended := self._why_ended(backup)) is not None:
            self.notices.show_trouble(ended)
        elif self._kept:
            pass
        elif backup.azure_trouble is not None:
            self._show_azure_trouble(backup.azure_trouble)
        elif another or self._told:
            self.notices.clear()
        self._told = (
            backup.trouble is not None
            or self._why_ended(backup) is not None
            or backup.azure_trouble is not None
        )
        known = tracking is not None
        for part in (self.now_card, self.timeline, self.shipment, self.arrival, self.runs):
            part.setVisible(known)
        self.agent.setVisible(known and view.by_agent(backup))
        self.device.show_backup(backup)
        self.azure.setVisible(known and azure_view.shows_azure(backup.plan))
        self.show_freshness(now)
        self.runs.show_runs(
            view.runs(backup),
            backup.next_run,
            may_run=tracking is not None and view.may_run(tracking),
            busy=busy or _running(backup),
        )
        if tracking is None:
            self.strip.show_job(None)
            self.safe_card.hide()
            self.deadlines.show_deadlines(())
            return
        busy = busy or _running(backup)
        self.now_card.show_now(tracking.now_you, busy=busy)
        self.now_card.setVisible(tracking.running is None)
        self.strip.show_job(tracking.running or view.continuable(backup))
        self.safe_card.show_gone(tracking.agent.gone if tracking.agent else ())
        self.safe_card.setVisible(tracking.safe_to_erase)
        self.deadlines.show_deadlines(tracking.due)
        self.timeline.show_stages(tracking.stages, practice=backup.practice)
        self.shipment.show_shipment(
            azure_view.parcels(tracking),
            tracking.drives,
            route=backup.plan.route,
            typed=tracking.parcel is not None,
            sealed=any(drive.sealed_at for drive in tracking.drives),
            may_receive=view.may_receive_here(backup),
            busy=busy,
        )
        self.azure.show_job(tracking.job, busy=busy)
        self.azure.show_ways(
            tracking.job, at_azure=backup.ref is not None, signed_in=backup.signed_in
        )
        self.agent.show_agent(tracking)
        self.arrival.show_arrival(
            view.arrival_figures(tracking.arrival),
            may_check=view.may_check_arrival(tracking),
            may_vault=view.may_move_to_vault(tracking),
            busy=busy,
        )

    def tell(
        self,
        message: Message,
        status: Status,
        action: tuple[str, Callable[[], None]] | None = None,
    ) -> None:
        """Say what came of a deed; it stays until the next one, or another backup is shown."""
        self._kept = True
        self.notices.show_message(message, status, action)

    def tell_trouble(self, error: BackupError) -> None:
        """Say why a deed was not done; as `tell`."""
        self._kept = True
        self.notices.show_trouble(error)

    def hush(self) -> None:
        """Take back what was said of deeds."""
        self._kept = False
        self.notices.clear()

    def _show_azure_trouble(self, error: BackupError) -> None:
        """Say that Azure did not answer; what was known stays, and signing in is one click away."""
        action = None
        if error.code is ErrorCode.SIGN_IN_NEEDED:
            action = (self._words.text("azure-dialog.sign-in-again"), self.sign_in_wanted.emit)
        self.notices.show_message(self._words.trouble(error), Status.CAUTION, action)

    @staticmethod
    def _why_ended(backup: view.Backup) -> BackupError | None:
        job = view.continuable(backup)
        return None if job is None else job_trouble(job)

    def show_freshness(self, now: datetime) -> None:
        """Say how old the knowledge is; too old or cut off is a caution."""
        backup = self._backup
        if backup is None or backup.tracking is None:
            self._fresh.set_whole("")
            self._fresh_icon.hide()
            return
        at = view.known_at(backup.tracking)
        cut_off = backup.trouble is not None or backup.azure_trouble is not None
        stale = cut_off or now - at > view.STALE_AFTER
        self._fresh_icon.show()
        self._fresh_icon.show_icon(
            "caution" if stale else "clock", Status.CAUTION if stale else Status.QUIET
        )
        self._fresh.set_whole(
            self._words.text("azure-job.offline", at=at)
            if cut_off
            else view.freshness(backup, now, self._words)
        )
        set_property(self._fresh, "status", Status.CAUTION.value if stale else "")

    def show_azure(self) -> None:
        """Bring what Azure said into view."""
        self.ensureWidgetVisible(self.azure if self.azure.isVisible() else self.timeline)

    def show_agent(self) -> None:
        """Bring what the agent's vault shows into view."""
        self.ensureWidgetVisible(self.agent)

    def show_checking(self) -> None:
        """Say that the services are being asked."""
        self._fresh.set_whole(self._words.text("tracking.checking"))


def _running(backup: view.Backup) -> bool:
    tracking = backup.tracking
    return (
        tracking is not None
        and tracking.running is not None
        and tracking.running.state not in ENDED
    )


def _chip_status(backup: view.Backup) -> Status:
    if view.in_trouble(backup):
        return Status.CAUTION
    if backup.tracking is not None and view.may_run(backup.tracking):
        return Status.GOOD
    return Status.NOW
