"""The embedded fonts, and text made safe for them: no character vanishes from a paper."""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

SANS = "OfflineBackup-Sans"
BOLD = "OfflineBackup-Sans-Bold"
MONO = "OfflineBackup-Mono"
FALLBACK = "OfflineBackup-Fallback"

_FILE_BY_FONT = {
    SANS: "DejaVuSans.ttf",
    BOLD: "DejaVuSans-Bold.ttf",
    MONO: "DejaVuSansMono.ttf",
    FALLBACK: "DroidSansFallback.ttf",
}
_STAND_IN = "\N{REPLACEMENT CHARACTER}"
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
# Marks and separators inside right-to-left text turn round with it.
_NEUTRAL = frozenset({"NSM", "WS", "ON", "CS", "ES"})


def font_folder() -> Path:
    """Give the folder of the font files that come with the program."""
    return Path(__file__).resolve().parents[3] / "resources" / "fonts"


def register_fonts() -> None:
    """Make the fonts known to the PDF library; cheap after the first call."""
    for font in _FILE_BY_FONT:
        _glyphs(font)


@cache
def _glyphs(font: str) -> frozenset[int]:
    """Register a font and give the code points it has a shape for."""
    loaded: Any = TTFont(font, str(font_folder() / _FILE_BY_FONT[font]))
    pdfmetrics.registerFont(loaded)
    return frozenset(loaded.face.charToGlyph)


def clean(text: str, limit: int = 255) -> str:
    """Make a name printable: control characters get a stand-in, the middle goes past `limit`."""
    shown = "".join(
        character
        if character == " " or unicodedata.category(character)[0] not in "CZ"
        else _STAND_IN
        for character in text
    )
    if len(shown) > limit:
        half = (limit - 1) // 2
        shown = f"{shown[:half]}…{shown[-half:]}"
    return shown


def in_reading_order(text: str) -> str:
    """Turn right-to-left runs round, because a PDF is drawn from left to right."""
    out: list[str] = []
    run: list[str] = []
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in _RIGHT_TO_LEFT or (run and kind in _NEUTRAL):
            run.append(character)
            continue
        out.extend(_turned(run))
        run = []
        out.append(character)
    out.extend(_turned(run))
    return "".join(out)


def _turned(run: list[str]) -> list[str]:
    """Turn a run round, but leave the neutral characters at its end where they are."""
    end = len(run)
    while end and unicodedata.bidirectional(run[end - 1]) in _NEUTRAL:
        end -= 1
    return [*reversed(run[:end]), *run[end:]]


def font_for(character: str, font: str) -> str | None:
    """Name the first font that has a shape for the character; None when none has."""
    for candidate in (font, SANS, FALLBACK):
        if ord(character) in _glyphs(candidate):
            return candidate
    return None


def markup(text: str, font: str) -> str:
    """Give paragraph markup for `text` in `font`, with other scripts in fonts that have them."""
    shown = "".join(
        character if font_for(character, font) else _STAND_IN
        for character in in_reading_order(text)
    )
    parts = []
    for chosen, run in groupby(shown, key=lambda character: font_for(character, font)):
        piece = escape("".join(run))
        parts.append(piece if chosen == font else f'<font name="{chosen}">{piece}</font>')
    return "".join(parts)
