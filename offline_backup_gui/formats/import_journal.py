"""Journals (`.jrn`) and drive information (`.xml`) of WAImportExport, read and written.

Shapes: the samples of storage-import-export-tool-preparing-hard-drives-import.md, 2017-06-29. The
portal takes a journal of up to 2 MB, else the drive information (storage-import-export-data-to-
blobs.md, 2023-02-01). Both hold BitLocker keys: they are secrets, and belong on no drive. Storage
account keys, which journals of Microsoft's tool may hold, are noticed, never kept or written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from offline_backup_gui.domain.drive_manifest import MANIFEST_NAME
from offline_backup_gui.formats.manifest_reading import Readable
from offline_backup_gui.formats.small_xml import (
    Kind,
    children_xml,
    read_children,
    unreadable,
    wrong,
)

PORTAL_MOST_BYTES = 2_000_000
VOCABULARY = "2013-02-01"
_READ_BYTES, _LINE_BYTES, _VALUE_LINES = 1 << 16, 1 << 16, 1000
_MOST_DRIVES, _MOST_SESSIONS = 1000, 1000
_BEGIN = re.compile(r"\[BeginUpdateRecord\]\[([^\]]*)\]\[Type:([^\]]*)\]\s*")
_END, _BEGIN_VALUE, _END_VALUE = "[EndUpdateRecord]", "[BeginValue]", "[EndValue]"
_MD5 = re.compile(r"[0-9A-Fa-f]{32}")
_CREDENTIALS = ("StorageAccountKey", "ContainerSas")


class DriveInfo(Struct, frozen=True):
    """What an import job needs of a drive: serial, manifest, its MD5, and the BitLocker key."""

    drive_id: str
    manifest_hash: str
    bitlocker_key: str = ""
    manifest_file: str = f"\\{MANIFEST_NAME}"

    def __repr__(self) -> str:
        """Name the drive and nothing that opens it."""
        return f"DriveInfo({self.drive_id!r}, {self.manifest_file!r}, {self.manifest_hash!r})"


class Journal(Struct, frozen=True):
    """What a journal says, as far as it matters: later records of a drive replace earlier ones.

    `cut_off`: its last record has no end, as after a power cut.
    """

    drives: tuple[DriveInfo, ...]
    vocabulary: str = ""
    sessions: tuple[str, ...] = ()
    records: int = 0
    cut_off: bool = False
    has_account_key: bool = False


# --- writing


def journal_text(drives: Sequence[DriveInfo], at: datetime) -> bytes:
    """Write the journal of prepared drives; `at` is local time, as the tool writes it."""
    parts = [_record(at, "NewJournalFile", [f"VocabularyVersion: {VOCABULARY}"])]
    parts += [_drive_record(drive, at) for drive in drives]
    return "".join(parts).encode()


def drive_information(drive: DriveInfo, at: datetime) -> bytes:
    """Write the drive information of one drive, the record that the portal needs of it."""
    return _drive_record(drive, at).encode()


def drive_information_name(journal: str, drive: DriveInfo) -> str:
    """Name the drive information as the tool does, after the journal and the serial number."""
    return f"{journal}_DriveInfo_{drive.drive_id}.xml"


def _drive_record(drive: DriveInfo, at: datetime) -> str:
    children = [
        ("DriveId", drive.drive_id),
        ("BitLockerKey", drive.bitlocker_key),
        ("ManifestFile", drive.manifest_file),
        ("ManifestHash", drive.manifest_hash),
    ]
    lines = ["ActivityId: DriveInfo", f"DriveState: {_BEGIN_VALUE}"]
    lines += children_xml("Drive", children).splitlines()
    return _record(at, "ActivityRecord", [*lines, _END_VALUE, "SaveCommandOutput: Completed"])


def _record(at: datetime, kind: str, lines: Iterable[str]) -> str:
    stamp = f"{at:%Y/%m/%d %H:%M:%S}.{at.microsecond // 1000:03d}"
    return "\r\n".join([f"[BeginUpdateRecord][{stamp}][Type:{kind}]", *lines, _END, ""])


# --- reading


def read_journal(file: Readable, name: str) -> Journal:
    """Read a journal or a drive information; IMPORT_FILE_UNREADABLE, IMPORT_FILE_WRONG.

    A file of any size is read in bounded memory: most records tell of copied files.
    """
    lines = _lines(file, name)
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip("\ufeff").startswith("<"):
        data = "\n".join([first.lstrip("\ufeff"), *lines])
        return Journal((_drive(data, name),))
    if not _BEGIN.fullmatch(first.lstrip("\ufeff").strip()):
        raise unreadable(name, Kind.JOURNAL, first[:60])
    reading = _Reading(name)
    reading.line(first.lstrip("\ufeff"))
    for line in lines:
        reading.line(line)
    return reading.journal()


class _Reading:
    """Puts lines together to records."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._drives: dict[str, DriveInfo] = {}
        self._sessions: dict[str, None] = {}
        self._vocabulary = ""
        self._records = 0
        self._has_account_key = False
        self._inside = False
        self._activity = ""
        self._value: list[str] | None = None
        self._of_drive = False

    def line(self, line: str) -> None:
        """Take the next line."""
        if self._value is not None:
            self._value_line(line)
        elif _BEGIN.fullmatch(line.strip()):
            # A record without an end was cut by a power failure; the tool went on after it.
            self._inside, self._activity = True, ""
        elif line.strip() == _END:
            self._inside = False
            self._records += 1
        elif line.strip() and not self._inside:
            raise unreadable(self._name, Kind.JOURNAL, line[:60])
        elif line.strip():
            self._field(line)

    def _field(self, line: str) -> None:
        key, _, value = line.partition(":")
        key, value = key.strip(), value.strip()
        if value.startswith(_BEGIN_VALUE):
            self._of_drive = key == "DriveState" and self._activity == "DriveInfo"
            self._value = []
            if rest := value.removeprefix(_BEGIN_VALUE).strip():
                self._value_line(rest)
        elif key in _CREDENTIALS:
            self._has_account_key = True
        elif key == "VocabularyVersion":
            self._vocabulary = value[:40]
        elif key == "ActivityId":
            self._activity = value
        elif key == "SessionId" and len(self._sessions) < _MOST_SESSIONS:
            self._sessions[value[:100]] = None

    def _value_line(self, line: str) -> None:
        assert self._value is not None
        told, end, _ = line.partition(_END_VALUE)
        if self._of_drive and told.strip():
            self._value.append(told)
            if len(self._value) > _VALUE_LINES:
                raise unreadable(self._name, Kind.JOURNAL, "DriveState")
        if not end:
            return
        lines, self._value = self._value, None
        if self._of_drive:
            drive = _drive("\n".join(lines), self._name)
            self._drives.pop(drive.drive_id, None)
            self._drives[drive.drive_id] = drive
            if len(self._drives) > _MOST_DRIVES:
                raise unreadable(self._name, Kind.JOURNAL, f"> {_MOST_DRIVES}")

    def journal(self) -> Journal:
        """Give what was read."""
        return Journal(
            tuple(self._drives.values()),
            self._vocabulary,
            tuple(self._sessions),
            self._records,
            self._inside or self._value is not None,
            self._has_account_key,
        )


