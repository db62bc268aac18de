"""One row a drive with its reasons, and the drawing of how the data spreads."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from offline_backup_gui.domain.drive import Bus, Drive
from offline_backup_gui.domain.findings import Severity, blocks
from offline_backup_gui.domain.fitness import JudgedDrive
from offline_backup_gui.domain.preparing import worth_preparing
from offline_backup_gui.domain.spreading import Spread
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.bars import ShareBar
from offline_backup_gui.ui.widgets.boxes import clear, row, unit
from offline_backup_gui.ui.widgets.notices import ICON_BY_STATUS, STATUS_BY_SEVERITY
from offline_backup_gui.ui.widgets.texts import ElidedLabel, chip, set_property, text
from offline_backup_gui.ui.wizard.facts import drive_name
from offline_backup_gui.words import Words


def drive_key(drive: Drive) -> str:
    """Tell drives apart: a swapped disk under the same letter is another drive."""
    return "\n".join((drive.serial, drive.device, drive.mount))


class DriveRow(QFrame):
    """One drive: tick, name, facts, verdict, reasons."""

    toggled = Signal()
    prepare = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        step = unit(self)
        self.tick = QCheckBox()
        self.tick.clicked.connect(lambda _on: self.toggled.emit())
        self._icon = IconLabel("drive", Status.QUIET, 1.6)
        self._name = ElidedLabel("", "body")
        font = self._name.font()
        font.setWeight(font.Weight.DemiBold)
        self._name.setFont(font)
        self._facts = text("", "subdued")
        self._verdict = chip("")
        self.erase = IconButton("remove", words.text("wizard.drives.prepare"), "quiet")
        self.erase.clicked.connect(lambda: self.prepare.emit())
        self.erase.hide()
        self._reasons = QVBoxLayout()
        self._reasons.setSpacing(step // 4)
        column = QVBoxLayout()
        column.setSpacing(step // 6)
        column.addWidget(self._name)
        column.addWidget(self._facts)
        column.addLayout(self._reasons)
        column.addLayout(row(self.erase, 1))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, step // 2, 0, step // 2)
        layout.setSpacing(step * 2 // 3)
        top = Qt.AlignmentFlag.AlignTop
        layout.addWidget(self.tick, 0, top)
        layout.addWidget(self._icon, 0, top)
        layout.addLayout(column, 1)
        layout.addWidget(self._verdict, 0, top)
        self.item: JudgedDrive | None = None

    def show_drive(self, item: JudgedDrive, *, chosen: bool) -> None:
        """Show a drive; nothing is rebuilt while it stays the same."""
        self.tick.setChecked(chosen)
        if item == self.item:
            return
        self.item = item
        drive, usable = item.drive, not blocks(item.findings)
        self.tick.setEnabled(usable or chosen)
        name = drive_name(drive)
        self._name.set_whole(name)
        set_property(self._name, "role", "body" if usable else "subdued")
        facts = self._facts_of(drive)
        self._facts.setText(facts)
        self._facts.setToolTip(self._words.exact(drive.free_bytes))
        verdict, status = self._verdict_of(item)
        self._verdict.setText(verdict)
        set_property(self._verdict, "status", status.value)
        icon = {Bus.USB: "drive-usb", Bus.FOLDER: "folder", Bus.NETWORK: "server"}
        self._icon.show_icon(icon.get(drive.bus, "drive"), Status.NOW if usable else Status.QUIET)
        self._show_reasons(item)
        self.erase.setVisible(worth_preparing(item))
        self.erase.setAccessibleName(self._words.text("wizard.drives.prepare-said", drive=name))
        told = ". ".join(self._words.finding(finding).title for finding in item.findings)
        self.tick.setAccessibleName(f"{name}, {facts}, {verdict}. {told}".strip())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tick by a click anywhere on the row."""
        if self.tick.isEnabled():
            self.tick.click()
        super().mousePressEvent(event)

    def _facts_of(self, drive: Drive) -> str:
        words = self._words
        parts = [
            words.text(
                "wizard.drives.facts",
                bus=words.term("bus", drive.bus.value),
                size=words.size(drive.size_bytes),
                free=words.size(drive.free_bytes),
            )
        ]
        if drive.bus is not Bus.FOLDER:
            if drive.model and drive.label:
                parts.append(drive.model)
            if drive.serial:
                parts.append(words.text("wizard.drives.serial", tail=drive.serial[-4:]))
            parts.append(words.term("health", drive.health.value))
            parts.append(words.term("encryption", drive.encryption.value))
        return "  ·  ".join(parts)

    def _verdict_of(self, item: JudgedDrive) -> tuple[str, Status]:
        if blocks(item.findings):
            return self._words.text("wizard.drives.not-usable"), Status.OBSTACLE
        if any(finding.severity is Severity.WARNING for finding in item.findings):
            return self._words.text("wizard.drives.look"), Status.CAUTION
        return self._words.text("wizard.drives.ready"), Status.GOOD

    def _show_reasons(self, item: JudgedDrive) -> None:
        clear(self._reasons)
        for finding in item.findings:
            message = self._words.finding(finding)
            status = STATUS_BY_SEVERITY[finding.severity]
            icon = IconLabel(ICON_BY_STATUS[status], status, 1.0)
            weight = finding.severity is not Severity.NOTE
            sentence = f"{message.title}. {message.do}" if weight else message.title
            label = text(sentence, "body")
            label.setToolTip(message.why)
            line = row(icon, label, spacing=unit(self) // 2)
            line.setAlignment(icon, Qt.AlignmentFlag.AlignTop)
            line.setStretch(1, 1)
            self._reasons.addLayout(line)


class SpreadView(QWidget):
    """A drawing of how the data spreads: one bar a drive, with its share in words."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(unit(self) // 2)
        self._shown: Spread | None = None

    def show_spread(self, plan: Spread) -> None:
        """Show planned shares."""
        if plan == self._shown:
            return
        self._shown = plan
        clear(self._column)
        words = self._words
        largest = max((share.drive.size_bytes for share in plan.shares), default=1) or 1
        for share in plan.shares:
            said = words.text(
                "wizard.drives.spread-what",
                drive=drive_name(share.drive),
                used=words.size(share.planned_bytes),
                room=words.size(share.room_bytes),
            )
            size = share.drive.size_bytes or 1
            taken = max(size - share.room_bytes, 0) / size
            bar = ShareBar()
            bar.setAccessibleName(said)
            bar.show_shares((taken, "quiet"), (share.planned_bytes / size, "accent"))
            bar.setFixedHeight(unit(self))
            line = QHBoxLayout()
            # A drive's bar is as long as the drive is large, beside the largest.
            part = max(15, round(100 * size / largest))
            line.addWidget(bar, part)
            line.addStretch(100 - part) if part < 100 else None
            self._column.addWidget(text(said, "subdued"))
            self._column.addLayout(line)
        if not plan.shares:
            self._column.addWidget(text(words.text("wizard.drives.spread-empty"), "subdued"))
        if plan.missing_bytes and plan.shares:
            over = words.text("wizard.drives.spread-over", size=words.size(plan.missing_bytes))
            line = row(IconLabel("caution", Status.CAUTION), text(over), spacing=unit(self) // 2)
            line.setStretch(1, 1)
            self._column.addLayout(line)
