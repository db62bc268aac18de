"""The recovery code typed back: one field a line, each told right or wrong at once."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from offline_backup_gui.ui.icons import IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import unit
from offline_backup_gui.ui.widgets.speech import announce
from offline_backup_gui.ui.widgets.texts import mono, set_property, text
from offline_backup_gui.words import Words


class CodeLines(QWidget):
    """Fields for each line of a code. `judge(number, typed)` says whether a line is right."""

    completed = Signal()

    def __init__(
        self, words: Words, lengths: tuple[int, ...], judge: Callable[[int, str], bool]
    ) -> None:
        """Take how many letters each line has (separators not counted)."""
        super().__init__()
        self._words = words
        self._lengths = lengths
        self._judge = judge
        self._fields: list[QLineEdit] = []
        self._signs: list[IconLabel] = []
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(unit(self) * 2 // 3)
        grid.setVerticalSpacing(unit(self) // 3)
        self._told = []
        for place in range(len(lengths)):
            number = place + 1
            field = QLineEdit()
            font = mono(text("")).font()
            field.setFont(font)
            field.setAccessibleName(self._say("code-line", number))
            field.setInputMethodHints(Qt.InputMethodHint.ImhNoPredictiveText)
            field.textEdited.connect(lambda _text, place=place: self._edited(place))
            field.installEventFilter(self)
            field.setMinimumWidth(field.fontMetrics().averageCharWidth() * 16)
            sign, told = IconLabel("circle", Status.QUIET, 1.2), text("", "subdued")
            label = text(self._say("code-line", number), "subdued", wrap=False)
            label.setBuddy(field)
            for column, widget in enumerate((label, field, sign, told)):
                grid.addWidget(widget, place, column)
            self._fields.append(field)
            self._signs.append(sign)
            self._told.append(told)
            self._show(place)
        grid.setColumnStretch(3, 1)

    def complete(self) -> bool:
        """Say whether every line is right."""
        return all(self._right(place) for place in range(len(self._fields)))

    def fields(self) -> tuple[QLineEdit, ...]:
        """Give the fields, for tests and focus."""
        return tuple(self._fields)

    def type_line(self, place: int, typed: str) -> None:
        """Put a line into its field, as if it was typed."""
        self._fields[place].setText(typed)
        self._edited(place)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Spread a paste of several lines over the fields."""
        if isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Paste):
            lines = QGuiApplication.clipboard().text().split()
            if len(lines) > 1 and watched in self._fields:
                self._paste("".join(lines))
                return True
        return super().eventFilter(watched, event)

    def _paste(self, code: str) -> None:
        code = _letters(code)
        for place, length in enumerate(self._lengths):
            self._fields[place].setText(code[:length])
            code = code[length:]
            self._show(place)
        self._tell_completed()

    def _right(self, place: int) -> bool:
        typed = _letters(self._fields[place].text())
        return len(typed) == self._lengths[place] and self._judge(place + 1, typed)

    def _edited(self, place: int) -> None:
        self._show(place)
        if self._right(place):
            if place + 1 < len(self._fields):
                self._fields[place + 1].setFocus(Qt.FocusReason.TabFocusReason)
            self._tell_completed()

    def _tell_completed(self) -> None:
        if self.complete():
            self.completed.emit()

    def _show(self, place: int) -> None:
        typed = _letters(self._fields[place].text())
        if len(typed) < self._lengths[place]:
            key, icon, status = "code-open", "circle", Status.QUIET
        elif self._right(place):
            key, icon, status = "code-good", "circle-check", Status.GOOD
        else:
            key, icon, status = "code-wrong", "obstacle", Status.OBSTACLE
        said = self._say(key, place + 1)
        if status is Status.OBSTACLE and self._told[place].text() != said:
            announce(self, said)
        self._signs[place].show_icon(icon, status)
        self._told[place].setText(said)
        set_property(self._told[place], "status", status.value)

    def _say(self, key: str, number: int) -> str:
        return self._words.text(f"wizard.protection.{key}", number=number)


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())
