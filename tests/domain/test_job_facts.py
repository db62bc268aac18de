"""What the stages of a job mean for deadlines and for who acts next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain import deadlines, timeline
from offline_backup_gui.domain.job_facts import facts_of
from offline_backup_gui.domain.service_job import JobFamily, JobStep, Package, ServiceJob
from offline_backup_gui.domain.shipment import (
    DueName,
    NowYou,
    StageName,
    StageStatus,
    TrackingState,
)

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


@pytest.mark.parametrize("steps", [(), ("ShippedToAzureDC:Succeeded",)])
def test_drives_that_were_marked_as_sent_are_asked_for_no_number(steps: tuple[str, ...]) -> None:
    job = replace(order(*steps, family=JobFamily.OWN_DRIVES), status="ShippedToAzureDC")
    facts = facts_of(job)
    names = {one.what for one in deadlines.due(facts, START + timedelta(days=9))}
    assert DueName.TRACKING_NUMBER not in names
    assert timeline.now_you(facts) not in ("now.ship", "now.enter-tracking")


def test_an_end_that_only_the_status_tells_is_believed() -> None:
    job = order(*ARRIVED, "DataCopy:InProgress")
    ended = replace(job, status="Cancelled")
    assert timeline.state(facts_of(ended)) == TrackingState.TROUBLE


@pytest.mark.parametrize(
    ("steps", "word", "here", "now_due"),
    [
        (
            DELIVERED,
            "Failed_IssueReportedAtCustomer",
            StageName.SEALED,
            {DueName.RETURN_DEVICE, DueName.JOB_HISTORY},
        ),
        (ARRIVED, "Failed_IssueDetectedAtAzureDC", StageName.READING_IN, {DueName.JOB_HISTORY}),
    ],
)
def test_a_failure_that_only_the_status_tells_is_believed(
    steps: tuple[str, ...], word: str, here: StageName, now_due: set[DueName]
) -> None:
    failed = facts_of(replace(order(*steps), status=word, ended_at=START + timedelta(days=8)))
    stage = timeline.current(failed)
    assert stage is not None
    assert (stage.name, stage.status, stage.azure_name) == (here, StageStatus.TROUBLE, word)
    assert timeline.now_you(failed) == NowYou.REVIEW_ERRORS
    found = {one.what: one.at for one in deadlines.due(failed, START + timedelta(days=9))}
    assert set(found) == now_due
    assert found[DueName.JOB_HISTORY] == START + timedelta(days=98)


@pytest.mark.parametrize("progress", ["Teleported", "Cancelled", "Cancelling", "none"])
@pytest.mark.parametrize("name", ["DataCopy", "Completed", "CompletedWithErrors", "PickedUp"])
def test_a_stage_that_may_never_have_begun_proves_none_before_it(name: str, progress: str) -> None:
    facts = facts_of(order("DeviceOrdered:Succeeded", f"{name}:{progress}"))
    done = [one.name for one in timeline.stages(facts) if one.status is StageStatus.DONE]
    assert done == [StageName.ORDERED]


@pytest.mark.parametrize(
    "progress",
    [
        "InProgress",
        "Succeeded",
        "SucceededWithErrors",
        "Failed",
        "WaitingForCustomerAction",
        "CustomerActionPerformed",
        "CustomerActionPerformedForCleanUp",
    ],
)
def test_a_copy_that_azure_speaks_of_in_known_words_was_received(progress: str) -> None:
    facts = facts_of(order("DeviceOrdered:Succeeded", f"DataCopy:{progress}"))
    done = [one.name for one in timeline.stages(facts) if one.status is StageStatus.DONE]
    assert StageName.RECEIVED in done
