"""What stands around the orders: subscriptions, groups, accounts, locks, providers, permissions.

Their specification is not in our copy; the bodies follow the public reference of each service.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.azure.replay.entra import TENANT
from tests.azure.replay.spec import Json

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = "branch-offices"
ACCOUNT = "contosobranch042"
_ACCOUNT_KEY = "YWNjb3VudC1rZXktb2YtdGhlLXJlcGxheS1zZXJ2ZXI="
# The versions of the public reference our client may name.
_VERSIONS = re.compile(r"20(?:16-09-01|2[0-6]-\d\d-\d\d|15-07-01|18-07-01)(?:-preview)?")


def account_id(name: str = ACCOUNT, group: str = GROUP) -> str:
    """Give the resource id of a storage account."""
    return (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"
        f"/providers/Microsoft.Storage/storageAccounts/{name}"
    )


def storage_account(name: str = ACCOUNT, location: str = "westus", **more: Any) -> Json:
    """Make a storage account as the service describes one."""
    kind = more.pop("kind", "StorageV2")
    properties: Json = {
        "provisioningState": "Succeeded",
        "primaryLocation": location,
        "statusOfPrimary": "available",
        "supportsHttpsTrafficOnly": True,
        "isHnsEnabled": False,
        "allowSharedKeyAccess": True,
        "networkAcls": {"bypass": "AzureServices", "defaultAction": "Allow"},
        "primaryEndpoints": {"blob": f"https://{name}.blob.core.windows.net/"},
        **more,
    }
    return {
        "id": account_id(name),
        "name": name,
        "type": "Microsoft.Storage/storageAccounts",
        "location": location,
        "kind": kind,
        "sku": {"name": "Standard_LRS", "tier": "Standard"},
        "tags": {},
        "properties": properties,
    }


@dataclass
class Estate:
    """The resources of one tenant; a test changes what it needs to."""

    accounts: list[Json] = field(default_factory=lambda: [storage_account()])
    groups: list[str] = field(default_factory=lambda: [GROUP])
    locks: list[Json] = field(default_factory=list)
    providers: dict[str, str] = field(
        default_factory=lambda: {
            "Microsoft.DataBox": "Registered",
            "Microsoft.Storage": "Registered",
            "Microsoft.RecoveryServices": "Registered",
            "Microsoft.ImportExport": "NotRegistered",
        }
    )
    actions: list[str] = field(default_factory=lambda: ["*"])
    not_actions: list[str] = field(default_factory=list)
    prices: dict[str, float] = field(default_factory=dict)  # by meter id

    def answer(self, method: str, path: str, query: dict[str, str]) -> tuple[int, Any] | None:
        """Answer what belongs here; None when it does not."""
        if path.lower() == "/api/retail/prices":
            return 200, self._prices(query.get("$filter", ""))
        place = f"/subscriptions/{SUBSCRIPTION}".lower()
        low = path.lower().rstrip("/")
        if low == "/subscriptions":
            return self._list([self._subscription()], query)
        if not low.startswith(place):
            return None
        rest = low[len(place) :]
        for pattern, reply in self._routes():
            found = re.fullmatch(pattern, rest)
            if found and method == ("POST" if "listkeys" in pattern else "GET"):
                if not _VERSIONS.fullmatch(query.get("api-version", "")):
                    return 400, _error("InvalidApiVersionParameter", "unknown api-version")
                return reply(found, query)
        return None

    def _routes(self) -> list[tuple[str, Any]]:
        group = r"/resourcegroups/(?P<group>[^/]+)"
        accounts = "/providers/microsoft.storage/storageaccounts"
        return [
            ("", lambda _f, q: (200, self._subscription())),
            ("/locations", lambda _f, q: self._list(_LOCATIONS, q)),
            ("/resourcegroups", lambda _f, q: self._list(self._groups(), q)),
            (group, lambda f, q: self._one(self._groups(), f["group"])),
            (accounts, lambda _f, q: self._list(self.accounts, q)),
            (f"{group}{accounts}", lambda _f, q: self._list(self.accounts, q)),
            (
                rf"{group}{accounts}/(?P<name>[^/]+)",
                lambda f, q: self._one(self.accounts, f["name"]),
            ),
            (
                rf"{group}{accounts}/(?P<name>[^/]+)/listkeys",
                lambda f, q: (200, {"keys": [_key("key1"), _key("key2")]}),
            ),
            (
                r"(?:.*)/providers/microsoft.authorization/locks",
                lambda _f, q: self._list(self.locks, q),
            ),
            (
                r"(?:.*)/providers/microsoft.authorization/permissions",
                lambda _f, q: self._list(
                    [
                        {
                            "actions": self.actions,
                            "notActions": self.not_actions,
                            "dataActions": [],
                            "notDataActions": [],
                        }
                    ],
                    q,
                ),
            ),
            (r"/providers/(?P<name>microsoft\.\w+)", lambda f, q: self._provider(f["name"])),
        ]

    def _list(self, values: list[Any], query: dict[str, str]) -> tuple[int, Any]:
        if "api-version" not in query:
            return 400, _error("MissingApiVersionParameter", "the api-version is missing")
        return 200, {"value": values}

    def _one(self, values: list[Json], name: str) -> tuple[int, Any]:
        for one in values:
            if one["name"].lower() == name:
                return 200, one
        return 404, _error("ResourceNotFound", f"The Resource '{name}' was not found.")

    def _provider(self, name: str) -> tuple[int, Any]:
        for known, state in self.providers.items():
            if known.lower() == name:
                return 200, {
                    "id": f"/subscriptions/{SUBSCRIPTION}/providers/{known}",
                    "namespace": known,
                    "registrationState": state,
                    "resourceTypes": [],
                }
        return 404, _error("InvalidResourceNamespace", name)

    def _subscription(self) -> Json:
        return {
            "id": f"/subscriptions/{SUBSCRIPTION}",
            "subscriptionId": SUBSCRIPTION,
            "tenantId": TENANT,
            "displayName": "Branch offices",
            "state": "Enabled",
        }

    def _groups(self) -> list[Json]:
        return [
            {
                "id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}",
                "name": name,
                "type": "Microsoft.Resources/resourceGroups",
                "location": "westus",
                "properties": {"provisioningState": "Succeeded"},
            }
            for name in self.groups
        ]

    def _prices(self, wanted: str) -> Json:
        meters = re.findall(r"meterId eq '([^']+)'", wanted)
        items = [
            {
                "currencyCode": "USD",
                "tierMinimumUnits": 0.0,
                "retailPrice": price,
                "unitPrice": price,
                "meterId": meter,
                "meterName": "Fee",
                "productName": "Azure Data Box",
                "unitOfMeasure": "1",
                "type": "Consumption",
                "effectiveStartDate": "2026-01-01T00:00:00Z",
            }
            for meter, price in self.prices.items()
            if meter in meters
        ]
        return {
            "BillingCurrency": "USD",
            "Items": items,
            "NextPageLink": None,
            "Count": len(items),
        }


_LOCATIONS: list[Any] = [
    {"name": "westus", "displayName": "West US", "metadata": {"geographyGroup": "US"}},
    {"name": "westeurope", "displayName": "West Europe", "metadata": {"geographyGroup": "Europe"}},
]


def _key(name: str) -> Json:
    return {"keyName": name, "value": _ACCOUNT_KEY, "permissions": "FULL"}


def _error(code: str, message: str) -> Json:
    return {"error": {"code": code, "message": message}}
