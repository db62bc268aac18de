"""Asks which status the portal shows, in Azure's words, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from offline_backup_gui.ui.tracking.dialogs import Sheet, moment_field, moment_in
from offline_backup_gui.words import Words


class StatusDialog(Sheet):
    """The portal's words to choose from; any other may be typed as it stands there."""

    entered = Signal(str, object)  # status, datetime

    def __init__(self, words: Words, known: Sequence[str], now: datetime, parent: QWidget) -> None:
        super().__init__(words, words.text("portal.title"), words.text("portal.lead"), parent)
        self._known = frozenset(known)
        self.status = QComboBox()
        self.status.setEditable(True)
        self.status.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.status.addItems(list(known))
        self.status.setCurrentText("")
        self.when = moment_field(now)
        self.add_row(words.text("portal.status"), self.status)
        self.add_row(words.text("portal.date"), self.when)
        self.save_button = self.add_buttons(words.text("portal.save"), words.text("parcel.cancel"))
        self.status.editTextChanged.connect(self._check)
        self.accepted.connect(lambda: self.entered.emit(self._said(), moment_in(self.when)))
        self._check()

    def _said(self) -> str:
        return self.status.currentText().strip()

    def _check(self) -> None:
        said = self._said()
        self.save_button.setEnabled(bool(said))
        unknown = bool(said) and said not in self._known
        self.hint.setText(self.words.text("portal.unknown-hint" if unknown else "portal.hint"))
