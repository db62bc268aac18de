"""What every page of the restore wizard is: it shows answers, reads them, and says when edited."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from offline_backup_gui.ui.restore.flow import Answers
from offline_backup_gui.ui.widgets.boxes import unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import plain
from offline_backup_gui.words import Words


class RestorePage(QWidget):
    """A page; trouble is shown above its content."""

    edited = Signal()

    def __init__(self, words: Words) -> None:
        """Prepare an empty column that pages fill."""
        super().__init__()
        self.words = words
        self.notices = NoticeList(words)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(unit(self) * 3 // 4)
        self.column.addWidget(self.notices)

    def show_answers(self, answers: Answers) -> None:
        """Put the answers into the controls, without `edited`."""

    def read(self, answers: Answers) -> Answers:
        """Give the answers with this page's."""
        return answers

    def caption(self, key: str, field: QWidget) -> QLabel:
        """Give the label of a field, with its key and as its name."""
        label = QLabel(self.words.text(key))
        label.setBuddy(field)
        field.setAccessibleName(plain(label.text()))
        return label
