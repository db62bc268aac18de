"""The address label: half a page to cut out and stick onto the parcel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from offline_backup_gui.adapters.papers.fonts import BOLD, SANS
from offline_backup_gui.adapters.papers.qr import codes
from offline_backup_gui.adapters.papers.sheet import (
    CAPTION,
    INK,
    LINE,
    QUIET,
    STRONG,
    Sheet,
    blank,
    fact,
    facts,
    lines,
    plain,
    style,
    text,
)
from offline_backup_gui.domain.paper_texts import CodeTexts, LabelTexts, PaperTexts
from offline_backup_gui.domain.papers import PageSize, ShipmentPaper, Told, parcel_code

_SMALL_ADDRESS = style(SANS, 10, lead=1.35)
_NUMBER = style(BOLD, 13)
_HANDLE = style(BOLD, 10)
_CUT = style(SANS, 7.5, QUIET, centred=True)
_SENDER_LINES = 4
_RECIPIENT_LINES = 5
# A long address is set smaller until the label fits one page.
_SIZES = (17, 14, 12, 10, 8)
_EDGE = 7 * mm
_BELOW = 12 * mm


def write_address_label(
    shipment: ShipmentPaper,
    texts: LabelTexts,
    codes_: CodeTexts,
    common: PaperTexts,
    page: PageSize,
    path: Path,
) -> None:
    """Write the address label as a PDF; TARGET_NOT_WRITABLE when the file cannot be made."""
    sheet = Sheet(page, common, f"{texts.heading}: {shipment.plan_name}", texts.footer)
    for size in _SIZES:
        label = _framed(_inside(shipment, texts, codes_, sheet.width, size), sheet.width)
        if label.wrap(sheet.width, sheet.height)[1] <= sheet.height - _BELOW:
            break
    sheet.write([label, Spacer(0, 2 * mm), text(texts.cut, _CUT)], path)


def _framed(inside: list[Flowable], width: float) -> Table:
    """Put the label into its frame; one that is longer than a page goes on on the next."""
    label = Table([[inside]], colWidths=[width], hAlign="LEFT", splitInRow=1)
    label.setStyle(
        TableStyle(
            [
                ("BOX", (0, 0), (-1, -1), 1.2, INK),
                ("LEFTPADDING", (0, 0), (-1, -1), _EDGE),
                ("RIGHTPADDING", (0, 0), (-1, -1), _EDGE),
                ("TOPPADDING", (0, 0), (-1, -1), 6 * mm),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 6 * mm),
            ]
        )
    )
    return label


def _inside(
    shipment: ShipmentPaper, texts: LabelTexts, codes_: CodeTexts, width: float, size: float
) -> list[Flowable]:
    inner = width - 2 * _EDGE
    count = len(shipment.drives)
    contents = texts.contents_one if count == 1 else texts.contents.format(count=count)
    large, small = style(BOLD, size, lead=1.3), style(SANS, min(10, size), lead=1.35)
    phone = texts.phone.format(phone=shipment.recipient_phone)
    return [
        text(texts.sender, CAPTION),
        *_address(shipment.sender, small, _SENDER_LINES, inner * 0.6),
        *([lines(shipment.sender_contact, small)] if shipment.sender_contact else []),
        Spacer(0, 5 * mm),
        text(texts.recipient, CAPTION),
        *_address(shipment.recipient, large, _RECIPIENT_LINES, inner),
        *([text(phone, small)] if shipment.recipient_phone else []),
        *([text(shipment.recipient_note, small)] if shipment.recipient_note else []),
        Spacer(0, 5 * mm),
        _parcel(shipment, texts, codes_, inner),
        text(contents, STRONG),
        text(texts.handle, _HANDLE),
    ]


def _parcel(shipment: ShipmentPaper, texts: LabelTexts, codes_: CodeTexts, width: float) -> Table:
    """Name the parcel: job, carrier, number, codes of the site; all of it to scan as well."""
    scan = codes(parcel_code(shipment, Told.COUNT), width / 2)
    across = scan.wrap(width, 0)[0]
    room = width - across - 4 * mm
    marks = [
        blank(codes_.name(code), value, room / 2 - 6 * mm, _NUMBER)
        for code, value in sorted(shipment.codes.items())
    ]
    told = facts(
        [
            [
                fact(texts.carrier, shipment.carrier, STRONG),
                fact(texts.tracking_number, shipment.tracking_number, _NUMBER),
            ],
            [fact(texts.job, shipment.job, STRONG), *marks[:1]],
            *([marks[at : at + 2] for at in range(1, len(marks), 2)]),
        ],
        room,
    )
    table = Table([[[told], [scan, text(texts.qr, CAPTION)]]], colWidths=[width - across, across],
                  hAlign="LEFT")  # fmt: skip
    table.setStyle(plain(below=2 * mm))
    return table


def _address(
    address: Sequence[str], look: ParagraphStyle, empty_lines: int, width: float
) -> list[Flowable]:
    """Set an address, or lines to write it on."""
    if address:
        return [lines(address, look)]
    table = Table([[""]] * empty_lines, colWidths=[width], rowHeights=8 * mm, hAlign="LEFT")
    table.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.6, LINE)]))
    return [table]
