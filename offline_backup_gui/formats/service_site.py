"""Reads who sends where out of Azure's answers: a job's addresses, a location of the service; pure.

Shapes: datacenterAddress of Data Box jobs and of regionConfiguration (2023-12-01 to 2025-07-01),
shippingInformation and returnAddress of Import/Export jobs, its locations (2016-11-01 to
2021-01-01). What is of another type counts as not given.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.shipping import JobShipping, Postal, Site, postal_lines
from offline_backup_gui.formats.service_values import Fields

_MAX_BYTES = 8 << 20


def box_shipping(details: Fields, region: str) -> JobShipping:
    """Read the addresses in the details of a Data Box job, own drives included."""
    back = details.inner("returnToCustomerPackageDetails")
    return JobShipping(
        home=_box_home(details.inner("shippingAddress"), details.inner("contactDetails")),
        site=box_site(details.inner("datacenterAddress"), region),
        return_carrier=back.text("carrierName"),
        account_number=back.text("carrierAccountNumber"),
        region=region,
    )


def old_shipping(properties: Fields, region: str) -> JobShipping:
    """Read the addresses in the properties of an older import job."""
    back = properties.inner("returnShipping")
    home = properties.inner("returnAddress")
    return JobShipping(
        home=_old_postal(home),
        site=old_site(properties.inner("shippingInformation"), region),
        return_carrier=back.text("carrierName"),
        account_number=back.text("carrierAccountNumber"),
        region=region,
    )


def box_site(found: Fields, name: str) -> Site | None:
    """Read a datacenterAddress; None when there is neither an address nor an instruction."""
    instruction = found.text("communicationInstruction")
    country = found.text("country")
    lines = postal_lines(
        (found.text("company"), found.text("contactPersonName")),
        (found.text("street1"), found.text("street2"), found.text("street3")),
        (found.text("city"), found.text("state"), found.text("zip")),
        (country, country),
    )
    if not (lines or instruction):
        return None
    phone = " ".join(filter(None, (found.text("phone"), found.text("phoneExtension"))))
    return Site(
        Postal(lines, country, phone),
        name=found.text("dataCenterAzureLocation") or name,
        information=found.text("additionalShippingInformation"),
        instruction=instruction,
        carriers=found.texts("supportedCarriersForReturnShipment"),
    )


def old_site(found: Fields, name: str) -> Site | None:
    """Read a location, or the shippingInformation of a job."""
    address = _old_postal(found)
    if address is None:
        return None
    said = found.text("additionalShippingInformation") or found.text("additionalInformation")
    others = (one.rpartition("/")[2] for one in found.texts("alternateLocations"))
    return Site(
        address,
        name=name,
        information=said,
        carriers=found.texts("supportedCarriers"),
        others=tuple(others),
    )


def _box_home(address: Fields, contact: Fields) -> Postal | None:
    country = address.text("country")
    lines = postal_lines(
        (contact.text("contactName"), address.text("companyName")),
        tuple(address.text(f"streetAddress{number}") for number in (1, 2, 3)),
        (
            address.text("city"),
            address.text("stateOrProvince"),
            "-".join(filter(None, (address.text("postalCode"), address.text("zipExtendedCode")))),
        ),
        (country, country),
    )
    if not address.text("streetAddress1"):
        return None
    phone = " ".join(filter(None, (contact.text("phone"), contact.text("phoneExtension"))))
    return Postal(lines, country, phone, contact.texts("emailList"))


def _old_postal(found: Fields) -> Postal | None:
    if not found.text("streetAddress1"):
        return None
    country = found.text("countryOrRegion")
    lines = postal_lines(
        (found.text("recipientName"),),
        (found.text("streetAddress1"), found.text("streetAddress2")),
        (found.text("city"), found.text("stateOrProvince"), found.text("postalCode")),
        (country, country),
    )
    mail = found.text("email")
    return Postal(lines, country, found.text("phone"), (mail,) if mail else ())


def read_sites(data: bytes, label: str) -> tuple[Site, ...]:
    """Read locations out of a saved answer: one, a list, a regionConfiguration, an example.

    AZURE_ANSWER_UNREADABLE when there is none in it; `label` names it.
    """
    if len(data) > _MAX_BYTES:
        raise BackupError(ErrorCode.AZURE_ANSWER_UNREADABLE, name=label, why="too large")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        why = str(error) or type(error).__name__
        raise BackupError(ErrorCode.AZURE_ANSWER_UNREADABLE, name=label, why=why) from error
    sites = sites_in(found)
    if not sites:
        raise BackupError(ErrorCode.AZURE_ANSWER_UNREADABLE, name=label, why="no location in it")
    return sites


def sites_in(found: object) -> tuple[Site, ...]:
    """Give the locations in an answer, in any of the shapes of `read_sites`."""
    return tuple(_sites(found, 0))


def _sites(found: object, depth: int) -> Iterator[Site]:
    if depth > 6:
        return
    if isinstance(found, list):
        for one in found:
            yield from _sites(one, depth + 1)
    elif isinstance(found, Mapping):
        fields = Fields(found)
        name = fields.text("name") or fields.text("location")
        site = (
            box_site(fields.inner("datacenterAddressResponse"), name)
            or old_site(fields.inner("properties"), name)
            or (None if fields.has("properties") else old_site(fields, name))
        )
        if site is not None:
            yield site
            return
        for key in ("value", "body", "responses", "200"):
            yield from _sites(fields.raw(key), depth + 1)
