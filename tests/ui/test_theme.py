"""The looks: readable by the numbers of WCAG 2.2, in light and dark."""

from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from offline_backup_gui.ui import theme as themes
from offline_backup_gui.ui.sheet import style_sheet
from offline_backup_gui.ui.theme import DARK, LIGHT, Theme, palette_of, tones
from offline_backup_gui.ui.tones import Tones

LOOKS = pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
STATUS = ("good", "caution", "obstacle")


def luminance(colour: str) -> float:
    def part(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    tint = QColor(colour)
    red, green, blue = (part(value) for value in (tint.redF(), tint.greenF(), tint.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@LOOKS
def test_every_text_stands_out_from_what_it_is_written_on(look: Tones) -> None:
    grounds = (look.window, look.rail, look.card, look.field, look.hover)
    for ground in grounds:
        assert contrast(look.text, ground) >= 7
        assert contrast(look.subdued, ground) >= 4.5
    assert contrast(look.on_accent, look.accent) >= 4.5
    assert contrast(look.on_accent, look.accent_hover) >= 4.5
    assert contrast(look.accent, look.card) >= 4.5


@LOOKS
@pytest.mark.parametrize("status", STATUS)
def test_every_status_is_readable_on_its_own_tint_and_on_cards(look: Tones, status: str) -> None:
    ink, tint = getattr(look, status), getattr(look, f"{status}_soft")
    assert contrast(ink, tint) >= 4.5
    assert contrast(look.text, tint) >= 7
    assert contrast(ink, look.card) >= 4.5


@LOOKS
def test_the_edges_of_controls_can_be_seen(look: Tones) -> None:
    assert contrast(look.border_strong, look.card) >= 3
    assert contrast(look.border_strong, look.field) >= 3


@LOOKS
def test_a_palette_leads_back_to_its_look(look: Tones) -> None:
    assert tones(palette_of(look)) is look


def test_high_contrast_uses_the_systems_own_colours_only() -> None:
    role = QPalette.ColorRole
    chosen = {
        role.Window: "#000000",
        role.WindowText: "#ffff00",
        role.Base: "#000000",
        role.Highlight: "#1aebff",
        role.HighlightedText: "#000000",
    }
    palette = QPalette()
    for place, colour in chosen.items():
        palette.setColor(place, QColor(colour))
    sheet = style_sheet(tones(palette), 16)
    used = set(re.findall(r"#[0-9a-f]{6}", sheet))
    assert used <= set(chosen.values())


def test_high_contrast_switched_on_later_wears_the_colours_the_system_has_then(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    worn = qapp.palette()
    qapp.setPalette(QPalette())
    systems = qapp.palette().color(QPalette.ColorRole.Window).name()
    qapp.setPalette(QPalette(QColor("#123456")))  # what the system wore at the start
    theme = Theme(qapp)
    assert themes.current_tones() in (LIGHT, DARK)
    monkeypatch.setattr(themes, "high_contrast", lambda: True)
    theme.dress()
    look = themes.current_tones()
    assert (look.contrast, look.window) == (True, systems)
    monkeypatch.undo()
    theme.dress()
    assert not themes.current_tones().contrast
    theme.deleteLater()
    qapp.setPalette(worn)


def test_a_foreign_palette_is_kept_as_it_is() -> None:
    palette = QPalette(QColor("#000000"))
    palette.setColor(QPalette.ColorRole.WindowText, QColor("#ffff00"))
    look = tones(palette)
    assert look.contrast
    assert look.text == "#ffff00"
    assert look.obstacle == "#ffff00"
