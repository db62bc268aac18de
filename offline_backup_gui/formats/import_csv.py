"""`dataset.csv` and `driveset.csv` of WAImportExport, read and written.

Columns and rules: storage-import-export-tool-preparing-hard-drives-import.md, 2017-06-29 (blobs),
storage-import-export-data-to-files.md, 2019 (files, with disposition and side files) and 2023-02-13
(files, without); storage-import-export-tool-setting-properties-metadata-import.md (destinations as
addresses). Columns count by their names. A driveset may hold BitLocker keys.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from offline_backup_gui.domain.bitlocker import wrong_group
from offline_backup_gui.domain.drive_manifest import ROOT_CONTAINER, BlobKind, Disposition
from offline_backup_gui.domain.names import container_flaw
from offline_backup_gui.formats.small_xml import Kind, unreadable, wrong

MOST_BYTES = 16 << 20
_BLOB_COLUMNS = (
    "BasePath",
    "DstBlobPathOrPrefix",
    "BlobType",
    "Disposition",
    "MetadataFile",
    "PropertiesFile",
)
_FILE_COLUMNS = ("BasePath", "DstItemPathOrPrefix", "ItemType")
_EARLIER_FILE_COLUMNS = (*_FILE_COLUMNS, "Disposition", "MetadataFile", "PropertiesFile")
# Older and newer tools call the same columns by other names.
_SAME_COLUMN = {"dstitempathorprefix": "DstBlobPathOrPrefix", "itemtype": "BlobType"}
_DRIVE_COLUMNS = (
    "DriveLetter",
    "FormatOption",
    "SilentOrPromptOnFormat",
    "Encryption",
    "ExistingBitLockerKey",
)
_BLOB_TYPES = {
    "blockblob": BlobKind.BLOCK,
    "block": BlobKind.BLOCK,
    "pageblob": BlobKind.PAGE,
    "page": BlobKind.PAGE,
}
# A blob's address of any cloud, up to its container.
_ADDRESS = re.compile(r"https?://[^/]+/", re.IGNORECASE)
_ABSOLUTE = re.compile(r"(?:[A-Za-z]:\\|\\\\[^\\]+\\)")


class Target(StrEnum):
    """Which of the two forms a data set has: blobs (v1, early v2) or Azure Files (v2)."""

    BLOBS = "blobs"
    FILES = "files"


class DataRow(Struct, frozen=True):
    r"""One line of a data set: a folder (ends with `\`) or a file, and where it goes.

    `destination` begins with a container or share. `kind`, `disposition` and the two files are
    those of blobs; a file's path is "" when there is none.
    """

    base_path: str
    destination: str
    kind: BlobKind | None = None
    disposition: Disposition | None = None
    metadata_file: str = ""
    properties_file: str = ""

    @property
    def is_folder(self) -> bool:
        """Say whether everything below the path is meant."""
        return self.base_path.endswith("\\")

    @property
    def blob_kind(self) -> BlobKind:
        """Give the kind that counts: of a disk image page blob, of all else block blob."""
        image = self.base_path.lower().endswith((".vhd", ".vhdx"))
        return self.kind or (BlobKind.PAGE if image else BlobKind.BLOCK)


class DriveRow(Struct, frozen=True):
    """One line of a drive set. The key is there exactly when the drive is encrypted already."""

    letter: str
    format: bool
    silent: bool
    encrypt: bool
    bitlocker_key: str = ""

    def __repr__(self) -> str:
        """Name the drive and nothing that opens it."""
        return f"DriveRow({self.letter!r}, {self.format!r}, {self.silent!r}, {self.encrypt!r})"


# --- data sets


def read_data_set(data: bytes, name: str) -> tuple[Target, tuple[DataRow, ...]]:
    """Read a dataset.csv of either form; IMPORT_FILE_UNREADABLE, IMPORT_FILE_WRONG."""
    lines = _records(data, name, Kind.DATA_SET)
    header = _header(lines, name, Kind.DATA_SET)
    known = {column.lower(): column for column in _BLOB_COLUMNS} | _SAME_COLUMN
    columns = tuple(known.get(column.lower(), "") for column in header)
    whole = "BasePath" in columns and "DstBlobPathOrPrefix" in columns
    if not whole or "" in columns or len(set(columns)) < len(columns):
        raise unreadable(name, Kind.DATA_SET, ",".join(header)[:100])
    rows = [_Line(name, number, columns, row, tuple(header)) for number, row in lines]
    if not any(line.value("BlobType").lower() == "file" for line in rows):
        return Target.BLOBS, tuple(map(_blob_row, rows))
    return Target.FILES, tuple(map(_file_row, rows))


def data_set(rows: Iterable[DataRow], target: Target = Target.BLOBS) -> bytes:
    """Write a dataset.csv; IMPORT_FILE_WRONG for a line the tool would refuse."""
    rows = tuple(rows)
    columns: tuple[str, ...] = _BLOB_COLUMNS
    if target is Target.FILES:
        more = any(row.disposition or row.metadata_file or row.properties_file for row in rows)
        columns = _EARLIER_FILE_COLUMNS if more else _FILE_COLUMNS
    lines: list[Sequence[str]] = []
    for number, row in enumerate(rows, 2):
        kind = "PageBlob" if row.blob_kind is BlobKind.PAGE else "BlockBlob"
        disposition = (row.disposition or Disposition.RENAME).value
        line = [row.base_path, row.destination, "file" if target is Target.FILES else kind]
        line += [disposition, row.metadata_file or "None", row.properties_file or "None"]
        read = _blob_row if target is Target.BLOBS else _file_row
        read(_Line("dataset.csv", number, _BLOB_COLUMNS, line))
        lines.append(line[: len(columns)])
    return _text(columns, lines)


def _blob_row(line: _Line) -> DataRow:
    kind = line.value("BlobType").lower()
    if kind and kind not in _BLOB_TYPES:
        raise line.wrong("BlobType")
    row = _row(line, _BLOB_TYPES.get(kind))
    container, slash, rest = row.destination.partition("/")
    flawed = container != ROOT_CONTAINER and container_flaw(container) is not None
    # A folder goes to a container or prefix, a file to a blob; `music` alone may be either.
    if flawed or (container == ROOT_CONTAINER and not slash) or (not row.is_folder and not rest):
        raise line.wrong("DstBlobPathOrPrefix")
    return row


def _file_row(line: _Line) -> DataRow:
    if line.value("BlobType").lower() != "file":
        raise line.wrong("BlobType")
    row = _row(line, None)
    if not row.destination.partition("/")[0]:
        raise line.wrong("DstBlobPathOrPrefix")
    return row


def _row(line: _Line, kind: BlobKind | None) -> DataRow:
    disposition = line.value("Disposition").lower()
    if disposition and disposition not in {one.value for one in Disposition}:
        raise line.wrong("Disposition")
    return DataRow(
        _base_path(line),
        _ADDRESS.sub("", line.value("DstBlobPathOrPrefix"), count=1),
        kind,
        Disposition(disposition) if disposition else None,
        _file(line.value("MetadataFile")),
        _file(line.value("PropertiesFile")),
    )


def _base_path(line: _Line) -> str:
    path = line.value("BasePath")
    if not _ABSOLUTE.match(path):
        raise line.wrong("BasePath")
    return path


def _file(text: str) -> str:
    return "" if text.lower() == "none" else text


# --- drive sets


def read_drive_set(data: bytes, name: str) -> tuple[DriveRow, ...]:
    """Read a driveset.csv; IMPORT_FILE_UNREADABLE, IMPORT_FILE_WRONG."""
    lines = _records(data, name, Kind.DRIVE_SET)
    header = _header(lines, name, Kind.DRIVE_SET)
    if [column.lower() for column in header] != [column.lower() for column in _DRIVE_COLUMNS]:
        raise unreadable(name, Kind.DRIVE_SET, ",".join(header)[:100])
    return tuple(_drive_row(_Line(name, number, _DRIVE_COLUMNS, row)) for number, row in lines)


def drive_set(rows: Iterable[DriveRow]) -> bytes:
    """Write a driveset.csv; IMPORT_FILE_WRONG for a line the tool would refuse."""
    lines: list[Sequence[str]] = []
    for number, row in enumerate(rows, 2):
        line = [
            row.letter,
            "Format" if row.format else "AlreadyFormatted",
            "SilentMode" if row.silent else "PromptOnFormat",
            "Encrypt" if row.encrypt else "AlreadyEncrypted",
            row.bitlocker_key,
        ]
        _drive_row(_Line("driveset.csv", number, _DRIVE_COLUMNS, line))
        lines.append(line)
    return _text(_DRIVE_COLUMNS, lines)


def _drive_row(line: _Line) -> DriveRow:
    letter = line.value("DriveLetter").removesuffix(":")
    if len(letter) != 1 or not letter.isascii() or not letter.isalpha():
        raise line.wrong("DriveLetter")
    row = DriveRow(
        letter.upper(),
        line.choice("FormatOption", "Format", "AlreadyFormatted"),
        line.choice("SilentOrPromptOnFormat", "SilentMode", "PromptOnFormat"),
        line.choice("Encryption", "Encrypt", "AlreadyEncrypted"),
        line.value("ExistingBitLockerKey"),
    )
    if row.format and not row.encrypt:
        raise line.wrong("Encryption")  # "When Format is specified, Encrypt must also be"
    if row.encrypt == bool(row.bitlocker_key) or (
        row.bitlocker_key and wrong_group(row.bitlocker_key) is not None
    ):
        raise line.secret_wrong("ExistingBitLockerKey")
    return row


# --- lines


class _Line(Struct, frozen=True):
    """One line of a file, with its number and columns."""

    name: str
    number: int
    columns: Sequence[str]
    values: Sequence[str]
    header: Sequence[str] = ()  # as the columns are called in the file; else as in `columns`

    def value(self, column: str) -> str:
        at = self.columns.index(column) if column in self.columns else len(self.values)
        return self.values[at].strip() if at < len(self.values) else ""

    def choice(self, column: str, yes: str, no: str) -> bool:
        told = self.value(column).lower()
        if told not in (yes.lower(), no.lower()):
            raise self.wrong(column)
        return told == yes.lower()

    def wrong(self, column: str) -> Exception:
        return wrong(self.name, f"{self.number}, {self._called(column)}", self.value(column))

    def secret_wrong(self, column: str) -> Exception:
        return wrong(self.name, f"{self.number}, {self._called(column)}", "***")

    def _called(self, column: str) -> str:
        at = self.columns.index(column) if column in self.columns else len(self.header)
        return self.header[at] if at < len(self.header) else column


def _records(data: bytes, name: str, kind: Kind) -> Iterator[tuple[int, list[str]]]:
    if len(data) > MOST_BYTES:
        raise unreadable(name, kind, f"> {MOST_BYTES}")
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(name, kind, error.reason) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if any(value.strip() for value in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise unreadable(name, kind, str(error)) from error


def _header(lines: Iterator[tuple[int, list[str]]], name: str, kind: Kind) -> list[str]:
    for _, row in lines:
        return [value.strip() for value in row]
    raise unreadable(name, kind, "-")


def _text(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow(columns)
    for row in rows:
        out.write(",".join(_quoted(value) for value in row) + "\r\n")
    return out.getvalue().encode()


def _quoted(value: str) -> str:
    """Quote what needs it, paths with blanks among them, as the documents ask for."""
    return '"' + value.replace('"', '""') + '"' if re.search(r'[\s,"]', value) else value
