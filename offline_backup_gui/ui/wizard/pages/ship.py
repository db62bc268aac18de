"""Page 10: sealed drives, papers, parcel, ejecting; in practice the way to the overview."""

from __future__ import annotations

from datetime import UTC

from PySide6.QtCore import QDateTime, QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDateTimeEdit,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.plan import Draft, PlanId, Route
from offline_backup_gui.domain.shipment import Parcel, SealedDrive, Tracking
from offline_backup_gui.ui.devices.panel import DevicePanel, Errand
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, clear, row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import mono, plain, text
from offline_backup_gui.ui.wizard.facts import Facts
from offline_backup_gui.ui.wizard.page import Desk, Page
from offline_backup_gui.ui.wizard.pages.import_card import ImportPart
from offline_backup_gui.ui.wizard.pages.papers_card import PapersCard
from offline_backup_gui.words import Message

CARRIERS = ("DHL", "FedEx", "UPS")


class SealedRow(QWidget):
    """One sealed drive with its fingerprint and its eject button."""

    def __init__(self, drive: SealedDrive, page: Page) -> None:
        super().__init__()
        words, say = page.words, page.say
        step = unit(self)
        name = drive.mount or drive.label
        if drive.label and drive.label != name:
            name = f"{name} ({drive.label})"
        column = QVBoxLayout()
        column.setSpacing(step // 6)
        column.addWidget(text(name or drive.serial, "strong"))
        sealed = say("ship.not-sealed")
        if drive.sealed_at is not None:
            sealed = say("ship.sealed-at", time=words.moment(drive.sealed_at))
        packs = say("ship.files" if drive.carries_files else "ship.packs", count=drive.packs)
        facts = text(f"{packs}  ·  {words.size(drive.size_bytes)}  ·  {sealed}", "subdued")
        facts.setToolTip(words.exact(drive.size_bytes))
        column.addWidget(facts)
        fingerprint = mono(text(_grouped(drive.fingerprint), "small"))
        fingerprint.setAccessibleName(f"{say('ship.fingerprint')} {_grouped(drive.fingerprint)}")
        line = QHBoxLayout()
        line.setSpacing(step // 2)
        label = text(say("ship.fingerprint"), "small", wrap=False)
        line.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(fingerprint, 1)
        column.addLayout(line)
        self.told = NoticeList(words)
        column.addWidget(self.told)
        self.eject = IconButton("eject", say("ship.eject"))
        self.eject.setAccessibleName(say("ship.eject-said", drive=name))
        done = drive.sealed_at is not None
        icon = IconLabel("circle-check" if done else "caution", Status.GOOD, 1.5)
        layout = row(icon, column, self.eject, spacing=step * 2 // 3)
        layout.setAlignment(icon, Qt.AlignmentFlag.AlignTop)
        layout.setAlignment(self.eject, Qt.AlignmentFlag.AlignTop)
        layout.setStretch(1, 1)
        layout.setContentsMargins(0, step // 3, 0, step // 3)
        self.setLayout(layout)


class ShipPage(Page):
    """Reads the tracking of one plan and notes the parcel."""

    overview_wanted = Signal(object)  # PlanId
    practice_wanted = Signal(object)  # PlanId

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._plan_id: PlanId | None = None
        self._shown: tuple[SealedDrive, ...] = ()
        self._parcel_known = False
        self._rows: dict[str, SealedRow] = {}
        drives = Card(self.say("ship.drives-title"), "drive")
        self._drives = QVBoxLayout()
        drives.add(self._drives)
        self.column.addWidget(drives)
        self._practice = self._practice_card()
        self.column.addWidget(self._practice)
        self.device = DevicePanel(desk.services, desk.words, desk.bridge, unlocking=False)
        self.column.addWidget(self.device)
        self.import_job = ImportPart(desk)
        self.import_job.overview_wanted.connect(self.overview_wanted)
        self.column.addWidget(self.import_job)
        self.papers = PapersCard(desk)
        self.import_job.made.connect(self.papers.refresh)
        self.column.addWidget(self.papers)
        self._parcel = self._parcel_card()
        self.column.addWidget(self._parcel)
        overview = IconButton("home", self.say("ship.overview"))
        overview.clicked.connect(lambda: self.overview_wanted.emit(self._plan_id))
        self.column.addLayout(row(overview, 1))
        self.column.addStretch(1)

    # ------------------------------------------------------------ building

    def _practice_card(self) -> Card:
        card = Card(self.say("ship.practice-title"), "building")
        card.add(text(self.say("ship.practice-why"), "subdued"))
        button = IconButton("building", self.say("ship.practice"), "primary")
        button.clicked.connect(lambda: self.practice_wanted.emit(self._plan_id))
        card.add(row(button, 1))
        return card

    def _parcel_card(self) -> Card:
        card = Card(self.say("ship.parcel-title"), "truck")
        form = QFormLayout()
        form.setHorizontalSpacing(unit(self))
        form.setVerticalSpacing(unit(self) // 2)
        self._carrier = QComboBox()
        self._carrier.setEditable(True)
        self._carrier.addItems(CARRIERS)
        self._number = QLineEdit()
        self._date = QDateTimeEdit(QDateTime.currentDateTime())
        self._date.setCalendarPopup(True)
        self._date.setDisplayFormat(QLocale().dateTimeFormat(QLocale.FormatType.ShortFormat))
        for key, field in (
            ("carrier", self._carrier),
            ("number", self._number),
            ("date", self._date),
        ):
            label = QLabel(self.say(f"ship.{key}"))
            label.setBuddy(field)
            field.setAccessibleName(plain(label.text()))
            form.addRow(label, field)
        self._number.textChanged.connect(self._number_changed)
        card.add(form)
        self._note = IconButton("truck", self.say("ship.note"))
        self._note.setEnabled(False)
        self._note.clicked.connect(self._note_parcel)
        card.add(row(self._note, 1))
        self._parcel_told = NoticeList(self.words)
        card.add(self._parcel_told)
        return card

    # ------------------------------------------------------------ showing

    def show_plan(self, plan_id: PlanId) -> None:
        """Show the sealed drives of a plan."""
        self._plan_id = plan_id
        self.import_job.show_plan(plan_id)
        self.papers.show_plan(plan_id)
        shipments = self.desk.services.shipments
        self.desk.bridge.call(
            self,
            lambda: shipments.track(plan_id),
            self._show_tracking,
            self.papers.told.show_trouble,
        )

    def show_draft(self, draft: Draft) -> None:
        """Offer what fits: practice plays the datacenter, else a parcel leaves."""
        self._practice.setVisible(draft.practice)
        route = None if draft.practice else draft.route
        self.device.show_errand(Errand(route, draft.deployment_model, name=draft.name))
        self._parcel.setVisible(not draft.practice)
        own = draft.route is Route.IMPORT_EXPORT
        self.import_job.setVisible(own and not draft.practice)
        self.import_job.show_draft(draft)
        self.papers.show_parcel(own=own, travels=not draft.practice)

    def show_facts(self, draft: Draft, _facts: Facts) -> None:
        """Offer the carriers of the office's country first."""
        known = self.desk.geography.carriers(draft.country) or CARRIERS
        shown = tuple(self._carrier.itemText(place) for place in range(self._carrier.count()))
        if known != shown:
            typed = self._carrier.currentText()
            self._carrier.clear()
            self._carrier.addItems(known)
            self._carrier.setEditText(typed)

    def entered(self) -> None:
        """Look for the device that is to leave."""
        self.device.entered()
        self.import_job.entered()
        self.papers.refresh()

    def left(self) -> None:
        """Look no more."""
        self.device.left()
        self.import_job.left()
        self.papers.left()

    def _show_tracking(self, tracking: Tracking) -> None:
        if tracking.drives != self._shown:
            self._shown = tracking.drives
            clear(self._drives)
            self._rows = {}
            for drive in tracking.drives:
                line = SealedRow(drive, self)
                line.eject.clicked.connect(lambda _on, drive=drive: self._eject(drive))
                self._rows[drive.drive_id] = line
                self._drives.addWidget(line)
        if tracking.parcel is not None and not self._parcel_known:
            self._parcel_known = True
            self._carrier.setEditText(tracking.parcel.carrier)
            self._number.setText(tracking.parcel.tracking_number)
            self._date.setDateTime(
                QDateTime.fromSecsSinceEpoch(int(tracking.parcel.shipped_at.timestamp()))
            )

    # ------------------------------------------------------------ doing

    def _eject(self, drive: SealedDrive) -> None:
        line, drives = self._rows[drive.drive_id], self.desk.services.drives
        line.eject.setEnabled(False)

        def answered(findings: list[Finding] | tuple[Finding, ...]) -> None:
            line.eject.setEnabled(bool(findings))
            if findings:
                line.told.show_findings(findings)
            else:
                line.told.show_message(Message(self.say("ship.ejected"), "", ""), Status.GOOD)

        def lost(error: BackupError) -> None:
            line.eject.setEnabled(True)
            line.told.show_trouble(error)

        self.desk.bridge.call(self, lambda: tuple(drives.release(drive.mount)), answered, lost)

    def _number_changed(self, typed: str) -> None:
        self._note.setEnabled(bool(typed.strip()))

    def _note_parcel(self) -> None:
        plan_id, shipments = self._plan_id, self.desk.services.shipments
        if plan_id is None:
            return
        at = self._date.dateTime().toUTC().toPython()
        shipped_at = at.replace(tzinfo=UTC)  # type: ignore[attr-defined]
        carrier, number = self._carrier.currentText().strip(), self._number.text().strip()
        parcel = Parcel(carrier, number, shipped_at)

        def noted(_none: None) -> None:
            message = Message(self.say("ship.noted"), "", "")
            self._parcel_told.show_message(message, Status.GOOD)

        self.desk.bridge.call(
            self,
            lambda: shipments.ship(plan_id, parcel),
            noted,
            self._parcel_told.show_trouble,
        )


def _grouped(fingerprint: str) -> str:
    """Write a fingerprint in groups of eight, so that people can compare it."""
    groups = [fingerprint[at : at + 8] for at in range(0, len(fingerprint), 8)]
    return "\n".join(" ".join(groups[at : at + 4]) for at in range(0, len(groups), 4))
