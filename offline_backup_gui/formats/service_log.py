"""Reads logs of the service into plain entries: copy, verbose and error logs, checks, bills.

Whatever stands in them is data of somebody else: no entities, bounded memory, nothing raised. A log
that cannot be read to its end says so in `cut_off`. Those that are texts: `service_texts`.
"""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Mapping
from typing import BinaryIO

from offline_backup_gui.domain.service_log import (
    DRIVE_TROUBLES,
    LogEntry,
    LogForm,
    LoggedFile,
    LogMark,
    ServiceLog,
    mark_of,
    mark_of_device,
)
from offline_backup_gui.formats.service_texts import read_text_log
from offline_backup_gui.formats.service_xml import XmlStopped, walk

MOST_ENTRIES = 10_000
_MOST_CHARACTERS = 4 << 20  # of all kept entries and files together
_MOST_ABOUT = 100
# What is read of a log; whatever else stands in it is not kept.
_CHILDREN = frozenset(
    {
        *("Category", "ErrorCode", "ErrorMessage", "Type", "disposition"),
        *("BlobPath", "FileStoragePath", "FilePath", "OriginalFilePath"),
    }
)
_FACTS = frozenset(
    {"DriveId", "DriveLogVersion", "FilesErrored", "Status", "TotalFiles", "TotalFiles_Blobs"}
)
_ABOUT = frozenset({"SessionId", "ItemType", "SourceDirectory"})
_GOOD = frozenset({"", "Completed", "Committed", "Created", "Overwritten"})
_GOOD_DISPOSITIONS = frozenset({"", "Created", "Overwritten"})
_DISPOSITIONS = {"Renamed": LogMark.RENAMED, "Skipped": LogMark.NOTED}
_PARTS = frozenset({"Block", "PageRange", "FileRange", "Metadata", "Properties"})
_BESIDE_DATA = frozenset({"Metadata", "Properties"})
_NOTHING_WRONG = frozenset({"None", "Completed"})


