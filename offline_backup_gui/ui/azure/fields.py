"""Fields that keep a narrow window narrow."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QPushButton, QVBoxLayout

from offline_backup_gui.ui.widgets.boxes import row, unit

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
