"""What the wizard asks before an order: the place in Azure, address and contact; plain data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{4,}")
# Limits of the service (arm-databox, ShippingAddress and ContactDetails: 35 letters a line).
MOST_LETTERS = 35


class AzurePlace(Struct, frozen=True):
    """What was chosen from the lists of a sign-in. `account_id` and `vault_id` are resource ids,
    `region` is as Azure writes it ("westeurope"); `listed` tells this from what was typed."""

    subscription: str = ""
    account_id: str = ""
    vault_id: str = ""
    region: str = ""
    listed: bool = False


class OrderFields(Struct, frozen=True):
    """The order form as it is being filled in; every field may be empty. `emails` are typed in one
    line."""

    group: str = ""
    model: str = ""
    company: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    residential: bool = False
    contact: str = ""
    phone: str = ""
    extension: str = ""
    emails: str = ""
    carrier: str = ""  # who brings own drives back
    carrier_account: str = ""
    backup_manifest: bool = False

    @property
    def email_list(self) -> tuple[str, ...]:
        """Give each address; commas, semicolons and spaces part them."""
        return tuple(one for one in re.split(r"[;,\s]+", self.emails) if one)


class Flaw(StrEnum):
    """What is wrong with a field, as words keys below `order.flaw`."""

    MISSING = "missing"
    TOO_LONG = "too-long"
    NO_EMAIL = "no-email"
    NO_PHONE = "no-phone"


_NEEDED = ("street", "city", "postal_code", "country", "contact", "phone", "emails")
_BOUNDED = ("company", "street", "street2", "city", "state", "contact")
# Where parcels need a state or province to arrive (statesRequired in arm-databox is not told;
# the portal asks for it in these countries).
_WITH_STATES = frozenset({"US", "CA", "AU", "BR", "IN", "MX"})


def flaws(fields: OrderFields) -> Iterator[tuple[str, Flaw]]:
    """Yield (field, what is wrong) in the order of the form."""
    for name in fields.__struct_fields__:
        value = getattr(fields, name)
        if not isinstance(value, str):
            continue
        value = value.strip()
        if not value:
            if name in _NEEDED or (name == "state" and fields.country in _WITH_STATES):
                yield name, Flaw.MISSING
        elif name in _BOUNDED and len(value) > MOST_LETTERS:
            yield name, Flaw.TOO_LONG
        elif name == "phone" and not _PHONE.fullmatch(value):
            yield name, Flaw.NO_PHONE
        elif name == "emails" and not all(_EMAIL.fullmatch(one) for one in fields.email_list):
            yield name, Flaw.NO_EMAIL


def return_flaws(fields: OrderFields) -> Iterator[tuple[str, Flaw]]:
    """Yield what the way back of own drives lacks: its carrier, and the account that pays it."""
    for name in ("carrier", "carrier_account"):
        if not getattr(fields, name).strip():
            yield name, Flaw.MISSING
