"""What a waiting job can be answered: official bodies, and the disks that wait."""

from __future__ import annotations

import pytest

from offline_backup_gui.domain.job_answers import Question, may_move, question
from offline_backup_gui.domain.job_facts import facts_of
from offline_backup_gui.domain.service_job import (
    CopyProgress,
    DriveProgress,
    JobFamily,
    ServiceJob,
)

WAITING = ServiceJob(
    JobFamily.DATA_BOX, "Microsoft.DataBox/jobs", "order", "DataCopy", sku="DataBox"
)


def waiting(**facts: object) -> ServiceJob:
    return ServiceJob(
        family=JobFamily.DATA_BOX,
        resource_type="Microsoft.DataBox/jobs",
        name="order",
        status="DataCopy",
        **facts,  # type: ignore[arg-type]
    )


def test_a_job_that_asks_nothing_has_no_question() -> None:
    assert question(WAITING) is None
    assert question(waiting(actions=("None",))) is None
    assert question(waiting(actions=("ReachOutToOperation",))) is None


def test_the_answers_come_in_one_order_and_unknown_ones_are_not_offered() -> None:
    asked = question(waiting(actions=("MoveToCleanUpDevice", "Burn", "Resume")))
    assert asked == Question(("Resume", "MoveToCleanUpDevice"))


def test_disks_that_wait_are_named() -> None:
    disks = (
        DriveProgress("DISK-1", "Completed"),
        DriveProgress("DISK-2", "StorageAccountNotAccessible", words=("Resume",)),
    )
    assert question(waiting(drives=disks)) == Question(("Resume",), ("DISK-2",))


def test_a_copy_that_waits_asks_for_the_whole_job() -> None:
    copies = (CopyProgress("contoso", words=("Restart",)),)
    assert question(waiting(copies=copies)) == Question(("Restart",))


@pytest.mark.parametrize(
    ("status", "moves"),
    [("DeviceOrdered", True), ("DevicePrepared", True), ("Dispatched", False), ("Odd", False)],
)
def test_an_address_can_be_changed_until_the_device_leaves(status: str, moves: bool) -> None:
    job = ServiceJob(JobFamily.DATA_BOX, "Microsoft.DataBox/jobs", "order", status)
    assert may_move(job) is moves
    own = ServiceJob(JobFamily.OWN_DRIVES, "Microsoft.DataBox/jobs", "job", status)
    assert not may_move(own)


def test_drives_that_were_not_in_the_parcel_are_known_by_both_services() -> None:
    drives = (DriveProgress("A", "DriveNotReceived"), DriveProgress("B", "NeverReceived"))
    assert facts_of(waiting(drives=(*drives, DriveProgress("C", "Completed")))).drives_missing == (
        "A",
        "B",
    )
