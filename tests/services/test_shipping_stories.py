"""30 shipments over 60 days: every warning once, no deadline missed, nothing unknown a success."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from offline_backup_gui.domain.plan import Route
from offline_backup_gui.domain.service_status import PLACE_BY_STATUS
from offline_backup_gui.domain.shipment import DueName, StageName, StageStatus
from tests.services.shipping_stories import Scene, Story, Warned, live

NUMBER, ARRIVE = DueName.TRACKING_NUMBER, DueName.DRIVES_ARRIVE
REVIEW, RETURN = DueName.REVIEW_ERRORS, DueName.RETURN_DEVICE
UNSERVED, HISTORY = DueName.ORDER_UNSERVED, DueName.JOB_HISTORY
PARCEL = {"carrierName": "DHL", "trackingNumber": "1"}
DISK, OWN = Route.DATA_BOX_DISK, Route.IMPORT_EXPORT
TO_CUSTOMER = ("DeviceOrdered", "DevicePrepared", "Dispatched", "Delivered")
TO_AZURE = (*TO_CUSTOMER, "PickedUp", "AtAzureDC")
NOT_LEFT = (StageName.SEALED, StageName.SENT, StageName.RECEIVED, StageName.READING_IN)


def all_of(what: DueName) -> tuple[Warned, ...]:
    return ((what, 7), (what, 3), (what, 1))


def created(scene: Scene) -> None:
    scene.own_drives()
    scene.step("AwaitingShipmentDetails", "InProgress")


def off_until_day_13(scene: Scene) -> None:
    scene.true_day = scene.day = 13.2


def sent(scene: Scene) -> None:
    scene.number("JD01")
    scene.steps_done("AwaitingShipmentDetails", "ShippedToAzureDC")


def half_is_there(scene: Scene) -> None:
    scene.step("DataCopy", "InProgress")
    scene.details["copyProgress"] = [
        {"serialNumber": "A", "copyStatus": "InProgress"},
        {"serialNumber": "B", "copyStatus": "DriveNotReceived"},
    ]


STORIES = (
    Story(
        "a device comes, is filled and read in",
        DISK,
        (
            (0, lambda s: s.ordered()),
            (0.2, lambda s: s.step("DeviceOrdered")),
            (3, lambda s: s.step("DevicePrepared")),
            (4, lambda s: s.step("Dispatched")),
            (6, lambda s: s.step("Delivered")),
            (20, lambda s: s.step("PickedUp")),
            (23, lambda s: s.step("AtAzureDC")),
            (24, lambda s: s.step("DataCopy", "InProgress")),
            (30, lambda s: s.step("DataCopy")),
            (30, lambda s: s.step("Completed")),
        ),
        (),
        "state.read-in",
    ),
    Story(
        "an order that nobody serves",
        DISK,
        ((0, lambda s: s.ordered(45)), (0, lambda s: s.step("DeviceOrdered", days_ago=45))),
        all_of(UNSERVED),
        "state.ordered",
    ),
    Story(
        "an order served on its last day",
        DISK,
        (
            (0, lambda s: s.ordered(45)),
            (0, lambda s: s.step("DeviceOrdered", days_ago=45)),
            (44.5, lambda s: s.step("DevicePrepared")),
        ),
        all_of(UNSERVED),
        "state.preparing",
    ),
    Story(
        "a device that is kept too long",
        DISK,
        (
            (0, lambda s: s.ordered(50)),
            (0, lambda s: s.steps_done(*TO_CUSTOMER, days_ago=40)),
            (55, lambda s: s.step("PickedUp")),
        ),
        all_of(RETURN),
        "state.travelling",
    ),
    Story(
        "a device that goes back in time",
        DISK,
        (
            (0, lambda s: s.ordered(50)),
            (0, lambda s: s.steps_done(*TO_CUSTOMER, days_ago=40)),
            (45, lambda s: s.step("PickedUp")),
        ),
        ((RETURN, 7),),
        "state.travelling",
    ),
    Story(
        "the tracking number is forgotten",
        OWN,
        ((0, created),),
        all_of(NUMBER),
        "state.preparing",
    ),
    Story(
        "the tracking number comes after the first warning",
        OWN,
        (
            (0, created),
            (8, sent),
            (12, lambda s: s.step("AtAzureDC")),
        ),
        ((NUMBER, 7),),
        "state.received",
    ),
    Story(
        "a wrong number, mended before it matters",
        OWN,
        (
            (0, lambda s: s.own_drives()),
            (5, lambda s: s.number("WRONG")),
            (5, lambda s: s.steps_done("AwaitingShipmentDetails", "ShippedToAzureDC")),
            (9, lambda s: s.number("JD02")),
            (11, lambda s: s.step("AtAzureDC")),
        ),
        (),
        "state.received",
    ),
    Story(
        "the parcel is lost",
        OWN,
        ((0, lambda s: s.own_drives()), (2, sent)),
        all_of(ARRIVE),
        "state.travelling",
    ),
    Story(
        "half the drives are received",
        OWN,
        (
            (0, lambda s: s.own_drives()),
            (2, sent),
            (6, lambda s: s.step("AtAzureDC")),
            (7, half_is_there),
            (7, lambda s: s.asks("now.look-for-drive")),
            (12, lambda s: s.step("DataCopy", "SucceededWithErrors")),
            (12, lambda s: s.step("CompletedWithErrors")),
        ),
        (),
        "state.trouble",
    ),
    Story(
        "completed with errors, long ago",
        DISK,
        (
            (0, lambda s: s.ordered(80)),
            (0, lambda s: s.steps_done(*TO_AZURE, days_ago=60)),
            (0, lambda s: s.step("DataCopy", "SucceededWithErrors", days_ago=50)),
            (0, lambda s: s.step("CompletedWithErrors", days_ago=50)),
        ),
        all_of(HISTORY),
        "state.trouble",
    ),
    Story(
        "an action is needed and answered after a warning",
        DISK,
        (
            (0, lambda s: s.ordered(20)),
            (0, lambda s: s.steps_done(*TO_AZURE)),
            (5, lambda s: s.step("DataCopy", "WaitingForCustomerAction")),
            (13, lambda s: s.step("DataCopy", "CustomerActionPerformed")),
            (14, lambda s: s.step("DataCopy", "InProgress")),
            (20, lambda s: s.step("DataCopy")),
            (20, lambda s: s.step("Completed")),
        ),
        ((REVIEW, 7),),
        "state.read-in",
    ),
    Story(
        "an action is needed and never answered",
        DISK,
        (
            (0, lambda s: s.ordered(20)),
            (0, lambda s: s.steps_done(*TO_AZURE)),
            (5, lambda s: s.step("DataCopy", "WaitingForCustomerActionForCleanUp")),
            (19.5, lambda s: s.step("DataCopy", "SucceededWithErrors")),
            (19.5, lambda s: s.step("CompletedWithErrors")),
        ),
        all_of(REVIEW),
        "state.trouble",
    ),
    Story(
        "a second action after the first",
        DISK,
        (
            (0, lambda s: s.ordered(20)),
            (0, lambda s: s.steps_done(*TO_AZURE)),
            (2, lambda s: s.step("DataCopy", "WaitingForCustomerAction")),
            (10, lambda s: s.step("DataCopy", "InProgress")),
            (20, lambda s: s.step("DataCopy", "WaitingForCustomerAction")),
            (32, lambda s: s.step("DataCopy", "InProgress")),
        ),
        ((REVIEW, 7), (REVIEW, 7), (REVIEW, 3)),
        "state.reading-in",
    ),
    Story(
        "the device is delayed and comes",
        DISK,
        (
            (0, lambda s: s.ordered()),
            (0, lambda s: s.step("DeviceOrdered")),
            (10, lambda s: s.body["properties"].update(delayedStage="DevicePrepared")),  # type: ignore[attr-defined]
            (40, lambda s: s.step("DevicePrepared")),
            (41, lambda s: s.step("Dispatched")),
        ),
        (),
        "state.travelling",
    ),
    Story(
        "the clock changes to winter time on the day of a warning",
        DISK,
        (
            (0, lambda s: s.ordered(77, "+02:00")),
            (0, lambda s: s.step("DeviceOrdered", days_ago=63.5)),
            (20, lambda s: setattr(s, "zone", "+01:00")),
        ),
        all_of(UNSERVED),
        "state.ordered",
    ),
    Story(
        "the clock is set back ten days between two warnings",
        OWN,
        (
            (0, created),
            (11.5, lambda s: s.clock_by(-10)),
        ),
        all_of(NUMBER),
        "state.preparing",
    ),
    Story(
        "the clock runs ten days ahead for an hour",
        OWN,
        (
            (0, created),
            (2, lambda s: s.clock_by(10)),
            (2.2, lambda s: s.clock_by(-10)),
        ),
        ((NUMBER, 3), (NUMBER, 1)),
        "state.preparing",
    ),
    Story(
        "the computer was off for ten days",
        OWN,
        (
            (0, created),
            (3, off_until_day_13),
        ),
        ((NUMBER, 1),),
        "state.preparing",
    ),
    Story(
        "words that nobody knows",
        DISK,
        (
            (0, lambda s: s.ordered()),
            (1, lambda s: s.step("DeviceOrdered", "Done!")),
            (2, lambda s: s.step("DroneLaunched")),
            (3, lambda s: s.step("DataCopy", "Teleported")),
            (4, lambda s: s.step("CompletedPerfectly")),
            (4, lambda s: s.status("CompletedPerfectly")),
            (5, lambda s: s.step("Completed", "Teleported")),
            (6, lambda s: s.step("CompletedWithErrors", "Teleported")),
            (7, lambda s: s.step("DataCopy", "Beamed")),
        ),
        (),
        "state.ordered",
        never_done=tuple(name for name in StageName if name is not StageName.ORDERED),
    ),
    Story(
        "cancelled by the admin",
        DISK,
        (
            (0, lambda s: s.ordered()),
            (0, lambda s: s.step("DeviceOrdered")),
            (5, lambda s: s.step("Cancelled")),
            (5, lambda s: s.status("Cancelled")),
        ),
        (),
        "state.trouble",
    ),
    Story(
        "an import job cancelled before it had a number",
        OWN,
        ((0, created), (5, lambda s: s.status("Cancelled"))),
        (),
        "state.trouble",
        never_done=tuple(StageName),
    ),
    Story(
        "an import job that is being cancelled is not yet cancelled",
        OWN,
        ((0, created), (5, lambda s: s.step("Cancelled", "InProgress"))),
        all_of(NUMBER),
        "state.trouble",
        never_done=tuple(StageName),
    ),
    Story(
        "an old order cancelled before it was served",
        DISK,
        (
            (0, lambda s: s.ordered(45)),
            (0, lambda s: s.step("DeviceOrdered", days_ago=45)),
            (30, lambda s: s.step("Cancelled")),
            (30, lambda s: s.status("Cancelled")),
        ),
        (),
        "state.trouble",
        never_done=(StageName.PREPARED, StageName.SENT, StageName.RECEIVED),
    ),
    Story(
        "the device breaks at the office",
        DISK,
        (
            (0, lambda s: s.ordered(50)),
            (0, lambda s: s.steps_done(*TO_CUSTOMER, days_ago=40)),
            (9, lambda s: s.step("Failed_IssueReportedAtCustomer")),
            (9, lambda s: s.status("Failed_IssueReportedAtCustomer")),
        ),
        all_of(RETURN),
        "state.trouble",
        never_done=NOT_LEFT,
    ),
    Story(
        "the device breaks at the office, and only the status says so",
        DISK,
        (
            (0, lambda s: s.ordered(50)),
            (0, lambda s: s.steps_done(*TO_CUSTOMER, days_ago=40)),
            (9, lambda s: s.status("Failed_IssueReportedAtCustomer")),
        ),
        all_of(RETURN),
        "state.trouble",
        never_done=NOT_LEFT,
    ),
    Story(
        "a job of the older service",
        OWN,
        (
            (0, lambda s: s.old_job("Creating")),
            (
                8,
                lambda s: s.old_job(
                    "Shipping", deliveryPackage={"carrierName": "DHL", "trackingNumber": "1"}
                ),
            ),
            (12, lambda s: s.old_job("Received")),
            (13, lambda s: s.old_job("Transferring", percentComplete=20)),
            (19, lambda s: s.old_job("Completed", percentComplete=100)),
        ),
        ((NUMBER, 7),),
        "state.read-in",
    ),
    Story(
        "without sign-in: statuses are typed from the portal",
        OWN,
        (
            (0, lambda s: s.parcel("JD01")),
            (9, lambda s: s.typed("Received")),
            (10, lambda s: s.typed("Data copy in progress")),
            (15, lambda s: s.typed("Data copy completed with errors")),
        ),
        ((ARRIVE, 7), *all_of(REVIEW)),
        "state.trouble",
    ),
    Story(
        "without sign-in: the job waits for a number that nobody gives",
        OWN,
        (
            (0, lambda s: s.typed("Awaiting shipment information")),
            (13.5, lambda s: s.typed("Shipped")),
        ),
        (*all_of(NUMBER), (ARRIVE, 7), (ARRIVE, 3), (ARRIVE, 1)),
        "state.travelling",
    ),
    Story(
        "typed first, then seen: the newer look counts",
        OWN,
        (
            (0, lambda s: s.own_drives()),
            (1, lambda s: s.typed("Completed with errors")),
            (2, sent),
            (6, lambda s: s.step("AtAzureDC")),
        ),
        (),
        "state.received",
    ),
    Story(
        "two people on one server, and a service that writes other seconds each time",
        DISK,
        (
            (0, lambda s: s.ordered(20)),
            (0, lambda s: s.steps_done(*TO_AZURE)),
            (5, lambda s: s.step("DataCopy", "WaitingForCustomerAction")),
        ),
        all_of(REVIEW),
        "state.trouble",
        jitter=True,
        channels=("tray:anna", "tray:ben", "mail"),
    ),
)


def test_there_are_25_stories_at_least() -> None:
    assert len({story.name for story in STORIES}) >= 25


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_every_warning_comes_once_and_no_deadline_is_missed(story: Story, tmp_path: Path) -> None:
    told, seen = live(story, tmp_path, seed=20261125)
    for channel in story.channels:
        assert tuple(warned for to, warned in told if to == channel) == story.warned
    assert seen[-1].state == story.ends
    # A deadline that was told of at one day and not met stays in sight after it passed.
    told_last = Counter(what for _, (what, days) in told if days == 1)
    for what in told_last:
        after = [due for look in seen for due in look.due if due.what == what]
        assert any(due.days_left <= 1 for due in after)
    for look in seen:
        for stage in look.stages:
            assert stage.name not in story.never_done or stage.status is not StageStatus.DONE
            words = stage.evidence if stage.source == "azure" else ()
            assert stage.status is not StageStatus.DONE or all(
                word in PLACE_BY_STATUS or word in ("DHL", "JD01", "JD02", "WRONG", "1")
                for word in words
            )