def read_log(file: BinaryIO) -> ServiceLog:
    """Read a log of any form; `file` stands at its beginning."""
    text_log = read_text_log(file)
    if text_log is not None:
        return text_log
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
        self._about: list[tuple[str, str]] = []
        self._children: dict[str, str] = {}  # of the entity that is open
        self._parts: list[str] = []  # what went wrong inside the blob that is open
        self._parts_are_data = False
        self._listed: list[str] = []  # what the finding that is open names
        self._listed_count = 0
        self._summed = 0  # files that the summary of copying counts as refused
        self._all = 0  # files that the summary of copying counts
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
            case ("CopyLog" | "DriveLog", "Summary", section, code):
                self._sum(section, code, attributes)
            case ("CopyLog", name) if name != "Summary":
                self._form = LogForm.COPY
                self._fact(name, text)
            case ("DriveLog", *inner):
                self._form = LogForm.DRIVE
                self._of_drive(inner, attributes, text)
            case ("ErrorLog", *inner):
                self._form = LogForm.CHECK
                self._of_check(inner, attributes, text)
            case ("File",):
                self._form = self._form or LogForm.VERBOSE
                self._file(attributes.get("Path", ""), attributes.get("Size"), attributes)
            case ("file",) | (_, "file"):
                self._of_device(attributes, text)

    # --- what may stand in any of them

    def _child(self, name: str, text: str) -> None:
        if name in _CHILDREN:
            self._children[name] = text

    def _fact(self, name: str, text: str) -> None:
        if name in _FACTS:
            self._facts[name] = text

    def _tell(self, what: str, said: str) -> None:
        if said and len(self._about) < _MOST_ABOUT and self._has_room(what, said):
            self._about.append((what, said))

    def _sum(self, section: str, code: str, attributes: Mapping[str, str]) -> None:
        """Take a line of the summary: how many files met one word."""
        told, count = attributes.get("Count", ""), _whole(attributes.get("Count", "")) or 0
        said = " ".join(filter(None, (told, attributes.get("Description", ""))))
        self._tell(f"{section} {code}", said)
        if section == "CopyErrors":
            self._all += count
            if code not in _NOTHING_WRONG and mark_of(code) is LogMark.REFUSED:
                self._summed += count

    # --- copy logs

    def _entity(self, attributes: Mapping[str, str]) -> None:
        told, self._children = self._children, {}
        code, words = told.get("Category", ""), told.get("ErrorMessage", "")
        self._add(
            LogEntry(
                path=attributes.get("Path", ""),
                mark=mark_of(code),
                code=code,
                number=told.get("ErrorCode", ""),
                words=words,
                kind=told.get("Type", "") or attributes.get("CloudFormat", ""),
                new_name=words.partition("renamed to:")[2].partition(":from:")[0].strip(),
            )
        )

    # --- logs of one drive

    def _of_drive(self, inner: list[str], attributes: Mapping[str, str], text: str) -> None:
        match inner:
            case []:
                self._facts["DriveLogVersion"] = attributes.get("Version", "")
                self._drive(self._facts.get("Status", ""))
            case ["Blob" | "File"]:
                self._blob(attributes)
            case ["Blob" | "File", name]:
                self._part(name, attributes)
                self._child(name, text)
            case ["Blob" | "File", *_, name]:
                self._part(name, attributes)
            case [name] if name != "Summary":
                self._fact(name, text)

    def _drive(self, status: str) -> None:
        """Name the drive itself when none of it could be read."""
        if status in DRIVE_TROUBLES:
            serial = self._facts.get("DriveId", "")
            self._add(LogEntry(serial, LogMark.REFUSED, status, kind="Drive"))

    def _part(self, name: str, attributes: Mapping[str, str]) -> None:
        status = attributes.get("Status", "")
        if name == "ImportDisposition":
            self._children["disposition"] = status
        elif name in _PARTS and status not in _GOOD:
            offset = attributes.get("Offset", "")
            self._parts = [*self._parts, f"{name} {offset} {status}".replace("  ", " ")][:5]
            self._parts_are_data = self._parts_are_data or name not in _BESIDE_DATA

    def _blob(self, attributes: Mapping[str, str]) -> None:
        told, self._children = self._children, {}
        parts, self._parts = self._parts, []
        damaged, self._parts_are_data = self._parts_are_data, False
        status, disposition = attributes.get("Status", ""), told.get("disposition", "")
        self._file_count += 1
        code, mark = status, None
        if status not in _GOOD:
            mark = mark_of(status)
        elif parts:
            code = parts[0].rpartition(" ")[2]
            mark = LogMark.REFUSED if damaged else LogMark.NOTED
        elif disposition not in _GOOD_DISPOSITIONS:
            code, mark = disposition, _DISPOSITIONS.get(disposition, LogMark.REFUSED)
        if mark is None:
            return
        place = told.get("BlobPath", "") or told.get("FileStoragePath", "")
        path = told.get("FilePath", "") or told.get("OriginalFilePath", "")
        new_name = place if mark is LogMark.RENAMED else ""
        self._add(LogEntry(path or place, mark, code, words="; ".join(parts), new_name=new_name))

    # --- before anything travels

    def _of_check(self, inner: list[str], attributes: Mapping[str, str], text: str) -> None:
        """Take what the validation tool found; a finding ends after the names in it."""
        match inner:
            case []:
                self._facts["DriveLogVersion"] = attributes.get("Version", "")
                self._facts["Status"] = "read"
            case [name] if name in _ABOUT:
                self._tell(name, text)
            case ["Errors" | "Warnings", _, "Description"]:
                self._children["ErrorMessage"] = text
            case ["Errors" | "Warnings", _, "Count"]:
                self._children["ErrorCode"] = text
            case ["Errors" | "Warnings", _, "List", _]:
                self._listed_count += 1
                name = attributes.get("Path", "") or attributes.get("Name", "") or text
                if len(self._listed) < MOST_ENTRIES and self._has_room(name):
                    self._listed.append(name)
            case ["Errors" | "Warnings" as section, _]:
                self._finding(section, attributes.get("Code", ""))

    def _finding(self, section: str, code: str) -> None:
        told, self._children = self._children, {}
        listed, self._listed = self._listed, []
        count, self._listed_count = self._listed_count, 0
        if code == "None":
            return
        mark = LogMark.TO_MEND if section == "Errors" else LogMark.NOTED
        words, said = told.get("ErrorMessage", ""), told.get("ErrorCode", "")
        for path in listed or [""]:
            self._add(LogEntry(path, mark, code, words=words))
        self._counts[mark] += max(count, _whole(said) or 0, 1) - len(listed or [""])

    def _of_device(self, attributes: Mapping[str, str], text: str) -> None:
        """Take a line of a bill of materials, or a file that a device cannot take as it is."""
        path = _plain(text) if attributes.get("name_encoding", "").lower() == "base64" else text
        code = attributes.get("error", "")
        if code:
            self._form = LogForm.DEVICE
            self._add(LogEntry(path, mark_of_device(code), code))
            return
        self._form = self._form or LogForm.BOM
        self._file(path, attributes.get("size"), attributes)

    # --- what is kept

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
        form = self._form or LogForm.COPY
        # The summary ends a copy log, the status a drive log: without it something is missing.
        endless = form in (LogForm.VERBOSE, LogForm.BOM, LogForm.DEVICE)
        return ServiceLog(
            form=form,
            version=facts.get("DriveLogVersion", ""),
            drive_id=facts.get("DriveId", ""),
            status="" if form is LogForm.CHECK else facts.get("Status", ""),
            total=self._total(form),
            refused=self._refused(),
            entries=tuple(self._entries),
            files=tuple(self._files),
            count_by_mark=tuple(sorted(self._counts.items())),
            file_count=self._file_count,
            about=tuple(self._about),
            cut_off=cut_off or not (endless or "Status" in facts),
        )

    def _total(self, form: LogForm) -> int | None:
        told = self._facts.get("TotalFiles_Blobs", self._facts.get("TotalFiles", ""))
        if form is LogForm.COPY:
            return _whole(told)
        # A log of what went wrong lists only that; its summary counts all.
        return max(self._all, self._file_count)

    def _refused(self) -> int | None:
        told = _whole(self._facts.get("FilesErrored", ""))
        return max(told or 0, self._summed) if self._summed else told


def _plain(text: str) -> str:
    """Read a name that a device wrote in Base64, because XML cannot hold it."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text


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