def _drive(text: str, name: str) -> DriveInfo:
    kind = Kind.DRIVE_INFORMATION
    # The text was decoded; what it says of its own encoding no longer holds.
    plain = re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1).strip()
    told = dict(read_children(plain.encode("utf-8", "replace"), "Drive", name, kind))
    for element in ("DriveId", "ManifestFile", "ManifestHash"):
        if not told.get(element, "").strip():
            raise unreadable(name, kind, f"Drive/{element}")
    digest = told["ManifestHash"].strip()
    if not _MD5.fullmatch(digest):
        raise wrong(name, "ManifestHash", digest)
    return DriveInfo(
        told["DriveId"].strip()[:200],
        digest.upper(),
        told.get("BitLockerKey", "").strip()[:200],
        told["ManifestFile"].strip()[:1000],
    )


def _lines(file: Readable, name: str) -> Iterator[str]:
    """Give the lines of a stream, without their ends, none longer than is sensible."""
    rest, piece = b"", b"x"
    while piece:
        piece = file.read(_READ_BYTES)
        *whole, rest = (rest + piece).split(b"\n")
        if len(rest) > _LINE_BYTES:
            raise unreadable(name, Kind.JOURNAL, "line")
        yield from (line.decode("utf-8", "replace").rstrip("\r") for line in whole)
    if rest:
        yield rest.decode("utf-8", "replace").rstrip("\r")
