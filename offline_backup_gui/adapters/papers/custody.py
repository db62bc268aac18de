"""The custody sheet: every hand-over of the parcel with both names, and the drives to count."""

from __future__ import annotations

from pathlib import Path

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table, TableStyle

from offline_backup_gui.adapters.papers.qr import codes
from offline_backup_gui.adapters.papers.sheet import (
    CAPTION,
    CELL,
    COLUMN,
    HEADING,
    INK,
    LINE,
    SHADE,
    STRONG,
    SUBTITLE,
    TITLE,
    Sheet,
    fact,
    facts,
    text,
)
from offline_backup_gui.domain.paper_texts import CustodyTexts, PaperTexts
from offline_backup_gui.domain.papers import PageSize, ShipmentPaper, Told, parcel_code

_HANDOVERS = 5
_ROW = 19 * mm
_BOX = "\N{BALLOT BOX}"
_BESIDE, _EMPTY = 10, 5
_TIGHT = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3 * mm),
        ("TOPPADDING", (0, 0), (-1, -1), 0.6 * mm),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 0.6 * mm),
    ]
)


def write_custody_sheet(
    shipment: ShipmentPaper, texts: CustodyTexts, common: PaperTexts, page: PageSize, path: Path
) -> None:
    """Write the custody sheet as a PDF; TARGET_NOT_WRITABLE when the file cannot be made."""
    sheet = Sheet(page, common, f"{texts.heading}: {shipment.plan_name}", texts.footer)
    story: list[Flowable] = [
        text(texts.heading, TITLE),
        text(texts.subtitle, SUBTITLE),
        _about(shipment, texts, sheet.width),
        text(texts.drives_heading, HEADING),
        *_drives(shipment, texts, sheet.width),
        Spacer(0, 5 * mm),
        KeepTogether(
            [
                text(texts.handovers_heading, HEADING),
                text(texts.handovers_hint, CAPTION),
                Spacer(0, 2 * mm),
                _handovers(texts, sheet.width),
            ]
        ),
    ]
    sheet.write(story, path)


def _about(shipment: ShipmentPaper, texts: CustodyTexts, width: float) -> Table:
    """Say which parcel this sheet belongs to."""
    return facts(
        [
            [
                fact(texts.plan, shipment.plan_name, STRONG),
                fact(texts.job, shipment.job, STRONG),
                fact(texts.drive_count, str(len(shipment.drives) or "–"), STRONG),
            ],
            [
                fact(texts.carrier, shipment.carrier),
                fact(texts.tracking_number, shipment.tracking_number),
                fact(texts.made_at, shipment.made_at),
            ],
        ],
        width,
    )


def _drives(shipment: ShipmentPaper, texts: CustodyTexts, width: float) -> list[Flowable]:
    """List the serial numbers with a box to tick; the same to scan stands beside a short list."""
    scan = codes(parcel_code(shipment, Told.SERIALS), width)
    across = scan.wrap(width, 0)[0]
    beside = across <= width * 0.4 and len(shipment.drives) <= _BESIDE
    room = width - across - 6 * mm if beside else width
    cells = [
        text(f"{_BOX}  {number}.  {drive.serial}", CELL)
        for number, drive in enumerate(shipment.drives, start=1)
    ] or [text(f"{_BOX}  ", CELL) for _ in range(_EMPTY)]
    columns = 1 if beside else 2
    rows = [
        [*cells[at : at + columns], *[""] * (columns - len(cells[at : at + columns]))]
        for at in range(0, len(cells), columns)
    ]
    table = Table(rows, colWidths=[room / columns] * columns, hAlign="LEFT")
    table.setStyle(_TIGHT)
    shown: list[Flowable] = [scan, text(texts.qr, CAPTION)]
    if not beside:
        return [table, Spacer(0, 3 * mm), KeepTogether(shown)]
    return [
        Table(
            [[[table], shown]],
            colWidths=[width - across, across],
            hAlign="LEFT",
            style=_TIGHT,
        )
    ]


def _handovers(texts: CustodyTexts, width: float) -> Table:
    """Leave room to write down each hand-over."""
    person: list[Flowable] = [
        text(texts.name, CAPTION),
        Spacer(0, 5 * mm),
        text(texts.signature, CAPTION),
    ]
    intact: list[Flowable] = [
        text(f"{_BOX} {texts.yes}", CELL),
        text(f"{_BOX} {texts.no}", CELL),
    ]
    rows: list[list[object]] = [
        [
            text(texts.number, COLUMN),
            text(texts.when, COLUMN),
            text(texts.handed_over_by, COLUMN),
            text(texts.received_by, COLUMN),
            text(texts.intact, COLUMN),
        ]
    ]
    rows += [
        [text(str(number), STRONG), "", person, person, intact]
        for number in range(1, _HANDOVERS + 1)
    ]
    rest = (width - (9 + 32 + 27) * mm) / 2
    table = Table(
        rows,
        colWidths=[9 * mm, 32 * mm, rest, rest, 27 * mm],
        rowHeights=[None, *[_ROW] * _HANDOVERS],
        repeatRows=1,
        hAlign="LEFT",
    )
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("BACKGROUND", (0, 0), (-1, 0), SHADE),
                ("GRID", (0, 0), (-1, -1), 0.5, LINE),
                ("BOX", (0, 0), (-1, -1), 0.8, INK),
                ("LEFTPADDING", (0, 0), (-1, -1), 1.5 * mm),
                ("RIGHTPADDING", (0, 0), (-1, -1), 1.5 * mm),
                ("TOPPADDING", (0, 0), (-1, -1), 1.2 * mm),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1.2 * mm),
            ]
        )
    )
    return table
