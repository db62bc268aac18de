"""What happens in the demo, by day: an order of Data Box Disk, and an import job of own drives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from offline_backup_gui.domain.job import JobKind
from offline_backup_gui.domain.plan import Route
from offline_backup_gui.services import Services
from tests.demo.office import FastClock, Office, services_in

START = datetime(2026, 6, 1, 7, 30, tzinfo=UTC)
LAST_DAY = 27
# Moments of which `--pictures` keeps a picture.
_PICTURES = {("Branch 017", 12.0): "demo-azure-asks", ("Branch 042", 18.0): "demo-reading-in"}
PICTURES = tuple(_PICTURES.values())


@dataclass(frozen=True)
class Event:
    """Something that happens in an office; afterwards its job is looked at."""

    at: datetime
    office: Office
    happens: Callable[[], object]
    picture: str = ""


class Story:
    """Two offices and all that happens to them, oldest first."""

    def __init__(self, home: Path) -> None:
        self.clock = FastClock(START)
        self.services: Services = services_in(home, self.clock)
        offices = (
            Office(home, self.services, self.clock, "Branch 017", Route.DATA_BOX_DISK),
            Office(home, self.services, self.clock, "Branch 042", Route.IMPORT_EXPORT),
        )
        events: list[Event] = []
        for office, plot in zip(offices, (_ordered_disks, _own_drives), strict=True):
            events += [
                Event(
                    START + timedelta(days=day),
                    office,
                    what,
                    _PICTURES.get((office.plan.name, day), ""),
                )
                for day, what in plot(office)
            ]
            events += [
                Event(START + timedelta(days=day, hours=1), office, lambda: None)
                for day in range(LAST_DAY + 1)
            ]
        self.events = sorted(events, key=lambda event: event.at)


_Plot = list[tuple[float, Callable[[], object]]]


def _ordered_disks(office: Office) -> _Plot:
    """Disks of Microsoft come and go back; the account's firewall stops the copy for two days."""
    step = office.step

    def ordered() -> None:
        office.order()
        step("DeviceOrdered")

    def dispatched() -> None:
        step("Dispatched")
        office.azure().parcel("to-customer", "UPS", "1Z999AA10123456784")

    def picked_up() -> None:
        step("PickedUp")
        office.azure().parcel("to-datacenter", "UPS", "1Z999AA10123456795")

    def copying(share: float) -> None:
        step("DataCopy", "InProgress")
        office.read_in(share)

    def halted() -> None:
        step("DataCopy", "WaitingForCustomerAction")
        office.read_in(0.6, "StorageAccountNotAccessible")
        office.azure().trouble("AccountFirewall", "The storage account refused the request.")
        office.azure().actions("Resume")

    def resumed() -> None:
        office.azure().trouble()
        office.azure().actions()
        copying(0.7)

    def completed() -> None:
        office.read_in_whole()
        step("DataCopy")
        step("Completed")

    return [
        (0.2, ordered),
        (2.0, lambda: step("DevicePrepared")),
        (3.0, dispatched),
        (5.0, lambda: step("Delivered")),
        (6.0, lambda: office.run(JobKind.COPY)),
        (7.2, lambda: office.ship("UPS", "1Z999AA10123456795")),
        (7.5, picked_up),
        (10.0, lambda: step("AtAzureDC")),
        (11.0, lambda: copying(0.2)),
        (11.5, lambda: copying(0.5)),
        (12.0, halted),
        (14.0, resumed),
        (14.6, lambda: copying(0.9)),
        (15.0, completed),
        (16.0, lambda: office.run(JobKind.ARRIVAL)),
        (16.5, lambda: office.run(JobKind.VAULT)),
        *_increments(office, 17.5),
    ]


def _own_drives(office: Office) -> _Plot:
    """Own drives leave without a tracking number; its deadline warns until it is entered."""
    step = office.step

    def ordered() -> None:
        office.order()
        step("Created")
        step("AwaitingShipmentDetails", "InProgress")

    def numbered() -> None:
        office.ship("DHL", "JD014600012345678901", days_ago=9)
        step("AwaitingShipmentDetails")
        step("ShippedToAzureDC")
        office.azure().parcel("to-datacenter", "DHL", "JD014600012345678901")

    def copying(share: float) -> None:
        step("DataCopy", "InProgress")
        office.read_in(share)

    def late() -> None:
        copying(0.4)
        office.azure().delay("DataCopy", "More drives than usual arrived at the site.")

    def completed() -> None:
        office.read_in_whole()
        office.azure().delay()
        step("DataCopy")
        step("PreparingToShipFromAzureDC")

    def sent_back() -> None:
        step("ShippedToCustomer")
        office.azure().parcel("to-customer", "DHL", "JD014600099999999902")

    return [
        (1.0, lambda: office.run(JobKind.COPY)),
        (1.5, ordered),
        (4.0, lambda: office.ship("DHL", "")),
        (14.8, numbered),
        (16.0, lambda: step("AtAzureDC")),
        (17.0, lambda: copying(0.2)),
        (18.0, late),
        (19.0, lambda: copying(0.8)),
        (20.0, completed),
        (21.0, lambda: office.run(JobKind.ARRIVAL)),
        (21.5, sent_back),
        (22.0, lambda: office.run(JobKind.VAULT)),
        *_increments(office, 23.5),
    ]


def _increments(office: Office, first: float) -> _Plot:
    plot: _Plot = []
    for day in (first, first + 1, first + 2):
        plot += [(day, office.change), (day + 0.1, lambda: office.run(JobKind.INCREMENT))]
    return plot
