"""Which page follows a parcel, and which addresses are not to be trusted."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.carriers import CARRIERS, carrier_of, link_of

EVERY_NAME = [name for carrier in CARRIERS for name in carrier.names]


@pytest.mark.parametrize("name", EVERY_NAME)
def test_every_carrier_has_an_https_page_of_its_own(name: str) -> None:
    carrier = carrier_of(name)
    assert carrier is not None
    parts = urlsplit(link_of(name, "1Z999"))
    assert parts.scheme == "https"
    assert any((parts.hostname or "").endswith(host) for host in carrier.hosts)
    assert "1Z999" in f"{parts.path}?{parts.query}"


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("FEDEX", "FedEx"),
        ("DHL Express", "DHL"),
        ("dhl-express", "DHL"),
        ("Blue-Dart", "Blue Dart"),
        ("bluedart", "Blue Dart"),
        (" ups ", "UPS"),
        ("Cupserve", None),
        ("Upsala Freight", None),
        ("", None),
    ],
)
def test_a_carrier_is_known_however_people_write_it(written: str, known: str | None) -> None:
    found = carrier_of(written)
    assert (found.names[0] if found else None) == known


@given(number=st.text(min_size=1, max_size=40))
def test_a_number_never_leaves_its_place_in_the_address(number: str) -> None:
    for carrier in CARRIERS:
        link = link_of(carrier.names[0], number)
        if not number.strip():
            assert link == ""
            continue
        parts, plain = urlsplit(link), urlsplit(carrier.page)
        assert (parts.scheme, parts.netloc, parts.fragment) == ("https", plain.netloc, "")
        if "{number}" in plain.query:
            wanted = next(one for one in plain.query.split("&") if "{number}" in one)
            key = wanted.partition("=")[0]
            assert parse_qs(parts.query, keep_blank_values=True)[key] == [number.strip()]
            assert parts.query.count("&") == plain.query.count("&")


def test_an_address_of_azure_counts_when_it_leads_to_that_carrier() -> None:
    own = "https://wwwapps.ups.com/tracking?num=1Z999"
    assert link_of("UPS", "1Z999", own) == own


@pytest.mark.parametrize(
    "link",
    [
        "http://www.ups.com/track?num=1",
        "https://ups.com.parcels.example/track",
        "https://notups.com/track",
        "https://www.fedex.com/track?num=1",
        "https://ups.com@parcels.example/",
        "https://parcels.example/ups.com",
        "https://www.ups.com:8443/track",
        "https://www.ups.com\\@parcels.example/",
        "https://www.üps.com/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://[::1",
        "https://www.ups.com/\n",
    ],
)
def test_any_other_address_of_azure_is_not_opened(link: str) -> None:
    assert link_of("UPS", "1Z999", link) == "https://www.ups.com/track?tracknum=1Z999"


def test_of_an_unknown_carrier_nothing_is_opened() -> None:
    assert link_of("Parcel Post", "1", "https://www.ups.com/track") == ""
