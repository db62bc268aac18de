"""Plain text in columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Give each row as a line whose cells begin (or, for `right`, end) below each other."""
    if not rows:
        return []
    count = max(len(row) for row in rows)
    widths = [max((width(row[n]) for row in rows if n < len(row)), default=0) for n in range(count)]
    lines = []
    for row in rows:
        cells = [
            " " * (widths[n] - width(cell)) + cell
            if n in right
            else cell + " " * (widths[n] - width(cell))
            for n, cell in enumerate(row)
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def width(text: str) -> int:
    """Give how many places a text takes on a terminal: wide letters take two, marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
