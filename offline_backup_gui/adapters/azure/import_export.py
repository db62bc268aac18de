"""Jobs of the older Import/Export service, read only: new ones are Data Box jobs with own drives.

Microsoft announced the end of that service's interface for 2023-02-28; jobs made before may still
be there, and tools of that time still make them.
"""

from __future__ import annotations

from offline_backup_gui.adapters.azure.arm import Arm
from offline_backup_gui.domain.service_job import ServiceJob
from offline_backup_gui.domain.shipping import Site
from offline_backup_gui.formats.service_job import read_job
from offline_backup_gui.formats.service_site import sites_in

VERSION = "2020-08-01"


class OldJobs:
    """Implements `domain.azure_doors.OldJobs`."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    def jobs(self, subscription: str) -> list[ServiceJob]:
        """List the older import jobs of a subscription."""
        path = f"/subscriptions/{subscription}/providers/Microsoft.ImportExport/jobs"
        return [read_job(body) for body in self._arm.pages(path, VERSION)]

    def job(self, resource_id: str) -> ServiceJob:
        """Read one older job with its drives; AZURE_NOT_FOUND."""
        return read_job(self._arm.get(resource_id, VERSION))

    def sites(self) -> list[Site]:
        """List the locations that take drives, each with its address and carriers."""
        found = self._arm.pages("/providers/Microsoft.ImportExport/locations", VERSION)
        return [site for body in found for site in sites_in(body)]
