"""The published comparison of the two transfer options, as data with source and date per row.

Cells hold terms (keys for `words`), published names and byte counts, never sentences. Prices are
not here: they change too often to be code; who pays for what is.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from offline_backup_gui.domain import published
from offline_backup_gui.domain.plan import Route
from offline_backup_gui.domain.published import Origin


class RowKey(StrEnum):
    """The rows: the first eight are the published table in its order, the rest decides too."""

    MODELS = "models"
    LIMIT = "limit"
    SECURITY = "security"
    STAGING = "staging"
    REGIONS = "regions"
    CROSS_COUNTRY = "cross-country"
    LOGISTICS = "logistics"
    PRICING = "pricing"
    DEVICES = "devices"
    OPERATING_SYSTEMS = "operating-systems"
    LIABILITY = "liability"
    RETIREMENT = "retirement"


class Term(StrEnum):
    """What a cell says, as a key; `words` has the sentence."""

    MODEL_MARS = "mars"
    MODEL_MABS = "mabs"
    MODEL_DPM = "dpm"
    UP_TO_10_DISKS_OF_8_TB = "up-to-10-disks-of-8-tb"
    ONE_DEVICE_EACH = "one-device-each"
    DATA_AES_256 = "data-aes-256"
    DATA_BITLOCKER = "data-bitlocker"
    DEVICE_RUGGED_CREDENTIALS = "device-rugged-credentials"
    SERVICE_AZURE_SECURITY = "service-azure-security"
    STAGING_NOT_REQUIRED = "staging-not-required"
    STAGING_AT_LEAST_BACKUP_SIZE = "staging-at-least-backup-size"
    REGIONS_DATA_BOX_DISK = "regions-data-box-disk"
    REGIONS_DATA_BOX = "regions-data-box"
    REGIONS_IMPORT_EXPORT = "regions-import-export"
    CROSS_COUNTRY_NOT_SUPPORTED = "cross-country-not-supported"
    CROSS_COUNTRY_SUPPORTED = "cross-country-supported"
    FOOTNOTE_NO_DATACENTER = "footnote-no-datacenter"
    MICROSOFT_MANAGED = "microsoft-managed"
    CUSTOMER_MANAGED = "customer-managed"
    FEE_PER_ORDER_AND_DAY = "fee-per-order-and-day"
    FEE_PER_DRIVE = "fee-per-drive"
    SHIPPING_CHARGED_BY_MICROSOFT = "shipping-charged-by-microsoft"
    SHIPPING_PAID_BY_CUSTOMER = "shipping-paid-by-customer"
    STORAGE_TRANSACTIONS = "storage-transactions"
    SSD_8_TB_USB_OR_SATA = "ssd-8-tb-usb-or-sata"
    UP_TO_5_DISKS_AN_ORDER = "up-to-5-disks-an-order"
    APPLIANCE_NETWORK_SHARE = "appliance-network-share"
    OWN_SATA_DRIVES = "own-sata-drives"
    SECTORS_512_BYTES = "sectors-512-bytes"
    NO_USB_DRIVES = "no-usb-drives"
    LOSS_IS_CHARGED = "loss-is-charged"
    NO_LIABILITY_IN_TRANSIT = "no-liability-in-transit"
    CUSTOMER_OWN_RISK = "customer-own-risk"
    NONE_KNOWN = "none-known"


class TableRow(Struct, frozen=True):
    """One row: a tuple of terms, published names and byte counts (int) per route."""

    key: RowKey
    data_box_disk: tuple[str | int, ...]
    data_box: tuple[str | int, ...]
    import_export: tuple[str | int, ...]
    origin: Origin
    published: bool = True

    def cell(self, route: Route) -> tuple[str | int, ...]:
        """Give the cell of one route."""
        return {
            Route.DATA_BOX_DISK: self.data_box_disk,
            Route.DATA_BOX: self.data_box,
            Route.IMPORT_EXPORT: self.import_export,
        }[route]

    def as_json(self) -> dict[str, object]:
        """Give the shape `offline-backup routes --json` prints."""
        return {
            "key": self.key.value,
            "published": self.published,
            "cells": {route.value: [_plain(item) for item in self.cell(route)] for route in Route},
            "source": self.origin.document,
            "date": self.origin.date,
        }


def _plain(item: str | int) -> str | int:
    return item if isinstance(item, int) else str(item)


_AGENTS = (Term.MODEL_MARS, Term.MODEL_MABS, Term.MODEL_DPM)
_BOX_SECURITY = (
    Term.DATA_AES_256,
    Term.DEVICE_RUGGED_CREDENTIALS,
    Term.SERVICE_AZURE_SECURITY,
)
_BOX_BORDERS = (Term.CROSS_COUNTRY_NOT_SUPPORTED, Term.FOOTNOTE_NO_DATACENTER)
_BOX_PRICE = (
    Term.FEE_PER_ORDER_AND_DAY,
    Term.SHIPPING_CHARGED_BY_MICROSOFT,
    Term.STORAGE_TRANSACTIONS,
)
_AGENT_SYSTEMS = (
    "Windows 7 to 10 (64-bit)",
    "Windows Server 2008 SP2 to 2019 (64-bit)",
    "Windows Storage Server 2012 to 2016 (64-bit)",
)
_DISK_TOOL_SYSTEMS = (
    "Windows 7 to 10 (64-bit, with BitLocker)",
    "Windows Server 2008 R2 to 2012 R2 (64-bit)",
)

ROWS: tuple[TableRow, ...] = (
    TableRow(RowKey.MODELS, _AGENTS, _AGENTS, _AGENTS, published.OVERVIEW),
    TableRow(
        RowKey.LIMIT,
        (published.DATA_BOX_DISK_LIMIT_BYTES, Term.ONE_DEVICE_EACH),
        (published.DATA_BOX_LIMIT_BYTES, Term.ONE_DEVICE_EACH),
        (published.IMPORT_EXPORT_LIMIT_BYTES, Term.UP_TO_10_DISKS_OF_8_TB),
        published.OVERVIEW,
    ),
    TableRow(
        RowKey.SECURITY, _BOX_SECURITY, _BOX_SECURITY, (Term.DATA_BITLOCKER,), published.OVERVIEW
    ),
    TableRow(
        RowKey.STAGING,
        (Term.STAGING_NOT_REQUIRED,),
        (Term.STAGING_NOT_REQUIRED,),
        (Term.STAGING_AT_LEAST_BACKUP_SIZE,),
        published.OVERVIEW,
    ),
    TableRow(
        RowKey.REGIONS,
        (Term.REGIONS_DATA_BOX_DISK,),
        (Term.REGIONS_DATA_BOX,),
        (Term.REGIONS_IMPORT_EXPORT,),
        published.OVERVIEW,
    ),
    TableRow(
        RowKey.CROSS_COUNTRY,
        _BOX_BORDERS,
        _BOX_BORDERS,
        (Term.CROSS_COUNTRY_SUPPORTED,),
        published.OVERVIEW,
    ),
    TableRow(
        RowKey.LOGISTICS,
        (Term.MICROSOFT_MANAGED,),
        (Term.MICROSOFT_MANAGED,),
        (Term.CUSTOMER_MANAGED,),
        published.OVERVIEW,
    ),
    TableRow(
        RowKey.PRICING,
        _BOX_PRICE,
        _BOX_PRICE,
        (Term.FEE_PER_DRIVE, Term.SHIPPING_PAID_BY_CUSTOMER, Term.STORAGE_TRANSACTIONS),
        published.IMPORT,
    ),
    TableRow(
        RowKey.DEVICES,
        (Term.SSD_8_TB_USB_OR_SATA, Term.UP_TO_5_DISKS_AN_ORDER),
        (Term.APPLIANCE_NETWORK_SHARE,),
        (Term.OWN_SATA_DRIVES, Term.SECTORS_512_BYTES, Term.NO_USB_DRIVES),
        published.IMPORT_NEEDS,
        published=False,
    ),
    TableRow(
        RowKey.OPERATING_SYSTEMS,
        _AGENT_SYSTEMS,
        _AGENT_SYSTEMS,
        _DISK_TOOL_SYSTEMS,
        published.MARS_DATA_BOX,
        published=False,
    ),
    TableRow(
        RowKey.LIABILITY,
        (Term.LOSS_IS_CHARGED, Term.NO_LIABILITY_IN_TRANSIT),
        (Term.LOSS_IS_CHARGED, Term.NO_LIABILITY_IN_TRANSIT),
        (Term.CUSTOMER_OWN_RISK,),
        published.TERMS,
        published=False,
    ),
    TableRow(
        RowKey.RETIREMENT,
        (Term.NONE_KNOWN,),
        ("2025-05-31",),
        (Term.NONE_KNOWN,),
        published.RETIREMENT,
        published=False,
    ),
)
