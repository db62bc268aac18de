"""A thin client of Azure Resource Manager: what stands in a subscription, read through one line.

Four libraries would say the same and cost 20 MB; each request here names its own version.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from azure.core.exceptions import HttpResponseError, map_error
from azure.core.rest import HttpRequest
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.exceptions import ARMErrorFormat

from offline_backup_gui.adapters.azure.session import Session
from offline_backup_gui.adapters.azure.trouble import watched
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.subscription import (
    Firewall,
    Lock,
    Permission,
    ResourceGroup,
    StorageAccount,
    Subscription,
    Vault,
)

Json = dict[str, Any]
T = TypeVar("T")
_ERRORS: dict[int, type[HttpResponseError]] = {}
# Versions of the public reference, each known to answer in every cloud.
SUBSCRIPTIONS = "2022-12-01"
RESOURCES = "2021-04-01"
STORAGE = "2023-01-01"
LOCKS = "2016-09-01"
PERMISSIONS = "2022-04-01"
VAULTS = "2024-04-01"
_MOST_PAGES = 1000


class Arm:
    """Reads resources as JSON. Trouble is raised as BackupError, a stop as Stopped."""

    def __init__(self, session: Session) -> None:
        self._root = session.cloud.resource_manager
        self._client: Any = ARMPipelineClient(
            base_url=self._root, policies=session.policies, transport=session.line
        )
        # The service's clock less this computer's, in seconds, as the newest answer told.
        self.clock_ahead_s: float | None = None

    def get(self, path: str, version: str, **query: str) -> Json:
        """Read one resource. AZURE_NOT_FOUND, AZURE_FORBIDDEN, AZURE_BUSY …"""
        return self._asked("GET", self._url(path, version, query), path)

    def post(self, path: str, version: str, body: Json | None = None) -> Json:
        """Ask for what is not simply read, such as keys."""
        return self._asked("POST", self._url(path, version, {}), path, body)

    def pages(self, path: str, version: str, **query: str) -> Iterator[Json]:
        """Yield everything of a list, page after page."""
        url = self._url(path, version, query)
        for _ in range(_MOST_PAGES):
            page = self._asked("GET", url, path)
            with watched(path):
                listed, url = _page(page)
            yield from listed
            if not url:
                return
            self._assert_own(url, path)

    def read(self, reader: Callable[[Json], T], path: str, version: str) -> T:
        """Read one resource as what it is; AZURE_UNREACHABLE when it has not its shape."""
        body = self.get(path, version)
        with watched(path):
            return reader(body)

    def read_all(self, reader: Callable[[Json], T], path: str, version: str) -> list[T]:
        """Read a whole list, each entry as what it is."""
        bodies = list(self.pages(path, version))
        with watched(path):
            return [reader(body) for body in bodies]

    def _url(self, path: str, version: str, query: Mapping[str, str]) -> str:
        given = urlencode({"api-version": version, **query}, quote_via=quote, safe="$")
        return f"{self._root}{quote(path)}?{given}"

    def _assert_own(self, url: str, path: str) -> None:
        """Follow a link only to the service it came from: the token goes along."""
        here, there = urlsplit(self._root), urlsplit(url)
        if (here.scheme, here.netloc.lower()) != (there.scheme, there.netloc.lower()):
            raise BackupError(ErrorCode.AZURE_REFUSED, place=path, reason="nextLink", said="")

    def _asked(self, method: str, url: str, place: str, body: Json | None = None) -> Json:
        with watched(place):
            request = HttpRequest(method, url, json=body)
            # What is only asked for may be asked for again, whatever its method.
            response = self._client.send_request(request, retry_on_methods=("GET", "POST"))
            self._note_clock(response.headers.get("Date"))
            if response.status_code >= 400:
                map_error(response.status_code, response, _ERRORS)
                raise HttpResponseError(response=response, error_format=ARMErrorFormat)
            try:
                found = response.json() if response.content else {}
            except ValueError:
                found = None
        if not isinstance(found, dict):
            # What answers with a page is a proxy, not the service.
            raise BackupError(ErrorCode.AZURE_UNREACHABLE, place=place, reason="not JSON")
        return found

    def _note_clock(self, date: str | None) -> None:
        try:
            told = parsedate_to_datetime(date or "")
        except ValueError:
            return
        self.clock_ahead_s = (told - datetime.now(UTC)).total_seconds()


class ArmDirectory:
    """Implements `domain.azure_doors.Directory`: what there is to choose from."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    def subscriptions(self) -> list[Subscription]:
        """List the subscriptions this sign-in sees."""
        return self._arm.read_all(_subscription, "/subscriptions", SUBSCRIPTIONS)

    def resource_groups(self, subscription: str) -> list[ResourceGroup]:
        """List the resource groups of a subscription."""
        path = f"/subscriptions/{subscription}/resourcegroups"
        return self._arm.read_all(
            lambda one: ResourceGroup(_text(one, "name"), _text(one, "location")), path, RESOURCES
        )

    def storage_accounts(self, subscription: str) -> list[StorageAccount]:
        """List the storage accounts of a subscription."""
        path = f"/subscriptions/{subscription}/providers/Microsoft.Storage/storageAccounts"
        return self._arm.read_all(_account, path, STORAGE)

    def vaults(self, subscription: str) -> list[Vault]:
        """List the Recovery Services vaults of a subscription."""
        path = f"/subscriptions/{subscription}/providers/Microsoft.RecoveryServices/vaults"
        return self._arm.read_all(
            lambda one: Vault(_text(one, "id"), _text(one, "name"), _text(one, "location")),
            path,
            VAULTS,
        )

    def account_keys(self, resource_id: str) -> list[str]:
        """Give the keys of a storage account, one at least; secrets."""
        answer = self._arm.post(f"{resource_id}/listKeys", STORAGE)
        with watched(resource_id):
            keys = [_text(one, "value") for one in answer["keys"]]
            return [keys[0], *keys[1:]]


