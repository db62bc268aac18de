"""The frame of a wizard: rail, pages that scroll, buttons always in view. It decides nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import unit
from offline_backup_gui.ui.widgets.rail import Rail, StepView
from offline_backup_gui.ui.widgets.scroll import ScrolledPage
from offline_backup_gui.ui.widgets.speech import announce
from offline_backup_gui.ui.widgets.texts import ElidedLabel, plain, text
from offline_backup_gui.words import Words

MINIMUM_SIZE = QSize(800, 560)
USUAL_SIZE = QSize(1120, 780)


class Shell(QWidget):
    """Rail, stacked pages and a button bar, for the wizard and for the restore wizard.

    The owner fills it: `add_page`, then `show_steps`, `show_page`, `show_next`, `show_hint`.
    """

    back = Signal()
    next = Signal()
    cancel = Signal()
    step_chosen = Signal(str)

    def __init__(
        self, words: Words, title: str, icon: str = "app", parent: QWidget | None = None
    ) -> None:
        """Build an empty frame."""
        super().__init__(parent)
        self.words = words
        self.setMinimumSize(MINIMUM_SIZE)
        self.resize(USUAL_SIZE)
        self._title = title
        self.setWindowTitle(title)
        self.rail = Rail(words, title, icon)
        self.rail.chosen.connect(self.step_chosen)
        self._stack = QStackedWidget()
        self._areas: dict[str, QScrollArea] = {}
        self._headings: dict[str, QLabel] = {}
        self._current = ""
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self._stack, 1)
        right.addWidget(self._bar())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.rail)
        layout.addLayout(right, 1)
        self._fit_rail()

    def _bar(self) -> QFrame:
        words, step = self.words, unit(self)
        bar = QFrame()
        bar.setObjectName("bar")
        self.cancel_button = IconButton("remove", words.text("common.close"))
        self.back_button = IconButton("chevron-left", words.text("common.back"))
        self.next_button = IconButton("chevron-right", words.text("common.next"), "primary")
        self.next_button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.next_button.setDefault(True)
        self.cancel_button.clicked.connect(lambda: self.cancel.emit())
        self.back_button.clicked.connect(lambda: self.back.emit())
        self.next_button.clicked.connect(lambda: self.next.emit())
        self._hint_icon = IconLabel("lock", Status.CAUTION, 1.1)
        self._hint = ElidedLabel("", "subdued", at=Qt.TextElideMode.ElideRight)
        layout = QHBoxLayout(bar)
        layout.setContentsMargins(step * 3 // 2, step * 2 // 3, step * 3 // 2, step * 2 // 3)
        layout.setSpacing(step * 2 // 3)
        layout.addWidget(self.cancel_button)
        layout.addSpacing(step // 2)
        layout.addWidget(self._hint_icon)
        layout.addWidget(self._hint, 1)
        layout.addWidget(self.back_button)
        layout.addWidget(self.next_button)
        return bar

    def add_page(self, key: str, heading: str, lead: str, page: QWidget) -> None:
        """Put a page under its heading into a scroll area of its own."""
        step = unit(self)
        inside = ScrolledPage()
        column = QVBoxLayout(inside)
        column.setContentsMargins(step * 2, step * 7 // 4, step * 2, step * 3 // 2)
        column.setSpacing(step // 2)
        title = text(heading, "heading")
        column.addWidget(title)
        if lead:
            column.addWidget(text(lead, "subdued"))
        column.addSpacing(step // 2)
        column.addWidget(page, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setAccessibleName(heading)
        area.setWidget(inside)
        self._areas[key] = area
        self._headings[key] = title
        self._stack.addWidget(area)

    def show_page(self, key: str) -> None:
        """Turn to a page: its heading gets the focus and is announced."""
        area = self._areas[key]
        changed = key != self._current
        self._current = key
        self._stack.setCurrentWidget(area)
        if changed:
            area.verticalScrollBar().setValue(0)
            heading = self._headings[key]
            heading.setFocus(Qt.FocusReason.OtherFocusReason)
            announce(heading, heading.text())
            # Taskbar, Alt+Tab and screen readers say where the window stands (WCAG 2.4.2).
            place = self.words.text("common.window-title", page=heading.text(), title=self._title)
            self.window().setWindowTitle(place)

    def current(self) -> str:
        """Give the key of the page shown."""
        return self._current

    def page_area(self, key: str) -> QScrollArea:
        """Give the scroll area of a page."""
        return self._areas[key]

    def show_steps(self, views: Sequence[StepView]) -> None:
        """Fill the rail."""
        self.rail.show_steps(views)

    def show_next(self, label: str, *, enabled: bool, back: bool, visible: bool = True) -> None:
        """Name the button that goes on (a verb when it cannot be undone)."""
        self.next_button.setText(label)
        self.next_button.setAccessibleName(plain(label))
        self.next_button.setEnabled(enabled)
        self.next_button.setVisible(visible)
        self.back_button.setEnabled(back)

    def show_hint(self, sentence: str, status: Status = Status.CAUTION) -> None:
        """Say in one line why the way on is locked, or nothing."""
        self._hint.set_whole(sentence)
        self._hint.setVisible(True)
        self._hint_icon.setVisible(bool(sentence))
        icon = {Status.CAUTION: "lock", Status.OBSTACLE: "obstacle"}.get(status, "note")
        self._hint_icon.show_icon(icon, status)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the rail its share of the width."""
        super().resizeEvent(event)
        self._fit_rail()

    def _fit_rail(self) -> None:
        letter = self.fontMetrics().averageCharWidth()
        self.rail.setFixedWidth(min(max(self.width() // 4, letter * 26), letter * 36))
