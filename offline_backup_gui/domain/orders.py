"""Orders of devices and import jobs with own drives: what is asked for and what is offered.

What Azure made of it is a `service_job.ServiceJob`. Secrets stand in `OrderSecrets` alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.service_job import ServiceJob
from offline_backup_gui.domain.shipment import ServiceFact
from offline_backup_gui.domain.shipping import JobShipping, Postal, postal_lines

# Azure's own names of what can be ordered (arm-databox, SkuName).
DISK, BOX, OWN_DRIVES = "DataBoxDisk", "DataBox", "DataBoxCustomerDisk"
SKU_BY_DEVICE = {"data-box-disk": DISK, "data-box": BOX, "own-drives": OWN_DRIVES}
# A job's name has 3 to 24 characters: letters, digits, hyphens.
_NAME_MOST = 24
MOST_OWN_DRIVES = 10  # a job: storage-import-export-requirements.md, 2022-05-19


class JobRef(Struct, frozen=True):
    """Where an order stands: the three parts of its address in Azure."""

    subscription: str
    group: str
    name: str

    @property
    def resource_id(self) -> str:
        """Give the whole address."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            f"/providers/Microsoft.DataBox/jobs/{self.name}"
        )


class Meter(Struct, frozen=True):
    """One fee of an offer: its meter, what it is for (Azure's word), how often it counts."""

    meter_id: str
    kind: str
    multiplier: float


class Offer(Struct, frozen=True):
    """A device that can be ordered for a country and region; only enabled ones are orderable.

    `usable_tb` is for one device, as Azure tells it; None when it tells nothing.
    """

    sku: str
    model: str
    enabled: bool
    reason: str = ""
    usable_tb: float | None = None
    meters: tuple[Meter, ...] = ()
    regions: tuple[str, ...] = ()


class Address(Struct, frozen=True):
    """Where a device goes to, or own drives come back to. `country` has two letters."""

    street: str
    city: str
    postal_code: str
    country: str
    state: str = ""
    company: str = ""
    street2: str = ""
    street3: str = ""
    kind: str = "Commercial"  # or Residential


class Contact(Struct, frozen=True):
    """Who is called and written to."""

    name: str
    phone: str
    emails: tuple[str, ...]
    extension: str = ""


class OwnDrive(Struct, frozen=True):
    """One own drive of an import job: `manifest_hash` is the MD5 of the manifest in hex."""

    serial: str
    manifest_file: str
    manifest_hash: str


class ReturnCarrier(Struct, frozen=True):
    """Who brings own drives back, on whose account."""

    name: str
    account_number: str


class OrderForm(Struct, frozen=True):
    """What the admin fills in. `key` tells this order from others of the same admin."""

    key: str
    subscription: str
    group: str
    region: str
    sku: str
    storage_account: str
    address: Address
    contact: Contact
    model: str = ""
    expected_tb: int | None = None
    drives: tuple[OwnDrive, ...] = ()
    return_carrier: ReturnCarrier | None = None
    plan_id: PlanId | None = None
    backup_manifest: bool = False  # Azure keeps a copy of each drive manifest in the account
    job_name: str = ""  # what an agent was told, and asks Azure for; else the name is made of `key`

    def ref(self, number: int) -> JobRef:
        """Name the order: the same form gives the same names, on this computer as on another.

        A name that was given stays the same, whatever the number: nobody asks for another.
        """
        if self.job_name:
            return JobRef(self.subscription, self.group, self.job_name)
        identity = "\n".join((self.subscription, self.group, self.key, self.sku)).lower()
        digest = hashlib.blake2b(identity.encode(), digest_size=4).hexdigest()
        tail = f"-{digest}-{number}"
        readable = re.sub(r"[^a-z0-9]+", "-", self.key.lower()).strip("-") or "order"
        return JobRef(
            self.subscription,
            self.group,
            readable[: _NAME_MOST - len(tail)].strip("-") + tail,
        )

    @property
    def marker(self) -> str:
        """Give what marks an order as made from this form; it travels as a tag."""
        identity = "\n".join((self.subscription, self.group, self.key, self.sku)).lower()
        return hashlib.blake2b(identity.encode(), digest_size=12, person=b"marker").hexdigest()


