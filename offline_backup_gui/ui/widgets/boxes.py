"""Cards, rows and columns: the grid every page stands on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLayout,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from offline_backup_gui.ui.icons import IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.texts import set_property, text


def unit(widget: QWidget) -> int:
    """Give the height of a text line: every distance is a share of it."""
    return widget.fontMetrics().height()


class Card(QFrame):
    """A bordered surface with a column of content, optionally with a title."""

    def __init__(self, title: str = "", icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        step = unit(self)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(step * 5 // 4, step, step * 5 // 4, step * 9 // 8)
        self.column.setSpacing(step // 2)
        self.title_row = QHBoxLayout()
        self.title_row.setSpacing(step * 2 // 3)
        if title:
            if icon:
                self.title_row.addWidget(
                    IconLabel(icon, Status.NOW, 1.3), 0, Qt.AlignmentFlag.AlignTop
                )
            self.title_row.addWidget(text(title, "title"), 1)
            self.column.addLayout(self.title_row)

    def add(self, item: QWidget | QLayout, stretch: int = 0) -> None:
        """Put something below."""
        if isinstance(item, QLayout):
            self.column.addLayout(item, stretch)
        else:
            self.column.addWidget(item, stretch)


class ChoiceCard(Card):
    """A card that is one choice of several: a radio button and its explanation."""

    chosen = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setProperty("chosen", "false")
        # The title is a label of its own, because the text of a radio button cannot wrap.
        self.radio = QRadioButton()
        self.radio.setProperty("bare", "true")
        self.radio.setAccessibleName(title)
        self._title = text(title, "title")
        self.radio.setAutoExclusive(False)
        self.radio.toggled.connect(self._toggled)
        self.head = QHBoxLayout()
        self.head.setSpacing(unit(self) // 2)
        self.head.addWidget(self.radio, 0, Qt.AlignmentFlag.AlignTop)
        self.head.addWidget(self._title, 1)
        self.column.addLayout(self.head)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)

    def set_available(self, available: bool) -> None:
        """Make the choice possible or only visible."""
        self.radio.setEnabled(available)
        set_property(self._title, "role", "title" if available else "subdued")
        if not available:
            self.radio.setChecked(False)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose by a click anywhere on the card."""
        if self.radio.isEnabled():
            self.radio.setChecked(True)
            self.radio.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)

    def _toggled(self, checked: bool) -> None:
        set_property(self, "chosen", "true" if checked else "false")
        if checked:
            self.chosen.emit()


class ChoiceGroup(QObject):
    """Keeps one of several cards chosen; arrow keys move between the possible ones."""

    changed = Signal(int)

    def __init__(self, cards: Sequence[ChoiceCard], parent: QObject) -> None:
        super().__init__(parent)
        self._cards = tuple(cards)
        self._silent = False
        for index, card in enumerate(self._cards):
            card.chosen.connect(lambda index=index: self._choose(index))
            # A click on the chosen one must not leave nothing chosen.
            card.radio.clicked.connect(lambda _on, index=index: self.select(index))
            card.radio.installEventFilter(self)

    def select(self, index: int | None) -> None:
        """Choose a card (or none) without asking anyone."""
        self._silent = True
        for place, card in enumerate(self._cards):
            card.radio.setChecked(place == index)
        self._silent = False

    def selected(self) -> int | None:
        """Give the chosen card's number."""
        for index, card in enumerate(self._cards):
            if card.radio.isChecked():
                return index
        return None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move with the arrow keys, as in any group of radio buttons."""
        if event.type() == QEvent.Type.KeyPress:
            step = {
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_Right: 1,
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_Left: -1,
            }.get(Qt.Key(event.key()))  # type: ignore[attr-defined]
            if step is not None:
                self._move(watched, step)
                return True
        return super().eventFilter(watched, event)

    def _move(self, watched: QObject, step: int) -> None:
        possible = [card for card in self._cards if card.radio.isEnabled()]
        here = next((n for n, card in enumerate(possible) if card.radio is watched), None)
        if here is not None:
            target = possible[(here + step) % len(possible)]
            target.radio.setFocus(Qt.FocusReason.TabFocusReason)
            target.radio.setChecked(True)

    def _choose(self, index: int) -> None:
        for place, card in enumerate(self._cards):
            if place != index:
                card.radio.setChecked(False)
        if not self._silent:
            self.changed.emit(index)


class WrappingCheck(QWidget):
    """A check box whose text wraps; a click on the text counts."""

    toggled = Signal(bool)

    def __init__(self, sentence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = QCheckBox()
        self.box.setProperty("bare", "true")
        self.box.setAccessibleName(sentence)
        self.box.toggled.connect(self.toggled)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(unit(self) // 2)
        layout.addWidget(self.box, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(text(sentence), 1, Qt.AlignmentFlag.AlignVCenter)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Toggle by a click on the text."""
        if self.box.isEnabled():
            self.box.toggle()
            self.box.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)


