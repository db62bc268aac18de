"""The address label: half a page to cut out and stick onto the parcel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from offline_backup_gui.adapters.papers.fonts import BOLD, SANS
from offline_backup_gui.adapters.papers.sheet import (
    CAPTION,
    INK,
    LINE,
    QUIET,
    STRONG,
    Sheet,
    fact,
    facts,
    lines,
    style,
    text,
)
from offline_backup_gui.domain.papers import LabelTexts, PageSize, PaperTexts, ShipmentPaper

_SMALL_ADDRESS = style(SANS, 10, lead=1.35)
_LARGE_ADDRESS = style(BOLD, 17, lead=1.3)
_NUMBER = style(BOLD, 13)
_HANDLE = style(BOLD, 10)
_CUT = style(SANS, 7.5, QUIET, centred=True)
_SENDER_LINES = 4
_RECIPIENT_LINES = 5


def write_address_label(
    shipment: ShipmentPaper, texts: LabelTexts, common: PaperTexts, page: PageSize, path: Path
) -> None:
    """Write the address label as a PDF; TARGET_NOT_WRITABLE when the file cannot be made."""
    sheet = Sheet(page, common, f"{texts.heading}: {shipment.plan_name}", texts.footer)
    inner = sheet.width - 14 * mm
    count = len(shipment.drives)
    contents = texts.contents_one if count == 1 else texts.contents.format(count=count)
    inside: list[Flowable] = [
        text(texts.sender, CAPTION),
        *_address(shipment.sender, _SMALL_ADDRESS, _SENDER_LINES, inner * 0.6),
        Spacer(0, 6 * mm),
        text(texts.recipient, CAPTION),
        *_address(shipment.recipient, _LARGE_ADDRESS, _RECIPIENT_LINES, inner),
        Spacer(0, 7 * mm),
        facts(
            [
                [
                    fact(texts.carrier, shipment.carrier, STRONG),
                    fact(texts.tracking_number, shipment.tracking_number, _NUMBER),
                ]
            ],
            inner,
        ),
        text(contents, STRONG),
        text(texts.handle, _HANDLE),
    ]
    label = Table([[inside]], colWidths=[sheet.width], hAlign="LEFT")
    label.setStyle(
        TableStyle(
            [
                ("BOX", (0, 0), (-1, -1), 1.2, INK),
                ("LEFTPADDING", (0, 0), (-1, -1), 7 * mm),
                ("RIGHTPADDING", (0, 0), (-1, -1), 7 * mm),
                ("TOPPADDING", (0, 0), (-1, -1), 6 * mm),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 6 * mm),
            ]
        )
    )
    sheet.write([label, Spacer(0, 2 * mm), text(texts.cut, _CUT)], path)


def _address(
    address: Sequence[str], look: ParagraphStyle, empty_lines: int, width: float
) -> list[Flowable]:
    """Set an address, or lines to write it on."""
    if address:
        return [lines(address, look)]
    table = Table([[""]] * empty_lines, colWidths=[width], rowHeights=8 * mm, hAlign="LEFT")
    table.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.6, LINE)]))
    return [table]
