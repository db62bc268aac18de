"""Published limits, and the documents the rules were read in, each with its own date.

Document names are paths below MicrosoftDocs/azure-docs.
"""

from __future__ import annotations

from msgspec import Struct

TB = 1_000_000_000_000  # decimal, as Azure counts
DATA_BOX_DISK_LIMIT_BYTES = 7_200_000_000_000
DATA_BOX_LIMIT_BYTES = 80 * TB
IMPORT_EXPORT_DISK_BYTES = 8 * TB
IMPORT_EXPORT_DISKS = 10
IMPORT_EXPORT_LIMIT_BYTES = IMPORT_EXPORT_DISKS * IMPORT_EXPORT_DISK_BYTES

# "54,400 GB" for a volume or data source; read as decimal, the smaller of the two meanings.
AGENT_VOLUME_LIMIT_BYTES = 54_400_000_000_000


class Origin(Struct, frozen=True):
    """Where a fact was read: the document, and its date (ISO 8601, perhaps only a month)."""

    document: str
    date: str


OVERVIEW = Origin("articles/backup/offline-backup-overview.md", "2023-04")
MARS_DATA_BOX = Origin("articles/backup/offline-backup-azure-data-box.md", "2023-01-23")
MARS_DISKS = Origin("articles/backup/backup-azure-backup-import-export.md", "2022-12-05")
SERVER_DATA_BOX = Origin("articles/backup/offline-backup-azure-data-box-dpm-mabs.md", "2022-08-04")
SERVER_DISKS = Origin("articles/backup/backup-azure-backup-server-import-export.md", "2022-12-05")
MARS_MATRIX = Origin("articles/backup/backup-support-matrix-mars-agent.md", "2019-08-30")
MARS_FAQ = Origin("articles/backup/backup-azure-file-folder-backup-faq.yml", "2023-08-14")
DISK_FAQ = Origin("articles/databox/data-box-disk-faq.yml", "2022-05-06")
BOX_FAQ = Origin("articles/databox/data-box-faq.yml", "2022-05-06")
DISK_OVERVIEW = Origin("articles/databox/data-box-disk-overview.md", "2022-09-09")
BOX_OVERVIEW = Origin("articles/databox/data-box-overview.md", "2019-07-03")
IMPORT = Origin("articles/import-export/storage-import-export-service.md", "2022-10-27")
IMPORT_NEEDS = Origin("articles/import-export/storage-import-export-requirements.md", "2022-05-19")
IMPORT_STATES = Origin(
    "articles/import-export/storage-import-export-view-drive-status.md", "2021-12-13"
)
TERMS = Origin("articles/databox/data-box-hardware-additional-terms.md", "2022-09-13")
RETIREMENT = Origin("articles/databox/includes/data-box-retirement.md", "2025-03-05")
DISK_COPY = Origin("articles/databox/data-box-disk-deploy-copy-data.md", "2024")
DISK_COPY_2019 = Origin("articles/databox/data-box-disk-deploy-copy-data.md", "2019-09-03")
DISK_LIMITS = Origin("articles/databox/data-box-disk-limits.md", "2022-12-29")
DISK_UPLOAD = Origin("articles/databox/data-box-disk-troubleshoot-upload.md", "2022-02-24")
DISK_TOOLS = Origin("articles/databox/data-box-disk-troubleshoot-data-copy.md", "2019-06-13")
BOX_COPY = Origin("articles/databox/data-box-deploy-copy-data.md", "2024-03-25")
BOX_LIMITS = Origin("articles/databox/data-box-limits.md", "2018-08-09")
BOX_NAMES = Origin("articles/databox/data-box-troubleshoot.md", "2022-03-10")
LEASES = Origin("rest/api/storageservices/lease-blob", "2023-04-12")
TIERS = Origin("articles/storage/blobs/access-tiers-overview.md", "2023-08-17")
BOX_UPLOAD = Origin("articles/databox/data-box-troubleshoot-data-upload.md", "2022-03-10")
