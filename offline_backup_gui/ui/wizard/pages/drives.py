"""Page 7: which drives; every disk is listed, with the reason when it cannot be used."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from offline_backup_gui.domain.device_layout import Device
from offline_backup_gui.domain.device_steps import device_of
from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.plan import Draft, Route
from offline_backup_gui.domain.spreading import spread
from offline_backup_gui.services.preparing import ReadyDrive
from offline_backup_gui.ui.devices.passkey_card import PasskeyCard
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.speech import announce
from offline_backup_gui.ui.widgets.texts import chip, rule, set_property, text
from offline_backup_gui.ui.wizard.drive_rows import DriveRow, SpreadView, drive_key
from offline_backup_gui.ui.wizard.facts import (
    Facts,
    Step,
    chosen_drives,
    need_bytes,
    provisional_plan,
)
from offline_backup_gui.ui.wizard.judging import problems
from offline_backup_gui.ui.wizard.page import Desk, Page
from offline_backup_gui.ui.wizard.prepare_dialog import PrepareDialog
from offline_backup_gui.words import Message

_GIGABYTE = 10**9
# These are said beside each drive already; the list below repeats only what concerns all.
_TOLD_AT_THE_DRIVE = frozenset(
    {FindingCode.DRIVES_NOT_CHOSEN, FindingCode.DRIVES_TOGETHER_TOO_SMALL}
)


class DrivesPage(Page):
    """The live list, practice folders, and the drawing."""

    folder_added = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._chosen: tuple[str, ...] = ()
        self._draft = Draft()
        self.dialog: PrepareDialog | None = None
        self._rows: dict[str, DriveRow] = {}
        self.column.addWidget(self._need_card())
        self._device = Card(self.say("drives.device-title"), "drive")
        self._device_how = text("")
        self._device.add(self._device_how)
        self._device.hide()
        self.column.addWidget(self._device)
        self.passkey = PasskeyCard(desk.services, desk.words, desk.bridge)
        self.passkey.hide()
        self.column.addWidget(self.passkey)
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
        """Show which drives are chosen, and what a device of Microsoft asks for."""
        self._chosen = draft.drives
        self._draft = draft
        route = draft.route
        of_microsoft = route is not None and route is not Route.IMPORT_EXPORT
        self._device.setVisible(of_microsoft)
        if of_microsoft:
            self._device_how.setText(self.say(f"drives.device-{route}"))
        self.passkey.setVisible(device_of(route) is Device.DISK)

    def entered(self) -> None:
        """Look whether the passkey can be had."""
        self.passkey.look()

    def left(self) -> None:
        """Take the passkey off the clipboard."""
        self.passkey.left()

    def read(self, draft: Draft) -> Draft:
        """Give the draft with the chosen drives."""
        return replace(draft, drives=self._chosen)

    def show_facts(self, draft: Draft, facts: Facts) -> None:
        """Show the newest list, the sum and the drawing."""
        self._draft = draft
        self.passkey.show_order(
            facts.order.ref if facts.ordered and facts.order else None, draft.name
        )
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
                line.prepare.connect(lambda key=key: self.prepare(key))
                self._rows[key] = line
            if self._list.indexOf(line) != place:
                self._list.insertWidget(place, line)
            line.show_drive(item, chosen=item.drive.mount in self._chosen)
        self._order_keys([self._rows[key].tick for key in keys])

    def _order_keys(self, ticks: list[QCheckBox]) -> None:
        """Let Tab walk the drives in their order, before what stands below them."""
        before = self._limit.previousInFocusChain()
        while before is not None and (
            before.focusPolicy() == Qt.FocusPolicy.NoFocus or before in ticks
        ):
            before = before.previousInFocusChain()
        if before is None or before is self._limit:
            return  # not yet in a window, where something stands before it
        for tick in ticks:
            QWidget.setTabOrder(before, tick)
            before = tick

    def _toggled(self, key: str) -> None:
        line = self._rows[key]
        if line.item is None:
            return
        mount = line.item.drive.mount
        kept = tuple(chosen for chosen in self._chosen if chosen != mount)
        self._chosen = (*kept, mount) if line.tick.isChecked() else kept
        self.edited.emit()

    def prepare(self, key: str) -> None:
        """Ask for the serial of a drive, and erase and encrypt it."""
        item = self._rows[key].item
        if item is None:
            return
        plan = provisional_plan(self._draft)
        self.dialog = PrepareDialog(self.desk, item.drive, plan, self)
        self.dialog.prepared.connect(self._prepared)
        self.dialog.finished.connect(self.dialog.deleteLater)
        self.dialog.open()

    def _prepared(self, ready: ReadyDrive) -> None:
        told = self.say("drives.prepared", serial=ready.serial, place=ready.mount)
        why = self.say("drives.prepared-why")
        self._folder_told.show_message(Message(told, why, ""), Status.GOOD)
        announce(self, told)
        self.folder_added.emit()

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
