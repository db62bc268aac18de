"""What the stages of a job mean for deadlines and for who acts next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain import deadlines, timeline
from offline_backup_gui.domain.job_facts import facts_of
from offline_backup_gui.domain.service_job import JobFamily, JobStep, Package, ServiceJob
from offline_backup_gui.domain.shipment import DueName, NowYou, TrackingState

START = datetime(2026, 3, 1, tzinfo=UTC)


def order(*steps: str, family: JobFamily = JobFamily.DATA_BOX, **given: object) -> ServiceJob:
    """Give a job whose stages, "Name:Progress", came a day apart."""
    told = []
    for day, step in enumerate(steps):
        name, _, progress = step.partition(":")
        told.append(JobStep(name, progress, at=START + timedelta(days=day)))
    return ServiceJob(
        family,
        "Microsoft.DataBox/jobs",
        "job",
        steps[-1].partition(":")[0] if steps else "",
        transfer="ImportToAzure",
        created_at=START,
        steps=tuple(told),
        **given,  # type: ignore[arg-type]
    )


DELIVERED = tuple(
    f"{name}:Succeeded" for name in ("DeviceOrdered", "DevicePrepared", "Dispatched", "Delivered")
)
ARRIVED = (*DELIVERED, "PickedUp:Succeeded", "AtAzureDC:Succeeded")


@pytest.mark.parametrize(
    ("steps", "state", "now_you", "due"),
    [
        (("DeviceOrdered:Succeeded",), TrackingState.ORDERED, None, DueName.ORDER_UNSERVED),
        (DELIVERED, TrackingState.PREPARING, NowYou.COPY_TO_DEVICE, DueName.RETURN_DEVICE),
        (ARRIVED, TrackingState.RECEIVED, None, None),
        ((*ARRIVED, "DataCopy:InProgress"), TrackingState.READING_IN, None, None),
        (
            (*ARRIVED, "DataCopy:WaitingForCustomerAction"),
            TrackingState.TROUBLE,
            NowYou.RESOLVE_UPLOAD,
            DueName.REVIEW_ERRORS,
        ),
        (
            (*ARRIVED, "DataCopy:WaitingForCustomerActionForCleanUp"),
            TrackingState.TROUBLE,
            NowYou.REVIEW_ERRORS,
            DueName.REVIEW_ERRORS,
        ),
        ((*ARRIVED, "DataCopy:SomethingNew"), TrackingState.READING_IN, None, None),
        ((*DELIVERED, "PickedUp:Failed"), TrackingState.TROUBLE, NowYou.REVIEW_ERRORS, None),
        (
            (*ARRIVED, "DataCopy:SucceededWithErrors", "CompletedWithErrors:Succeeded"),
            TrackingState.TROUBLE,
            NowYou.REVIEW_ERRORS,
            DueName.JOB_HISTORY,
        ),
        (
            (*ARRIVED, "DataCopy:Succeeded", "Completed:Succeeded"),
            TrackingState.READ_IN,
            NowYou.CHECK_ARRIVAL,
            DueName.JOB_HISTORY,
        ),
        (
            ("DeviceOrdered:Succeeded", "Cancelled:Succeeded"),
            TrackingState.TROUBLE,
            NowYou.REVIEW_ERRORS,
            DueName.JOB_HISTORY,
        ),
    ],
)
def test_an_order_of_a_device(
    steps: tuple[str, ...], state: str, now_you: str | None, due: str | None
) -> None:
    facts = facts_of(order(*steps))
    assert timeline.state(facts) == state
    assert timeline.now_you(facts) == now_you
    names = {one.what for one in deadlines.due(facts, START + timedelta(days=9))}
    assert due is None or due in names


def test_own_drives_without_a_number_have_fourteen_days() -> None:
    job = order("AwaitingShipmentDetails:InProgress", family=JobFamily.OWN_DRIVES)
    (due,) = deadlines.due(facts_of(job), START)
    assert (due.what, due.at) == (DueName.TRACKING_NUMBER, START + timedelta(days=14))


def test_own_drives_that_azure_has_a_number_of_are_awaited() -> None:
    job = order(
        "AwaitingShipmentDetails:Succeeded",
        "ShippedToAzureDC:Succeeded",
        family=JobFamily.OWN_DRIVES,
        packages=(Package("to-datacenter", "DHL", "JD01"),),
    )
    (due,) = deadlines.due(facts_of(job), START)
    assert (due.what, due.at) == (DueName.DRIVES_ARRIVE, START + timedelta(days=15))
    sent = next(stage for stage in timeline.stages(facts_of(job)) if stage.name == "stage.sent")
    assert (sent.source, sent.evidence) == ("azure", ("DHL", "JD01"))


def test_an_end_that_only_the_status_tells_is_believed() -> None:
    job = order(*ARRIVED, "DataCopy:InProgress")
    ended = replace(job, status="Cancelled")
    assert timeline.state(facts_of(ended)) == TrackingState.TROUBLE
