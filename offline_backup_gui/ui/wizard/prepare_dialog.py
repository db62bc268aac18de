"""The dialog that erases a drive: what is lost, the serial to type, and what happens meanwhile."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.domain.preparing import PrepareStep
from offline_backup_gui.services.preparing import ReadyDrive
from offline_backup_gui.ui.bridge import Newest
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.tracking.dialogs import Sheet
from offline_backup_gui.ui.widgets.boxes import WrappingCheck
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.wizard.facts import drive_name
from offline_backup_gui.ui.wizard.page import Desk
from offline_backup_gui.words import Message


class PrepareDialog(Sheet):
    """Nothing is erased before the whole serial stands in the field and the button was pressed."""

    prepared = Signal(object)  # ReadyDrive

    def __init__(self, desk: Desk, drive: Drive, plan: Plan, parent: QWidget) -> None:
        words = desk.words
        title = words.text("wizard.prepare.title", drive=drive_name(drive) or drive.serial)
        super().__init__(words, title, words.text("wizard.prepare.lead"), parent)
        self._desk, self._drive, self._plan = desk, drive, plan
        self._busy = False
        lost = drive.first_folders
        key = "lost" if lost else "lost-nothing"
        told = Message(
            words.text(f"wizard.prepare.{key}", folders=lost, size=words.size(drive.size_bytes)),
            words.text("wizard.prepare.lost-why"),
            "",
        )
        self._notices = NoticeList(words)
        self._notices.show_message(told, Status.CAUTION)
        self.add_part(self._notices)
        self.serial = QLineEdit()
        self.serial.setPlaceholderText(words.text("wizard.prepare.serial-hint"))
        self.serial.textChanged.connect(lambda _text: self._typed())
        self.add_row(words.text("wizard.prepare.serial", serial=drive.serial), self.serial)
        self.whole = WrappingCheck(words.text("wizard.prepare.whole"))
        self.add_part(self.whole)
        self.erase = self.add_buttons(
            words.text("wizard.prepare.erase"), words.text("wizard.prepare.cancel")
        )
        self._typed()
        preparing = desk.services.preparing
        desk.bridge.call(self, preparing.able, self._able)

    def _able(self, missing: BackupError | None) -> None:
        if missing is not None:
            self._notices.show_trouble(missing)
            self.serial.setEnabled(False)
            self.whole.setEnabled(False)

    def _typed(self) -> None:
        whole = self.serial.text().strip() == self._drive.serial != ""
        self.erase.setEnabled(whole and not self._busy)

    def accept(self) -> None:
        """Erase; the dialog stays until it is done, because half of it is of no use."""
        if not self.erase.isEnabled():
            return
        self._set_busy(busy=True)
        steps = Newest(self._step, self)
        preparing, drive, plan = self._desk.services.preparing, self._drive, self._plan
        typed, whole = self.serial.text().strip(), self.whole.box.isChecked()

        def prepare() -> ReadyDrive:
            return preparing.prepare(
                drive.serial, typed, plan=plan, whole=whole, on_step=steps.report
            )

        self._desk.bridge.call(self, prepare, self._done, self._lost)

    def reject(self) -> None:
        """Leave, unless a drive is just being erased."""
        if not self._busy:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stay while a drive is being erased."""
        if self._busy:
            event.ignore()
        else:
            super().closeEvent(event)

    def _step(self, step: PrepareStep) -> None:
        told = self.words.term("prepare-step", step.value)
        self.hint.setText(self.words.text("wizard.prepare.doing", step=told))

    def _done(self, ready: ReadyDrive) -> None:
        self._set_busy(busy=False)
        self.prepared.emit(ready)
        super().accept()

    def _lost(self, error: BackupError) -> None:
        self._set_busy(busy=False)
        self.hint.setText("")
        self._notices.show_trouble(error)

    def _set_busy(self, *, busy: bool) -> None:
        self._busy = busy
        self.serial.setEnabled(not busy)
        self.whole.setEnabled(not busy)
        self._typed()
