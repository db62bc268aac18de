"""What the rules need to know of each route: limits, devices, borders, days, liability."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from offline_backup_gui.domain import published
from offline_backup_gui.domain.comparison import ROWS, RowKey, TableRow, Term
from offline_backup_gui.domain.plan import DeploymentModel, Route
from offline_backup_gui.domain.published import TB, Origin

__all__ = [
    "ROUTES",
    "ROWS",
    "Liability",
    "Origin",
    "RouteFacts",
    "RowKey",
    "Step",
    "StepName",
    "TableRow",
    "Term",
    "TransferOption",
]


class TransferOption(StrEnum):
    """The two options of the published table, told apart by who owns the devices."""

    DATA_BOX = "azure-data-box"
    IMPORT_EXPORT = "azure-import-export"


class StepName(StrEnum):
    """A stretch of the way by disk."""

    PREPARATION = "preparation"
    DELIVERY = "delivery"
    COPYING = "copying"
    SHIPPING = "shipping"
    RECEIVING = "receiving"
    PROCESSING = "processing"


class Step(Struct, frozen=True):
    """How long a stretch takes, in days; business days become calendar days in the advice.

    Without an origin it is our own estimate, because no document gives a figure.
    """

    name: StepName
    least_days: int
    most_days: int
    business: bool
    origin: Origin | None


class Liability(Struct, frozen=True):
    """What a lost, damaged or late device costs the customer, as published on a date."""

    currency: str
    amount: int
    late_after_days: int
    origin: Origin


class RouteFacts(Struct, frozen=True):
    """What the rules need of one route. Sizes are bytes; rates bytes a second and device."""

    route: Route
    option: TransferOption
    published_name: str
    limit_bytes: int
    device_bytes: int
    devices_an_order: int
    group_on_one_device: bool
    needs_staging: bool
    customer_ships: bool
    crosses_borders: bool
    encryption: str
    models: tuple[DeploymentModel, ...]
    steps: tuple[Step, ...]
    copy_rate_most: int
    copy_rate_origin: Origin | None
    liability: Liability | None
    origin: Origin


_ALL_MODELS = tuple(DeploymentModel)

# Shipping with the customer's own carrier is in no document; the same two or three business days
# that the Data Box pages give for their parcels are taken as our estimate.
_OWN_PARCEL = Step(StepName.SHIPPING, 2, 3, business=True, origin=None)

ROUTES: dict[Route, RouteFacts] = {
    Route.DATA_BOX_DISK: RouteFacts(
        route=Route.DATA_BOX_DISK,
        option=TransferOption.DATA_BOX,
        published_name="Azure Data Box Disk",
        limit_bytes=published.DATA_BOX_DISK_LIMIT_BYTES,
        device_bytes=published.DATA_BOX_DISK_LIMIT_BYTES,
        devices_an_order=5,
        group_on_one_device=True,
        needs_staging=False,
        customer_ships=False,
        crosses_borders=False,
        encryption="AES-256",
        models=_ALL_MODELS,
        steps=(
            Step(StepName.PREPARATION, 1, 5, business=True, origin=published.DISK_FAQ),
            Step(StepName.DELIVERY, 2, 3, business=True, origin=published.DISK_FAQ),
            Step(StepName.SHIPPING, 2, 3, business=True, origin=published.DISK_FAQ),
            Step(StepName.PROCESSING, 1, 2, business=True, origin=published.BOX_FAQ),
        ),
        copy_rate_most=430_000_000,
        copy_rate_origin=published.DISK_OVERVIEW,
        liability=Liability("USD", 2_500, 90, published.TERMS),
        origin=published.MARS_DATA_BOX,
    ),
    Route.DATA_BOX: RouteFacts(
        route=Route.DATA_BOX,
        option=TransferOption.DATA_BOX,
        published_name="Azure Data Box",
        limit_bytes=published.DATA_BOX_LIMIT_BYTES,
        device_bytes=published.DATA_BOX_LIMIT_BYTES,
        devices_an_order=1,
        group_on_one_device=True,
        needs_staging=False,
        customer_ships=False,
        crosses_borders=False,
        encryption="AES-256",
        models=_ALL_MODELS,
        steps=(
            Step(StepName.PREPARATION, 1, 2, business=True, origin=published.BOX_FAQ),
            Step(StepName.DELIVERY, 2, 3, business=True, origin=published.BOX_FAQ),
            Step(StepName.SHIPPING, 2, 3, business=True, origin=published.BOX_FAQ),
            Step(StepName.PROCESSING, 1, 2, business=True, origin=published.BOX_FAQ),
        ),
        copy_rate_most=80 * TB // 86_400,
        copy_rate_origin=published.BOX_OVERVIEW,
        liability=Liability("USD", 40_000, 90, published.TERMS),
        origin=published.MARS_DATA_BOX,
    ),
    Route.IMPORT_EXPORT: RouteFacts(
        route=Route.IMPORT_EXPORT,
        option=TransferOption.IMPORT_EXPORT,
        published_name="Azure Import/Export",
        limit_bytes=published.IMPORT_EXPORT_LIMIT_BYTES,
        device_bytes=published.IMPORT_EXPORT_DISK_BYTES,
        devices_an_order=published.IMPORT_EXPORT_DISKS,
        group_on_one_device=False,
        needs_staging=True,
        customer_ships=True,
        crosses_borders=True,
        encryption="BitLocker",
        models=_ALL_MODELS,
        steps=(
            _OWN_PARCEL,
            Step(StepName.RECEIVING, 1, 3, business=True, origin=published.IMPORT_STATES),
            Step(StepName.PROCESSING, 7, 10, business=False, origin=published.MARS_DISKS),
        ),
        copy_rate_most=180_000_000,
        copy_rate_origin=None,
        liability=None,
        origin=published.MARS_DISKS,
    ),
}
