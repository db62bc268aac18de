"""What the service wrote down while it read drives: logs of copies, custody, and how to read them.

Sources: data-box-disk-sample-copy-log.md (2021-12-16), data-box-logs.md, and
storage-import-export-file-format-log.md (2017-01-23) below MicrosoftDocs/azure-docs.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class LogForm(StrEnum):
    """Which of the forms a log has."""

    DRIVE = "drive-log"  # 2014-11-01 and 2018-10-01: one DriveLog, error and verbose alike
    COPY = "copy-log"  # 2021-08-01 and before: entities and a summary without a root
    VERBOSE = "verbose-log"  # File lines without a root, CRC64 in decimal
    BOM = "bill-of-materials"  # file lines of a device, CRC64 in hexadecimal
    HISTORY = "order-history"  # text: carrier scans and what was done in the datacenter


class LogMark(StrEnum):
    """What an entry of a log means for the data."""

    REFUSED = "refused"  # not in Azure
    RENAMED = "renamed"  # in Azure, under another name
    NOTED = "noted"  # in Azure, with something to know


class LogEntry(Struct, frozen=True):
    """One thing a log names. `code` is Azure's word, `new_name` what a renamed thing is called."""

    path: str
    mark: LogMark
    code: str
    number: str = ""  # an HTTP status or Windows error as it came
    words: str = ""
    kind: str = ""  # "File", "Container" ... as it came
    new_name: str = ""


class LoggedFile(Struct, frozen=True):
    """A file with its size in bytes and CRC64, as a verbose log or a bill of materials has it."""

    path: str
    size_bytes: int | None
    crc64: int | None


class CustodyStep(Struct, frozen=True):
    """One line of an order history; the time is the datacenter's own, without a zone."""

    at: datetime
    activity: str
    status: str
    words: str


class LogVerdict(StrEnum):
    """What a log as a whole says of the data."""

    COMPLETE = "complete"
    NAMES_CHANGED = "names-changed"  # all data is in Azure, some of it under other names
    INCOMPLETE = "incomplete"
    UNKNOWN = "unknown"  # the log was cut off, or says words nobody knows


class ServiceLog(Struct, frozen=True):
    """A log that was read. Counts are exact; `entries` and `files` end at a bound.

    `status` is Azure's own word. `cut_off` says that the text ended, or stopped being readable,
    before the log did.
    """

    form: LogForm
    version: str = ""
    drive_id: str = ""
    status: str = ""
    total: int | None = None
    refused: int | None = None  # as the summary says
    entries: tuple[LogEntry, ...] = ()
    files: tuple[LoggedFile, ...] = ()
    custody: tuple[CustodyStep, ...] = ()
    count_by_mark: tuple[tuple[LogMark, int], ...] = ()
    file_count: int = 0
    cut_off: bool = False

    def count(self, mark: LogMark) -> int:
        """Give how many entries have a mark, counting those beyond the bound."""
        return dict(self.count_by_mark).get(mark, 0)


_SUCCESS = frozenset({"Completed", "Succeeded", "CompletedWithWarnings"})
# "Failed" stands in copy logs in which only names were changed, with 0 files refused.
_FAILURE = frozenset({"Failed", "CompletedWithErrors"})


def verdict(log: ServiceLog) -> LogVerdict:
    """Read a log as a whole: what its entries and counts say comes before its status word."""
    refused = log.refused or log.count(LogMark.REFUSED)
    if refused:
        return LogVerdict.INCOMPLETE
    if log.cut_off:
        return LogVerdict.UNKNOWN
    if log.status in _SUCCESS | _FAILURE:
        if log.count(LogMark.RENAMED):
            return LogVerdict.NAMES_CHANGED
        if log.status in _SUCCESS or (log.refused == 0 and log.form is LogForm.COPY):
            return LogVerdict.COMPLETE
    return LogVerdict.INCOMPLETE if log.status in _FAILURE else LogVerdict.UNKNOWN


def differing(log: ServiceLog, bill: ServiceLog) -> tuple[str, ...]:
    """Name the files of a bill of materials that a verbose log has with another CRC64 or not."""
    arrived = {_comparable(file.path): file for file in log.files}
    wrong = []
    for file in bill.files:
        found = arrived.get(_comparable(file.path))
        if found is None or found.crc64 != file.crc64:
            wrong.append(file.path)
    return tuple(wrong)


def _comparable(path: str) -> str:
    return path.replace("\\", "/").strip("/")
