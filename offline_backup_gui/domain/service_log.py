"""What services and devices wrote down: logs of copies, checks, custody, and how to read them.

Sources below MicrosoftDocs/azure-docs: data-box-disk-sample-copy-log.md (2021-12-16),
data-box-disk-troubleshoot-upload.md (2022-02-24), data-box-disk-troubleshoot.md (2019-06-14),
data-box-troubleshoot.md (2022-03-10), data-box-logs.md (2019-08-07), and
storage-import-export-file-format-log.md (2017-01-23).
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
    DEVICE = "device-log"  # file lines with a reason, from a Data Box while it is filled
    CHECK = "validation-log"  # what the validation tool of Data Box Disk found
    HISTORY = "order-history"  # text: carrier scans and what was done in the datacenter
    AUDIT = "audit-log"  # text: what happened on a device outside the datacenter


BEFOREHAND = frozenset({LogForm.DEVICE, LogForm.CHECK})
JUDGED = BEFOREHAND | {LogForm.COPY, LogForm.DRIVE}


class LogMark(StrEnum):
    """What an entry of a log means for the data."""

    REFUSED = "refused"  # not in Azure
    RENAMED = "renamed"  # in Azure, under another name
    NOTED = "noted"  # in Azure, with something to know
    TO_MEND = "to-mend"  # would not be taken as it is
    TO_RENAME = "to-rename"  # would be taken, under another name


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
    """One line of an order history, or one event of a device; the time is without a zone."""

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
    CHECKED = "checked"  # of what is to travel, nothing has to be mended
    NAMES_WILL_CHANGE = "names-will-change"
    MEND_FIRST = "mend-first"


class ServiceLog(Struct, frozen=True):
    """A log that was read. Counts are exact; `entries` and `files` end at a bound.

    `status` is Azure's own word, `about` what else it says of the whole, as pairs in its own words.
    `cut_off` says that the text ended, or stopped being readable, before the log did.
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
    about: tuple[tuple[str, str], ...] = ()
    cut_off: bool = False

    def count(self, mark: LogMark) -> int:
        """Give how many entries have a mark, counting those beyond the bound."""
        return dict(self.count_by_mark).get(mark, 0)

    @property
    def wrong(self) -> int:
        """Count what is not in Azure, or would not get there."""
        if self.form in BEFOREHAND:
            return self.count(LogMark.TO_MEND)
        return max(self.refused or 0, self.count(LogMark.REFUSED))


# Words of a log for data that is in Azure under another name, in another place or as another kind.
ELSEWHERE = frozenset(
    {
        *("ContainerRenamed", "ShareRenamed", "BlobRenamed", "FileRenamed", "DiskRenamed"),
        *("Renamed", "FileNameTrailsWithSlash"),
        *("MovedToOverflowShare", "MovedToDefaultAzureShare"),
        *("InvalidPageBlobUploadAsBlockBlob", "InvalidAzureFileUploadAsBlockBlob"),
        *("InvalidManagedDiskUploadAsBlockBlob", "InvalidManagedDiskUploadAsPageBlob"),
    }
)
# Files that are in Azure as page blobs and did not become managed disks.
_NO_DISK = frozenset(
    {"ManagedDiskCreationTerminalFailure", "DiskConversionNotStartedTierInfoMissing"}
)
# Of a device: `data_box_device_error_codes` in resources/statuses.json; all others hold it back.
_DEVICE_RENAMES = frozenset(
    {
        *("ERROR_BLOB_OR_FILE_NAME_CHARACTER_CONTROL", "ERROR_BLOB_OR_FILE_NAME_CHARACTER_ILLEGAL"),
        *("ERROR_BLOB_OR_FILE_NAME_ENDING", "ERROR_BLOB_OR_FILE_NAME_SEGMENT_COUNT"),
        "ERROR_BLOB_OR_FILE_NAME_AGGREGATE_LENGTH",
        "ERROR_BLOB_OR_FILE_NAME_COMPONENT_LENGTH",
    }
)


# What a log says of a whole drive that could not be read: `import_export_drive_log_codes`.
DRIVE_TROUBLES = frozenset(
    {
        *("DiskNotFound", "VolumeNotNtfs", "DiskOperationFailed", "BitLockerVolumeNotFound"),
        *("BitLockerNotActivated", "BitLockerProtectorNotFound", "BitLockerKeyInvalid"),
        *("BitLockerUnlockVolumeFailed", "BitLockerFailed", "ManifestNameInvalid"),
        *("ManifestNameTooLong", "ManifestNotFound", "ManifestAccessDenied", "ManifestCorrupted"),
        *("ManifestFormatInvalid", "ManifestDriveIdMismatch", "ReadManifestFailed"),
        *("BlobListFormatInvalid", "BlobRequestForbidden", "InternalError"),
    }
)


def mark_of(code: str) -> LogMark:
    """Say what a word of a log means for the thing it names; a word nobody knows is not success."""
    if code in ELSEWHERE:
        return LogMark.RENAMED
    return LogMark.NOTED if code in _NO_DISK else LogMark.REFUSED


def mark_of_device(code: str) -> LogMark:
    """Say what a reason of a device means for the file it names."""
    return LogMark.TO_RENAME if code in _DEVICE_RENAMES else LogMark.TO_MEND


_SUCCESS = frozenset({"Completed", "Succeeded", "CompletedWithWarnings"})
# "Failed" stands in copy logs in which only names were changed, with 0 files refused.
_FAILURE = frozenset({"Failed", "CompletedWithErrors"})


def verdict(log: ServiceLog) -> LogVerdict:
    """Read a log as a whole: what its entries and counts say comes before its status word."""
    if log.wrong:
        return LogVerdict.MEND_FIRST if log.form in BEFOREHAND else LogVerdict.INCOMPLETE
    if log.cut_off:
        return LogVerdict.UNKNOWN
    if log.form in BEFOREHAND:
        renames = log.count(LogMark.TO_RENAME)
        return LogVerdict.NAMES_WILL_CHANGE if renames else LogVerdict.CHECKED
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
