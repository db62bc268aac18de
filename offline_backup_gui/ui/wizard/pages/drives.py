"""Page 7: which drives; every disk is listed, with the reason when it cannot be used."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from offline_backup_gui.domain.drive import Bus, Drive
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import FindingCode, Severity, blocks
from offline_backup_gui.domain.fitness import JudgedDrive
from offline_backup_gui.domain.plan import Draft
from offline_backup_gui.domain.spreading import Spread, spread
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.bars import ShareBar
from offline_backup_gui.ui.widgets.boxes import Card, clear, row, unit
from offline_backup_gui.ui.widgets.notices import ICON_BY_STATUS, STATUS_BY_SEVERITY, NoticeList
from offline_backup_gui.ui.widgets.texts import ElidedLabel, chip, rule, set_property, text
from offline_backup_gui.ui.wizard.flow import (
    Facts,
    Step,
    chosen_drives,
    drive_name,
    need_bytes,
    problems,
)
from offline_backup_gui.ui.wizard.page import Desk, Page
from offline_backup_gui.words import Words

_GIGABYTE = 10**9
# These are said beside each drive already; the list below repeats only what concerns all.
_TOLD_AT_THE_DRIVE = frozenset(
    {FindingCode.DRIVES_NOT_CHOSEN, FindingCode.DRIVES_TOGETHER_TOO_SMALL}
)


def drive_key(drive: Drive) -> str:
    """Tell drives apart: a swapped disk under the same letter is another drive."""
    return "\n".join((drive.serial, drive.device, drive.mount))


class DriveRow(QFrame):
    """One drive: tick, name, facts, verdict, reasons."""

    toggled = Signal()

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
        self._reasons = QVBoxLayout()
        self._reasons.setSpacing(step // 4)
        column = QVBoxLayout()
        column.setSpacing(step // 6)
        column.addWidget(self._name)
        column.addWidget(self._facts)
        column.addLayout(self._reasons)
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


class DrivesPage(Page):
    """The live list, practice folders, and the drawing."""

    folder_added = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._chosen: tuple[str, ...] = ()
        self._rows: dict[str, DriveRow] = {}
        self.column.addWidget(self._need_card())
        self._notices = NoticeList(self.words)
        self.column.addWidget(self._notices)
        self.column.addWidget(self._list_card())
        spread_card = Card(self.say("drives.spread-title"), "scales")
        self._spread = SpreadView(self.words)
        spread_card.add(self._spread)
        self.column.addWidget(spread_card)
        self.column.addStretch(1)

    def _need_card(self) -> Card:
        card = Card()
        self._need = text("", "title")
        self._sum = text("", "subdued")
        self._enough = chip("")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._need)
        words.addWidget(self._sum)
        line = row(words)
        line.setStretch(0, 1)
        line.addWidget(self._enough, 0, Qt.AlignmentFlag.AlignVCenter)
        card.add(line)
        return card

    def _list_card(self) -> Card:
        card = Card(self.say("drives.list-title"), "drive")
        self._asking = text(self.say("drives.asking"), "subdued")
        card.add(self._asking)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        card.add(self._list)
        card.add(rule())
        self._limit = QSpinBox()
        self._limit.setRange(0, 100_000)
        self._limit.setSpecialValueText(self.say("drives.no-limit"))
        label = QLabel(self.say("drives.folder-size"))
        label.setBuddy(self._limit)
        self._add = IconButton("plus", self.say("drives.add-folder"))
        self._add.clicked.connect(self._pick)
        card.add(text(self.say("drives.add-folder-why"), "subdued"))
        card.add(row(label, self._limit, 1, spacing=unit(self) // 2))
        card.add(row(self._add, 1))
        self._folder_told = NoticeList(self.words)
        card.add(self._folder_told)
        return card

    def show_draft(self, draft: Draft) -> None:
        """Show which drives are chosen."""
        self._chosen = draft.drives

    def read(self, draft: Draft) -> Draft:
        """Give the draft with the chosen drives."""
        return replace(draft, drives=self._chosen)

    def show_facts(self, draft: Draft, facts: Facts) -> None:
        """Show the newest list, the sum and the drawing."""
        self._show_list(facts)
        need, words = need_bytes(draft), self.words
        chosen = chosen_drives(draft, facts)
        plan = spread(need, [item.drive for item in chosen])
        if need:
            self._need.setText(self.say("drives.need", size=words.size(need)))
        else:
            self._need.setText(self.say("drives.need-open"))
        free = words.size(plan.room_bytes)
        self._sum.setText(self.say("drives.chosen", count=len(chosen), size=free))
        self._enough.setVisible(bool(need and chosen))
        missing = plan.missing_bytes
        told = self.say("drives.missing", size=words.size(missing))
        self._enough.setText(told if missing else self.say("drives.enough"))
        set_property(self._enough, "status", (Status.CAUTION if missing else Status.GOOD).value)
        self._spread.show_spread(plan)
        own = {finding for item in facts.drives for finding in map(repr, item.findings)}
        self._notices.show_findings(
            [
                finding
                for finding in problems(Step.DRIVES, draft, facts)
                if finding.code not in _TOLD_AT_THE_DRIVE and repr(finding) not in own
            ]
        )

    def _show_list(self, facts: Facts) -> None:
        self._asking.setVisible(not facts.drives_listed or not facts.drives)
        if facts.drives_listed and not facts.drives:
            self._asking.setText(self.say("drives.empty"))
        keys = [drive_key(item.drive) for item in facts.drives]
        for key in [key for key in self._rows if key not in keys]:
            gone = self._rows.pop(key)
            self._list.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for place, (key, item) in enumerate(zip(keys, facts.drives, strict=True)):
            line = self._rows.get(key)
            if line is None:
                line = DriveRow(self.words)
                line.toggled.connect(lambda key=key: self._toggled(key))
                self._rows[key] = line
            if self._list.indexOf(line) != place:
                self._list.insertWidget(place, line)
            line.show_drive(item, chosen=item.drive.mount in self._chosen)

    def _toggled(self, key: str) -> None:
        line = self._rows[key]
        if line.item is None:
            return
        mount = line.item.drive.mount
        kept = tuple(chosen for chosen in self._chosen if chosen != mount)
        self._chosen = (*kept, mount) if line.tick.isChecked() else kept
        self.edited.emit()

    def _pick(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.say("drives.pick-folder"))
        if path:
            self.add_folder(path)

    def add_folder(self, path: str) -> None:
        """Let a folder stand for a drive, with the limit typed beside the button."""
        limit = self._limit.value() * _GIGABYTE or None
        drives = self.desk.services.drives

        def added(drive: Drive) -> None:
            self._folder_told.clear()
            if drive.mount not in self._chosen:
                self._chosen = (*self._chosen, drive.mount)
            self.folder_added.emit()
            self.edited.emit()

        def lost(error: BackupError) -> None:
            self._folder_told.show_trouble(error)

        self.desk.bridge.call(self, lambda: drives.add_folder(path, limit), added, lost)
