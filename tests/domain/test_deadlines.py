from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.deadlines import due, marks
from offline_backup_gui.domain.job_facts import facts_of
from offline_backup_gui.domain.plan import Route
from offline_backup_gui.domain.service_job import JobFamily, ServiceJob
from offline_backup_gui.domain.shipment import Due, DueName, Parcel, ServiceFact, ShipmentFacts
from offline_backup_gui.domain.timeline import stages

T0 = datetime(2026, 11, 1, 12, tzinfo=UTC)


def days(count: float) -> datetime:
    return T0 + timedelta(days=count)


def told(*facts: tuple[str, float]) -> tuple[ServiceFact, ...]:
    return tuple(ServiceFact(status, days(day)) for status, day in facts)


def only(facts: ShipmentFacts, now: datetime = T0) -> Due:
    (found,) = due(facts, now)
    return found


def test_the_tracking_number_is_due_fourteen_days_after_the_job_was_created() -> None:
    facts = ShipmentFacts(job_created_at=T0)
    assert only(facts) == Due(DueName.TRACKING_NUMBER, days(14), 14)
    assert only(facts, days(0.5)).days_left == 14
    assert only(facts, days(13.4)).days_left == 1
    assert only(facts, days(13.5)).days_left == 0
    assert only(facts, days(14)).days_left == 0
    assert only(facts, days(14.5)).days_left == -1


def test_a_number_ends_that_deadline_and_a_blank_one_does_not() -> None:
    given_number = ShipmentFacts(job_created_at=T0, parcel=Parcel("DHL", "1", days(2)))
    assert only(given_number).what == DueName.DRIVES_ARRIVE
    assert only(given_number).at == days(16)
    blank = ShipmentFacts(job_created_at=T0, parcel=Parcel("DHL", "", days(2)))
    assert [item.what for item in due(blank, T0)] == [
        DueName.TRACKING_NUMBER,
        DueName.DRIVES_ARRIVE,
    ]


def test_a_job_that_is_only_known_from_the_portal_has_its_deadlines_too() -> None:
    for word in ("Awaiting shipment information", "Creating", "AwaitingShipmentDetails"):
        waits = ShipmentFacts(service=told((word, 1)))
        assert only(waits, days(2)) == Due(DueName.TRACKING_NUMBER, days(15), 13)
        parcel = replace(waits, parcel=Parcel("DHL", "1", days(3)))
        assert only(parcel, days(4)).what == DueName.DRIVES_ARRIVE
    for word in ("Shipped", "Shipping", "ShippedToAzureDC"):
        # Azure calls it so once it has a carrier and a number.
        sent = ShipmentFacts(service=told(("Creating", 0), (word, 2)))
        assert only(sent, days(3)) == Due(DueName.DRIVES_ARRIVE, days(16), 13)
    ended = due(ShipmentFacts(service=told(("Creating", 0), ("Canceled", 2))), days(3))
    assert [one.what for one in ended] == [DueName.JOB_HISTORY]
    assert [one.what for one in due(ShipmentFacts(service=told(("?", 0))), days(3))] == []


def test_received_drives_have_nothing_due() -> None:
    facts = ShipmentFacts(
        job_created_at=T0, parcel=Parcel("DHL", "1", days(2)), received_at=days(4)
    )
    assert due(facts, days(5)) == ()


def test_upload_findings_are_to_be_reviewed_within_fourteen_days() -> None:
    word = "Data copy completed with errors. Device pending data erasure"
    facts = ShipmentFacts(route=Route.DATA_BOX, service=told(("Received", 0), (word, 1)))
    assert only(facts) == Due(DueName.REVIEW_ERRORS, days(15), 15)
    later = ShipmentFacts(
        route=Route.DATA_BOX, service=told((word, 1), ("Completed with errors", 3))
    )
    assert only(later).what == DueName.JOB_HISTORY


def test_the_history_of_a_job_is_kept_for_ninety_days() -> None:
    facts = ShipmentFacts(service=told(("Completed", 0)))
    assert only(facts) == Due(DueName.JOB_HISTORY, days(90), 90)
    assert only(facts, days(90)).days_left == 0
    assert due(facts, days(90.1)) == ()


