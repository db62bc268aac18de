"""Reads logs of the service that are texts: order histories, and what happened on a device; pure.

Samples: data-box-logs.md (2019-08-07) and data-box-portal-admin.md (2020-12-18) below
MicrosoftDocs/azure-docs. Times stand in them without a zone.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from offline_backup_gui.domain.service_log import CustodyStep, LogForm, ServiceLog

_HEAD_BYTES = 1 << 12
_MOST_BYTES = 1 << 22
_MOST_LINE = 1 << 12
_MOST_LINES = 20_000
_MOST_STEPS = 10_000
_MOST_ABOUT = 100
_TIMES = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# A time, a colon between spaces, and what happened.
_EVENT = re.compile(r"(\d[\d/. :-]{9,24}(?: ?[AaPp][Mm])?)\s{1,8}:\s{1,8}(\S.*)")
# "Account Name:    WIN-DATABOXADMIN"; the explanations below an event have no such form.
_DETAIL = re.compile(r"([A-Z][\w ()]{2,40}):\s*(\S.*)")


def read_text_log(file: BinaryIO) -> ServiceLog | None:
    """Read a text; None, with the file at its beginning, when it is none of these forms."""
    head = _text(file.read(_HEAD_BYTES))
    file.seek(0)
    first = next((line for line in head.splitlines() if line.strip()), "")
    if _event(first) is not None and "|" not in first:
        return _audit(file)
    if "|" in head and "<" not in head.partition("|")[0]:
        return _history(file)
    return None


def _text(data: bytes) -> str:
    wide = data.startswith(_WIDE)
    return data.decode("utf-16" if wide else "utf-8-sig", "replace")


def _lines(file: BinaryIO) -> Iterator[str]:
    """Give a text line by line, each bounded; a text of nothing but continuations is no trouble."""
    data = file.read(_MOST_BYTES)
    if data.startswith(_WIDE):
        data = _text(data).encode("utf-8", "replace")
    for raw in io.BytesIO(data.removeprefix(codecs.BOM_UTF8)):
        yield raw[: 4 * _MOST_LINE].decode("utf-8", "replace")[:_MOST_LINE]


def _goes_on(file: BinaryIO) -> bool:
    return bool(file.read(1))


# --- order histories: pairs, and a table of steps


def _history(file: BinaryIO) -> ServiceLog:
    steps: list[CustodyStep] = []
    about: list[tuple[str, str]] = []
    cut_off = False
    for number, line in enumerate(_lines(file)):
        if number == _MOST_LINES or len(steps) == _MOST_STEPS:
            cut_off = True
            break
        cells = [" ".join(cell.split()) for cell in line.split("|")]
        at = _time(cells[0])
        if at is not None and len(cells) >= 3:
            words = " ".join(cells[3:]).strip()
            steps.append(CustodyStep(at, cells[1], cells[2], words))
        elif steps and len(cells) == 4 and not cells[0] and not cells[1]:
            # A long description goes on in the next line.
            last = steps.pop()
            words = f"{last.words} {cells[3]}".strip()[:_MOST_LINE]
            steps.append(CustodyStep(last.at, last.activity, last.status, words))
        elif len(cells) == 1 and len(about) < _MOST_ABOUT:
            name, mark, said = (part.strip() for part in line.partition(":"))
            if name and mark and said:
                about.append((name, said))
    cut_off = cut_off or _goes_on(file) or not steps
    return ServiceLog(LogForm.HISTORY, custody=tuple(steps), about=tuple(about), cut_off=cut_off)


# --- audit logs: a time and what happened, details below


def _audit(file: BinaryIO) -> ServiceLog:
    steps: list[CustodyStep] = []
    cut_off = False
    for number, line in enumerate(_lines(file)):
        if number == 10 * _MOST_LINES or len(steps) == _MOST_STEPS:
            cut_off = True
            break
        found = _event(line)
        if found is not None:
            steps.append(CustodyStep(found[0], found[1], "", ""))
            continue
        detail = _DETAIL.fullmatch(line.strip())
        if steps and detail is not None and detail[2] != "-":
            last = steps.pop()
            said = f"{detail[1]}: {detail[2]}"
            words = f"{last.words}; {said}" if last.words else said
            steps.append(CustodyStep(last.at, last.activity, last.status, words[:_MOST_LINE]))
    return ServiceLog(
        LogForm.AUDIT, custody=tuple(steps), cut_off=cut_off or _goes_on(file) or not steps
    )


def _event(line: str) -> tuple[datetime, str] | None:
    found = _EVENT.fullmatch(line.strip())
    at = None if found is None else _time(found[1])
    return None if found is None or at is None else (at, found[2])


def _time(text: str) -> datetime | None:
    text = text.strip()
    if not text[:1].isdigit():
        return None
    for form in _TIMES:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
