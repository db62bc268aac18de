"""Reads a Recovery Services vault: an agent's data sources and backup jobs. It changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from offline_backup_gui.adapters.azure.arm import Arm
from offline_backup_gui.domain.agent_seed import ProtectedItem
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.service_job import ServiceJob
from offline_backup_gui.formats.recovery_services import read_protected_item, read_recovery_point
from offline_backup_gui.formats.service_job import read_job

BACKUP = "2024-04-01"
# The agent's own, System Center's, and the server's that Azure Backup ships.
_MANAGEMENTS = ("MAB", "DPM", "AzureBackupServer")
# How a vault may say that it does not list the points of such an item.
_NOT_LISTED = (ErrorCode.AZURE_NOT_FOUND, ErrorCode.AZURE_REFUSED)


class ArmVaults:
    """Implements `domain.azure_doors.VaultWatch`."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    def protected_items(self, vault_id: str) -> list[ProtectedItem]:
        """List what agents protect into a vault, each with its count of recovery points."""
        found = []
        for management in _MANAGEMENTS:
            wanted = f"backupManagementType eq '{management}'"
            pages = self._arm.pages(
                f"{vault_id}/backupProtectedItems", BACKUP, **{"$filter": wanted}
            )
            found += [self._with_points(read_protected_item(one)) for one in pages]
        return found

    def _with_points(self, item: ProtectedItem) -> ProtectedItem:
        """Ask for an item by itself when the list did not say what it has."""
        if item.points is not None or not item.item_id:
            return item
        expanded = self._arm.get(item.item_id, BACKUP, **{"$filter": "expand eq 'extendedinfo'"})
        return read_protected_item(expanded)

    def point_times(self, item_id: str) -> list[datetime]:
        """Give when the recovery points of an item were made; none where they are not listed."""
        try:
            pages = list(self._arm.pages(f"{item_id}/recoveryPoints", BACKUP))
        except BackupError as error:
            if error.code not in _NOT_LISTED:
                raise
            return []
        return [at for one in pages if (at := read_recovery_point(one)) is not None]

    def backup_jobs(self, vault_id: str, since: datetime) -> list[ServiceJob]:
        """List the agents' jobs that began at `since` or later, newest first."""
        jobs = []
        start = since.astimezone(UTC).strftime("%Y-%m-%d %I:%M:%S %p")
        end = datetime.now(UTC).strftime("%Y-%m-%d %I:%M:%S %p")
        for management in _MANAGEMENTS:
            wanted = (
                f"startTime eq '{start}' and endTime eq '{end}'"
                f" and backupManagementType eq '{management}'"
            )
            pages = self._arm.pages(f"{vault_id}/backupJobs", BACKUP, **{"$filter": wanted})
            jobs += [read_job(one) for one in pages]
        return sorted(jobs, key=lambda job: job.created_at or since, reverse=True)
