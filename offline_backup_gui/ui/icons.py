"""Icons of our own, drawn from SVG in the colour of the palette, crisp at every scale."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from offline_backup_gui.ui.theme import Status, current_tones, status_colour
from offline_backup_gui.words import resources

SCALES = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)


@lru_cache(maxsize=128)
def _drawing(name: str) -> str:
    return (resources() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


def renderer(name: str, colour: QColor | str) -> QSvgRenderer:
    """Give the drawing of an icon with its lines in a colour."""
    text = _drawing(name)
    tint = QColor(colour).name()
    return QSvgRenderer(QByteArray(text.replace("currentColor", tint).encode()))


def pixmap(name: str, colour: QColor | str, side: int, ratio: float) -> QPixmap:
    """Draw an icon of `side` logical pixels for a screen of this pixel ratio."""
    key = f"{name} {QColor(colour).name()} {side} {ratio}"
    image = QPixmap()
    if QPixmapCache.find(key, image):
        return image
    image = QPixmap(QSize(round(side * ratio), round(side * ratio)))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer(name, colour).render(painter)
    painter.end()
    image.setDevicePixelRatio(ratio)
    QPixmapCache.insert(key, image)
    return image


def icon(name: str, colour: QColor | str, side: int = 20) -> QIcon:
    """Give an icon in sharp versions for the scales that Windows offers."""
    result = QIcon()
    for ratio in SCALES:
        result.addPixmap(pixmap(name, colour, side, ratio))
    return result


class IconLabel(QWidget):
    """Shows one icon in a status colour; the word beside it speaks to screen readers."""

    def __init__(
        self,
        name: str,
        status: Status = Status.QUIET,
        lines: float = 1.2,
        parent: QWidget | None = None,
    ) -> None:
        """Take an icon name; `lines` is its side in text lines."""
        super().__init__(parent)
        self._name = name
        self._status = status
        self._lines = lines
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_icon(self, name: str, status: Status) -> None:
        """Change icon and colour."""
        self._name, self._status = name, status
        self.update()

    def sizeHint(self) -> QSize:
        """Give a square that follows the font."""
        side = round(self.fontMetrics().height() * self._lines)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw in the colour of the moment."""
        painter = QPainter(self)
        colour = status_colour(self._status)
        renderer(self._name, colour).render(painter, QRectF(self.rect()))
        painter.end()


class IconButton(QPushButton):
    """A button with an icon that follows the palette."""

    def __init__(
        self, name: str, text: str = "", kind: str = "", parent: QWidget | None = None
    ) -> None:
        """Take icon, label and kind ("primary", "quiet", or plain)."""
        super().__init__(text, parent)
        self._icon_name = name
        if kind:
            self.setProperty("kind", kind)
        side = round(self.fontMetrics().height() * 1.1)
        self.setIconSize(QSize(side, side))
        self._tint()

    def set_icon_name(self, name: str) -> None:
        """Change the icon."""
        self._icon_name = name
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette and the enabled state."""
        super().changeEvent(event)
        if event.type() in (
            QEvent.Type.PaletteChange,
            QEvent.Type.EnabledChange,
            QEvent.Type.StyleChange,
        ):
            self._tint()

    def _tint(self) -> None:
        look = current_tones()
        kind = self.property("kind")
        if not self.isEnabled():
            colour = look.subdued
        elif kind == "primary":
            colour = look.on_accent
        elif kind == "quiet":
            colour = look.accent
        else:
            colour = look.text
        self.setIcon(icon(self._icon_name, colour, self.iconSize().width()))
