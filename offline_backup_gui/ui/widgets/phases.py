"""The phases of a job as steps in a row, with the one of the moment marked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from offline_backup_gui.domain.job import Phase
from offline_backup_gui.ui.icons import renderer
from offline_backup_gui.ui.theme import current_tones, scaled
from offline_backup_gui.ui.widgets.boxes import unit
from offline_backup_gui.ui.widgets.speech import announce
from offline_backup_gui.words import Words


class PhaseStrip(QWidget):
    """Named discs joined by a line."""

    def __init__(
        self, words: Words, phases: Sequence[Phase], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._words = words
        self._phases = tuple(phases)
        self._now: Phase | None = None
        self._done = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_phase(self, phase: Phase, *, done: bool) -> None:
        """Mark the phase of the moment; `done` marks all of them."""
        if (phase, done) == (self._now, self._done):
            return
        self._now, self._done = phase, done
        said = self._words.text(
            "wizard.copying.phase-said", phase=self._words.term("phase", phase.value)
        )
        self.setAccessibleName(said)
        announce(self, said)
        self.update()

    def sizeHint(self) -> QSize:
        """Give discs and one line of names."""
        return QSize(unit(self) * 24, unit(self) * 7 // 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw discs, joints and names."""
        look, step = current_tones(), unit(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = self._phases.index(self._now) if self._now in self._phases else -1
        if self._done:
            place = len(self._phases)
        share = self.width() / len(self._phases)
        side = step * 1.7
        for index, phase in enumerate(self._phases):
            middle = share * (index + 0.5)
            disc = QRectF(middle - side / 2, 1, side, side)
            passed, now = index < place, index == place
            if index:
                joint = QColor(look.good if index <= place else look.border)
                painter.setPen(QPen(joint, 2))
                y = disc.center().y()
                left = middle - share + side / 2 + step / 2
                painter.drawLine(round(left), round(y), round(disc.left() - step / 2), round(y))
            fill = look.good_soft if passed else look.accent if now else look.card
            edge = look.good_soft if passed else look.accent if now else look.border_strong
            painter.setPen(QPen(QColor(edge), 1.4))
            painter.setBrush(QColor(fill))
            painter.drawEllipse(disc)
            if passed:
                inner = disc.adjusted(side * 0.22, side * 0.22, -side * 0.22, -side * 0.22)
                renderer("check", look.good).render(painter, inner)
            else:
                painter.setPen(QColor(look.on_accent if now else look.subdued))
                painter.setFont(scaled(self.font(), 0.95, QFont.Weight.DemiBold))
                painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, str(index + 1))
            painter.setPen(QColor(look.text if now or passed else look.subdued))
            weight = QFont.Weight.DemiBold if now else QFont.Weight.Normal
            painter.setFont(scaled(self.font(), 1.0, weight))
            name = self._words.term("phase", phase.value)
            box = QRectF(share * index, side + step * 0.3, share, step * 1.3)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
        painter.end()
