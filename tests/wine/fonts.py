"""The fonts of a Windows under Wine: those that the program carries, but told not to hint."""

from __future__ import annotations

import struct
from pathlib import Path

FONTS = Path(__file__).parents[2] / "resources" / "fonts"
_DIRECTORY, _ENTRY = 12, struct.Struct(">4sIII")  # tag, check sum, offset, length
# What a font runs before its first letter of a size: PUSHB 1 1, INSTCTRL. It switches the programs
# of the letters off (OpenType, "The TrueType instruction set").
_NO_HINTS = b"\xb1\x01\x01\x8e"


def bring_fonts(target: Path) -> None:
    """Put the fonts into a folder of Windows, where all other fonts are missing.

    The libraries of Wine make a new size of a font for each letter they are asked for, and DejaVu
    works long on each: two thirds of a start of the window went there.
    """
    target.mkdir(parents=True)
    for font in sorted(FONTS.glob("*.ttf")):
        (target / font.name).write_bytes(without_hints(font.read_bytes()))


def without_hints(font: bytes) -> bytes:
    """Give a font whose letters are drawn as they are outlined, with all their measures."""
    changed = bytearray(font)
    (tables,) = struct.unpack_from(">H", font, 4)
    for at in range(_DIRECTORY, _DIRECTORY + tables * _ENTRY.size, _ENTRY.size):
        tag, check, offset, length = _ENTRY.unpack_from(font, at)
        if tag == b"prep" and length >= len(_NO_HINTS):
            changed[offset : offset + len(_NO_HINTS)] = _NO_HINTS
            _ENTRY.pack_into(changed, at, tag, check, offset, len(_NO_HINTS))
    return bytes(changed)
