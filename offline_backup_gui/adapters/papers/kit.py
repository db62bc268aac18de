"""The recovery kit: the recovery code to type and to scan, and how to restore with nothing else."""

from __future__ import annotations

from pathlib import Path

from reportlab.lib.units import mm
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    KeepTogether,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from offline_backup_gui.adapters.papers.fonts import MONO, SANS, markup
from offline_backup_gui.adapters.papers.qr import QrCode
from offline_backup_gui.adapters.papers.sheet import (
    ACCENT,
    CAPTION,
    CODE,
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
    style,
    text,
)
from offline_backup_gui.domain.paper_texts import KitTexts, PaperTexts
from offline_backup_gui.domain.papers import DriveKey, KitPaper, PageSize

_QR_SIDE = 42 * mm
_CODE_LINE = style(MONO, 17, lead=1.35)
_KEY_GROUP = style(MONO, 13, lead=1.3)
_LINE_NUMBER = style(SANS, 8, QUIET, lead=1.2, right=True)


def write_recovery_kit(
    kit: KitPaper, texts: KitTexts, common: PaperTexts, page: PageSize, path: Path
) -> None:
    """Write the recovery kit as a PDF; TARGET_NOT_WRITABLE when the file cannot be made."""
    sheet = Sheet(page, common, f"{texts.heading}: {kit.name}", texts.footer)
    story: list[Flowable] = [
        text(texts.heading, TITLE),
        text(texts.subtitle, SUBTITLE),
        _about(kit, texts, sheet.width),
    ]
    if kit.lines:
        story += [
            _code(kit, texts, sheet.width),
            Spacer(0, 5 * mm),
            section(texts.purpose_heading, [text(texts.purpose)]),
        ]
    story.append(section(texts.keep_heading, [numbered(texts.keep, sheet.width)]))
    if kit.lines:
        story.append(section(texts.restore_heading, [numbered(texts.restore, sheet.width)]))
    if kit.keys:
        # The heading stays with the first drive.
        story.append(CondPageBreak(60 * mm))
        story.append(section(texts.keys_heading, [text(texts.keys)]))
        story += [_key(key, sheet.width) for key in kit.keys]
    story.append(_kept(texts, sheet.width))
    sheet.write(story, path)


def _about(kit: KitPaper, texts: KitTexts, width: float) -> Table:
    """Say which backup this code opens and where that backup lives."""
    left = [fact(texts.name, kit.name, STRONG), fact(texts.made_at, kit.made_at)]
    if not kit.repository_id:
        return facts([left], width)
    rows = [left, [fact(texts.repository, kit.repository_id, CODE)]]
    table = facts(rows, width)
    table.setStyle(TableStyle([("SPAN", (0, 1), (-1, 1))]))
    if not kit.stores:
        return table
    stores: list[Flowable] = [text(texts.stores, CAPTION), lines(kit.stores, VALUE)]
    table = facts([*rows, [stores]], width)
    table.setStyle(TableStyle([("SPAN", (0, 1), (-1, 1)), ("SPAN", (0, 2), (-1, 2))]))
    return table


def _code(kit: KitPaper, texts: KitTexts, width: float) -> KeepTogether:
    """Set the code to type beside the code to scan."""
    inner = width - 8 * mm
    left = inner - _QR_SIDE - 6 * mm
    typed: list[Flowable] = [
        text(texts.code, HEADING),
        text(texts.code_hint, CAPTION),
        Spacer(0, 2 * mm),
        _code_lines(kit.lines),
    ]
    qr: list[Flowable] = [
        QrCode("\n".join(kit.lines), _QR_SIDE),
        text(texts.qr, style(SANS, 7.5, QUIET, centred=True)),
    ]
    table = Table([[typed, qr]], colWidths=[left + 6 * mm, _QR_SIDE], hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (0, 0), 6 * mm),
                ("RIGHTPADDING", (1, 0), (1, 0), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
            ]
        )
    )
    return KeepTogether([box([table], width, edge=ACCENT)])


def _code_lines(code: tuple[str, ...]) -> Table:
    """Set each line of the code large, its check character underlined."""
    rows = [
        [
            text(str(number), _LINE_NUMBER),
            Paragraph(
                f"{markup(line[:-1], MONO)}<u>{markup(line[-1:], MONO)}</u>",
                _CODE_LINE,
            ),
        ]
        for number, line in enumerate(code, start=1)
    ]
    table = Table(rows, colWidths=[7 * mm, None], hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LEFTPADDING", (0, 0), (-1, -1), 1.5 * mm),
                ("RIGHTPADDING", (0, 0), (-1, -1), 1.5 * mm),
                ("TOPPADDING", (0, 0), (-1, -1), 0.3 * mm),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 0.3 * mm),
                ("LINEBELOW", (0, 0), (-1, -2), 0.4, LINE),
            ]
        )
    )
    return table


def _key(key: DriveKey, width: float) -> KeepTogether:
    """Set the serial of a drive above its eight groups, four and four, each readable by itself."""
    groups = key.password.split("-")
    rows = [[markup(group, MONO) for group in groups[half : half + 4]] for half in (0, 4)]
    table = Table(
        [[Paragraph(group, _KEY_GROUP) for group in row] for row in rows],
        colWidths=[27 * mm] * 4,
        hAlign="LEFT",
    )
    return KeepTogether([box([text(key.serial, STRONG), table], width)])


def _kept(texts: KitTexts, width: float) -> KeepTogether:
    """Leave lines to write down where the paper lies and who keeps it."""
    half = width / 2 - 3 * mm
    table = Table(
        [["", "", ""], [text(texts.kept_at, CAPTION), "", text(texts.kept_by, CAPTION)]],
        colWidths=[half, 6 * mm, half],
        rowHeights=[9 * mm, None],
        hAlign="LEFT",
    )
    table.setStyle(
        TableStyle(
            [
                ("LINEBELOW", (0, 0), (0, 0), 0.6, INK),
                ("LINEBELOW", (2, 0), (2, 0), 0.6, INK),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 1), (-1, 1), 1 * mm),
            ]
        )
    )
    return KeepTogether([table])
