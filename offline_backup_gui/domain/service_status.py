"""What Azure's status words mean for the timeline; a word not listed here stays unmapped.

The words are those of `resources/statuses.json`: the portal's for Import/Export jobs and Data Box
orders, the classic job states, and the stage names of the resource provider.
"""

from __future__ import annotations

from msgspec.structs import replace

from offline_backup_gui.domain.plan import Route
from offline_backup_gui.domain.shipment import ServiceFact, StageName, StageStatus

_PLACES: dict[tuple[StageName, StageStatus], tuple[str, ...]] = {
    (StageName.ORDERED, StageStatus.DONE): ("Ordered", "DeviceOrdered"),
    (StageName.PREPARED, StageStatus.DONE): (
        "Processed",
        "DevicePrepared",
        "Ready for pickup at Azure datacenter",
        "ReadyToDispatchFromAzureDC",
    ),
    (StageName.DISPATCHED, StageStatus.DONE): ("Dispatched",),
    (StageName.DELIVERED, StageStatus.DONE): ("Delivered",),
    (StageName.SENT, StageStatus.NOW): (
        "Awaiting shipment information",
        "AwaitingShipmentDetails",
        "Creating",
        "Created",
        "Ready to receive at Azure datacenter",
        "ReadyToReceiveAtAzureDC",
    ),
    (StageName.SENT, StageStatus.DONE): (
        "Shipped",
        "Shipping",
        "ShippedToAzureDC",
        "Picked up",
        "PickedUp",
    ),
    (StageName.RECEIVED, StageStatus.DONE): ("Received", "AtAzureDC"),
    (StageName.READING_IN, StageStatus.NOW): (
        "Data copy in progress",
        "Transferring",
        "Data copy",
        "DataCopy",
        "Data copied",  # means that copying runs: the label of Data Box Disk misleads
        "Data copy error resolved",
    ),
    (StageName.READING_IN, StageStatus.TROUBLE): (
        "Data copy completed with errors",
        "Data copy completed with errors. Device pending data erasure",
        "Data copy failed",
        "Data copy halted",
        "Completed with errors",
        "CompletedWithErrors",
        "Closed",
        "Canceled",
        "Cancelled",
        "Aborted",
        "Failed_IssueReportedAtCustomer",
        "Failed_IssueDetectedAtAzureDC",
    ),
    (StageName.READING_IN, StageStatus.DONE): (
        "Data copy completed with warnings",
        "Preparing to ship",
        "PreparingToShipFromAzureDC",
        "Packaging",
        "Shipped to customer",
        "ShippedToCustomer",
        "Clean up",
        "Completed",
        "Completed with warnings",
        "CompletedWithWarnings",
    ),
}
# Of shipping that the customer does: the device waits to be fetched, then to be brought back.
TO_FETCH = frozenset({"Ready for pickup at Azure datacenter", "ReadyToDispatchFromAzureDC"})
TO_BRING = frozenset({"Ready to receive at Azure datacenter", "ReadyToReceiveAtAzureDC"})
_PICKED_UP = frozenset({"Picked up", "PickedUp"})
PLACE_BY_STATUS: dict[str, tuple[StageName, StageStatus]] = {
    word: place for place, words in _PLACES.items() for word in words
}

# stageStatus of a stage: the words of the resource provider, `arm_databox_stageStatus`.
NOT_BEGUN = frozenset({"None", ""})
SUCCEEDED = frozenset({"Succeeded", "SucceededWithWarnings"})
_CALLED_OFF = frozenset({"Cancelling", "Cancelled"})
FAILED = _CALLED_OFF | {"SucceededWithErrors", "Failed"}
WAITING = frozenset({"WaitingForCustomerAction", "WaitingForCustomerActionForKek"})
WAITING_TO_ERASE = frozenset({"WaitingForCustomerActionForCleanUp"})
_STOPPED = FAILED | WAITING | WAITING_TO_ERASE
_ANSWERED = frozenset({"CustomerActionPerformed", "CustomerActionPerformedForCleanUp"})
# A stage with one of these was reached. One that was called off may never have begun, and a word
# that is not known says nothing.
_REACHED = (SUCCEEDED | _STOPPED | _ANSWERED | {"InProgress"}) - _CALLED_OFF


# A job of own drives waits at the first of these, and an order stands at the others, from the
# moment it is created.
AWAITS_PARCEL = frozenset(_PLACES[StageName.SENT, StageStatus.NOW]) - TO_BRING
FROM_THE_START = AWAITS_PARCEL | {*_PLACES[StageName.ORDERED, StageStatus.DONE]}
_PROGRESS = NOT_BEGUN | SUCCEEDED | _STOPPED | _ANSWERED | {"InProgress"}


