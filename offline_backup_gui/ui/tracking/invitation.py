"""What stands in the overview while there is no backup: one sentence and one button."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import unit
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Words


class Invitation(QWidget):
    """Invites to make the first backup."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        step = unit(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(step * 4, step * 2, step * 4, step * 2)
        column.setSpacing(step)
        column.addStretch(2)
        middle = Qt.AlignmentFlag.AlignHCenter
        column.addWidget(IconLabel("parcel", Status.NOW, 4), 0, middle)
        for key, role in (("none-title", "heading"), ("none-why", "subdued")):
            label = text(words.text(f"tracking.{key}"), role)
            label.setAlignment(middle)
            column.addWidget(label)
        self.button = IconButton("plus", plain(words.text("tracking.new")), "primary")
        column.addWidget(self.button, 0, middle)
        column.addStretch(3)
