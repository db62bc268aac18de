"""What stands in an Azure subscription, as far as a backup needs to know it."""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode

_RESOURCE = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/(?P<kind>[^/]+/[^/]+)/(?P<name>[^/]+)",
    re.IGNORECASE,
)


class ResourceId(Struct, frozen=True):
    """The four parts of a resource's id. `kind` is like "Microsoft.Storage/storageAccounts"."""

    subscription: str
    group: str
    kind: str
    name: str

    def __str__(self) -> str:
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            f"/providers/{self.kind}/{self.name}"
        )


def parse_resource_id(text: str) -> ResourceId:
    """Read a resource id; VALUE_NOT_UNDERSTOOD."""
    found = _RESOURCE.fullmatch(text.strip())
    if found is None:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value=text)
    return ResourceId(**found.groupdict())


class Subscription(Struct, frozen=True):
    """A subscription. `state` is Azure's own word ("Enabled")."""

    subscription_id: str
    name: str
    tenant: str
    state: str


class ResourceGroup(Struct, frozen=True):
    """A resource group with its region (as "westeurope")."""

    name: str
    region: str


class Firewall(StrEnum):
    """Who reaches a storage account."""

    OPEN = "open"
    TRUSTED = "trusted"  # closed, but Microsoft's trusted services may enter
    CLOSED = "closed"


class StorageAccount(Struct, frozen=True):
    """A storage account: kind ("StorageV2"), region, redundancy ("Standard_LRS"), network rules."""

    resource_id: str
    name: str
    kind: str
    region: str
    redundancy: str
    blob_address: str
    firewall: Firewall
    hierarchical: bool
    shared_key: bool

    @property
    def group(self) -> str:
        """Give the resource group."""
        return parse_resource_id(self.resource_id).group


class Vault(Struct, frozen=True):
    """A Recovery Services vault."""

    resource_id: str
    name: str
    region: str


class Lock(Struct, frozen=True):
    """A lock on a resource. `level` is "ReadOnly" or "CanNotDelete"."""

    name: str
    level: str
    resource_id: str
    notes: str


class Permission(Struct, frozen=True):
    """What a role allows at one place: actions with "*", less those of `not_actions`."""

    actions: tuple[str, ...]
    not_actions: tuple[str, ...]

    def allows(self, action: str) -> bool:
        """Say whether the action ("Microsoft.DataBox/jobs/write") is allowed."""
        return _any(self.actions, action) and not _any(self.not_actions, action)


def _any(patterns: tuple[str, ...], action: str) -> bool:
    for pattern in patterns:
        text = re.escape(pattern.lower()).replace(r"\*", ".*")
        if re.fullmatch(text, action.lower()):
            return True
    return False
