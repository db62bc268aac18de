"""The timeline: every stage with its date, who says so, and what proves it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from offline_backup_gui.domain.deadlines import WARN_AT_DAYS
from offline_backup_gui.domain.shipment import Due, Stage, StageStatus
from offline_backup_gui.ui.icons import renderer
from offline_backup_gui.ui.theme import Status, current_tones
from offline_backup_gui.ui.tracking import view
from offline_backup_gui.ui.widgets.boxes import Card, clear, row, unit
from offline_backup_gui.ui.widgets.texts import chip, text
from offline_backup_gui.words import Words


class _Sign(QWidget):
    """The disc of a stage and its share of the line that joins all stages."""

    def __init__(self, status: StageStatus, *, last: bool, done_below: bool) -> None:
        super().__init__()
        self._status = status
        self._last, self._done_below = last, done_below
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        side = round(unit(self) * 1.4)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        look, side = current_tones(), self.width() - 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.width() / 2
        disc = QRectF(1, 1, side, side)
        done = self._status is StageStatus.DONE
        if not self._last:
            going = done and self._done_below
            pen = QPen(QColor(look.good if going else look.border_strong), 2)
            if not going:
                pen.setStyle(Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.drawLine(QPointF(middle, disc.bottom() + 3), QPointF(middle, self.height() - 2))
        fill, ink, edge = {
            StageStatus.DONE: (look.good_soft, look.good, look.good_soft),
            StageStatus.NOW: (look.accent, look.on_accent, look.accent),
            StageStatus.AHEAD: ("", look.subdued, look.border_strong),
            StageStatus.TROUBLE: (look.caution_soft, look.caution, look.caution),
        }[self._status]
        painter.setPen(QPen(QColor(edge), 1.2))
        painter.setBrush(QColor(fill) if fill else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(disc)
        name = {
            StageStatus.DONE: "check",
            StageStatus.NOW: "chevron-right",
            StageStatus.TROUBLE: "caution",
        }.get(self._status)
        if name:
            inset = side * 0.2
            renderer(name, ink).render(painter, disc.adjusted(inset, inset, -inset, -inset))
        painter.end()


class _StageRow(QWidget):
    """One stage."""

    def __init__(
        self, stage: Stage, words: Words, *, last: bool, done_below: bool, practice: bool
    ) -> None:
        super().__init__()
        step = unit(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(step * 3 // 4)
        layout.addWidget(_Sign(stage.status, last=last, done_below=done_below))
        column = QVBoxLayout()
        column.setContentsMargins(0, step // 8, 0, 0 if last else step * 2 // 3)
        column.setSpacing(step // 8)
        title = view.stage_title(stage, words)
        role = "subdued" if stage.status is StageStatus.AHEAD else "strong"
        label = text(title, role)
        head = row(label, spacing=step // 2)
        head.setStretch(0, 1)
        status_word = words.term("stage-status", stage.status.value)
        if stage.status in (StageStatus.NOW, StageStatus.TROUBLE):
            status = Status.NOW if stage.status is StageStatus.NOW else Status.CAUTION
            head.addWidget(chip(status_word, status), 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        details = self._details(stage, title, words, practice=practice)
        for line in details:
            column.addWidget(text(line, "small"))
        layout.addLayout(column, 1)
        self.setAccessibleName(
            words.text(
                "tracking.stage", title=title, status=status_word, details=". ".join(details)
            )
        )

    @staticmethod
    def _details(stage: Stage, title: str, words: Words, *, practice: bool) -> list[str]:
        parts = []
        if stage.time is not None:
            parts = [words.moment(stage.time), words.term("source", stage.source.value)]
        open_or_done = stage.status is not StageStatus.AHEAD
        if stage.azure_name and stage.azure_name != title and open_or_done and not practice:
            parts.append(words.text("tracking.azure-name", name=stage.azure_name))
        details = [" · ".join(parts)] if parts else []
        return [*details, *view.evidence_words(stage, words)]


class TimelineCard(Card):
    """All stages below one another; rebuilt only when they change."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.text("tracking.timeline"), "clock")
        self._words = words
        self._shown: tuple[Stage, ...] | None = None
        self._stages = QVBoxLayout()
        self._stages.setSpacing(0)
        self.add(self._stages)
        self.column.addStretch(1)

    def show_stages(self, stages: Sequence[Stage], *, practice: bool) -> None:
        """Show these stages; Azure's terms only where Azure takes part."""
        if tuple(stages) == self._shown:
            return
        self._shown = tuple(stages)
        clear(self._stages)
        for place, stage in enumerate(stages):
            after = stages[place + 1] if place + 1 < len(stages) else None
            self._stages.addWidget(
                _StageRow(
                    stage,
                    self._words,
                    last=after is None,
                    practice=practice,
                    done_below=after is not None and after.status is not StageStatus.AHEAD,
                )
            )


class DeadlinesCard(Card):
    """What is due when, the nearest first; hidden when nothing is."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.text("tracking.deadlines"), "calendar")
        self._words = words
        self._shown: tuple[Due, ...] | None = None
        self._list = QVBoxLayout()
        self.add(self._list)
        self.hide()

    def show_deadlines(self, due: Sequence[Due]) -> None:
        """Show these deadlines."""
        if tuple(due) == self._shown:
            return
        self._shown = tuple(due)
        clear(self._list)
        words = self._words
        for entry in sorted(due, key=lambda one: one.at):
            what = words.text(entry.what) if words.has(entry.what) else entry.what
            line = row(
                text(words.text("tracking.due", what=what, at=entry.at)),
                chip(view.due_words(entry, words), _urgency(entry)),
                spacing=unit(self) // 2,
            )
            line.setStretch(0, 1)
            self._list.addLayout(line)
        self.setVisible(bool(due))


def _urgency(due: Due) -> Status:
    if due.days_left <= 1:
        return Status.OBSTACLE
    return Status.CAUTION if due.days_left <= max(WARN_AT_DAYS) else Status.QUIET
