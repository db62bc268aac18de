"""What all papers share: styles, blocks, head and foot of a page, a file that appears whole."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from offline_backup_gui.adapters.papers.fonts import BOLD, MONO, SANS, clean, markup, register_fonts
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.paper_texts import PaperTexts
from offline_backup_gui.domain.papers import PageSize

INK = HexColor(0x1B2733)
QUIET = HexColor(0x5A6876)
ACCENT = HexColor(0x0B4F8A)
LINE = HexColor(0xC9D2DB)
SHADE = HexColor(0xF1F5F9)

MARGIN = 18 * mm
_HEAD = 12 * mm
_FOOT = 12 * mm
_SIZES = {PageSize.A4: A4, PageSize.LETTER: LETTER}
_UNITS = (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


def style(
    font: str = SANS,
    size: float = 9,
    color: Color = INK,
    *,
    lead: float = 1.4,
    after: float = 0,
    centred: bool = False,
    right: bool = False,
) -> ParagraphStyle:
    """Give a paragraph style; `lead` is the line height in font sizes."""
    return ParagraphStyle(
        f"{font}-{size}",
        fontName=font,
        fontSize=size,
        leading=size * lead,
        textColor=color,
        spaceAfter=after,
        alignment=TA_CENTER if centred else TA_RIGHT if right else 0,
        splitLongWords=1,
    )


TITLE = style(BOLD, 22, lead=1.15, after=1.5 * mm)
SUBTITLE = style(SANS, 10, QUIET, after=5 * mm)
HEADING = style(BOLD, 11, ACCENT, after=1.5 * mm)
BODY = style(SANS, 9, after=1 * mm)
CAPTION = style(SANS, 7.5, QUIET)
VALUE = style(SANS, 10)
STRONG = style(BOLD, 10)
CODE = style(MONO, 9)
CELL = style(SANS, 8.5)
CELL_RIGHT = style(SANS, 8.5, right=True)
CELL_CODE = style(MONO, 8)
COLUMN = style(BOLD, 7.5, QUIET)
COLUMN_RIGHT = style(BOLD, 7.5, QUIET, right=True)


def text(words: str, look: ParagraphStyle = BODY, limit: int = 2000) -> Paragraph:
    """Give a paragraph of plain text; nothing in it is taken for markup."""
    return Paragraph(markup(clean(words, limit), look.fontName), look)


def lines(words: Sequence[str], look: ParagraphStyle = VALUE, limit: int = 2000) -> Paragraph:
    """Give one paragraph with a line for each item."""
    return Paragraph(
        "<br/>".join(markup(clean(line, limit), look.fontName) for line in words), look
    )


def fact(caption: str, value: str, look: ParagraphStyle = VALUE) -> list[Flowable]:
    """Give a small caption with its value below; a dash stands for nothing."""
    return [text(caption, CAPTION), text(value or "–", look)]


def blank(caption: str, value: str, width: float, look: ParagraphStyle = VALUE) -> list[Flowable]:
    """Give a caption with its value, or with a line to write it on."""
    if value:
        return fact(caption, value, look)
    table = Table([[""]], colWidths=[width], rowHeights=7 * mm, hAlign="LEFT")
    table.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.6, LINE)]))
    return [text(caption, CAPTION), table]


def plain(*, below: float, right: float = 0) -> TableStyle:
    """Give the look of a table that only sets things side by side; room in points."""
    return TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), right),
            ("TOPPADDING", (0, 0), (-1, -1), 0),
            ("BOTTOMPADDING", (0, 0), (-1, -1), below),
        ]
    )


def facts(rows: Sequence[Sequence[Sequence[Flowable]]], width: float) -> Table:
    """Set facts in equal columns, one row after the other, each row at its own height."""
    columns = max(len(row) for row in rows)
    cells = [[*row, *[""] * (columns - len(row))] for row in rows]
    table = Table(cells, colWidths=[width / columns] * columns, hAlign="LEFT", splitInRow=1)
    table.setStyle(plain(right=4 * mm, below=3 * mm))
    return table


def box(content: Sequence[Flowable], width: float, *, edge: Color = LINE) -> Table:
    """Put content into a shaded frame."""
    table = Table([[list(content)]], colWidths=[width], hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), SHADE),
                ("BOX", (0, 0), (-1, -1), 0.8, edge),
                ("ROUNDEDCORNERS", [4, 4, 4, 4]),
                ("LEFTPADDING", (0, 0), (-1, -1), 4 * mm),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4 * mm),
                ("TOPPADDING", (0, 0), (-1, -1), 3 * mm),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3 * mm),
            ]
        )
    )
    return table


def numbered(items: str, width: float) -> Table:
    """Give a numbered list, one item for each line of `items`."""
    rows = [
        [text(f"{number}.", style(BOLD, 9, ACCENT)), text(item, style(SANS, 9))]
        for number, item in enumerate(items.strip().splitlines(), start=1)
    ]
    table = Table(rows, colWidths=[6 * mm, width - 6 * mm], hAlign="LEFT")
    table.setStyle(plain(below=1 * mm))
    return table


def section(heading: str, content: Sequence[Flowable]) -> KeepTogether:
    """Keep a heading and what belongs to it on one page."""
    return KeepTogether([text(heading, HEADING), *content, Spacer(0, 3 * mm)])


def whole(number: int, texts: PaperTexts) -> str:
    """Write a whole number with the reader's thousands mark."""
    return f"{number:,}".replace(",", texts.thousands_mark)


