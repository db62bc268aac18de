"""What has to be done, packed and written on before drives or a device leave; pure.

Rules by route: storage-import-export-service-faq.md (2020-03-12),
backup-azure-backup-import-export.md (2022-12-05), data-box-disk-deploy-picked-up.md (2023-01-23),
data-box-prepare-to-ship.md (2022-07-21). What sites and countries ask for comes from `Geography`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.geography import Geography
from offline_backup_gui.domain.papers import CheckGroup, CheckLine
from offline_backup_gui.domain.plan import Route
from offline_backup_gui.domain.shipping import Code, JobShipping

# Every key of a line, so that a test can see that each has its sentence.
CHECKS = (
    "unchanged", "drives-only", "padded", "one-parcel", "label-outside", "slip-inside",
    "ejected", "original-box", "cables", "label-of-azure", "site-on-label",
    "prepared", "reference-number", "bom", "powered-off", "label-on-device",
    "cable-usb", "cable-sata", "cable-power", "cable-network", "cable-else",
    "inbound-id-may-be-asked", "gate-pass-data", "delivery-challan", "customs", "account-abroad",
    "return-account", "return-account-open", "carrier-of-site",
    "tracking-number", "tracking-number-open", "arrives-soon", "return-in-time",
    "call-or-drop-off", "book-online", "reference-code-and-book-online", "email-pickup",
    "hotline-or-email", "email-operations", "self-managed", "self-managed-possible",
    "ask-azure-how",
    "tau-code", "return-code", "inbound-id", "e-waybill", "challan", "nota-fiscal", "photo-id",
    "consignment-note", "service-request-number", "reverse-tracking-number", "waybill-number",
)  # fmt: skip
GROUPS = ("pack", "cables", "country", "carrier", "afterwards")
_SPOKEN = {"USA": "US", "UNITED STATES OF AMERICA": "US", "UK": "GB", "ENGLAND": "GB"}
_CODE_BY_ASK = {"tau-code": Code.TAU_CODE, "return-code": Code.RETURN_CODE,
                "inbound-id": Code.INBOUND_ID}  # fmt: skip


class Leaving(Struct, frozen=True):
    """What the rules look at: `office` is a country code, `number_by` the number's last day."""

    route: Route
    shipping: JobShipping
    office: str = ""
    carrier: str = ""
    number_by: date | None = None
    return_by: date | None = None


def country_of(geography: Geography, leaving: Leaving) -> str:
    """Give the country of the datacenter as a code; "" when nothing tells it."""
    site = leaving.shipping.site
    said = site.address.country if site is not None else ""
    found = country_code(geography, said)
    if found:
        return found
    region = geography.region((site.name if site else "") or leaving.shipping.region)
    return region.country if region is not None else ""


def country_code(geography: Geography, said: str) -> str:
    """Find the code of a country that Azure writes as code or as name; "" when it is neither."""
    plain = said.strip().upper()
    if plain in geography.country_names:
        return plain
    if plain in _SPOKEN:
        return _SPOKEN[plain]
    names = {name.upper(): code for code, name in geography.country_names.items()}
    return names.get(plain, "")


def codes_of(geography: Geography, leaving: Leaving) -> tuple[Code, ...]:
    """Name what may have to be written on the parcel."""
    if leaving.route is Route.IMPORT_EXPORT:
        return (Code.INBOUND_ID,)
    back = geography.device_return(leaving.office)
    asks = back.asks if back is not None else ()
    codes = [_CODE_BY_ASK[ask] for ask in asks if ask in _CODE_BY_ASK]
    return (*codes, Code.AUTHORIZATION) if _self_managed(geography, leaving) else tuple(codes)


def groups_of(geography: Geography, leaving: Leaving) -> tuple[CheckGroup, ...]:
    """Give everything to tick, in the order in which it is done."""
    lines = _own if leaving.route is Route.IMPORT_EXPORT else _device
    by_group: dict[str, list[CheckLine]] = {group: [] for group in GROUPS}
    for group, key, gaps in lines(geography, leaving):
        by_group[group].append(CheckLine(key, gaps))
    return tuple(CheckGroup(key, tuple(found)) for key, found in by_group.items() if found)


_Line = tuple[str, str, dict[str, str]]


