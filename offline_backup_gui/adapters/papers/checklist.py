"""The shipping checklist: what to do, to pack and to write on before the parcel leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from offline_backup_gui.adapters.papers.fonts import SANS
from offline_backup_gui.adapters.papers.sheet import (
    CAPTION,
    HEADING,
    STRONG,
    SUBTITLE,
    TITLE,
    VALUE,
    Sheet,
    blank,
    fact,
    facts,
    lines,
    plain,
    style,
    text,
)
from offline_backup_gui.domain.paper_texts import ChecklistTexts, CodeTexts, PaperTexts
from offline_backup_gui.domain.papers import CheckGroup, PageSize, ShipmentPaper

_BOX = "\N{BALLOT BOX}"
_TICK = style(SANS, 11)
_ITEM = style(SANS, 9)


def write_shipping_checklist(
    shipment: ShipmentPaper,
    texts: ChecklistTexts,
    codes: CodeTexts,
    common: PaperTexts,
    spoken: Callable[[str], str],
    page: PageSize,
    path: Path,
) -> None:
    """Write the checklist as a PDF; `spoken` gives the raw sentence of a words key.

    TARGET_NOT_WRITABLE when the file cannot be made.
    """
    sheet = Sheet(page, common, f"{texts.heading}: {shipment.plan_name}", texts.footer)
    story: list[Flowable] = [
        text(texts.heading, TITLE),
        text(texts.subtitle, SUBTITLE),
        _about(shipment, texts, sheet.width),
    ]
    for group in shipment.groups:
        story += _group(group, spoken, sheet.width)
    if shipment.codes:
        half = sheet.width / 2
        marks = [
            blank(codes.name(code), value, half - 10 * mm, STRONG)
            for code, value in sorted(shipment.codes.items())
        ]
        pairs = [marks[at : at + 2] for at in range(0, len(marks), 2)]
        story.append(
            KeepTogether(
                [
                    text(texts.codes_heading, HEADING),
                    text(texts.codes_hint, CAPTION),
                    Spacer(0, 2 * mm),
                    facts([[*pair, *[[]] * (2 - len(pair))] for pair in pairs], sheet.width),
                ]
            )
        )
    signed = [
        blank(texts.done_by, "", sheet.width / 2 - 10 * mm),
        blank(texts.done_at, "", sheet.width / 2 - 10 * mm),
    ]
    story.append(KeepTogether([Spacer(0, 4 * mm), facts([signed], sheet.width)]))
    sheet.write(story, path)


def _about(shipment: ShipmentPaper, texts: ChecklistTexts, width: float) -> Table:
    """Say which parcel this is, and where it goes."""
    return facts(
        [
            [
                fact(texts.plan, shipment.plan_name, STRONG),
                fact(texts.job, shipment.job, STRONG),
                fact(texts.drive_count, str(len(shipment.drives) or "–"), STRONG),
            ],
            [
                [
                    text(texts.recipient, CAPTION),
                    lines(shipment.recipient or ("–",), VALUE),
                    *([text(shipment.recipient_note, CAPTION)] if shipment.recipient_note else []),
                ],
                fact(texts.carriers, ", ".join(shipment.carriers)),
                fact(texts.made_at, shipment.made_at),
            ],
        ],
        width,
    )


def _group(group: CheckGroup, spoken: Callable[[str], str], width: float) -> list[Flowable]:
    """Give a heading and its lines with boxes to tick; the heading stays with the first."""
    rows = [
        [text(_BOX, _TICK), text(spoken(f"papers.check.{line.key}").format(**line.gaps), _ITEM)]
        for line in group.lines
    ]
    tables = []
    for row in rows:
        table = Table([row], colWidths=[7 * mm, width - 7 * mm], hAlign="LEFT")
        table.setStyle(plain(below=1.2 * mm))
        tables.append(table)
    heading = text(spoken(f"papers.group.{group.key}"), HEADING)
    return [KeepTogether([heading, tables[0]]), *tables[1:], Spacer(0, 3 * mm)]