def test_a_device_goes_back_within_ninety_days_of_its_delivery() -> None:
    facts = ShipmentFacts(route=Route.DATA_BOX_DISK, service=told(("Delivered", 0)))
    assert only(facts) == Due(DueName.RETURN_DEVICE, days(90), 90)
    back = ShipmentFacts(
        route=Route.DATA_BOX_DISK, service=told(("Delivered", 0), ("Picked up", 3))
    )
    assert due(back, days(4)) == ()


def test_an_order_without_a_device_is_cancelled_after_ninety_days() -> None:
    facts = ShipmentFacts(route=Route.DATA_BOX, service=told(("Ordered", 0)))
    assert only(facts) == Due(DueName.ORDER_UNSERVED, days(90), 90)
    served = ShipmentFacts(route=Route.DATA_BOX, service=told(("Ordered", 0), ("Processed", 9)))
    assert due(served, days(10)) == ()


DEVICE = Route.DATA_BOX_DISK


@pytest.mark.parametrize(
    "facts",
    [
        told(("QuantumOrdered", 0)),
        told(("QuantumDelivered", 0)),
        (ServiceFact("DeviceOrdered", T0, "Entangled"),),
        (ServiceFact("Delivered", T0, "Entangled"),),
        (ServiceFact("Delivered", T0, "InProgress"),),
        (ServiceFact("Delivered", None, "Succeeded"),),
        (ServiceFact("QuantumDelivered", T0, "Succeeded"), ServiceFact("Completed", T0, "Odd")),
    ],
)
def test_words_nobody_knows_start_no_clock(facts: tuple[ServiceFact, ...]) -> None:
    shipment = ShipmentFacts(route=DEVICE, service=facts)
    assert due(shipment, days(89)) == ()
    newest = facts[-1]
    if newest.progress not in ("InProgress", "Succeeded"):
        shown = [stage.azure_name for stage in stages(shipment)]
        raw = f"{newest.status}: {newest.progress}" if newest.progress else newest.status
        assert raw in shown


def test_an_unknown_word_ends_no_clock_that_evidence_began() -> None:
    facts = ShipmentFacts(route=DEVICE, service=told(("Delivered", 0), ("QuantumReturned", 3)))
    assert only(facts, days(80)) == Due(DueName.RETURN_DEVICE, days(90), 10)
    assert "QuantumReturned" in [stage.azure_name for stage in stages(facts)]


@pytest.mark.parametrize(("status", "clock"), [("DeviceOrdered", True), ("Delivered", False)])
def test_when_a_job_was_created_tells_nothing_of_a_later_stage(status: str, clock: bool) -> None:
    job = ServiceJob(
        JobFamily.DATA_BOX,
        "Microsoft.DataBox/jobs",
        "job",
        status,
        sku="DataBoxDisk",
        transfer="ImportToAzure",
        created_at=T0,
    )
    assert bool(due(facts_of(job), days(10))) is clock


def test_practice_has_no_deadlines() -> None:
    assert due(ShipmentFacts(practice=True, job_created_at=T0), T0) == ()


def test_the_nearest_deadline_comes_first() -> None:
    facts = ShipmentFacts(job_created_at=days(5), parcel=Parcel("DHL", "", days(1)))
    assert [item.at for item in due(facts, days(6))] == [days(15), days(19)]


# ------------------------------------------------------------ warnings

ITEM = Due(DueName.TRACKING_NUMBER, days(14), 0)


@pytest.mark.parametrize(
    ("day", "expected"),
    [(6.99, ()), (7, (7,)), (10.99, (7,)), (11, (7, 3)), (13, (7, 3, 1)), (15, (7, 3, 1))],
)
def test_marks_are_passed_at_seven_three_and_one_days(
    day: float, expected: tuple[int, ...]
) -> None:
    assert marks(ITEM, days(day)) == expected


@pytest.mark.parametrize("mark", [7, 3, 1])
def test_a_warning_reads_the_days_of_its_mark(mark: int) -> None:
    shortly_after = days(14 - mark + 0.01)
    found = only(ShipmentFacts(job_created_at=T0), shortly_after)
    assert marks(found, shortly_after)[-1] == mark
    assert found.days_left == mark
