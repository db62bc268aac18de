"""Fields that keep a narrow window narrow."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import row, unit
from offline_backup_gui.ui.widgets.texts import plain, set_property, text
from offline_backup_gui.words import Words

_LETTERS = 8


def narrow(box: QComboBox) -> QComboBox:
    """Let a list be narrower than its longest line; it takes the room there is."""
    box.setMinimumContentsLength(_LETTERS)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box


def pile(buttons: Sequence[QPushButton]) -> QVBoxLayout:
    """Put buttons below one another, each as wide as its label."""
    column = QVBoxLayout()
    for button in buttons:
        column.setSpacing(unit(button) // 3)
        column.addLayout(row(button, 1))
    return column


def judged_row(words: Words, form: QFormLayout, name: str, field: QWidget) -> QLabel:
    """Add a field of an order with its label; give the line below it that says what is wrong."""
    label = QLabel(words.text(f"order.field.{name}"))
    label.setBuddy(field)
    field.setAccessibleName(plain(label.text()))
    verdict = text("", "small")
    set_property(verdict, "status", Status.OBSTACLE.value)
    verdict.hide()
    cell = QWidget()
    column = QVBoxLayout(cell)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(field)
    column.addWidget(verdict)
    form.addRow(label, cell)
    return verdict
