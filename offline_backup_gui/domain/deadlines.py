"""What is due when, and when to warn: pure functions of a shipment's facts and the time.

Sources: backup-azure-backup-import-export.md (2022-12-05), data-box-portal-admin.md (2020-12-18),
data-box-troubleshoot-data-upload.md (2022-03-10), data-box-hardware-additional-terms.md
(2022-09-13), storage-import-export-view-drive-status.md (2021-12-13).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from offline_backup_gui.domain.plan import Route
from offline_backup_gui.domain.service_status import (
    AWAITS_PARCEL,
    ENDED,
    NOT_BEGUN,
    REVIEW,
    WAITING,
    WAITING_TO_ERASE,
    is_over,
    place,
    unknown_words,
)
from offline_backup_gui.domain.shipment import (
    Due,
    DueName,
    ServiceFact,
    ShipmentFacts,
    StageName,
    StageStatus,
)
from offline_backup_gui.domain.timeline import stages

TRACKING_NUMBER = timedelta(days=14)  # after the import job was created, else it is deleted
DRIVES_ARRIVE = timedelta(days=14)  # after carrier and number were given
REVIEW_ERRORS = timedelta(days=14)  # then the order closes by itself and the data is wiped
JOB_HISTORY = timedelta(days=90)  # then Azure removes the job with its evidence
RETURN_DEVICE = timedelta(days=90)  # after delivery, then the device counts as lost
ORDER_UNSERVED = timedelta(days=90)  # then an order without a free device is cancelled
WARN_AT_DAYS = (7, 3, 1)
_DAY = timedelta(days=1)


class DueWarning(Struct, frozen=True):
    """A deadline that has come within so many days (7, 3 or 1)."""

    due: Due
    at_days: int


def due(facts: ShipmentFacts, now: datetime) -> tuple[Due, ...]:
    """Give the open deadlines, nearest first; one that passed stays while it still matters."""
    if facts.practice:
        return ()
    facts = facts.of_newest_journey()
    found = [Due(what=what, at=at, days_left=days_left(at - now)) for what, at in _open(facts, now)]
    return tuple(sorted(found, key=lambda item: (item.at, item.what)))


def days_left(left: timedelta) -> int:
    """Count the days that are left: a begun one is whole, half a day or less is "today" (0).

    So the warning at the 7-day mark reads "7 days". Below zero when passed, a begun day whole too.
    """
    if timedelta(0) <= left <= _DAY / 2:
        return 0
    return -(-left // _DAY) if left > timedelta(0) else left // _DAY


def marks(item: Due, now: datetime) -> tuple[int, ...]:
    """Give the marks (7, 3, 1 days) that a deadline has passed, the nearest one last."""
    return tuple(days for days in WARN_AT_DAYS if item.at - now <= days * _DAY)


def _open(facts: ShipmentFacts, now: datetime) -> Iterator[tuple[DueName, datetime]]:
    done = {stage.name for stage in stages(facts) if stage.status is StageStatus.DONE}
    if facts.route is Route.IMPORT_EXPORT:
        yield from _own_drives(facts, done)
    else:
        yield from _devices(facts, done)
    if not facts.service:
        return
    newest = facts.service[-1]
    # The documents give the 14 days for errors that cannot be mended; Azure's answer does not say
    # which kind it waits for, and a date that is too early does no harm.
    if newest.status in REVIEW or newest.progress in WAITING | WAITING_TO_ERASE:
        times = (fact.at for fact in facts.service if fact.status == newest.status)
        since = next((at for at in times if at is not None), None)
        if since is not None:
            yield DueName.REVIEW_ERRORS, since + REVIEW_ERRORS
    ends = (fact.at for fact in facts.service if _is_end(fact))
    ended = next((at for at in ends if at is not None), None)
    if ended is not None and ended + JOB_HISTORY >= now:
        yield DueName.JOB_HISTORY, ended + JOB_HISTORY


def _is_end(fact: ServiceFact) -> bool:
    begun = not fact.progress or fact.progress not in NOT_BEGUN | {"InProgress"}
    return fact.status in ENDED and begun and not unknown_words(fact)


def _over(facts: ShipmentFacts) -> bool:
    return bool(facts.service) and is_over(facts.service[-1])


def _own_drives(facts: ShipmentFacts, done: set[str]) -> Iterator[tuple[DueName, datetime]]:
    sent = next(stage for stage in stages(facts) if stage.name == StageName.SENT)
    # A job is shipped only once it has a carrier and a number, whoever read that it is.
    told = any(place(fact) == (StageName.SENT, StageStatus.DONE) for fact in facts.service)
    numbered = facts.parcel is not None and bool(facts.parcel.tracking_number.strip())
    numbered = numbered or facts.job_numbered or told
    asked = not numbered and StageName.RECEIVED not in done and not _over(facts)
    created = facts.job_created_at or _first_seen(facts)
    if created is not None and asked:
        yield DueName.TRACKING_NUMBER, created + TRACKING_NUMBER
    if sent.time is not None and StageName.RECEIVED not in done:
        yield DueName.DRIVES_ARRIVE, sent.time + DRIVES_ARRIVE


def _first_seen(facts: ShipmentFacts) -> datetime | None:
    """Give since when the portal says that the job waits for its parcel."""
    waits = (fact.at for fact in facts.service if fact.status in AWAITS_PARCEL)
    return next((at for at in waits if at is not None), None)


def _devices(facts: ShipmentFacts, done: set[str]) -> Iterator[tuple[DueName, datetime]]:
    by_name = {stage.name: stage for stage in stages(facts)}
    ordered = by_name[StageName.ORDERED].time
    if ordered is not None and StageName.PREPARED not in done and not _over(facts):
        yield DueName.ORDER_UNSERVED, ordered + ORDER_UNSERVED
    delivered = by_name[StageName.DELIVERED].time
    if delivered is not None and StageName.SENT not in done and not facts.devices_lost:
        yield DueName.RETURN_DEVICE, delivered + RETURN_DEVICE
