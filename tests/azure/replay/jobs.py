"""Keeps orders and import jobs as the Data Box service does: created, stepped, cancelled."""

from __future__ import annotations

import copy
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.azure.replay.spec import Json

Key = tuple[str, str, str]
# What a request may tell and no answer repeats (arm-databox: secrets are write-only).
_SECRET = frozenset({"bitLockerKey", "passkey", "devicePassword", "sharePassword"})
_ACCOUNT_NUMBER = "carrierAccountNumber"
_BOX_STAGES = (
    ("DeviceOrdered", "Ordered"),
    ("DevicePrepared", "Processed"),
    ("Dispatched", "Dispatched"),
    ("Delivered", "Delivered"),
    ("PickedUp", "Picked up"),
    ("AtAzureDC", "Received"),
    ("DataCopy", "Data copy in progress"),
    ("Completed", "Completed"),
)
_OWN_STAGES = (
    ("AwaitingShipmentDetails", "Awaiting shipment information"),
    ("ShippedToAzureDC", "Shipped"),
    ("AtAzureDC", "Received"),
    ("DataCopy", "Data copy in progress"),
    ("PreparingToShipFromAzureDC", "Preparing to ship"),
    ("ShippedToCustomer", "Shipped to customer"),
    ("Completed", "Completed"),
)
_NOT_CANCELLABLE = (
    "DevicePrepared",
    "Dispatched",
    "Delivered",
    "PickedUp",
    "AtAzureDC",
    "DataCopy",
)


