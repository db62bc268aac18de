"""Reads logs of the service into plain entries: copy, verbose and error logs, bills, histories.

Whatever stands in them is data of somebody else: no entities, bounded memory, nothing raised. A log
that cannot be read to its end says so in `cut_off`.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import BinaryIO

from offline_backup_gui.domain.service_log import (
    CustodyStep,
    LogEntry,
    LogForm,
    LoggedFile,
    LogMark,
    ServiceLog,
)
from offline_backup_gui.formats.service_xml import XmlStopped, walk

MOST_ENTRIES = 10_000
_MOST_CHARACTERS = 4 << 20  # of all kept entries and files together
# What is read of a log; whatever else stands in it is not kept.
_CHILDREN = frozenset(
    {"Category", "ErrorCode", "ErrorMessage", "Type", "BlobPath", "FilePath", "disposition"}
)
_FACTS = frozenset(
    {"DriveId", "DriveLogVersion", "FilesErrored", "Status", "TotalFiles", "TotalFiles_Blobs"}
)
_GOOD = frozenset({"", "Completed", "Committed", "Created", "Overwritten"})
_DISPOSITIONS = {"Renamed": LogMark.RENAMED, "Skipped": LogMark.NOTED}
_PARTS = frozenset({"Block", "PageRange", "Metadata", "Properties"})


def read_log(file: BinaryIO) -> ServiceLog:
    """Read a log of any form; `file` stands at its beginning."""
    head = file.read(1 << 12)
    file.seek(0)
    if _looks_like_history(head):
        return _history(file)
    gathering = _Gathering()
    cut_off = False
    try:
        walk(file, gathering.ended)
    except XmlStopped:
        cut_off = True
    return gathering.log(cut_off=cut_off)


class _Gathering:
    """Puts the elements of a log together; what is beyond the bound is only counted."""

    def __init__(self) -> None:
        self._form: LogForm | None = None
        self._facts: dict[str, str] = {}
        self._children: dict[str, str] = {}  # of the entity that is open
        self._parts: list[str] = []  # what went wrong inside the blob that is open
        self._entries: list[LogEntry] = []
        self._files: list[LoggedFile] = []
        self._counts: Counter[LogMark] = Counter()
        self._file_count = 0
        self._left = _MOST_CHARACTERS

    def ended(self, path: tuple[str, ...], attributes: Mapping[str, str], text: str) -> None:
        """Take one element."""
        match path:
            case ("ErroredEntity",):
                self._form = self._form or LogForm.COPY
                self._entity(attributes)
            case ("ErroredEntity", name):
                self._child(name, text)
            case ("CopyLog", name) if name != "Summary":
                self._form = LogForm.COPY
                self._fact(name, text)
            case ("DriveLog",):
                self._form = LogForm.DRIVE
                self._facts["DriveLogVersion"] = attributes.get("Version", "")
            case ("DriveLog", "Blob"):
                self._blob(attributes)
            case ("DriveLog", "Blob", name):
                self._part(name, attributes)
                self._child(name, text)
            case ("DriveLog", "Blob", *_, name):
                self._part(name, attributes)
            case ("DriveLog", name):
                self._fact(name, text)
            case ("File",):
                self._form = self._form or LogForm.VERBOSE
                self._file(attributes.get("Path", ""), attributes.get("Size"), attributes)
            case ("file",) | (_, "file"):
                self._form = self._form or LogForm.BOM
                self._file(text, attributes.get("size"), attributes)

    def _child(self, name: str, text: str) -> None:
        if name in _CHILDREN:
            self._children[name] = text

    def _fact(self, name: str, text: str) -> None:
        if name in _FACTS:
            self._facts[name] = text

    def _entity(self, attributes: Mapping[str, str]) -> None:
        told, self._children = self._children, {}
        code, words = told.get("Category", ""), told.get("ErrorMessage", "")
        renamed = code.endswith("Renamed") or code == "FileNameTrailsWithSlash"
        self._add(
            LogEntry(
                path=attributes.get("Path", ""),
                mark=LogMark.RENAMED if renamed else LogMark.REFUSED,
                code=code,
                number=told.get("ErrorCode", ""),
                words=words,
                kind=told.get("Type", ""),
                new_name=words.partition("renamed to:")[2].partition(":from:")[0].strip(),
            )
        )

    def _part(self, name: str, attributes: Mapping[str, str]) -> None:
        status = attributes.get("Status", "")
        if name == "ImportDisposition":
            self._children["disposition"] = status
        elif name in _PARTS and status not in _GOOD:
            offset = attributes.get("Offset", "")
            self._parts = [*self._parts, f"{name} {offset} {status}".replace("  ", " ")][:5]

    def _blob(self, attributes: Mapping[str, str]) -> None:
        told, self._children = self._children, {}
        parts, self._parts = self._parts, []
        status, disposition = attributes.get("Status", ""), told.get("disposition", "")
        wrong = status not in _GOOD
        mark = LogMark.REFUSED if wrong else _DISPOSITIONS.get(disposition)
        self._file_count += 1
        if mark is not None:
            path, blob = told.get("FilePath", ""), told.get("BlobPath", "")
            code = status if wrong else disposition
            new_name = blob if mark is LogMark.RENAMED else ""
            self._add(LogEntry(path or blob, mark, code, words="; ".join(parts), new_name=new_name))

    def _file(self, path: str, size: str | None, attributes: Mapping[str, str]) -> None:
        self._file_count += 1
        if len(self._files) < MOST_ENTRIES and self._has_room(path):
            crc = attributes.get("crc64", attributes.get("CRC64", ""))
            self._files.append(LoggedFile(path, _whole(size or ""), _crc(crc, self._form)))

    def _add(self, entry: LogEntry) -> None:
        self._counts[entry.mark] += 1
        texts = (entry.path, entry.code, entry.number, entry.words, entry.kind, entry.new_name)
        if len(self._entries) < MOST_ENTRIES and self._has_room(*texts):
            self._entries.append(entry)

    def _has_room(self, *texts: str) -> bool:
        self._left -= sum(map(len, texts))
        return self._left >= 0

    def log(self, *, cut_off: bool) -> ServiceLog:
        facts = self._facts
        total = facts.get("TotalFiles_Blobs", facts.get("TotalFiles", ""))
        form = self._form or LogForm.COPY
        # The summary ends a copy log, the status a drive log: without it something is missing.
        ends = form in (LogForm.VERBOSE, LogForm.BOM) or "Status" in facts
        return ServiceLog(
            form=form,
            version=facts.get("DriveLogVersion", ""),
            drive_id=facts.get("DriveId", ""),
            status=facts.get("Status", ""),
            total=_whole(total) if form is LogForm.COPY else self._file_count,
            refused=_whole(facts.get("FilesErrored", "")),
            entries=tuple(self._entries),
            files=tuple(self._files),
            count_by_mark=tuple(sorted(self._counts.items())),
            file_count=self._file_count,
            cut_off=cut_off or not ends,
        )


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 20 else None


def _crc(text: str, form: LogForm | None) -> int | None:
    """Read a CRC64: hexadecimal in bills of materials, decimal in verbose logs."""
    base = 16 if text.lower().startswith("0x") or form is LogForm.BOM else 10
    try:
        value = int(text, base)
    except ValueError:
        return None
    return value if 0 <= value < 1 << 64 else None


# --- order history: a text with a table

_MOST_HISTORY_BYTES = 1 << 22
_MOST_LINE = 1 << 12
_MOST_LINES = 20_000
_TIMES = ("%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S")


def _looks_like_history(head: bytes) -> bool:
    text = head.decode("utf-8", "replace")
    return "|" in text and "<" not in text.partition("|")[0]


def _history(file: BinaryIO) -> ServiceLog:
    data = file.read(_MOST_HISTORY_BYTES + 1)
    steps: list[CustodyStep] = []
    # Line by line, with every text bounded: a history may be made of nothing but continuations.
    cut_off = len(data) > _MOST_HISTORY_BYTES
    for number, raw in enumerate(io.BytesIO(data)):
        line = raw[: 4 * _MOST_LINE].decode("utf-8", "replace")
        if number == _MOST_LINES or len(steps) == MOST_ENTRIES:
            cut_off = True
            break
        cells = [" ".join(cell.split()) for cell in line[:_MOST_LINE].split("|")]
        at = _time(cells[0])
        if at is not None and len(cells) >= 3:
            words = " ".join(cells[3:]).strip()
            steps.append(CustodyStep(at, cells[1], cells[2], words))
        elif steps and len(cells) == 4 and not cells[0] and not cells[1]:
            # A long description goes on in the next line.
            last = steps.pop()
            words = f"{last.words} {cells[3]}".strip()[:_MOST_LINE]
            steps.append(CustodyStep(last.at, last.activity, last.status, words))
    return ServiceLog(LogForm.HISTORY, custody=tuple(steps), cut_off=cut_off or not steps)


def _time(text: str) -> datetime | None:
    if not text[:1].isdigit():
        return None
    for form in _TIMES:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
