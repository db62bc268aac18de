"""QR codes for the papers: vectors with their quiet zone, large enough for a telephone."""

from __future__ import annotations

import segno
from reportlab.lib.colors import Color
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Table, TableStyle

_MODULE = 0.48 * mm  # read by a telephone at arm's length, and after one photocopy
_SMALLEST = 28 * mm
_PART_BYTES = 800  # larger codes have modules that a cheap printer smears


class QrCode(Flowable):
    """A QR code drawn as vectors with its quiet zone, sharp at every printer's resolution."""

    def __init__(self, content: str, side: float | None = None) -> None:
        super().__init__()
        self._matrix = [
            list(row) for row in segno.make_qr(content, error="m").matrix_iter(border=4)
        ]
        self.width = self.height = side or max(_SMALLEST, len(self._matrix) * _MODULE)

    def draw(self) -> None:
        """Draw each run of dark modules as one rectangle, so that no seams show."""
        step = self.width / len(self._matrix)
        self.canv.setFillColor(Color(1, 1, 1))
        self.canv.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        self.canv.setFillColor(Color(0, 0, 0))
        for row, modules in enumerate(self._matrix):
            start = 0
            while start < len(modules):
                end = start
                while end < len(modules) and modules[end]:
                    end += 1
                if end > start:
                    y = self.height - (row + 1) * step
                    self.canv.rect(start * step, y, (end - start) * step, step, stroke=0, fill=1)
                start = end + 1


def parts_of(content: str) -> list[str]:
    """Cut a long text at its lines, so that each part is a code that can be read.

    The first line opens every part; "part=1/2" follows where there are several.
    """
    head, *rest = content.split("\n")
    parts: list[list[str]] = [[]]
    for line in rest:
        if parts[-1] and len("\n".join([head, *parts[-1], line]).encode()) > _PART_BYTES:
            parts.append([])
        parts[-1].append(line)
    if len(parts) == 1:
        return [content]
    return [
        "\n".join([head, f"part={number}/{len(parts)}", *lines])
        for number, lines in enumerate(parts, start=1)
    ]


def codes(content: str, width: float) -> Table:
    """Set the codes of a text beside each other, as many a row as fit."""
    drawn = [QrCode(part) for part in parts_of(content)]
    side = max(code.width for code in drawn)
    across = min(len(drawn), max(1, int(width // side)))
    rows = [
        [*drawn[at : at + across], *[""] * (across - len(drawn[at : at + across]))]
        for at in range(0, len(drawn), across)
    ]
    table = Table(rows, colWidths=[side] * across, hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
            ]
        )
    )
    return table
