"""The colours of one look, as plain data; which colours they are is said in `theme.py`."""

from __future__ import annotations

from msgspec import Struct


class Tones(Struct, frozen=True):
    """Every colour of one look, as "#rrggbb"."""

    dark: bool
    window: str
    rail: str
    card: str
    field: str
    hover: str
    border: str
    border_strong: str
    text: str
    subdued: str
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str
    good: str
    good_soft: str
    caution: str
    caution_soft: str
    obstacle: str
    obstacle_soft: str
    contrast: bool = False
