"""Colours, fonts and the style sheet: light, dark and high contrast, all from palette roles."""

from __future__ import annotations

import sys
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication

from offline_backup_gui.ui.sheet import style_sheet
from offline_backup_gui.ui.tones import Tones
from offline_backup_gui.words import resources


class Status(StrEnum):
    """What a mark says; always shown with an icon and a word, never by colour alone."""

    GOOD = "good"
    NOW = "now"
    CAUTION = "caution"
    OBSTACLE = "obstacle"
    QUIET = "quiet"


# Text on its background is at least 4.5:1 in both looks, borders of controls 3:1 (WCAG 2.2 AA);
# tests/ui/test_theme.py computes it.
LIGHT = Tones(
    dark=False,
    window="#f5f7fa",
    rail="#e9eef5",
    card="#ffffff",
    field="#ffffff",
    hover="#eef3f9",
    border="#dbe2ea",
    border_strong="#7d8b9a",
    text="#17202b",
    subdued="#566270",
    accent="#0b5cc2",
    accent_hover="#094c9f",
    on_accent="#ffffff",
    accent_soft="#e6f0fc",
    good="#14703d",
    good_soft="#e5f5ec",
    caution="#8a5300",
    caution_soft="#fff4de",
    obstacle="#b3261e",
    obstacle_soft="#fdeceb",
)
DARK = Tones(
    dark=True,
    window="#181c22",
    rail="#12161b",
    card="#20262e",
    field="#1a1f26",
    hover="#29313b",
    border="#343d49",
    border_strong="#74818f",
    text="#e9edf2",
    subdued="#a3afbc",
    accent="#6cb0ff",
    accent_hover="#8fc4ff",
    on_accent="#0d1b2a",
    accent_soft="#1d3350",
    good="#6fd39b",
    good_soft="#17362a",
    caution="#f0b95a",
    caution_soft="#3a2f18",
    obstacle="#ff9a92",
    obstacle_soft="#422322",
)


def tones(palette: QPalette) -> Tones:
    """Give the colours that belong to a palette; a foreign palette is a high-contrast one."""
    window = palette.color(QPalette.ColorRole.Window).name()
    for look in (LIGHT, DARK):
        if window == look.window:
            return look
    return _contrast(palette)


def current_tones() -> Tones:
    """Give the colours the application wears now."""
    return tones(QApplication.palette())


def status_colour(status: Status) -> QColor:
    """Give the colour of a status in the look the application wears now."""
    look = current_tones()
    return QColor(
        {
            Status.GOOD: look.good,
            Status.NOW: look.accent,
            Status.CAUTION: look.caution,
            Status.OBSTACLE: look.obstacle,
            Status.QUIET: look.subdued,
        }[status]
    )


def palette_of(look: Tones) -> QPalette:
    """Build the palette of a look."""
    role = QPalette.ColorRole
    palette = QPalette()
    for place, colour in {
        role.Window: look.window,
        role.WindowText: look.text,
        role.Base: look.field,
        role.AlternateBase: look.hover,
        role.Text: look.text,
        role.Button: look.card,
        role.ButtonText: look.text,
        role.BrightText: look.obstacle,
        role.PlaceholderText: look.subdued,
        role.ToolTipBase: look.card,
        role.ToolTipText: look.text,
        role.Highlight: look.accent,
        role.HighlightedText: look.on_accent,
        role.Accent: look.accent,
        role.Link: look.accent,
        role.LinkVisited: look.accent,
        role.Light: look.card,
        role.Midlight: look.hover,
        role.Mid: look.border,
        role.Dark: look.border_strong,
        role.Shadow: look.border_strong,
    }.items():
        palette.setColor(place, QColor(colour))
    for place in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, place, QColor(look.subdued))
    return palette


class Theme(QObject):
    """Keeps one application dressed; follows the system between light, dark and high contrast."""

    changed = Signal()

    def __init__(self, app: QApplication, *, forced: Qt.ColorScheme | None = None) -> None:
        """Dress the application at once; `forced` keeps one look (screens, tests)."""
        super().__init__(app)
        self._app = app
        self._forced = forced
        app.setStyle("Fusion")
        app.setFont(base_font())
        app.styleHints().colorSchemeChanged.connect(self.dress)
        self.dress()

    def dress(self) -> None:
        """Put on the look the system asks for."""
        if high_contrast():
            self._app.setPalette(QPalette())  # the system's, as it is now and not at the start
            look = _contrast(self._app.palette())
        else:
            scheme = self._forced or self._app.styleHints().colorScheme()
            look = DARK if scheme == Qt.ColorScheme.Dark else LIGHT
            self._app.setPalette(palette_of(look))
        self._app.setStyleSheet(style_sheet(look, QFontMetrics(self._app.font()).height()))
        self.changed.emit()


def base_font() -> QFont:
    """Give the reading font: the system's on Windows and macOS, else the one we carry along."""
    if sys.platform in ("win32", "darwin"):  # pragma: no cover - not run on the build machine
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        font.setPointSizeF(max(font.pointSizeF(), 9.75))
        return font
    # Many Linux desktops and all bare servers have no font made for small interface text.
    for path in sorted((resources() / "fonts").glob("Inter-*.ttf")):
        QFontDatabase.addApplicationFont(str(path))
    font = QFont("Inter")
    font.setPointSizeF(9.75)
    return font


def scaled(font: QFont, factor: float, weight: QFont.Weight | None = None) -> QFont:
    """Give a font of another size and weight, from the same family."""
    result = QFont(font)
    result.setPointSizeF(font.pointSizeF() * factor)
    if weight is not None:
        result.setWeight(weight)
    return result


def high_contrast() -> bool:
    """Say whether the system shows a high-contrast look; its own colours are kept then."""
    if sys.platform != "win32":
        return False
    return _windows_high_contrast()  # pragma: no cover - Windows only


def _windows_high_contrast() -> bool:  # pragma: no cover - Windows only
    import ctypes

    class HighContrast(ctypes.Structure):
        _fields_ = (
            ("size", ctypes.c_uint),
            ("flags", ctypes.c_uint),
            ("scheme", ctypes.c_wchar_p),
        )

    state = HighContrast(ctypes.sizeof(HighContrast), 0, None)
    get_high_contrast, on = 0x0042, 0x1  # SPI_GETHIGHCONTRAST, HCF_HIGHCONTRASTON
    user32 = getattr(ctypes, "windll").user32  # noqa: B009 - absent from other systems' stubs
    if not user32.SystemParametersInfoW(get_high_contrast, state.size, ctypes.byref(state), 0):
        return False
    return bool(state.flags & on)


def _contrast(palette: QPalette) -> Tones:
    role = QPalette.ColorRole

    def name(place: QPalette.ColorRole) -> str:
        return palette.color(place).name()

    text, window, highlight = name(role.WindowText), name(role.Window), name(role.Highlight)
    return Tones(
        dark=palette.color(role.Window).lightness() < 128,
        window=window,
        rail=window,
        card=window,
        field=name(role.Base),
        hover=window,
        border=text,
        border_strong=text,
        text=text,
        subdued=text,
        accent=highlight,
        accent_hover=highlight,
        on_accent=name(role.HighlightedText),
        accent_soft=window,
        good=text,
        good_soft=window,
        caution=text,
        caution_soft=window,
        obstacle=text,
        obstacle_soft=window,
        contrast=True,
    )