def size(size_bytes: int, texts: PaperTexts) -> str:
    """Write a size in decimal units, as Azure counts."""
    for unit, factor in _UNITS:
        if size_bytes >= factor:
            shown = f"{size_bytes / factor:,.2f}"
            marks = str.maketrans({",": texts.thousands_mark, ".": texts.decimal_mark})
            return f"{shown.translate(marks)} {unit}"
    return f"{size_bytes} B"


class Sheet:
    """One paper being laid out: page size, what repeats on each page, and the way into a file."""

    def __init__(self, page: PageSize, texts: PaperTexts, title: str, footer: str) -> None:
        register_fonts()
        self.page_width, self.page_height = _SIZES[page]
        self.width = self.page_width - 2 * MARGIN
        self.height = self.page_height - 2 * MARGIN - _HEAD - _FOOT / 2
        self.texts = texts
        self._title = title
        self._footer = footer

    def write(self, story: Sequence[Flowable], path: Path) -> None:
        """Draw the paper and let its file appear whole; TARGET_NOT_WRITABLE when it cannot."""
        # What was drawn once remembers where it stood, and is refused the second time.
        pages = self._draw(deepcopy(list(story)), 0)[1]
        _write_whole(path, self._draw(list(story), pages)[0])

    def _draw(self, story: list[Flowable], pages: int) -> tuple[bytes, int]:
        """Draw once; the second time the number of pages is known."""
        buffer = io.BytesIO()
        document = BaseDocTemplate(
            buffer,
            pagesize=(self.page_width, self.page_height),
            title=clean(self._title),
            author=self.texts.program,
            creator=self.texts.program,
            invariant=1,
        )
        frame = Frame(
            MARGIN,
            MARGIN + _FOOT / 2,
            self.width,
            self.height,
            leftPadding=0,
            bottomPadding=0,
            rightPadding=0,
            topPadding=0,
        )

        def decorate(canvas: Canvas, _: Any) -> None:
            self._decorate(canvas, pages)

        document.addPageTemplates([PageTemplate("page", [frame], onPage=decorate)])
        document.build(story)
        return buffer.getvalue(), int(document.page)

    def _decorate(self, canvas: Canvas, pages: int) -> None:
        """Draw what repeats: the program's name above, the paper's note and page number below."""
        top = self.page_height - MARGIN
        canvas.saveState()
        canvas.setFillColor(ACCENT)
        canvas.roundRect(MARGIN, top - 5.2 * mm, 5.2 * mm, 5.2 * mm, 1.2 * mm, stroke=0, fill=1)
        canvas.setFillColor(white)
        canvas.setFont(BOLD, 9)
        canvas.drawCentredString(MARGIN + 2.6 * mm, top - 3.8 * mm, "↓")
        canvas.setFillColor(INK)
        canvas.setFont(BOLD, 9)
        canvas.drawString(MARGIN + 7.2 * mm, top - 3.7 * mm, self.texts.program)
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.6)
        canvas.line(MARGIN, top - 8 * mm, MARGIN + self.width, top - 8 * mm)
        canvas.line(MARGIN, MARGIN, MARGIN + self.width, MARGIN)
        canvas.setFillColor(QUIET)
        canvas.setFont(SANS, 7.5)
        number = self.texts.page.format(page=canvas.getPageNumber(), pages=pages)
        canvas.drawRightString(MARGIN + self.width, MARGIN - 4 * mm, number)
        canvas.restoreState()
        room = self.width - 30 * mm
        note = text(self._footer, CAPTION)
        _, height = note.wrap(room, 20 * mm)
        note.drawOn(canvas, MARGIN, MARGIN - 1.2 * mm - height)


def _write_whole(path: Path, content: bytes) -> None:
    """Write to a temporary name, flush to the medium, then give the file its name."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as trouble:
        with suppress(OSError):
            partial.unlink()
        raise BackupError(
            ErrorCode.TARGET_NOT_WRITABLE, path=str(path), reason=trouble.strerror or ""
        ) from trouble
