"""What the admin does to the shown backup: run, ship, note, save papers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QLocale, QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.job import JobKind
from offline_backup_gui.domain.mail import MailSettings
from offline_backup_gui.domain.orders import JobRef
from offline_backup_gui.domain.papers import PageSize
from offline_backup_gui.domain.plan import Plan, PlanId
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.shipment import NowYou, Parcel
from offline_backup_gui.services import Services
from offline_backup_gui.services.stop_flag import StopFlag
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.devices.dialog import DeviceDialog
from offline_backup_gui.ui.devices.panel import Errand
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.tracking import view
from offline_backup_gui.ui.tracking.detail import Detail
from offline_backup_gui.ui.tracking.dialogs import ParcelDialog, Question, ReceivedDialog
from offline_backup_gui.ui.tracking.mail_dialog import MailDialog
from offline_backup_gui.words import Message, Words


class Deeds(QObject):
    """Does one thing at a time for each backup, beside the window; trouble is shown above."""

    repeat_wanted = Signal(object)  # Plan
    refresh_wanted = Signal()
    begun = Signal()  # what is busy has changed

    def __init__(
        self,
        services: Services,
        words: Words,
        bridge: Bridge,
        detail: Detail,
        shown: Callable[[], view.Backup | None],
        now: Callable[[], datetime],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self.services, self.words, self.bridge = services, words, bridge
        self.detail, self.shown, self.now, self.window = detail, shown, now, window
        self.busy: set[PlanId] = set()
        detail.repeat_wanted.connect(self.repeat)
        detail.now_card.wanted.connect(self.act)
        detail.shipment.parcel_wanted.connect(self.ask_parcel)
        detail.shipment.papers_wanted.connect(self.ask_papers_folder)
        detail.shipment.receive_wanted.connect(self.receive_here)
        detail.shipment.parcels.link_wanted.connect(self.open_link)
        detail.arrival.check_wanted.connect(lambda: self.start(JobKind.ARRIVAL))
        detail.arrival.repair_wanted.connect(lambda: self.start(JobKind.ARRIVAL, repair=True))
        detail.arrival.vault_wanted.connect(lambda: self.start(JobKind.VAULT))
        detail.runs.run_wanted.connect(lambda: self.start(JobKind.INCREMENT))
        detail.strip.stop_wanted.connect(self._ask_stop)
        detail.device.wanted.connect(self.open_device)

    def _plan(self) -> Plan | None:
        backup = self.shown()
        return backup.plan if backup else None

    def do(self, deed: Callable[[PlanId], object], done: Callable[[], None] | None = None) -> None:
        """Run a deed for the shown backup beside the window; its trouble is shown above."""
        plan = self._plan()
        if plan is None:
            return
        plan_id = plan.plan_id
        self.busy.add(plan_id)
        self.detail.hush()
        self.begun.emit()

        def finished(_: object) -> None:
            self.busy.discard(plan_id)
            if done is not None:
                done()
            self.refresh_wanted.emit()

        def refused(error: BackupError) -> None:
            self.busy.discard(plan_id)
            self.begun.emit()
            self.detail.tell_trouble(error)
            self.refresh_wanted.emit()

        self.bridge.call(self, lambda: deed(plan_id), finished, refused)

    def do_at_azure(
        self, deed: Callable[[PlanId, Control], object], done: Callable[[], None] | None = None
    ) -> None:
        """Run a deed that asks Azure; the line above ends the waiting."""
        plan = self._plan()
        if plan is None:
            return
        plan_id, flag, words = plan.plan_id, StopFlag(), self.words
        self.do(lambda plan_id: deed(plan_id, flag), done)

        def cancel() -> None:
            flag.stop()
            self.busy.discard(plan_id)
            stopped = Message(words.text("azure-dialog.stopped"), "", "")
            self.detail.tell(stopped, Status.CAUTION)
            self.begun.emit()

        waiting = Message(words.text("azure-dialog.waiting"), "", "")
        cancelling = (words.text("azure-dialog.stop"), cancel)
        self.detail.tell(waiting, Status.NOW, cancelling)

    def start(self, kind: JobKind, **options: object) -> None:
        """Start a job of the shown backup."""
        self.do(lambda plan_id: self.services.backups.start(plan_id, kind, **options))

    def act(self, now: str) -> None:
        """Do what the "Now you" card asks for."""
        deeds: dict[str, Callable[[], None]] = {
            NowYou.COPY: self.repeat,
            NowYou.COPY_TO_DEVICE: self.repeat,
            NowYou.CONTINUE_COPY: self._continue,
            NowYou.FIX_RUN: self._continue,
            NowYou.SHIP: self.ask_parcel,
            NowYou.SHIP_DEVICE: self.ask_parcel,
            NowYou.FETCH_DEVICE: self.detail.show_azure,
            NowYou.BRING_DEVICE: self._ask_received,
            NowYou.ENTER_TRACKING: self.ask_parcel,
            NowYou.NOTE_RECEIVED: self._ask_received,
            NowYou.RECEIVE_HERE: self.receive_here,
            NowYou.CHECK_ARRIVAL: lambda: self.start(JobKind.ARRIVAL),
            NowYou.REPAIR_ARRIVAL: lambda: self.start(JobKind.ARRIVAL, repair=True),
            NowYou.NAME_VAULT: self.detail.agent.link_wanted.emit,
            NowYou.LOOK_AT_AGENT: self.detail.show_agent,
            NowYou.MOVE_TO_VAULT: lambda: self.start(JobKind.VAULT),
            NowYou.RUN_INCREMENT: lambda: self.start(JobKind.INCREMENT),
            NowYou.RESOLVE_UPLOAD: self.detail.show_azure,
            NowYou.REVIEW_ERRORS: self.detail.show_azure,
            NowYou.LOOK_FOR_DRIVE: self.detail.show_azure,
            NowYou.DEVICES_LOST: self.detail.show_azure,
        }
        deeds[now]()

    def repeat(self) -> None:
        """Ask for the wizard at this backup's answers."""
        if (plan := self._plan()) is not None:
            self.repeat_wanted.emit(plan)

    def _continue(self) -> None:
        backup = self.shown()
        job = view.continuable(backup) if backup else None
        if job is None:
            self.start(JobKind.INCREMENT)
        else:
            self.do(lambda _: self.services.backups.again(job.job_id))

    def receive_here(self) -> None:
        """Practice: play the datacenter."""
        backup = self.shown()
        if backup is None or backup.tracking is None:
            return
        mounts = tuple(drive.mount for drive in backup.tracking.drives if drive.mount)
        self.do(lambda plan_id: self.services.shipments.receive_here(plan_id, mounts))

    # ------------------------------------------------------------ what is asked first

    def open(self, dialog: QDialog) -> None:
        """Open a dialog of this window that is gone when it closes."""
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def open_device(self) -> None:
        """Open what is done with the device of the shown backup."""
        backup = self.shown()
        if backup is None:
            return
        plan = backup.plan
        errand = Errand(plan.route, plan.deployment_model, backup.ref, plan.name)
        self.open(DeviceDialog(self.services, self.words, self.bridge, errand, self.window))

    def ask_parcel(self) -> None:
        """Ask for carrier, number and date."""
        backup = self.shown()
        if backup is None or backup.tracking is None:
            return
        ref = backup.ref if backup.signed_in and view.marks_shipped(backup) else None
        dialog = ParcelDialog(
            self.words,
            backup.tracking.parcel,
            self.now(),
            self.window,
            job_name=ref.name if ref else "",
        )
        dialog.entered.connect(lambda parcel, tell: self._ship(parcel, ref if tell else None))
        self.open(dialog)

    def _ship(self, parcel: Parcel, ref: JobRef | None) -> None:
        services = self.services

        if ref is None:
            self.do(lambda plan_id: services.shipments.ship(plan_id, parcel))
            return

        def deed(plan_id: PlanId, control: Control) -> None:
            services.shipments.ship(plan_id, parcel)
            services.orders.mark_shipped(ref, parcel.carrier, parcel.tracking_number, control)

        self.do_at_azure(deed, self.detail.hush)

    def _ask_received(self) -> None:
        dialog = ReceivedDialog(self.words, self.now(), self.window)
        dialog.entered.connect(
            lambda at: self.do(lambda plan_id: self.services.shipments.note_received(plan_id, at))
        )
        self.open(dialog)

    def _ask_stop(self) -> None:
        words = self.words
        dialog = Question(
            words,
            words.text("tracking.stop-title"),
            words.text("tracking.stop-why"),
            words.text("tracking.stop-do"),
            words.text("tracking.stop-keep"),
            self.window,
        )
        dialog.accepted.connect(self.detail.strip.stop_job)
        self.open(dialog)

    def ask_mail(self) -> None:
        """Show where notices by mail go."""
        notices = self.services.notices

        def show(kept: MailSettings | None) -> None:
            self.open(MailDialog(notices, self.bridge, self.words, kept, self.window))

        self.bridge.call(self, notices.settings, show, self.detail.tell_trouble)

    def open_link(self, link: str) -> None:
        """Open a carrier's page in the browser."""
        QDesktopServices.openUrl(QUrl(link, QUrl.ParsingMode.StrictMode))

    # ------------------------------------------------------------ papers

    def ask_papers_folder(self) -> None:
        """Ask where the papers go."""
        dialog = QFileDialog(self.window, self.words.text("tracking.papers-folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.save_papers)
        self.open(dialog)

    def save_papers(self, folder: str) -> None:
        """Write packing slip, custody sheet and label into a folder, and offer to open it."""
        words = self.words
        imperial = (
            QLocale.system().measurementSystem() == QLocale.MeasurementSystem.ImperialUSSystem
        )
        paper = PageSize.LETTER if imperial else PageSize.A4
        language = "de" if words.language == "de" else "en"
        made: list[Path] = []
        lacking: list[Finding] = []

        def write(plan_id: PlanId) -> None:
            papers = self.services.papers
            made.extend(papers.save(plan_id, Path(folder), language, paper.value))
            lacking.extend(papers.lacking(plan_id))

        def tell() -> None:
            where = words.text("tracking.papers-where", count=len(made), folder=folder)
            titles = [words.finding(finding).title for finding in lacking]
            still = words.text("tracking.papers-open", what="; ".join(titles)) if titles else ""
            message = Message(words.text("tracking.papers-saved"), where, still)

            def show() -> None:
                QDesktopServices.openUrl(QUrl.fromLocalFile(folder))

            self.detail.tell(message, Status.GOOD, (words.text("tracking.open-folder"), show))

        self.do(write, tell)
