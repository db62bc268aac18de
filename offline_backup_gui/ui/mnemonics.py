"""Keeps Alt with a letter out of text fields: what no button takes writes nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

_FIELDS = (QLineEdit, QPlainTextEdit, QTextEdit)


class Mnemonics(QObject):
    """Watches the field that has the focus.

    A button that is disabled does not take its key, and Qt then gives it to the field as a letter.
    AltGr is Ctrl and Alt on Windows, and stays what it is.
    """

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        # Only fields, and only once they have the focus: a filter of the whole application would
        # see every event of every widget.
        app.focusChanged.connect(self._moved)

    def _moved(self, _old: QWidget | None, now: QWidget | None) -> None:
        if isinstance(now, _FIELDS):
            now.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take away what would become a letter."""
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
            == Qt.KeyboardModifier.AltModifier
            and event.text().isalpha()
        ):
            return True
        return super().eventFilter(watched, event)
