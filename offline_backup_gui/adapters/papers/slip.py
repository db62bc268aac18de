"""The packing slip: what is in the parcel, drive by drive, and the anchor of the restore points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table, TableStyle

from offline_backup_gui.adapters.papers.fonts import BOLD, MONO, SANS
from offline_backup_gui.adapters.papers.qr import codes
from offline_backup_gui.adapters.papers.sheet import (
    ACCENT,
    CAPTION,
    CELL,
    CELL_CODE,
    CELL_RIGHT,
    CODE,
    COLUMN,
    COLUMN_RIGHT,
    HEADING,
    INK,
    LINE,
    QUIET,
    STRONG,
    SUBTITLE,
    TITLE,
    VALUE,
    Sheet,
    box,
    fact,
    facts,
    lines,
    numbered,
    section,
    size,
    style,
    text,
    whole,
)
from offline_backup_gui.domain.paper_texts import PaperTexts, SlipTexts
from offline_backup_gui.domain.papers import DriveLine, PageSize, ShipmentPaper, Told, parcel_code

_ANCHOR = style(MONO, 10.5, lead=1.5)
_EXACT = style(SANS, 7, QUIET, right=True)
_TOTAL = style(BOLD, 8.5)
_TOTAL_RIGHT = style(BOLD, 8.5, right=True)


def write_packing_slip(
    shipment: ShipmentPaper, texts: SlipTexts, common: PaperTexts, page: PageSize, path: Path
) -> None:
    """Write the packing slip as a PDF; TARGET_NOT_WRITABLE when the file cannot be made."""
    sheet = Sheet(page, common, f"{texts.heading}: {shipment.plan_name}", texts.footer)
    scan = codes(parcel_code(shipment, Told.MARKS), sheet.width)
    check = texts.check if any(one.fingerprint for one in shipment.drives) else texts.check_manifest
    story: list[Flowable] = [
        text(texts.heading, TITLE),
        text(texts.subtitle, SUBTITLE),
        *_about(shipment, texts, sheet.width),
        *_anchor(shipment, texts, sheet.width),
        _drives(shipment, texts, common, sheet.width),
        Spacer(0, 6 * mm),
        section(texts.check_heading, [numbered(check, sheet.width)]),
        KeepTogether([scan, text(texts.qr, CAPTION)]),
    ]
    sheet.write(story, path)


def grouped(hexadecimal: str, group: int = 8) -> str:
    """Set spaces into a long hexadecimal number, so that two people can compare it aloud."""
    return " ".join(
        hexadecimal[start : start + group] for start in range(0, len(hexadecimal), group)
    )


def _about(shipment: ShipmentPaper, texts: SlipTexts, width: float) -> list[Flowable]:
    """Say who sends what to whom, and how."""
    sender: list[Flowable] = [
        text(texts.sender, CAPTION),
        lines((*shipment.sender, *shipment.sender_contact) or ("–",), VALUE),
    ]
    phone = texts.phone.format(phone=shipment.recipient_phone)
    recipient: list[Flowable] = [
        text(texts.recipient, CAPTION),
        lines(shipment.recipient or ("–",), VALUE),
        *([text(phone, VALUE)] if shipment.recipient_phone else []),
        *([text(shipment.recipient_note, CAPTION)] if shipment.recipient_note else []),
    ]
    rows = [
        [
            fact(texts.plan, shipment.plan_name, STRONG),
            fact(texts.job, shipment.job, STRONG),
            fact(texts.drive_count, str(len(shipment.drives)), STRONG),
        ],
        [
            fact(texts.carrier, shipment.carrier),
            fact(texts.tracking_number, shipment.tracking_number),
            fact(texts.shipped_at, shipment.shipped_at),
        ],
        [
            fact(texts.return_carrier, shipment.return_carrier),
            fact(texts.return_account, shipment.return_account),
            fact(texts.made_at, shipment.made_at),
        ],
    ]
    told: list[Flowable] = [facts([[sender, recipient]], width), facts(rows, width)]
    if shipment.repository_id:
        told.append(facts([[fact(texts.repository, shipment.repository_id, CODE)]], width))
    return told


def _anchor(shipment: ShipmentPaper, texts: SlipTexts, width: float) -> list[Flowable]:
    """Print the head of the chain of restore points large enough to compare by eye, if any."""
    if not shipment.chain_head:
        return []
    inside: list[Flowable] = [
        text(texts.chain_head, HEADING),
        text(grouped(shipment.chain_head), _ANCHOR),
        text(texts.chain_head_hint, CAPTION),
    ]
    return [KeepTogether([box(inside, width, edge=ACCENT)]), Spacer(0, 5 * mm)]


def _drives(shipment: ShipmentPaper, texts: SlipTexts, common: PaperTexts, width: float) -> Table:
    """List every drive with what its record says, and the sum below."""
    rows: list[list[Flowable | list[Flowable] | str]] = [
        [
            text(texts.number, COLUMN),
            text(texts.serial, COLUMN),
            text(texts.files if shipment.carries_files else texts.packs, COLUMN_RIGHT),
            text(texts.size, COLUMN_RIGHT),
            text(texts.sealed_at, COLUMN),
        ]
    ]
    spans: list[Any] = []
    for number, drive in enumerate(shipment.drives, start=1):
        rows.append(
            [
                text(str(number), CELL),
                text(_named(drive), CELL),
                text("–" if drive.packs is None else whole(drive.packs, common), CELL_RIGHT),
                _sized(drive.size_bytes, texts, common, CELL_RIGHT),
                text(drive.sealed_at or "–", CELL),
            ]
        )
        rows.append(["", [text(mark, CELL_CODE) for mark in _marks(drive, texts)], "", "", ""])
        place = len(rows) - 1
        spans += [
            ("SPAN", (1, place), (-1, place)),
            ("LINEBELOW", (0, place), (-1, place), 0.4, LINE),
            ("BOTTOMPADDING", (0, place), (-1, place), 2 * mm),
            ("NOSPLIT", (0, place - 1), (-1, place)),
        ]
    rows.append(
        [
            "",
            text(f"{texts.total}: {len(shipment.drives)}", _TOTAL),
            text(whole(shipment.packs, common) if shipment.counted else "–", _TOTAL_RIGHT),
            _sized(shipment.size_bytes if shipment.counted else None, texts, common, _TOTAL_RIGHT),
            "",
        ]
    )
    rest = width - (11 + 20 + 42 + 40) * mm
    table = Table(
        rows, colWidths=[11 * mm, rest, 20 * mm, 42 * mm, 40 * mm], repeatRows=1, hAlign="LEFT"
    )
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3 * mm),
                ("TOPPADDING", (0, 0), (-1, -1), 1 * mm),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 0.4 * mm),
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
                ("LINEABOVE", (0, -1), (-1, -1), 0.8, INK),
                *spans,
            ]
        )
    )
    return table


def _named(drive: DriveLine) -> str:
    """Name a drive by its serial, and by its label when that says something more."""
    if drive.label in ("", drive.serial):
        return drive.serial
    return f"{drive.serial} ({drive.label})"


def _marks(drive: DriveLine, texts: SlipTexts) -> list[str]:
    """Give what tells the contents of a drive apart: its fingerprint, the hash of its manifest."""
    marks = []
    if drive.fingerprint:
        marks.append(f"{texts.fingerprint} {grouped(drive.fingerprint)}")
    if drive.manifest:
        marks.append(f"{texts.manifest} {grouped(drive.manifest)}")
    return marks


def _sized(
    size_bytes: int | None, texts: SlipTexts, common: PaperTexts, look: ParagraphStyle
) -> list[Flowable]:
    """Give a size in short, and to the byte below."""
    if size_bytes is None:
        return [text("–", look)]
    exact = texts.bytes_exact.format(count=whole(size_bytes, common))
    return [text(size(size_bytes, common), look), text(exact, _EXACT)]
