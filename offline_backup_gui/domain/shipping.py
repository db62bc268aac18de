"""Who sends drives where, and back to whom: addresses ready to print, carriers, codes to write on.

The datacenter's address is Azure's word alone (of the job, or of the service's location list);
the program knows none. What sites and countries ask for beside it is in `shipping_rules`.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace


class Postal(Struct, frozen=True):
    """An address as it is printed: lines from the name to the country, phone, e-mails."""

    lines: tuple[str, ...]
    country: str = ""  # as it was written: a code or a name
    phone: str = ""
    emails: tuple[str, ...] = ()


class Site(Struct, frozen=True):
    """A datacenter that takes drives, as Azure describes it.

    `address` has no lines where Azure gives an `instruction` in its stead. `carriers` are those it
    lists for the way back, `others` the locations it names instead of a closed one.
    """

    address: Postal
    name: str = ""
    information: str = ""
    instruction: str = ""
    carriers: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class Code(StrEnum):
    """What may have to stand on the parcel beside the address."""

    INBOUND_ID = "inbound-id"
    TAU_CODE = "tau-code"
    RETURN_CODE = "return-code"
    AUTHORIZATION = "authorization"


class JobShipping(Struct, frozen=True):
    """What a job's body, or a form, says of the way there and back.

    `account_number` is the customer's with the carrier back; Azure takes it and never shows it.
    """

    home: Postal | None = None
    site: Site | None = None
    return_carrier: str = ""
    account_number: str = ""
    region: str = ""

    def over(self, other: JobShipping) -> JobShipping:
        """Fill what is not known here with what is known there."""
        return replace(
            self,
            home=self.home or other.home,
            site=self.site or other.site,
            return_carrier=self.return_carrier or other.return_carrier,
            account_number=self.account_number or other.account_number,
            region=self.region or other.region,
        )


class ShippingNotes(Struct, frozen=True):
    """What this computer keeps for the papers of a plan: the form's part, and codes that came."""

    form: JobShipping = JobShipping()
    codes: dict[Code, str] = {}


# Countries that write the postal code before the town, as most of Europe does (Universal Postal
# Union, addressing guides); the others get town, state and code on one line.
_CODE_FIRST = frozenset(
    {"AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"}
    | {"IL", "IS", "IT", "LT", "LU", "LV", "MX", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"}
    | {"AUSTRIA", "BELGIUM", "DENMARK", "FINLAND", "FRANCE", "GERMANY", "ITALY", "NETHERLANDS"}
    | {"NORWAY", "POLAND", "PORTUGAL", "SPAIN", "SWEDEN", "SWITZERLAND"}
)


def postal_lines(
    names: tuple[str, ...],
    streets: tuple[str, ...],
    town: tuple[str, str, str],
    country: tuple[str, str],
) -> tuple[str, ...]:
    """Set an address as its country writes it.

    `town` is city, state and postal code, `country` the code or name as written and the name to
    print. Nothing is left out; what is said twice is printed once.
    """
    city, state, code = (part.strip() for part in town)
    written, shown = (part.strip() for part in country)
    if written.upper() in _CODE_FIRST:
        place = [" ".join(filter(None, (code, city))), state]
    else:
        place = [", ".join(filter(None, (city, " ".join(filter(None, (state, code))))))]
    found: list[str] = []
    for line in (*names, *streets, *place, shown.upper()):
        plain = " ".join(line.split())
        if plain and plain not in found:
            found.append(plain)
    return tuple(found)
