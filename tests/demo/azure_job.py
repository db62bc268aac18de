"""A job as Azure keeps it in the demo: a body of the resource provider that grows by events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from offline_backup_gui.domain.service_job import ServiceJob
from offline_backup_gui.formats.service_job import read_job


class AzureJob:
    """Orders of Data Box Disk and import jobs of own drives, in the shape of 2025-07-01."""

    def __init__(self, name: str, sku: str, created: datetime) -> None:
        self._steps: list[dict[str, str]] = []
        self._progress: dict[str, dict[str, Any]] = {}
        self._details: dict[str, Any] = {"jobDetailsType": sku, "jobStages": self._steps}
        self._properties: dict[str, Any] = {
            "transferType": "ImportToAzure",
            "startTime": _written(created),
            "details": self._details,
        }
        self._outer = {"type": "Microsoft.DataBox/jobs", "name": name, "sku": {"name": sku}}
        self._own = sku == "DataBoxCustomerDisk"

    def seen(self) -> ServiceJob:
        """Give the job as a look at it shows it."""
        self._details["copyProgress"] = list(self._progress.values())
        return read_job({**self._outer, "properties": self._properties})

    def step(self, at: datetime, name: str, progress: str = "Succeeded") -> None:
        """Let a stage come, or its progress change."""
        self._steps[:] = [one for one in self._steps if one["stageName"] != name]
        self._steps.append({"stageName": name, "stageStatus": progress, "stageTime": _written(at)})
        self._properties["status"] = name

    def parcel(self, way: str, carrier: str, number: str) -> None:
        """Let Azure know a parcel; `way` is "to-customer" or "to-datacenter"."""
        fields = {
            (False, "to-customer"): "deliveryPackage",
            (False, "to-datacenter"): "returnPackage",
            (True, "to-datacenter"): "deliverToDcPackageDetails",
            (True, "to-customer"): "returnToCustomerPackageDetails",
        }
        parcel = {"carrierName": carrier, "trackingId": number}
        self._details[fields[self._own, way]] = parcel

    def drive(self, serial: str, status: str, done: int, total: int, **more: object) -> None:
        """Let a drive be read in so far."""
        told: dict[str, Any] = {"serialNumber": serial, **more}
        if self._own:
            told |= {"copyStatus": status, "storageAccountName": "contoso042"}
            told |= {"bytesProcessed": done, "totalBytesToProcess": total}
        else:
            told |= {"status": status, "bytesCopied": done}
            told |= {"percentComplete": round(done * 100 / total)}
        self._progress[serial] = told

    def actions(self, *actions: str) -> None:
        """Let the job wait for the admin, or no longer."""
        self._details["actions"] = list(actions)

    def trouble(self, code: str = "", message: str = "") -> None:
        """Let Azure report a problem, or take it back."""
        self._properties["error"] = {"code": code, "message": message} if code else None

    def delay(self, stage: str = "", sentence: str = "") -> None:
        """Let Azure report a delay, or take it back."""
        self._properties["delayedStage"] = stage
        self._properties["delayInformation"] = {"description": sentence} if sentence else None


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.1234567Z"