class Columns(QWidget):
    """Widgets side by side as long as each keeps a readable width, else below one another."""

    def __init__(self, widgets: Sequence[QWidget] = (), letters: int = 26) -> None:
        """`letters` is the least width of a column in average letters."""
        super().__init__()
        self._letters = letters
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(unit(self) * 3 // 4)
        # Else the columns of the moment would keep the window from getting narrower.
        self._grid.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._widgets: list[QWidget] = []
        self._count = 0
        self.set_widgets(widgets)

    def set_widgets(self, widgets: Sequence[QWidget]) -> None:
        """Replace the content; widgets no longer shown are deleted."""
        for widget in self._widgets:
            self._grid.removeWidget(widget)
            if widget not in widgets:
                widget.deleteLater()
        self._widgets = list(widgets)
        self._count = 0
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """Ask for no more than the widest single column."""
        width = max((widget.minimumSizeHint().width() for widget in self._widgets), default=0)
        return QSize(width, self._grid.minimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose the number of columns anew."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        least = self.fontMetrics().averageCharWidth() * self._letters
        fitting = max(1, (self.width() + self._grid.spacing()) // (least + self._grid.spacing()))
        count = max(1, min(fitting, len(self._widgets)))
        # Two and one of three looks accidental: three columns or one.
        if len(self._widgets) == 3 and count == 2:
            count = 1
        if count == self._count:
            return
        self._count = count
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 0)
        for index, widget in enumerate(self._widgets):
            self._grid.addWidget(widget, index // count, index % count)
        for column in range(count):
            self._grid.setColumnStretch(column, 1)


def row(*items: QWidget | QLayout | int, spacing: int | None = None) -> QHBoxLayout:
    """Lay items side by side; a number is a stretch."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    if spacing is not None:
        layout.setSpacing(spacing)
    for item in items:
        if isinstance(item, int):
            layout.addStretch(item)
        elif isinstance(item, QLayout):
            layout.addLayout(item)
        else:
            layout.addWidget(item)
    return layout


def clear(layout: QLayout) -> None:
    """Take everything out of a layout and delete it."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)


class FittedDialog(QDialog):
    """A dialog as high as its wrapped sentences need at its width: labels ask for far more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        step = unit(self)
        self.column = QVBoxLayout(self)
        # Qt's own least height is that of sentences wrapped at their narrowest: far too tall.
        self.column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self.column.setContentsMargins(step * 3 // 2, step * 3 // 2, step * 3 // 2, step)
        self.column.setSpacing(step * 2 // 3)

    def fit(self) -> None:
        """Take that height, and no less than its smallest width."""
        width = max(self.width(), self.minimumWidth())
        self.column.activate()
        self.resize(width, self.column.totalHeightForWidth(width))

    def event(self, event: QEvent) -> bool:
        """Fit when it is shown and when a sentence changes."""
        handled = super().event(event)
        if event.type() in (QEvent.Type.Show, QEvent.Type.LayoutRequest):
            self.fit()
        return handled

    def sizeHint(self) -> QSize:
        """Give the size that fits."""
        width = self.minimumWidth()
        return QSize(width, self.column.totalHeightForWidth(width))
