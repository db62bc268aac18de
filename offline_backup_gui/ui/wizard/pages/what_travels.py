"""The choice between encrypted packs and files as they are, with what the latter means."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QRadioButton

from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import text
from offline_backup_gui.words import Words


class WhatTravels(Card):
    """Two choices; the second one warns as soon as it is made."""

    chosen = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__(words.text("wizard.protection.choice-title"), "shield")
        self._words = words
        self._packs = QRadioButton(words.text("wizard.protection.choice-packs"))
        self._as_is = QRadioButton(words.text("wizard.protection.choice-as-is"))
        self._packs.setChecked(True)
        self._as_is.toggled.connect(self._changed)
        self._told = NoticeList(words)
        for choice, key in ((self._packs, "choice-packs"), (self._as_is, "choice-as-is")):
            what = words.text(f"wizard.protection.{key}-what")
            choice.setAccessibleDescription(what)
            self.add(choice)
            self.add(text(what, "subdued"))
        self.add(self._told)

    @property
    def as_is(self) -> bool:
        """Say whether files travel as they are."""
        return self._as_is.isChecked()

    def show_choice(self, *, as_is: bool) -> None:
        """Show what was chosen."""
        with QSignalBlocker(self._as_is):
            (self._as_is if as_is else self._packs).setChecked(True)
        self._show_warning()

    def _changed(self) -> None:
        self._show_warning()
        self.chosen.emit()

    def _show_warning(self) -> None:
        self._told.clear()
        if self.as_is:
            finding = Finding(FindingCode.TRAVELS_READABLE, Severity.WARNING)
            self._told.show_message(self._words.finding(finding), Status.CAUTION)
