"""Fields to be typed elsewhere: each with its value and a button that copies it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QWidget

from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.widgets.boxes import clear, unit
from offline_backup_gui.ui.widgets.speech import announce
from offline_backup_gui.ui.widgets.texts import text
from offline_backup_gui.words import Words


class CopyRows(QWidget):
    """Rebuilt only when a value changes, so that the keyboard keeps its place."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._shown: tuple[tuple[str, str], ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(unit(self) // 2)
        self._grid.setVerticalSpacing(unit(self) // 6)
        self._grid.setColumnStretch(1, 1)

    def show_fields(self, fields: Sequence[tuple[str, str]]) -> None:
        """Show those fields that have a value."""
        wanted = tuple((label, value) for label, value in fields if value)
        if wanted == self._shown:
            return
        self._shown = wanted
        clear(self._grid)
        top = Qt.AlignmentFlag.AlignVCenter
        for line, (label, value) in enumerate(wanted):
            copy = IconButton("copy", kind="quiet")
            said = self._words.text("order.copy-field", field=label)
            copy.setAccessibleName(said)
            copy.setToolTip(said)
            copy.clicked.connect(lambda _on, label=label, value=value: self._copy(label, value))
            self._grid.addWidget(text(label, "subdued"), line, 0, top)
            self._grid.addWidget(text(value), line, 1, top)
            self._grid.addWidget(copy, line, 2, top)

    def _copy(self, label: str, value: str) -> None:
        QGuiApplication.clipboard().setText(value)
        announce(self, self._words.text("order.field-copied", field=label))