def unknown_words(fact: ServiceFact) -> str:
    """Give a fact as it came when one of its words is not known here; "" when all are."""
    if fact.progress not in _PROGRESS:
        return f"{fact.status}: {fact.progress}"
    return "" if fact.status in PLACE_BY_STATUS else fact.status


def place(fact: ServiceFact) -> tuple[StageName, StageStatus] | None:
    """Say which stage a fact speaks of and how it stands; None for words that are not known.

    A word that is not known never counts as success, neither as a status nor as a progress.
    """
    found = PLACE_BY_STATUS.get(fact.status)
    if fact.by_customer and found is not None:
        found = (StageName.DELIVERED, StageStatus.DONE)
    if found is None or not fact.progress:
        return found
    stage, status = found
    if fact.progress in _STOPPED:
        return stage, StageStatus.TROUBLE
    if fact.progress not in SUCCEEDED:
        return stage, StageStatus.TROUBLE if status is StageStatus.TROUBLE else StageStatus.NOW
    if stage is StageName.READING_IN and status is StageStatus.NOW:
        return stage, StageStatus.DONE  # the stage "DataCopy" came to its end
    return found


def told_apart(service: tuple[ServiceFact, ...]) -> tuple[ServiceFact, ...]:
    """Tell who picked a device up: the customer who fetched it, or the carrier who takes it back.

    Source: data-box-disk-portal-customer-managed-shipping.md (2020-05-20).
    """
    if not any(fact.status in TO_FETCH for fact in service):
        return service
    told, waits = [], False
    for fact in service:
        waits = fact.status in TO_FETCH or (waits and fact.status not in TO_BRING)
        fetched = waits and fact.status in _PICKED_UP
        told.append(replace(fact, by_customer=True) if fetched else fact)
    return tuple(told)


HALTED = frozenset({"Data copy halted"})
REVIEW = frozenset(
    {
        "Data copy completed with errors",
        "Data copy completed with errors. Device pending data erasure",
    }
)
CANCELLED = frozenset({"Canceled", "Cancelled", "Aborted"})
# Reported by the customer, at whatever place the device is; most likely it never left there.
_BROKEN = frozenset({"Failed_IssueReportedAtCustomer"})
ENDED = CANCELLED | {
    *_BROKEN,
    "Failed_IssueDetectedAtAzureDC",
    "Completed",
    "Completed with errors",
    "CompletedWithErrors",
    "Completed with warnings",
    "CompletedWithWarnings",
    "Closed",
}


def is_called_off(fact: ServiceFact) -> bool:
    """Say whether a fact stops the order where it stands, without saying how far it came."""
    return fact.status in CANCELLED | _BROKEN or fact.progress in _CALLED_OFF


def is_reached(fact: ServiceFact) -> bool:
    """Say whether a fact proves that the stage it speaks of was reached, and so all before it."""
    return not is_called_off(fact) and (not fact.progress or fact.progress in _REACHED)


def is_over(fact: ServiceFact) -> bool:
    """Say whether a fact certainly ends the order: nothing is asked of anybody for it any more."""
    sure = SUCCEEDED | {"", "SucceededWithErrors", "Cancelled"}
    return fact.status in ENDED and fact.progress in sure


# What the portal writes on the page of an order or job, in the order in which it comes.
_DEVICE = (
    "Ordered",
    "Processed",
    "Ready for pickup at Azure datacenter",
    "Dispatched",
    "Delivered",
    "Ready to receive at Azure datacenter",
    "Picked up",
    "Received",
    "Data copy",
    "Data copy halted",
    "Data copy error resolved",
    "Data copy completed with errors. Device pending data erasure",
    "Completed",
    "Completed with warnings",
    "Completed with errors",
    "Canceled",
)
_PORTAL_WORDS: dict[Route, tuple[str, ...]] = {
    Route.DATA_BOX: _DEVICE,
    Route.DATA_BOX_DISK: tuple("Data copied" if word == "Data copy" else word for word in _DEVICE),
    Route.IMPORT_EXPORT: (
        "Awaiting shipment information",
        "Shipped",
        "Received",
        "Data copy in progress",
        "Data copy completed with errors",
        "Data copy completed with warnings",
        "Data copy failed",
        "Preparing to ship",
        "Shipped to customer",
        "Completed",
        "Canceled",
    ),
}


def portal_words(route: Route) -> tuple[str, ...]:
    """Give the words to choose from when a status was read in the portal."""
    return _PORTAL_WORDS[route]
