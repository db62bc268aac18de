"""Where a parcel can be followed: the carriers' own pages, and which addresses of Azure to trust.

The addresses are the carriers' public tracking pages as of November 2026. A page that moves costs
one click more and nothing else: the number always stands beside the link.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from msgspec import Struct


class Carrier(Struct, frozen=True):
    """A carrier: `names` as people and Azure write it, its hosts, its page with `{number}`."""

    names: tuple[str, ...]
    hosts: tuple[str, ...]
    page: str


CARRIERS = (
    Carrier(
        ("UPS", "United Parcel Service"),
        ("ups.com",),
        "https://www.ups.com/track?tracknum={number}",
    ),
    Carrier(
        ("FedEx", "Federal Express"),
        ("fedex.com",),
        "https://www.fedex.com/fedextrack/?trknbr={number}",
    ),
    Carrier(
        ("DHL",),
        ("dhl.com", "dhl.de"),
        "https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}",
    ),
    Carrier(
        ("TNT",),
        ("tnt.com",),
        "https://www.tnt.com/express/en_gc/site/shipping-tools/tracking.html?searchType=con&cons={number}",
    ),
    Carrier(
        ("Blue Dart", "BlueDart"),
        ("bluedart.com",),
        "https://www.bluedart.com/trackdartresultthirdparty?trackFor=0&trackNo={number}",
    ),
    Carrier(
        ("Purolator",),
        ("purolator.com",),
        "https://www.purolator.com/en/shipping/tracker?pin={number}",
    ),
    Carrier(
        ("USPS", "United States Postal Service"),
        ("usps.com",),
        "https://tools.usps.com/go/TrackConfirmAction?tLabels={number}",
    ),
    Carrier(
        ("StarTrack",), ("startrack.com.au",), "https://startrack.com.au/track/details/{number}"
    ),
)


def carrier_of(name: str) -> Carrier | None:
    """Find a carrier by what was written: "FEDEX Express" and "Blue-Dart" are known, too."""
    said = _letters(name)
    for carrier in CARRIERS:
        for known in carrier.names:
            # A word at the beginning: "DHL Express" is DHL, "Cupserve" is not UPS.
            if re.match(rf"{_letters(known)}(?![a-z])", said) or said.replace(" ", "") == _letters(
                known
            ).replace(" ", ""):
                return carrier
    return None


def link_of(carrier_name: str, number: str, azure_link: str = "") -> str:
    """Give a page that follows a parcel; empty when there is none that can be trusted.

    Azure's own link counts when it is https and leads to that carrier.
    """
    carrier, number = carrier_of(carrier_name), number.strip()
    if carrier is None:
        return ""
    if azure_link and _leads_to(carrier, azure_link):
        return azure_link
    return carrier.page.format(number=quote(number, safe="")) if number else ""


def _leads_to(carrier: Carrier, link: str) -> bool:
    try:
        parts = urlsplit(link)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    # A name before the host ("https://ups.com@elsewhere") or odd letters are for misleading.
    plain = link.isascii() and link.isprintable() and "@" not in parts.netloc and "\\" not in link
    own = any(host == one or host.endswith(f".{one}") for one in carrier.hosts)
    return parts.scheme == "https" and plain and own and port in (None, 443)


def _letters(name: str) -> str:
    """Write a name in small letters, with one space for whatever stands between words."""
    return re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()
