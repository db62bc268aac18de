"""What a job of Azure means for the shipment: its facts, its timeline, what is asked of whom."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from offline_backup_gui.domain import timeline
from offline_backup_gui.domain.plan import Route
from offline_backup_gui.domain.service_job import JobFamily, JobStep, ServiceJob
from offline_backup_gui.domain.service_status import (
    ENDED,
    FAILED,
    FROM_THE_START,
    NOT_BEGUN,
    PLACE_BY_STATUS,
    SUCCEEDED,
    WAITING,
    WAITING_TO_ERASE,
)
from offline_backup_gui.domain.shipment import (
    Parcel,
    ServiceFact,
    ShipmentFacts,
    Source,
    Stage,
    StageStatus,
)

_SHIPPING = frozenset({JobFamily.DATA_BOX, JobFamily.OWN_DRIVES, JobFamily.IMPORT_EXPORT})
_SENT = "ShippedToAzureDC"
# Of both services: `arm_databox_copyStatus` and the drive states of classic jobs.
_NOT_IN_PARCEL = frozenset({"DriveNotReceived", "NeverReceived", "NotReturned"})
# Words of a backup job, `recovery_services_job`, and of the tasks in it; others are shown raw.
_BACKUP_DONE = frozenset({"Completed", "CompletedWithWarnings"})
_BACKUP_STOPPED = frozenset({"Failed", "Cancelled", "Cancelling", "Aborted"})


def ships(job: ServiceJob) -> bool:
    """Say whether a job carries drives to Azure."""
    return job.family in _SHIPPING and job.imports


def route_of(job: ServiceJob) -> Route:
    """Give the route a shipping job belongs to."""
    if job.family is not JobFamily.DATA_BOX:
        return Route.IMPORT_EXPORT
    return Route.DATA_BOX_DISK if "disk" in job.sku.lower() else Route.DATA_BOX


def facts_of(job: ServiceJob) -> ShipmentFacts:
    """Give what a shipping job alone tells of its shipment."""
    sent = job.package("to-datacenter")
    own = job.family is not JobFamily.DATA_BOX
    shipped_at = sent.shipped_at if sent is not None else None
    if shipped_at is None:
        shipped = (step.at for step in job.steps if step.name == _SENT and _is_over(step))
        shipped_at = next(shipped, None)
    parcel = None
    if own and shipped_at is not None:
        carrier, number = (sent.carrier, sent.number) if sent is not None else ("", "")
        parcel = Parcel(carrier, number, shipped_at)
    return ShipmentFacts(
        route=route_of(job),
        parcel=parcel,
        parcel_source=Source.AZURE,
        service=tuple(_service(job)),
        job_created_at=job.created_at,
        drives_missing=tuple(one.serial for one in job.drives if one.status in _NOT_IN_PARCEL),
        devices_lost=job.devices_lost,
        job_numbered=own and (_is_marked_sent(job) or (sent is not None and bool(sent.number))),
    )


def facts_alone(job: ServiceJob) -> ShipmentFacts:
    """Give what a job tells of its shipment where no plan of this computer knows more.

    A job of own drives names the manifest of each of them: they were filled before it was made.
    """
    facts, drives = facts_of(job), job.drives
    if job.family is JobFamily.DATA_BOX or not all(one.manifest_hash for one in drives):
        return facts
    return replace(facts, filled=tuple(f"{one.serial} {one.manifest_hash}" for one in drives))


def _is_marked_sent(job: ServiceJob) -> bool:
    """Say whether a job was marked as sent, which takes a carrier and a number.

    An answer without its details has neither of them, and a list of jobs never has.
    """
    marked = any(step.name == _SENT and _is_over(step) for step in job.steps)
    return marked or job.status == _SENT


def _is_over(step: JobStep) -> bool:
    return step.progress in SUCCEEDED


def _service(job: ServiceJob) -> Iterator[ServiceFact]:
    """Give what the stages say, in their order; the status only where no stage says it.

    `status` lags behind the stages (official example JobsGet of 2025-07-01: "DeviceOrdered" while
    the device is delivered), so it counts when it is an end, or when there are no stages. When the
    job was created says nothing of a later stage: no deadline may begin there.
    """
    begun = [step for step in job.steps if step.progress not in NOT_BEGUN]
    for step in begun:
        yield ServiceFact(step.name, step.at, step.progress)
    told = any(step.name == job.status for step in begun)
    if job.status and not told and (not begun or job.status in ENDED):
        first = job.created_at if not begun and job.status in FROM_THE_START else None
        yield ServiceFact(job.status, job.ended_at or job.changed_at or first)


def stages_of(job: ServiceJob) -> tuple[Stage, ...]:
    """Give the timeline of any job: our stages for a shipment to Azure, else Azure's own steps."""
    if ships(job):
        return timeline.stages(facts_alone(job))
    steps = job.steps
    if not steps and job.status:
        at = job.ended_at or job.changed_at or job.created_at
        # What a vault's job did. That data is in the vault only a recovery point tells.
        name = (job.transfer if job.family is JobFamily.BACKUP else "") or job.status
        steps = (JobStep(name, job.status, label=name, at=at),)
    return tuple(
        Stage(
            name=step.name,
            azure_name=step.label or step.name,
            status=_status(step),
            time=step.at,
            source=Source.AZURE,
            evidence=() if step.progress in NOT_BEGUN else (step.progress,),
        )
        for step in steps
    )


def _status(step: JobStep) -> StageStatus:
    """Say how a step stands; what is not known is under way, never done."""
    progress = step.progress
    if progress in SUCCEEDED | _BACKUP_DONE:
        # A stage may be called "Cancelled", and have succeeded.
        _, kind = PLACE_BY_STATUS.get(step.name, ("", StageStatus.DONE))
        return StageStatus.TROUBLE if kind is StageStatus.TROUBLE else StageStatus.DONE
    if progress in FAILED | WAITING | WAITING_TO_ERASE | _BACKUP_STOPPED | ENDED - _BACKUP_DONE:
        return StageStatus.TROUBLE
    waits = progress in NOT_BEGUN or progress == "NotStarted"
    return StageStatus.AHEAD if waits else StageStatus.NOW
