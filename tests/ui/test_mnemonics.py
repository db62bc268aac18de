"""Alt with the letter of a button is for the button, and for nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from offline_backup_gui.ui.mnemonics import Mnemonics

ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT_GR = ALT | Qt.KeyboardModifier.ControlModifier
PLAIN = Qt.KeyboardModifier.NoModifier


# The window system of the tests has no size hints to give on.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def field(qapp: QApplication, qtbot: QtBot) -> Iterator[QLineEdit]:
    watching = Mnemonics(qapp)
    page = QWidget()
    qtbot.addWidget(page)
    field, button = QLineEdit(), QPushButton("&Next")
    button.setEnabled(False)
    column = QVBoxLayout(page)
    column.addWidget(field)
    column.addWidget(button)
    page.show()
    page.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    yield field
    watching.deleteLater()


def press(field: QLineEdit, text: str, modifiers: Qt.KeyboardModifier) -> None:
    """Press a key as Windows tells it: with its letter, also while Alt is held."""
    key = Qt.Key(ord(text.upper()))
    QApplication.sendEvent(field, QKeyEvent(QEvent.Type.KeyPress, key, modifiers, text))


@pytest.mark.parametrize(("text", "modifiers"), [("n", ALT), ("N", ALT | SHIFT), ("ä", ALT)])
def test_the_key_of_a_disabled_button_writes_nothing(
    field: QLineEdit, text: str, modifiers: Qt.KeyboardModifier
) -> None:
    press(field, text, modifiers)
    assert field.text() == ""


@pytest.mark.parametrize(("text", "modifiers"), [("n", PLAIN), ("N", SHIFT), ("@", ALT_GR)])
def test_what_is_meant_as_a_letter_is_one(
    field: QLineEdit, text: str, modifiers: Qt.KeyboardModifier
) -> None:
    press(field, text, modifiers)
    assert field.text() == text
