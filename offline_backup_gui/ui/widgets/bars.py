"""Drawn measures: the bar against the limits, shares of drives, a small speed plot."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from offline_backup_gui.ui.theme import current_tones, scaled
from offline_backup_gui.ui.widgets.boxes import unit


class Zone(Struct, frozen=True):
    """A stretch of the limit bar up to a size in bytes, with its name and the size in words."""

    up_to_bytes: int
    name: str
    size: str


class LimitBar(QWidget):
    """A size against the limits of the routes. Zones are drawn equally wide to stay readable."""

    def __init__(self, zones: Sequence[Zone], beyond: str, parent: QWidget | None = None) -> None:
        """Take the zones, smallest first; `beyond` names what lies past the last."""
        super().__init__(parent)
        self._zones = tuple(zones)
        self._beyond = beyond
        self._size_bytes = 0
        self._grown_bytes = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_size(self, size_bytes: int, grown_bytes: int, said: str) -> None:
        """Show a size and what it is with growth; `said` is for screen readers."""
        self._size_bytes, self._grown_bytes = size_bytes, grown_bytes
        self.setAccessibleName(said)
        self.setToolTip(said)
        self.update()

    def sizeHint(self) -> QSize:
        """Three text lines high, as wide as there is room."""
        return QSize(unit(self) * 20, unit(self) * 3)

    def _place(self, size_bytes: int, width: float) -> float:
        """Give the x of a size: linear inside each zone; what lies beyond fills the rest slowly."""
        share = width / (len(self._zones) + 0.5)
        start = 0
        for index, zone in enumerate(self._zones):
            if size_bytes <= zone.up_to_bytes:
                return share * (index + (size_bytes - start) / (zone.up_to_bytes - start))
            start = zone.up_to_bytes
        return min(width, share * (len(self._zones) + 0.5 * (1 - start / size_bytes)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw track, growth, size, marks and their names."""
        look, step = current_tones(), unit(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = float(self.width())
        track = QRectF(0, step * 0.25, width, step * 0.8)
        radius = track.height() / 2
        clip = QPainterPath()
        clip.addRoundedRect(track, radius, radius)
        painter.setClipPath(clip)
        painter.fillRect(track, QColor(look.border))
        grown, now = self._place(self._grown_bytes, width), self._place(self._size_bytes, width)
        soft = QColor(look.accent)
        soft.setAlphaF(0.4)
        painter.fillRect(QRectF(0, track.top(), grown, track.height()), soft)
        painter.fillRect(QRectF(0, track.top(), now, track.height()), QColor(look.accent))
        painter.setClipping(False)
        painter.setFont(scaled(self.font(), 0.9))
        left = 0.0
        for zone in self._zones:
            right = self._place(zone.up_to_bytes, width)
            painter.setPen(QPen(QColor(look.text), 1.5))
            painter.drawLine(QPointF(right, track.top() - 3), QPointF(right, track.bottom() + 3))
            self._label(painter, left, right, zone.name, zone.size)
            left = right
        self._label(painter, left, width, self._beyond, "")
        painter.end()

    def _label(self, painter: QPainter, left: float, right: float, name: str, size: str) -> None:
        look, step = current_tones(), unit(self)
        metrics = painter.fontMetrics()
        box = QRectF(left + (step * 0.4 if left else 0), step * 1.5, 0, step * 1.3)
        box.setRight(right - step * 0.3)
        painter.setPen(QColor(look.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, size)
        box.setRight(box.right() - metrics.horizontalAdvance(size) - step * 0.5)
        painter.setPen(QColor(look.subdued))
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


class ShareBar(QWidget):
    """A part of a whole, for folders and drives."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: tuple[tuple[float, str], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_shares(self, *parts: tuple[float, str]) -> None:
        """Show shares of 1 one after another; each with the name of its colour ("accent")."""
        self._parts = parts
        self.update()

    def sizeHint(self) -> QSize:
        """Give a slim bar."""
        return QSize(unit(self) * 8, max(6, unit(self) // 2))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the parts into a rounded track."""
        look = current_tones()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(self.rect())
        clip = QPainterPath()
        clip.addRoundedRect(track, track.height() / 2, track.height() / 2)
        painter.setClipPath(clip)
        painter.fillRect(track, QColor(look.border))
        left = 0.0
        for share, name in self._parts:
            width = track.width() * min(max(share, 0.0), 1.0)
            colours = {
                "accent": look.accent,
                "good": look.good,
                "caution": look.caution,
                "quiet": look.border_strong,
            }
            painter.fillRect(QRectF(left, 0, width, track.height()), QColor(colours[name]))
            left += width
        painter.end()


class Sparkline(QWidget):
    """The speed of the last minutes as a small plot; the figure beside it says the same."""

    KEPT = 120

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: deque[float] = deque(maxlen=self.KEPT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def add(self, value: float) -> None:
        """Take the newest value."""
        self._values.append(max(value, 0.0))
        self.update()

    def sizeHint(self) -> QSize:
        """Give two lines' height."""
        return QSize(unit(self) * 9, unit(self) * 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw line and area, scaled to the highest value shown."""
        look = current_tones()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0, 2, -1, -2)
        painter.setPen(QPen(QColor(look.border), 1))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        if len(self._values) >= 2:
            top = max(self._values) * 1.1 or 1.0
            step = box.width() / (self.KEPT - 1)
            first = box.right() - step * (len(self._values) - 1)
            points = [
                QPointF(first + step * index, box.bottom() - box.height() * value / top)
                for index, value in enumerate(self._values)
            ]
            area = QPolygonF([QPointF(first, box.bottom()), *points, box.bottomRight()])
            fill = QColor(look.accent)
            fill.setAlphaF(0.16)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawPolygon(area)
            painter.setPen(QPen(QColor(look.accent), 1.6))
            painter.drawPolyline(QPolygonF(points))
        painter.end()
