"""What can be done with a job of Azure: answered, moved, called off, fetched; pure.

The words are `arm_databox_customerResolutionCode` in `resources/statuses.json`; calling support is
no answer that a program could send.
"""

from __future__ import annotations

from msgspec import Struct

from offline_backup_gui.domain.service_job import JobFamily, ServiceJob
from offline_backup_gui.domain.service_status import SUCCEEDED

ANSWERS = ("Resume", "Restart", "MoveToCleanUpDevice")
# After this one Azure wipes the device: what it did not read in is not there any more.
ERASES = "MoveToCleanUpDevice"
# Until one of these the devices have not left, so that another address still reaches them.
_NOT_LEFT = frozenset({"DeviceOrdered", "DevicePrepared", "Ordered", "Processed"})


class Question(Struct, frozen=True):
    """What Azure asks: the answers it takes, and the disks that wait (none: the whole job)."""

    answers: tuple[str, ...]
    serials: tuple[str, ...] = ()


def question(job: ServiceJob) -> Question | None:
    """Give what the job asks of its owner; None when it asks nothing we can answer."""
    serials = tuple(one.serial for one in job.drives if set(one.words) & set(ANSWERS))
    asked = {*job.actions}
    for group in (*(one.words for one in job.drives), *(one.words for one in job.copies)):
        asked.update(group)
    answers = tuple(answer for answer in ANSWERS if answer in asked)
    return Question(answers, serials) if answers else None


def may_move(job: ServiceJob) -> bool:
    """Say whether the devices may still be sent to another address."""
    return job.family is JobFamily.DATA_BOX and job.status in _NOT_LEFT


def may_cancel(job: ServiceJob) -> bool:
    """Say whether Azure itself says that the order can be called off."""
    return job.said.get("properties.isCancellable") == "true"


def may_fetch(job: ServiceJob) -> bool:
    """Say whether a carrier may be sent for the devices: they were delivered and have not left."""
    over = {step.name for step in job.steps if step.progress in SUCCEEDED}
    there = "Delivered" in over or job.status == "Delivered"
    return job.family is JobFamily.DATA_BOX and job.imports and there and "PickedUp" not in over
