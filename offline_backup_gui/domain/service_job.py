"""A job of Azure as its service returned it: order, import job or backup job, word for word.

Azure's words stay as they came, known to us or not; `service_status` says what they mean. A time
is None where the service gives none (it writes the year 1 for that).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from offline_backup_gui.domain.shipping import JobShipping


class JobFamily(StrEnum):
    """Which service keeps the job."""

    DATA_BOX = "data-box"  # Microsoft.DataBox/jobs with a device of Microsoft
    OWN_DRIVES = "own-drives"  # Microsoft.DataBox/jobs with SKU DataBoxCustomerDisk
    IMPORT_EXPORT = "import-export"  # Microsoft.ImportExport/jobs, the older service
    BACKUP = "backup"  # Microsoft.RecoveryServices/vaults/backupJobs
    OTHER = "other"


class JobStep(Struct, frozen=True):
    """One stage of a job: `name` and `progress` (stageName, stageStatus), `label` as the portal."""

    name: str
    progress: str
    label: str = ""
    at: datetime | None = None


class DriveProgress(Struct, frozen=True):
    """How far one drive is; `percent` is 0 to 100 or None, `words` what Azure says about it."""

    serial: str
    status: str
    percent: float | None = None
    bytes_done: int | None = None
    manifest_file: str = ""
    manifest_hash: str = ""
    words: tuple[str, ...] = ()


class CopyProgress(Struct, frozen=True):
    """How far the copy into one account or resource group is; None where Azure gives no figure."""

    account: str
    bytes_done: int | None = None
    bytes_total: int | None = None
    files_done: int | None = None
    files_total: int | None = None
    files_refused: int | None = None  # filesErroredOut
    renamed_containers: int | None = None
    names_refused: int | None = None  # invalidFilesProcessed
    enumerating: bool = False
    words: tuple[str, ...] = ()  # what Azure says about it: code, message, actions


class Package(Struct, frozen=True):
    """A parcel; `way` is "to-customer" or "to-datacenter"."""

    way: str
    carrier: str
    number: str
    link: str = ""
    shipped_at: datetime | None = None


class JobTrouble(Struct, frozen=True):
    """What Azure says went wrong, in its own words."""

    code: str
    message: str
    advice: str = ""


class ServiceJob(Struct, frozen=True):
    """Everything a job body says; `said` is all of it as it came, secrets left out.

    `said` has the text of each value by its path in the body (properties.details.actions[0]).
    """

    family: JobFamily
    resource_type: str
    name: str
    status: str
    resource_id: str = ""
    sku: str = ""
    transfer: str = ""  # "ImportToAzure", "Import", "Backup" ... as it came
    created_at: datetime | None = None
    ended_at: datetime | None = None
    changed_at: datetime | None = None
    steps: tuple[JobStep, ...] = ()
    drives: tuple[DriveProgress, ...] = ()
    copies: tuple[CopyProgress, ...] = ()
    packages: tuple[Package, ...] = ()
    actions: tuple[str, ...] = ()
    troubles: tuple[JobTrouble, ...] = ()
    delays: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    percent: float | None = None
    shipping: JobShipping | None = None  # who sends where, and back to whom
    server: str = ""  # whose backup it is: mabServerName, dpmServerName
    devices_lost: bool = False  # allDevicesLost
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def imports(self) -> bool:
        """Say whether data goes to Azure; an export brings it from there."""
        return "export" not in self.transfer.lower()

    def package(self, way: str) -> Package | None:
        """Give the parcel of one direction when it has a carrier or a number."""
        return next((one for one in self.packages if one.way == way), None)
