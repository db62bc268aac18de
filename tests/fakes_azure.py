"""Azure in memory for pages and pictures: one tenant, its lists, and a desk that takes orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from offline_backup_gui import words
from offline_backup_gui.domain.clouds import Cloud, DeviceCode, SignIn, SignInMethod, SignInSecret
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import FoundOrder, JobRef, KeptOrder, Meter, Offer, Verdict
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.prices import Prices
from offline_backup_gui.domain.service_job import JobFamily, ServiceJob
from offline_backup_gui.domain.subscription import (
    Firewall,
    Permission,
    ResourceGroup,
    StorageAccount,
    Subscription,
    Vault,
)
from offline_backup_gui.services.azure import Azure
from offline_backup_gui.services.destination import DestinationChecks
from offline_backup_gui.services.ordering import Ordering
from offline_backup_gui.services.orders import Orders
from offline_backup_gui.services.planning import Planning
from offline_backup_gui.services.protection import Protection
from offline_backup_gui.services.shipments import Shipments
from tests.domain.geo import geography
from tests.fakes import MemorySecrets, world_of

SUBSCRIPTION = "7c1e4f52-93d0-4e0a-8a3f-0d6b5b0c1a42"
GROUP = "branch-offices"
_ROOT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers"
ACCOUNT_ID = f"{_ROOT}/Microsoft.Storage/storageAccounts/contosobranch042"
VAULT_ID = f"{_ROOT}/Microsoft.RecoveryServices/vaults/branch-vault"
PERSON = "admin@contoso.example"
CLOUD = Cloud("public", "https://login", "https://arm", "scope", "core.windows.net")


def account(name: str, region: str = "westeurope", **more: Any) -> StorageAccount:
    """Make a storage account that takes a backup, unless told otherwise."""
    facts: dict[str, Any] = {"kind": "StorageV2", "firewall": Firewall.OPEN, **more}
    return StorageAccount(
        resource_id=ACCOUNT_ID.replace("contosobranch042", name),
        name=name,
        region=region,
        redundancy="Standard_LRS",
        blob_address=f"https://{name}.blob.core.windows.net",
        hierarchical=False,
        shared_key=True,
        **facts,
    )


def offers() -> tuple[Offer, ...]:
    """Give what Azure offers: disks, one box, and a newer one that is not to be had here."""
    return (
        Offer(
            "DataBoxDisk",
            "DataBoxDisk",
            True,
            usable_tb=7.0,
            meters=(
                Meter("m-disk", "DataBoxDiskServiceFee", 1),
                Meter("m-day", "DataBoxDiskDailyUsageFee", 1),
            ),
        ),
        Offer(
            "DataBox",
            "DataBox",
            True,
            usable_tb=80,
            meters=(Meter("m-box", "DataBoxServiceFee", 1),),
        ),
        Offer(
            "DataBox",
            "AzureDataBox120",
            True,
            usable_tb=120,
            meters=(Meter("m-box", "DataBoxServiceFee", 1), Meter("m-x", "DataBoxExtraDayFee", 1)),
        ),
        Offer("DataBox", "AzureDataBox525", False, "Not in this country yet.", usable_tb=525),
    )


class FakeGate:
    """Implements `AzureGate` and every door behind it that pages open."""

    def __init__(self) -> None:
        self.accounts: list[StorageAccount] = [
            account("contosobranch042"),
            account("contosoarchive", kind="FileStorage"),
        ]
        self.placed: dict[str, FoundOrder] = {}
        self.actions: tuple[str, ...] = ("*",)
        self.trouble: BackupError | None = None

    def _open(self, *_given: object) -> FakeGate:
        if self.trouble is not None:
            raise self.trouble
        return self

    directory = rights = desk = _open

    def sign_in(
        self,
        wanted: SignIn,
        secret: SignInSecret,
        show: Callable[[DeviceCode], None],
        control: Control | None = None,
    ) -> tuple[str, str]:
        self._open()
        return PERSON, "record"

    def sign_out(self) -> None:
        """Forget nothing: there are no tokens."""

    def prices(
        self, sign_in: SignIn, secret: SignInSecret, meters: Sequence[str], control: Control | None
    ) -> Prices:
        amounts = {"m-disk": 50.0, "m-day": 10.0, "m-box": 250.0}
        return Prices("EUR", amounts, "Azure retail prices", "2026-06-01")

    # --- the directory

    def subscriptions(self) -> Sequence[Subscription]:
        return (Subscription(SUBSCRIPTION, "Branch offices", "tenant", "Enabled"),)

    def resource_groups(self, subscription: str) -> Sequence[ResourceGroup]:
        return (ResourceGroup(GROUP, "westeurope"), ResourceGroup("shared", "westeurope"))

    def storage_accounts(self, subscription: str) -> Sequence[StorageAccount]:
        return self.accounts

    def vaults(self, *_given: object) -> Sequence[Vault]:
        return (Vault(VAULT_ID, "branch-vault", "westeurope"),)

    def account_keys(self, resource_id: str) -> Sequence[str]:
        return ("a2V5", "a2V5Mg==")

    # --- rights

    def permissions(self, scope: str) -> Sequence[Permission]:
        return (Permission(self.actions, ()),)

    def locks(self, scope: str) -> Sequence[object]:
        return ()

    def provider_state(self, subscription: str, namespace: str) -> str:
        return "Registered"

    def clock_ahead_s(self) -> float | None:
        return 0.0

    # --- the desk

    def offers(self, *_given: object) -> Sequence[Offer]:
        return offers()

    def validate(self, *_given: object) -> Sequence[Verdict]:
        return (Verdict("ValidateAddress", "Valid"),)

    def place(self, form: Any, secrets: object, ref: JobRef) -> FoundOrder:
        job = ServiceJob(
            JobFamily.DATA_BOX, "Microsoft.DataBox/jobs", ref.name, "DeviceOrdered", sku=form.sku
        )
        self.placed[ref.name] = FoundOrder(ref, job, form.marker, cancellable=True)
        return self.placed[ref.name]

    def order(self, ref: JobRef) -> FoundOrder | None:
        return self.placed.get(ref.name)


class MemoryOrders:
    """The part of the state that sign-in and orders ask."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptOrder] = {}
        self.signed: SignIn | None = None

    def orders(self) -> Sequence[KeptOrder]:
        return list(self.kept.values())

    def put_order(self, order: KeptOrder) -> None:
        self.kept[order.ref.resource_id.lower()] = order

    def sign_in(self) -> SignIn | None:
        return self.signed

    def put_sign_in(self, sign_in: SignIn | None) -> None:
        self.signed = sign_in

    def plan(self, plan_id: PlanId) -> None:
        return None