class OrderSecrets(Struct, frozen=True):
    """What an order carries and nobody may see: passkey, device password, BitLocker keys."""

    passkey: str = ""
    device_password: str = ""
    bitlocker_key_by_serial: dict[str, str] = {}

    def __repr__(self) -> str:
        """Show nothing."""
        return "OrderSecrets(…)"

    def words(self) -> tuple[str, ...]:
        """Give everything that must appear nowhere."""
        given = (self.passkey, self.device_password, *self.bitlocker_key_by_serial.values())
        return tuple(word for word in given if word)


class Verdict(Struct, frozen=True):
    """What Azure says to one part of a form: its own word ("Valid"), and why not."""

    what: str
    verdict: str
    reason: str = ""

    @property
    def good(self) -> bool:
        """Say whether nothing is to be changed; a word we do not know is not good."""
        return self.verdict == "Valid"


class Pickup(Struct, frozen=True):
    """When and where a carrier may fetch a device."""

    start: datetime
    end: datetime
    place: str


class PickupAnswer(Struct, frozen=True):
    """What the carrier said."""

    confirmation: str
    ready_by: str


class KeptPickup(Struct, frozen=True):
    """A carrier that was asked to come; `answer` is None when none is known."""

    wanted: Pickup
    asked_at: datetime
    answer: PickupAnswer | None = None


class Credential(Struct, frozen=True):
    """Something that opens a device: what it is, whose, the user's name, and the secret."""

    what: str  # passkey, device-password, share-password
    where: str
    user: str
    secret: str

    def __repr__(self) -> str:
        """Show everything but the secret."""
        return f"Credential({self.what}, {self.where}, {self.user}, …)"


class FoundOrder(Struct, frozen=True):
    """An order as Azure has it, with our marker ("" when it was not made here)."""

    ref: JobRef
    job: ServiceJob
    marker: str = ""
    cancellable: bool = False


class OrderState(StrEnum):
    """What we asked for; what is true is Azure's answer, kept beside it."""

    INTENDED = "intended"  # written down before the request leaves
    PLACED = "placed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    BY_HAND = "by-hand"  # ordered in the portal, told to us


class KeptOrder(Struct, frozen=True):
    """An order as this computer remembers it. `found` is Azure's newest answer."""

    ref: JobRef
    key: str
    sku: str
    region: str
    state: OrderState
    at: datetime
    model: str = ""
    plan_id: PlanId | None = None
    found: ServiceJob | None = None
    seen_at: datetime | None = None
    typed: tuple[ServiceFact, ...] = ()
    pickup: KeptPickup | None = None  # the newest

    @property
    def closed(self) -> bool:
        """Say whether another order of the same form may follow."""
        return self.state in (OrderState.REFUSED, OrderState.CANCELLED)


def next_number(kept: Sequence[KeptOrder]) -> int:
    """Give the number of the order to look for: the open one, else the next."""
    for number, order in enumerate(kept, 1):
        if not order.closed:
            return number
    return len(kept) + 1


def shipping_of(form: OrderForm, country_name: str) -> JobShipping:
    """Give what a form says of the way: the address to come back to, and the carrier back."""
    address, contact, back = form.address, form.contact, form.return_carrier
    lines = postal_lines(
        (contact.name, address.company),
        (address.street, address.street2, address.street3),
        (address.city, address.state, address.postal_code),
        (address.country, country_name),
    )
    phone = " ".join(filter(None, (contact.phone, contact.extension)))
    return JobShipping(
        home=Postal(lines, address.country, phone, contact.emails),
        return_carrier=back.name if back else "",
        account_number=back.account_number if back else "",
        region=form.region,
    )
