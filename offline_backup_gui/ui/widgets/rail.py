"""The rail at the left: every step with its answer and its mark."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from offline_backup_gui.ui.icons import IconLabel, renderer
from offline_backup_gui.ui.theme import current_tones, scaled
from offline_backup_gui.ui.widgets.boxes import row, unit
from offline_backup_gui.ui.widgets.texts import ElidedLabel, set_property, text
from offline_backup_gui.words import Words


class Mark(StrEnum):
    """How far a step is."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    BLOCKED = "blocked"


class StepView(Struct, frozen=True):
    """One line of the rail: its title, its answer in a few words, its mark."""

    key: str
    title: str
    answer: str
    mark: Mark
    reachable: bool


class _MarkSign(QWidget):
    """A disc with a number, a check or a lock."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._mark = Mark.AHEAD
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_mark(self, mark: Mark) -> None:
        self._mark = mark
        self.update()

    def sizeHint(self) -> QSize:
        side = round(unit(self) * 1.5)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        look = current_tones()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        disc = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        fill, ink, edge = {
            Mark.DONE: (look.good_soft, look.good, look.good_soft),
            Mark.NOW: (look.accent, look.on_accent, look.accent),
            Mark.AHEAD: ("", look.subdued, look.border_strong),
            Mark.BLOCKED: ("", look.caution, look.caution),
        }[self._mark]
        painter.setPen(QPen(QColor(edge), 1.2))
        painter.setBrush(QColor(fill) if fill else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(disc)
        inner = disc.adjusted(*(disc.width() * part for part in (0.2, 0.2, -0.2, -0.2)))
        if self._mark is Mark.DONE:
            renderer("check", ink).render(painter, inner)
        elif self._mark is Mark.BLOCKED:
            renderer("lock", ink).render(painter, inner)
        else:
            painter.setPen(QColor(ink))
            painter.setFont(scaled(self.font(), 0.88, QFont.Weight.DemiBold))
            painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, str(self._number))
        painter.end()


class _StepButton(QPushButton):
    """One step; the whole line can be clicked once it is reached."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.setProperty("kind", "step")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        step = unit(self)
        self._sign = _MarkSign(number)
        self._title = text("", "body", wrap=False)
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._answer = ElidedLabel("", "small")
        self._answer.setFont(scaled(self.font(), 0.9))
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(self._title)
        column.addWidget(self._answer)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(step // 2, step // 3, step // 2, step // 3)
        layout.setSpacing(step * 2 // 3)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addLayout(column, 1)
        for part in (self._sign, self._title, self._answer):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        step = unit(self)
        return QSize(step * 12, step * 3)

    def minimumSizeHint(self) -> QSize:
        return QSize(unit(self) * 4, unit(self) * 3)

    def show_step(self, view: StepView, number: int, count: int, words: Words) -> None:
        self._sign.show_mark(view.mark)
        self._title.setText(view.title)
        weight = QFont.Weight.DemiBold if view.mark is Mark.NOW else QFont.Weight.Normal
        self._title.setFont(scaled(self.font(), 1.0, weight))
        self._answer.set_whole(view.answer)
        self._answer.setVisible(bool(view.answer))
        set_property(self, "mark", view.mark.value)
        ahead = not view.reachable and view.mark is not Mark.NOW
        set_property(self._title, "role", "subdued" if ahead else "body")
        self.setEnabled(view.reachable or view.mark is Mark.NOW)
        said = words.text(
            "common.step",
            number=number,
            count=count,
            title=view.title,
            mark=words.text(f"common.mark.{view.mark.value}"),
        )
        self.setAccessibleName(f"{said}. {view.answer}" if view.answer else said)
        self.setToolTip(view.answer)


class Rail(QFrame):
    """All steps below one another; scrolls when the window is low."""

    chosen = Signal(str)

    def __init__(self, words: Words, title: str, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = words
        self.setObjectName("rail")
        step = unit(self)
        self._buttons: dict[str, _StepButton] = {}
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(step // 8)
        self._column.addStretch(1)
        inside = QWidget()
        inside.setLayout(self._column)
        inside.setObjectName("page")
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(step * 2 // 3, step, step * 2 // 3, step * 2 // 3)
        outer.setSpacing(step * 3 // 4)
        brand = row(IconLabel(icon, lines=1.9), text(title, "title"), spacing=step * 2 // 3)
        brand.setContentsMargins(step // 2, 0, 0, 0)
        brand.setStretch(1, 1)
        outer.addLayout(brand)
        outer.addWidget(self._scroll, 1)
        self.setAccessibleName(words.text("common.steps"))

    def show_steps(self, views: Sequence[StepView]) -> None:
        """Show the steps in this order; buttons are made once and then only changed."""
        before: QWidget | None = None
        for number, view in enumerate(views, 1):
            button = self._buttons.get(view.key)
            if button is None:
                button = _StepButton(number)
                button.clicked.connect(lambda _on, key=view.key: self.chosen.emit(key))
                self._buttons[view.key] = button
            if self._column.indexOf(button) != number - 1:
                self._column.insertWidget(number - 1, button)
                if before is not None:
                    QWidget.setTabOrder(before, button)
            before = button
            button.show_step(view, number, len(views), self._words)
            if view.mark is Mark.NOW:
                self._scroll.ensureWidgetVisible(button, 0, unit(self))
        shown = {view.key for view in views}
        for key, button in self._buttons.items():
            button.setVisible(key in shown)

    def button(self, key: str) -> QPushButton:
        """Give the button of a step."""
        return self._buttons[key]
