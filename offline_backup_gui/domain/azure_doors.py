"""The doors to Azure's management services, as small Protocols; adapters/azure implements them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from offline_backup_gui.domain.agent_seed import ProtectedItem
from offline_backup_gui.domain.clouds import DeviceCode, SignIn, SignInSecret
from offline_backup_gui.domain.orders import (
    Address,
    Contact,
    Credential,
    FoundOrder,
    JobRef,
    Offer,
    OrderForm,
    OrderSecrets,
    Pickup,
    PickupAnswer,
    Verdict,
)
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.prices import Prices
from offline_backup_gui.domain.service_job import ServiceJob
from offline_backup_gui.domain.shipping import Site
from offline_backup_gui.domain.subscription import (
    Lock,
    Permission,
    ResourceGroup,
    StorageAccount,
    Subscription,
    Vault,
)


class Directory(Protocol):
    """What there is to choose from. Trouble: AZURE_…, SIGN_IN_NEEDED."""

    def subscriptions(self) -> Sequence[Subscription]:
        """List the subscriptions this sign-in sees."""

    def resource_groups(self, subscription: str) -> Sequence[ResourceGroup]:
        """List the resource groups of a subscription."""

    def storage_accounts(self, subscription: str) -> Sequence[StorageAccount]:
        """List the storage accounts of a subscription."""

    def vaults(self, subscription: str) -> Sequence[Vault]:
        """List the Recovery Services vaults of a subscription."""

    def account_keys(self, resource_id: str) -> Sequence[str]:
        """Give the keys of a storage account; secrets."""


class Rights(Protocol):
    """What may stand in the way of a destination."""

    def storage_account(self, resource_id: str) -> StorageAccount:
        """Read one storage account; AZURE_NOT_FOUND."""

    def permissions(self, scope: str) -> Sequence[Permission]:
        """Give what this sign-in may do at a place (a resource id or a resource group's)."""

    def locks(self, scope: str) -> Sequence[Lock]:
        """List the locks that hold at a place or below it."""

    def provider_state(self, subscription: str, namespace: str) -> str:
        """Give Azure's own word for a provider ("Registered", "NotRegistered")."""

    def clock_ahead_s(self) -> float | None:
        """Give how far the service's clock is ahead of this one; None before any answer."""


class OrderDesk(Protocol):
    """What can be ordered, and what was. Trouble: ORDER_…, AZURE_…, SIGN_IN_NEEDED."""

    def offers(self, subscription: str, group: str, region: str, country: str) -> Sequence[Offer]:
        """List every device for a country and region, enabled or not."""

    def site(self, subscription: str, group: str, region: str, sku: str) -> Site | None:
        """Ask which datacenter takes the drives of a region; None when Azure tells none."""

    def validate(self, form: OrderForm, secrets: OrderSecrets) -> Sequence[Verdict]:
        """Let Azure look at a form before it is an order; nothing is ordered."""

    def place(self, form: OrderForm, secrets: OrderSecrets, ref: JobRef) -> FoundOrder:
        """Place the order under its name and wait until Azure has it.

        ORDER_NAME_TAKEN, ORDER_UNCERTAIN. A name makes one order only, however often it is sent.
        """

    def order(self, ref: JobRef) -> FoundOrder | None:
        """Read one order with its details; None when Azure knows none of this name."""

    def orders(self, subscription: str, group: str = "") -> Sequence[FoundOrder]:
        """List the orders of a subscription, or of one resource group; without their details."""


class OrderCounter(Protocol):
    """What can be done with an order. Trouble: ORDER_NOT_FOUND, AZURE_…"""

    def cancel(self, ref: JobRef, reason: str) -> None:
        """Cancel; ORDER_NOT_CANCELLABLE when it is too late for that."""

    def book_pickup(self, ref: JobRef, pickup: Pickup) -> PickupAnswer:
        """Let the carrier come; PICKUP_UNCERTAIN when no answer came."""

    def mark_shipped(self, ref: JobRef, carrier: str, number: str) -> None:
        """Tell that own drives are on their way."""

    def credentials(self, ref: JobRef) -> Sequence[Credential]:
        """Give what opens the devices; secrets."""

    def change_address(self, ref: JobRef, address: Address, contact: Contact) -> None:
        """Let the devices go to another address; ADDRESS_NOT_CHANGEABLE when it is too late."""

    def answer(self, ref: JobRef, resolution: str, by_serial: Mapping[str, str]) -> None:
        """Answer an order that waits for its owner ("Resume", "MoveToCleanUpDevice" …)."""


class Desk(OrderDesk, OrderCounter, Protocol):
    """Both sides of the desk."""


class VaultWatch(Protocol):
    """What a Recovery Services vault shows of an agent's backups. Trouble: as `Directory`."""

    def protected_items(self, vault_id: str) -> Sequence[ProtectedItem]:
        """List what agents protect into a vault, each with its count of recovery points."""

    def point_times(self, item_id: str) -> Sequence[datetime]:
        """Give when the recovery points of an item were made, none where they are not listed."""

    def backup_jobs(self, vault_id: str, since: datetime) -> Sequence[ServiceJob]:
        """List the agents' jobs that began at `since` or later, newest first."""


class OldJobs(Protocol):
    """Jobs of the older Import/Export service, read only. Trouble: AZURE_…, SIGN_IN_NEEDED."""

    def jobs(self, subscription: str) -> Sequence[ServiceJob]:
        """List the older import jobs of a subscription."""

    def job(self, resource_id: str) -> ServiceJob:
        """Read one older job with its drives; AZURE_NOT_FOUND."""

    def sites(self) -> Sequence[Site]:
        """List the locations that take drives, each with its address and carriers."""


class AzureGate(Protocol):
    """Opens the doors for a sign-in; nothing here ever asks a person but `sign_in`."""

    def sign_in(
        self,
        wanted: SignIn,
        secret: SignInSecret,
        show: Callable[[DeviceCode], None],
        control: Control | None = None,
    ) -> tuple[str, str]:
        """Sign in; give (account, record). SIGN_IN_REFUSED, SIGN_IN_NOT_FINISHED, AZURE_…"""

    def sign_out(self) -> None:
        """Forget every token."""

    def directory(
        self, sign_in: SignIn, secret: SignInSecret, control: Control | None = None
    ) -> Directory:
        """Open what there is to choose from."""

    def rights(
        self, sign_in: SignIn, secret: SignInSecret, control: Control | None = None
    ) -> Rights:
        """Open what may stand in the way."""

    def desk(self, sign_in: SignIn, secret: SignInSecret, control: Control | None = None) -> Desk:
        """Open the desk of orders and import jobs."""

    def vaults(
        self, sign_in: SignIn, secret: SignInSecret, control: Control | None = None
    ) -> VaultWatch:
        """Open what a vault shows."""

    def old_jobs(
        self, sign_in: SignIn, secret: SignInSecret, control: Control | None = None
    ) -> OldJobs:
        """Open the jobs of the older Import/Export service."""

    def prices(
        self, sign_in: SignIn, secret: SignInSecret, meters: Sequence[str], control: Control | None
    ) -> Prices:
        """Ask the public price list; AZURE_UNREACHABLE where there is none."""
