"""Job bodies in the shape of the resource provider (2025-07-01), at the time a scene plays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.ui.tracking.fakes import NOW, sealed_drives

__all__ = ["NOW", "disk_order", "own_drives"]

TB = 10**12


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.1234567Z"


def _steps(now: datetime, steps: Mapping[str, tuple[str, float]]) -> list[dict[str, str]]:
    return [
        {
            "stageName": name,
            "stageStatus": progress,
            "stageTime": _written(now - timedelta(days=days)),
        }
        for name, (progress, days) in steps.items()
    ]


def own_drives(now: datetime) -> dict[str, Any]:
    """Give an import job whose drives are read in."""
    first, second, third = (drive.serial for drive in sealed_drives())
    progress = [
        {
            "storageAccountName": "contoso042",
            "serialNumber": first,
            "copyStatus": "Completed",
            "bytesProcessed": 7 * TB,
            "totalBytesToProcess": 7 * TB,
        },
        {
            "storageAccountName": "contoso042",
            "serialNumber": second,
            "copyStatus": "InProgress",
            "bytesProcessed": 3 * TB,
            "totalBytesToProcess": 7 * TB,
            "filesProcessed": 11_204,
            "totalFilesToProcess": 24_001,
        },
        {"serialNumber": third, "copyStatus": "DriveNotReceived"},
    ]
    steps = {
        "Created": ("Succeeded", 9),
        "AwaitingShipmentDetails": ("Succeeded", 5),
        "ShippedToAzureDC": ("Succeeded", 4.8),
        "AtAzureDC": ("Succeeded", 2),
        "DataCopy": ("InProgress", 1),
    }
    return {
        "type": "Microsoft.DataBox/jobs",
        "name": "import-branch-042",
        "sku": {"name": "DataBoxCustomerDisk"},
        "properties": {
            "status": "DataCopy",
            "transferType": "ImportToAzure",
            "startTime": _written(now - timedelta(days=9)),
            "delayedStage": "DataCopy",
            "delayInformation": {
                "errorCode": "ActiveOrderLimitBreachedDelay",
                "description": "More orders than usual arrived at the site.",
            },
            "details": {
                "jobDetailsType": "DataBoxCustomerDisk",
                "jobStages": _steps(now, steps),
                "copyProgress": progress,
                "deliverToDcPackageDetails": {
                    "carrierName": "DHL",
                    "trackingId": "JD014600012345678901",
                },
                "returnToCustomerPackageDetails": {
                    "carrierName": "DHL",
                    "carrierAccountNumber": "966100000",
                    "trackingId": "",
                },
                "copyLogDetails": [
                    {
                        "copyLogLink": "https://contoso042.blob.core.windows.net/copylog/ZR5.xml",
                        "copyVerboseLogLink": "",
                    }
                ],
            },
        },
    }


def disk_order(now: datetime) -> dict[str, Any]:
    """Give a Data Box Disk order whose copy waits for the admin."""
    progress = [
        {
            "serialNumber": "S3Z2NB0K1001",
            "bytesCopied": 6 * TB,
            "percentComplete": 100,
            "status": "Completed",
        },
        {
            "serialNumber": "S3Z2NB0K1002",
            "bytesCopied": 2 * TB,
            "percentComplete": 41,
            "status": "StorageAccountNotAccessible",
            "error": {"code": "AccountFirewall", "message": "The account refused the request."},
            "actions": ["Resume", "MoveToCleanUpDevice"],
        },
        {
            "serialNumber": "S3Z2NB0K1003",
            "percentComplete": 12,
            "status": "QuantumHold",
        },
    ]
    steps = {
        "DeviceOrdered": ("Succeeded", 20),
        "DevicePrepared": ("Succeeded", 17),
        "Dispatched": ("Succeeded", 16),
        "Delivered": ("Succeeded", 14),
        "PickedUp": ("Succeeded", 5),
        "AtAzureDC": ("Succeeded", 3),
        "DataCopy": ("WaitingForCustomerAction", 2),
    }
    return {
        "type": "Microsoft.DataBox/jobs",
        "name": "order-branch-042",
        "sku": {"name": "DataBoxDisk"},
        "properties": {
            "status": "DataCopy",
            "transferType": "ImportToAzure",
            "startTime": _written(now - timedelta(days=20)),
            "error": {"code": "AccountFirewall", "message": "The account refused the request."},
            "details": {
                "jobDetailsType": "DataBoxDisk",
                "jobStages": _steps(now, steps),
                "copyProgress": progress,
                "actions": ["Resume"],
                "deliveryPackage": {
                    "carrierName": "UPS",
                    "trackingId": "1Z 999&x=1",
                    "trackingUrl": "https://wwwapps.ups.com/tracking?num=1Z999",
                },
                "returnPackage": {
                    "carrierName": "UPS",
                    "trackingId": "1Z99900000000000",
                    "trackingUrl": "http://parcels.example/1Z999",
                },
            },
        },
    }