class ArmRights:
    """Implements `domain.azure_doors.Rights`: what stands in the way of a destination."""

    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    def storage_account(self, resource_id: str) -> StorageAccount:
        """Read one storage account."""
        return self._arm.read(_account, resource_id, STORAGE)

    def permissions(self, scope: str) -> list[Permission]:
        """Give what this sign-in may do at a place (a resource id or a resource group's)."""
        path = f"{scope}/providers/Microsoft.Authorization/permissions"
        return self._arm.read_all(
            lambda one: Permission(_texts(one, "actions"), _texts(one, "notActions")),
            path,
            PERMISSIONS,
        )

    def locks(self, scope: str) -> list[Lock]:
        """List the locks that hold at a place or below it."""
        path = f"{scope}/providers/Microsoft.Authorization/locks"
        return self._arm.read_all(_lock, path, LOCKS)

    def provider_state(self, subscription: str, namespace: str) -> str:
        """Give Azure's own word for a provider ("Registered", "NotRegistered")."""
        path = f"/subscriptions/{subscription}/providers/{namespace}"
        return self._arm.read(lambda one: _text(one, "registrationState"), path, RESOURCES)

    def clock_ahead_s(self) -> float | None:
        """Give how far the service's clock is ahead of this one; None before any answer."""
        return self._arm.clock_ahead_s


def _page(page: Json) -> tuple[list[Json], str]:
    """Give the objects of a page and the address of the next; TypeError for anything else."""
    listed, following = page.get("value") or [], page.get("nextLink") or ""
    if not isinstance(listed, list) or not isinstance(following, str):
        raise TypeError(type(listed).__name__)
    if not all(isinstance(one, dict) for one in listed):
        raise TypeError("an entry that is no object")
    return listed, following


def _subscription(one: Json) -> Subscription:
    return Subscription(
        _text(one, "subscriptionId"),
        _text(one, "displayName"),
        _text(one, "tenantId"),
        _text(one, "state"),
    )


def _account(one: Json) -> StorageAccount:
    properties = one.get("properties") or {}
    rules = properties.get("networkAcls") or {}
    closed = rules.get("defaultAction", "Allow") == "Deny"
    closed = closed or properties.get("publicNetworkAccess") in ("Disabled", "SecuredByPerimeter")
    trusted = "azureservices" in str(rules.get("bypass", "")).lower()
    firewall = Firewall.OPEN
    if closed:
        firewall = Firewall.TRUSTED if trusted else Firewall.CLOSED
    endpoints = properties.get("primaryEndpoints") or {}
    return StorageAccount(
        resource_id=_text(one, "id"),
        name=_text(one, "name"),
        kind=_text(one, "kind"),
        region=_text(one, "location"),
        redundancy=_text(one.get("sku") or {}, "name"),
        blob_address=_text(endpoints, "blob").rstrip("/"),
        firewall=firewall,
        hierarchical=bool(properties.get("isHnsEnabled")),
        # Left out means allowed.
        shared_key=properties.get("allowSharedKeyAccess") is not False,
    )


def _lock(one: Json) -> Lock:
    properties = one.get("properties") or {}
    place = _text(one, "id").split("/providers/Microsoft.Authorization/")[0]
    return Lock(_text(one, "name"), _text(properties, "level"), place, _text(properties, "notes"))


def _text(one: Mapping[str, Any], key: str) -> str:
    value = one.get(key)
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _texts(one: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(value) for value in one.get(key) or ())
