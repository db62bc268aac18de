"""The shipment: carrier and number, the drives by serial, the papers that travel along."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from offline_backup_gui.domain.plan import Route
from offline_backup_gui.domain.shipment import SealedDrive
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.tracking.azure_view import ParcelLine
from offline_backup_gui.ui.tracking.flush import flush
from offline_backup_gui.ui.tracking.parcels import ParcelList
from offline_backup_gui.ui.widgets.boxes import Card, clear, unit
from offline_backup_gui.ui.widgets.texts import ElidedLabel, plain, rule, text
from offline_backup_gui.words import Words

_FINGERPRINT_SHOWN = 16


class ShipmentCard(Card):
    """Carrier, number, drives; buttons for parcel, papers and, when practising, the datacenter."""

    parcel_wanted = Signal()
    papers_wanted = Signal()
    receive_wanted = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__(words.text("tracking.shipment"), "truck")
        self._words = words
        self._shown: tuple[object, ...] | None = None
        step = unit(self)
        self.parcels = ParcelList(words)
        self._drives = QVBoxLayout()
        self._drives.setSpacing(step // 2)
        self.add(self.parcels)
        self.add(rule())
        self.add(self._drives)
        self.parcel_button = self._button("paper", "tracking.enter-parcel", self.parcel_wanted)
        self.papers_button = self._button("paper", "tracking.papers", self.papers_wanted)
        self.parcel_button.set_icon_name("truck")
        self.receive_button = self._button("building", "tracking.receive", self.receive_wanted)
        self.buttons = QVBoxLayout()
        self.buttons.setSpacing(step // 3)
        for button in (self.parcel_button, self.papers_button, self.receive_button):
            self.buttons.addLayout(flush(button))
        self.add(self.buttons)
        self.column.addStretch(1)

    def _button(self, icon: str, key: str, signal: SignalInstance) -> IconButton:
        label = self._words.text(key)
        button = IconButton(icon, label, "quiet")
        button.setAccessibleName(plain(label))
        button.clicked.connect(signal)
        return button

    def show_shipment(
        self,
        parcels: Sequence[ParcelLine],
        drives: Sequence[SealedDrive],
        *,
        route: Route,
        typed: bool,
        sealed: bool,
        may_receive: bool,
        busy: bool,
    ) -> None:
        """Show parcels and drives; `typed` says that carrier and number were entered here."""
        self.parcel_button.setVisible(sealed)
        self.papers_button.setVisible(sealed)
        self.receive_button.setVisible(may_receive)
        for button in (self.parcel_button, self.papers_button, self.receive_button):
            button.setEnabled(not busy)
        facts = (tuple(parcels), tuple(drives), route)
        if facts == self._shown:
            return
        self._shown = facts
        self.parcels.show_parcels(parcels, route)
        self._show_drives(drives)
        key = "tracking.edit-parcel" if typed else "tracking.enter-parcel"
        self.parcel_button.setText(self._words.text(key))
        self.parcel_button.setAccessibleName(plain(self._words.text(key)))

    def _show_drives(self, drives: Sequence[SealedDrive]) -> None:
        clear(self._drives)
        words = self._words
        if not drives:
            self._drives.addWidget(text(words.text("tracking.drives-none"), "subdued"))
            return
        self._drives.addWidget(text(words.text("tracking.drives", count=len(drives)), "strong"))
        for drive in drives:
            self._drives.addWidget(_DriveRow(drive, words))


class _DriveRow(QWidget):
    """One drive: serial, what it carries, when it was sealed, the start of its fingerprint."""

    def __init__(self, drive: SealedDrive, words: Words) -> None:
        super().__init__()
        step = unit(self)
        sealed = (
            words.text("tracking.drive-sealed", at=drive.sealed_at)
            if drive.sealed_at
            else words.text("tracking.drive-open")
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(step * 2 // 3)
        status = Status.GOOD if drive.sealed_at else Status.QUIET
        layout.addWidget(IconLabel("drive", status, 1.3), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(0)
        name = drive.serial or drive.drive_id
        if drive.label and drive.label != name:
            name = f"{drive.label} · {name}"
        column.addWidget(ElidedLabel(name))
        ending = "-files" if drive.carries_files else ""
        line = words.text(f"tracking.drive-line{ending}", packs=drive.packs, size=drive.size_bytes)
        detail = text(f"{line} · {sealed}", "small")
        detail.setToolTip(words.exact(drive.size_bytes))
        column.addWidget(detail)
        if drive.fingerprint:
            shown = f"{drive.fingerprint[:_FINGERPRINT_SHOWN]}…"
            mark = text(words.text("tracking.fingerprint", hex=shown), "small")
            mark.setToolTip(drive.fingerprint)
            column.addWidget(mark)
        layout.addLayout(column, 1)
        self.setAccessibleName(
            words.text(
                f"tracking.drive-spoken{ending}",
                serial=name,
                packs=drive.packs,
                size=drive.size_bytes,
                sealed=sealed,
            )
        )