@dataclass
class Jobs:
    """Every job of the tenant, by subscription, group and name in lower case."""

    jobs: dict[Key, Json] = field(default_factory=dict)
    secrets: dict[Key, Json] = field(default_factory=dict)
    created: list[Key] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def create(self, key: Key, path: str, body: Json, now: datetime | None = None) -> Json:
        """Take an order; KeyError when there is one of this name already."""
        with self.lock:
            if key in self.jobs:
                raise KeyError(key)
            at = (now or datetime.now(UTC)).isoformat()
            job = _public(body)
            details = job["properties"].setdefault("details", {})
            own = details.get("jobDetailsType") == "DataBoxCustomerDisk"
            stages = _OWN_STAGES if own else _BOX_STAGES
            details["jobStages"] = [
                {"stageName": name, "displayName": shown, "stageStatus": "None"}
                for name, shown in stages
            ]
            job.update(
                {
                    "id": path,
                    "name": path.rsplit("/", 1)[1],
                    "type": "Microsoft.DataBox/jobs",
                    "tags": body.get("tags", {}),
                    "systemData": {"createdBy": "admin@contoso.example", "createdAt": at},
                }
            )
            job["sku"].setdefault("model", job["sku"]["name"])
            job["properties"].update(
                {
                    "isCancellable": True,
                    "isCancellableWithoutFee": True,
                    "isDeletable": False,
                    "isShippingAddressEditable": True,
                    "isPrepareToShipEnabled": False,
                    "startTime": at,
                    "deliveryType": "NonScheduled",
                    "deliveryInfo": {"scheduledDateTime": "0001-01-01T00:00:00+00:00"},
                }
            )
            self.jobs[key] = job
            self.secrets[key] = copy.deepcopy(body)
            self.created.append(key)
            self.step(key, stages[0][0], "InProgress" if own else "Succeeded", at)
            return job

    def step(self, key: Key, stage: str, status: str = "InProgress", at: str = "") -> Json:
        """Move a job to a stage: earlier ones are over, its status follows."""
        with self.lock:
            job = self.jobs[key]
            stages = job["properties"]["details"].setdefault("jobStages", [])
            names = [one["stageName"] for one in stages]
            if stage not in names:
                stages.append({"stageName": stage, "displayName": stage, "stageStatus": "None"})
                names.append(stage)
            place = names.index(stage)
            for one in stages[:place]:
                if one["stageStatus"] in ("None", "InProgress"):
                    one["stageStatus"] = "Succeeded"
                    one.setdefault("stageTime", at or datetime.now(UTC).isoformat())
            stages[place]["stageStatus"] = status
            stages[place]["stageTime"] = at or datetime.now(UTC).isoformat()
            job["properties"]["status"] = stage
            job["properties"]["isCancellable"] = stage not in _NOT_CANCELLABLE
            return job

    def play(self, key: Key, scenario: Sequence[Mapping[str, Any]], until: str) -> Json:
        """Apply the steps of a scenario whose time has come: {"at", "stage", "status", "set"}."""
        for step in scenario:
            if step["at"] <= until:
                if "stage" in step:
                    self.step(key, step["stage"], step.get("status", "InProgress"), step["at"])
                _merge(self.jobs[key], step.get("set", {}))
        return self.jobs[key]

    def cancel(self, key: Key, reason: str) -> bool:
        """Cancel; False when it is too late for that."""
        with self.lock:
            job = self.jobs[key]
            if not job["properties"]["isCancellable"]:
                return False
            self.step(key, "Cancelled", "Succeeded")
            job["properties"].update(
                {"cancellationReason": reason, "isCancellable": False, "isDeletable": True}
            )
            return True

    def update(self, key: Key, body: Json) -> bool:
        """Change address and contact; False when it is too late for that."""
        with self.lock:
            job = self.jobs[key]
            if not job["properties"].get("isShippingAddressEditable", True):
                return False
            _merge(job["properties"]["details"], body.get("properties", {}).get("details", {}))
            return True

    def mark_shipped(self, key: Key, package: Json) -> bool:
        """Note carrier and number of an import job."""
        with self.lock:
            job = self.jobs[key]
            if job["properties"]["details"]["jobDetailsType"] != "DataBoxCustomerDisk":
                return False
            job["properties"]["details"]["deliverToDcPackageDetails"] = package
            self.step(key, "ShippedToAzureDC")
            return True

    def credentials(self, key: Key) -> Json:
        """Give what opens the devices of an order; BitLocker keys of own disks never."""
        job, asked = self.jobs[key], self.secrets[key]
        kind = job["properties"]["details"]["jobDetailsType"]
        details = asked["properties"]["details"]
        secrets: Json = {"jobSecretsType": kind, "dcAccessSecurityCode": {}}
        if kind == "DataBoxDisk":
            passkey = details.get("passkey", "replay-passkey-0123456789")
            secrets["passKey"] = passkey
            secrets["isPasskeyUserDefined"] = "passkey" in details
            secrets["diskSecrets"] = [{"diskSerialNumber": "DISK-1", "bitLockerKey": passkey}]
        elif kind == "DataBox":
            secrets["podSecrets"] = [
                {
                    "deviceSerialNumber": "testserialnumber",
                    "devicePassword": details.get("devicePassword", "replay-device-password"),
                    "networkConfigurations": [],
                    "encodedValidationCertPubKey": "",
                    "accountCredentialDetails": [
                        {
                            "accountName": "contosobranch042",
                            "dataAccountType": "StorageAccount",
                            "accountConnectionString": "",
                            "shareCredentialDetails": [
                                {
                                    "shareName": "contosobranch042_BlockBlob",
                                    "shareType": "BlockBlob",
                                    "userName": "share-user",
                                    "password": "replay-share-password",
                                    "supportedAccessProtocols": ["SMB"],
                                }
                            ],
                        }
                    ],
                }
            ]
        return {"value": [{"jobName": job["name"], "jobSecrets": secrets}]}


@dataclass
class Running:
    """A long-running request: so many more answers of 202, then the end."""

    polls: int
    resource: str
    ends_empty: bool = False
    operation: str = field(default_factory=lambda: str(uuid.uuid4()))


def _public(value: Any) -> Any:
    """Copy without what no answer repeats."""
    if isinstance(value, dict):
        return {
            k: _public(v) for k, v in value.items() if k not in _SECRET and k != _ACCOUNT_NUMBER
        }
    return [_public(one) for one in value] if isinstance(value, list) else value


def _merge(target: Json, given: Mapping[str, Any]) -> None:
    for key, value in given.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = copy.deepcopy(value)