class AzureInMemory:
    """The services about Azure over one fake gate; `signed_in` begins with a person."""

    def __init__(
        self, planning: Planning, protection: Protection, clock: object, *, signed_in: bool = False
    ) -> None:
        self.gate, self.state, self.secrets = FakeGate(), MemoryOrders(), MemorySecrets()
        world = replace(
            world_of(self.state, clock),
            azure=self.gate,
            azure_secrets=self.secrets,
            secrets=MemorySecrets(),
            geography=geography(),
            folder=Path("/nowhere"),
            price_table=words.resources() / "prices.json",
            clouds=lambda: _Clouds(),
        )
        self.azure = Azure(world)
        self.destination = DestinationChecks(world, self.azure)
        self.orders = Orders(world, self.azure, Shipments(world, None, None))  # type: ignore[arg-type]
        self.ordering = Ordering(self.azure, self.orders, planning, protection)
        if signed_in:
            self.azure.sign_in(SignIn(CLOUD, SignInMethod.BROWSER), SignInSecret(), lambda _: None)

    @property
    def parts(self) -> Mapping[str, object]:
        """Give the services by their names in `Services`."""
        return {
            "azure": self.azure,
            "destination": self.destination,
            "orders": self.orders,
            "ordering": self.ordering,
        }


class _Clouds:
    def named(self, name: str) -> Cloud:
        if name != "public":
            raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value=name)
        return CLOUD