def _own(geography: Geography, leaving: Leaving) -> Iterator[_Line]:
    """Own drives: Azure Import/Export."""
    for key in ("unchanged", "drives-only", "padded", "one-parcel", "slip-inside", "label-outside"):
        yield "pack", key, {}
    site = country_of(geography, leaving)
    for extra in geography.site_extras(site):
        yield "country", extra, {}
    abroad = bool(site and leaving.office and site != leaving.office)
    if abroad:
        yield "country", "customs", {}
    back = leaving.shipping
    known = {"carrier": back.return_carrier, "account": back.account_number}
    if back.return_carrier and back.account_number:
        yield "carrier", "return-account", known
    else:
        yield "carrier", "return-account-open", {}
    if abroad:
        yield "carrier", "account-abroad", {}
    carriers = carriers_of(geography, leaving)
    if carriers:
        yield "carrier", "carrier-of-site", {"carriers": ", ".join(carriers)}
    if leaving.number_by is not None:
        yield "afterwards", "tracking-number", {"date": f"{leaving.number_by:%Y-%m-%d}"}
    else:
        yield "afterwards", "tracking-number-open", {}
    yield "afterwards", "arrives-soon", {}


def _device(geography: Geography, leaving: Leaving) -> Iterator[_Line]:
    """Devices of Microsoft on their way back."""
    disk = leaving.route is Route.DATA_BOX_DISK
    first = ("ejected",) if disk else ("prepared", "reference-number", "bom", "powered-off")
    label = ("label-of-azure",) if disk else ("label-on-device", "label-of-azure")
    for key in (*first, "original-box", "cables", *label, "site-on-label"):
        yield "pack", key, {}
    cables = ("cable-usb", "cable-sata") if disk else ("cable-power", "cable-network")
    for key in (*cables, "cable-else"):
        yield "cables", key, {}
    back = geography.device_return(leaving.office)
    if back is None:
        yield "carrier", "ask-azure-how", {}
    else:
        for ask in back.asks:
            yield "country", ask, {}
        yield "carrier", back.how, {"carrier": back.carrier}
    if _self_managed(geography, leaving):
        yield "carrier", "self-managed-possible", {}
    gaps = {"date": f"{leaving.return_by:%Y-%m-%d}"} if leaving.return_by else {"date": "____"}
    yield "afterwards", "return-in-time", gaps


def _self_managed(geography: Geography, leaving: Leaving) -> bool:
    back = geography.device_return(leaving.office)
    return geography.ships_itself(leaving.office) and (back is None or back.how != "self-managed")


def carriers_of(geography: Geography, leaving: Leaving) -> tuple[str, ...]:
    """Name who brings drives back: as Azure lists it for the site, else as published for it."""
    site = leaving.shipping.site
    if site is not None and site.carriers:
        return site.carriers
    return geography.carriers(country_of(geography, leaving))


def open_ends(geography: Geography, leaving: Leaving) -> Iterator[Finding]:
    """Tell what is still missing on the papers, or does not fit."""
    if leaving.route is not Route.IMPORT_EXPORT:
        return
    shipping = leaving.shipping
    if shipping.site is None or not shipping.site.address.lines:
        told = shipping.site.instruction if shipping.site else ""
        yield Finding(FindingCode.SITE_UNKNOWN, Severity.WARNING, {"instruction": told or "–"})
    elif shipping.site.others and not _is_among(shipping.site.name, shipping.site.others):
        yield Finding(
            FindingCode.SITE_ELSEWHERE,
            Severity.WARNING,
            {"site": shipping.site.name, "others": shipping.site.others},
        )
    if shipping.home is None:
        yield Finding(FindingCode.RETURN_ADDRESS_MISSING, Severity.WARNING)
    carriers = carriers_of(geography, leaving)
    if not shipping.return_carrier or not shipping.account_number:
        yield Finding(FindingCode.RETURN_ACCOUNT_MISSING, Severity.WARNING)
    if shipping.return_carrier and carriers and not _is_among(shipping.return_carrier, carriers):
        yield Finding(
            FindingCode.CARRIER_NOT_AT_SITE,
            Severity.WARNING,
            {"carrier": shipping.return_carrier, "carriers": carriers},
        )


def _is_among(name: str, names: tuple[str, ...]) -> bool:
    plain = "".join(name.split()).lower()
    listed = ["".join(one.split()).lower() for one in names]
    return any(plain.startswith(one) or one.startswith(plain) for one in listed if one and plain)
