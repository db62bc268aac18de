"""The stages of a shipment, who acts next and what is proved, as pure functions of its facts."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.job import CONTINUABLE, ENDED, Job, JobKind
from offline_backup_gui.domain.plan import DeploymentModel, Route
from offline_backup_gui.domain.service_status import (
    HALTED,
    TO_BRING,
    TO_FETCH,
    WAITING,
    WAITING_TO_ERASE,
    is_called_off,
    is_reached,
    place,
    told_apart,
    unknown_words,
)
from offline_backup_gui.domain.shipment import (
    NowYou,
    ServiceFact,
    ShipmentFacts,
    Source,
    Stage,
    StageName,
    StageStatus,
    TrackingState,
)

_ORDER_STAGES = (
    StageName.ORDERED,
    StageName.PREPARED,
    StageName.DISPATCHED,
    StageName.DELIVERED,
)
_AZURE_STAGES = frozenset(
    {*_ORDER_STAGES, StageName.SENT, StageName.RECEIVED, StageName.READING_IN}
)
_IMPORT_NAMES = {
    StageName.SENT: "Shipped",
    StageName.RECEIVED: "Received",
    StageName.READING_IN: "Data copy in progress",
}
_DATA_BOX_NAMES = {
    StageName.ORDERED: "Ordered",
    StageName.PREPARED: "Processed",
    StageName.DISPATCHED: "Dispatched",
    StageName.DELIVERED: "Delivered",
    StageName.SENT: "Picked up",
    StageName.RECEIVED: "Received",
    StageName.READING_IN: "Data copy",
}
# What an agent says while its data is on the way; normal, and to be shown as such.
_AGENT_WAITS = {
    Route.IMPORT_EXPORT: "Waiting for Azure Import Job to complete",
    Route.DATA_BOX: "Waiting for Azure Data Box job to be completed",
    Route.DATA_BOX_DISK: "Waiting for Azure Data Box job to be completed",
}


class _Mark(Struct, frozen=True):
    """What is known of one stage: that it is over, when, and who says so."""

    done: bool
    time: datetime | None
    source: Source
    evidence: tuple[str, ...] = ()


def stage_names(facts: ShipmentFacts) -> tuple[StageName, ...]:
    """Name the stages of a route: a Data Box is ordered first; an agent proves arrival itself."""
    names = [name for name in StageName if name not in _ORDER_STAGES]
    if _is_agent(facts):
        names.remove(StageName.ARRIVED)
    elif facts.as_is:
        names.remove(StageName.VAULT)
        names.remove(StageName.INCREMENTS)
    if facts.route is Route.IMPORT_EXPORT:
        return tuple(names)
    return (*_ORDER_STAGES, *names)


def stages(facts: ShipmentFacts) -> tuple[Stage, ...]:
    """Give the timeline: what is done, then one stage that is now or in trouble, then the rest.

    A stage counts as done when a later one is: what arrived was certainly sent. Increments prove
    nothing of the kind, for they go over the line; nor does a stage in words that are not known.
    """
    facts = facts.of_newest_journey()
    facts = replace(facts, service=told_apart(facts.service))
    names = stage_names(facts)
    marks = {name: _mark(name, facts) for name in names}
    last_done = max((i for i, name in enumerate(names) if _tells(name, marks)), default=-1)
    for fact in facts.service:
        stage = _speaks_of(fact) if is_reached(fact) else None
        if stage is StageName.READING_IN or (stage in names and _is_trouble(fact)):
            last_done = max(last_done, names.index(stage) - 1)
    result = []
    for number, name in enumerate(names):
        mark = marks[name]
        status = StageStatus.AHEAD
        if number <= last_done:
            status = StageStatus.DONE
        elif number == last_done + 1:
            status = StageStatus.TROUBLE if _in_trouble(name, facts) else StageStatus.NOW
        result.append(
            Stage(
                name=name,
                azure_name=_azure_name(name, status, facts),
                status=status,
                time=mark.time if mark.done and status is StageStatus.DONE else None,
                source=mark.source,
                evidence=mark.evidence,
            )
        )
    return tuple(result)


def _tells(name: StageName, marks: dict[StageName, _Mark]) -> bool:
    """Say whether this stage shows that it and all before it are over."""
    if name is StageName.INCREMENTS and not marks[StageName.VAULT].done:
        return False
    return marks[name].done


def current(facts: ShipmentFacts) -> Stage | None:
    """Give the stage that is now or in trouble; None when all are done."""
    open_stages = (StageStatus.NOW, StageStatus.TROUBLE)
    return next((stage for stage in stages(facts) if stage.status in open_stages), None)


def safe_to_erase(facts: ShipmentFacts) -> bool:
    """Say whether drives may be erased: a recovery point or a proved vault copy must exist.

    Plain folders stay where they are read in: there every byte must be proved.
    """
    facts = facts.of_newest_journey()
    if facts.as_is and not _is_agent(facts):
        return facts.arrival_complete and facts.arrival_checked_at is not None
    proof = facts.recovery_point_at if _is_agent(facts) else facts.vault_proved_at
    return proof is not None


def state(facts: ShipmentFacts) -> TrackingState:
    """Give the state of the whole in one word."""
    stage = current(facts)
    if stage is None:
        return TrackingState.PROTECTED
    if stage.status is StageStatus.TROUBLE:
        return TrackingState.TROUBLE
    if stage.name == StageName.SEALED:
        begun = facts.running is not None or facts.newest is not None or facts.drives
        return TrackingState.COPYING if begun else TrackingState.PREPARING
    if stage.name == StageName.READING_IN and _last(facts, StageName.READING_IN):
        return TrackingState.READING_IN
    if stage.name == StageName.VAULT and _is_agent(facts):
        return TrackingState.WAITING_FOR_AGENT
    return _STATE_BEFORE[StageName(stage.name)]


_STATE_BEFORE = {
    StageName.ORDERED: TrackingState.ORDERED,
    StageName.PREPARED: TrackingState.ORDERED,
    StageName.DISPATCHED: TrackingState.PREPARING,
    StageName.DELIVERED: TrackingState.TRAVELLING,
    StageName.SENT: TrackingState.SEALED,
    StageName.RECEIVED: TrackingState.TRAVELLING,
    StageName.READING_IN: TrackingState.RECEIVED,
    StageName.ARRIVED: TrackingState.READ_IN,
    StageName.VAULT: TrackingState.ARRIVED,
    StageName.INCREMENTS: TrackingState.IN_VAULT,
}


def now_you(facts: ShipmentFacts) -> NowYou | None:
    """Tell what the admin has to do next; None while something runs or somebody else acts."""
    facts = facts.of_newest_journey()
    if _runs(facts.running):
        return None
    stage = current(facts)
    if facts.newest is not None and facts.newest.state in CONTINUABLE:
        if facts.newest.kind is not JobKind.COPY:
            return NowYou.FIX_RUN
        if stage is not None and stage.name == StageName.SEALED:
            return NowYou.CONTINUE_COPY
    return None if stage is None else _ask(stage, facts)


def _ask(stage: Stage, facts: ShipmentFacts) -> NowYou | None:
    lost = facts.devices_lost and (stage.name in _AZURE_STAGES or stage.name == StageName.SEALED)
    if lost and stage.status is StageStatus.TROUBLE:
        return NowYou.DEVICES_LOST
    if stage.name == StageName.SEALED and _called_off(facts):
        return NowYou.REVIEW_ERRORS
    if facts.service and stage.name in _AZURE_STAGES:
        newest = facts.service[-1]
        if newest.progress in WAITING:
            return NowYou.RESOLVE_UPLOAD
        if is_called_off(newest) or newest.progress in WAITING_TO_ERASE:
            return NowYou.REVIEW_ERRORS
        if stage.status is StageStatus.TROUBLE and stage.name != StageName.READING_IN:
            return NowYou.REVIEW_ERRORS
        if facts.drives_missing:
            return NowYou.LOOK_FOR_DRIVE
        if newest.status in TO_FETCH and stage.name in _ORDER_STAGES:
            return NowYou.FETCH_DEVICE
        if newest.status in TO_BRING and stage.name == StageName.SENT:
            return NowYou.BRING_DEVICE
    own = facts.route is Route.IMPORT_EXPORT
    match stage.name:
        case StageName.SEALED:
            return NowYou.COPY if own else NowYou.COPY_TO_DEVICE
        case StageName.SENT | StageName.RECEIVED | StageName.READING_IN if facts.practice:
            return NowYou.RECEIVE_HERE
        case StageName.SENT:
            return NowYou.SHIP if own else NowYou.SHIP_DEVICE
        case StageName.RECEIVED:
            return _ask_on_the_way(facts, own)
        case StageName.READING_IN:
            return _ask_reading_in(facts)
        case StageName.ARRIVED:
            repair = stage.status is StageStatus.TROUBLE
            # Plain folders have no repair over the line: their drives go once more.
            return NowYou.REPAIR_ARRIVAL if repair and not facts.as_is else NowYou.CHECK_ARRIVAL
        case StageName.VAULT:
            return _ask_for_the_vault(facts)
        case StageName.INCREMENTS if not _is_agent(facts):
            return NowYou.RUN_INCREMENT
    return None  # the agent, Azure or the carrier acts next


def _ask_for_the_vault(facts: ShipmentFacts) -> NowYou | None:
    if not _is_agent(facts):
        return NowYou.MOVE_TO_VAULT
    if not facts.agent_linked:
        return NowYou.NAME_VAULT
    return NowYou.LOOK_AT_AGENT if facts.agent_halted else None


def _ask_on_the_way(facts: ShipmentFacts, own: bool) -> NowYou | None:
    unnumbered = facts.parcel is not None and not facts.parcel.tracking_number.strip()
    if own and unnumbered and not facts.job_numbered:
        return NowYou.ENTER_TRACKING
    return None if facts.service else NowYou.NOTE_RECEIVED


def _ask_reading_in(facts: ShipmentFacts) -> NowYou | None:
    if not facts.service:
        # Nobody reports progress, so looking into the landing container is the way to know.
        return None if _is_agent(facts) else NowYou.CHECK_ARRIVAL
    newest = facts.service[-1]
    if newest.status in HALTED:
        return NowYou.RESOLVE_UPLOAD
    return NowYou.REVIEW_ERRORS if _is_trouble(newest) else None


def _mark(name: StageName, facts: ShipmentFacts) -> _Mark:
    reported = _reported(name, facts)
    match name:
        case StageName.SEALED:
            evidence = tuple(f"{d.serial} {d.fingerprint[:16]}".strip() for d in facts.drives)
            at = facts.sealed_at
            if at is None and facts.filled and not facts.drives:
                return _Mark(True, None, Source.AZURE, facts.filled)
            return _Mark(at is not None, at, Source.PROGRAM, evidence)
        case StageName.SENT:
            parcel = facts.parcel
            if parcel is not None:
                evidence = tuple(x for x in (parcel.carrier, parcel.tracking_number) if x)
                return _Mark(True, parcel.shipped_at, facts.parcel_source, evidence)
        case StageName.RECEIVED:
            if reported is None and facts.received_at is not None:
                return _Mark(True, facts.received_at, facts.received_source)
            if reported is None and facts.delivered_at is not None:
                return _Mark(False, facts.delivered_at, Source.CARRIER)
        case StageName.READING_IN:
            if facts.read_in_at is not None:
                return _Mark(True, facts.read_in_at, Source.PROGRAM)
        case StageName.ARRIVED:
            figures = tuple(f"{key} {value}" for key, value in facts.arrival_figures)
            done = facts.arrival_complete and facts.arrival_checked_at is not None
            return _Mark(done, facts.arrival_checked_at, Source.PROGRAM, figures)
        case StageName.VAULT:
            if _is_agent(facts):
                at = facts.recovery_point_at
                return _Mark(at is not None, at, Source.AGENT)
            return _Mark(safe_to_erase(facts), facts.vault_proved_at, Source.PROGRAM)
        case StageName.INCREMENTS:
            source = Source.AGENT if _is_agent(facts) else Source.PROGRAM
            count = (str(facts.increments),) if facts.increments else ()
            return _Mark(facts.increments > 0, facts.increment_at, source, count)
    if reported is not None:
        return _Mark(True, reported.at, reported.source, (reported.status,))
    source = Source.YOU if name is StageName.SENT else Source.AZURE
    return _Mark(False, None, source)


def _reported(name: StageName, facts: ShipmentFacts) -> ServiceFact | None:
    """Give the first status of Azure that says this stage is over."""
    wanted = (name, StageStatus.DONE)
    return next((fact for fact in facts.service if place(fact) == wanted), None)


def _last(facts: ShipmentFacts, name: StageName) -> ServiceFact | None:
    """Give Azure's newest status, when it speaks of this stage."""
    if not facts.service:
        return None
    return facts.service[-1] if _speaks_of(facts.service[-1]) is name else None


def _speaks_of(fact: ServiceFact) -> StageName | None:
    """Give the stage a fact places the drives in.

    A cancelled order, or one whose device broke at the office, is kept with the reading-in words,
    but says nothing of how far it came.
    """
    found = place(fact)
    return None if found is None or is_called_off(fact) else found[0]


def _called_off(facts: ShipmentFacts) -> bool:
    return bool(facts.service) and is_called_off(facts.service[-1])


def _is_trouble(fact: ServiceFact) -> bool:
    found = place(fact)
    return found is not None and found[1] is StageStatus.TROUBLE


def _in_trouble(name: StageName, facts: ShipmentFacts) -> bool:
    if name is StageName.SEALED:
        stopped = facts.newest is not None and facts.newest.state in CONTINUABLE
        over = _called_off(facts) or facts.devices_lost
        return (stopped or over) and not _runs(facts.running)
    if name is StageName.ARRIVED:
        return facts.arrival_checked_at is not None and not facts.arrival_complete
    if not facts.service or name not in _AZURE_STAGES:
        return False
    newest = facts.service[-1]
    return (
        facts.devices_lost or is_called_off(newest) or place(newest) == (name, StageStatus.TROUBLE)
    )


def _azure_name(name: StageName, status: StageStatus, facts: ShipmentFacts) -> str:
    """Give Azure's own term; at the open stage, its newest word as it came, known or not."""
    if status in (StageStatus.NOW, StageStatus.TROUBLE):
        if facts.service and (raw := unknown_words(facts.service[-1])):
            return raw
        called_off = status is StageStatus.TROUBLE and _called_off(facts)
        if facts.service and (name in _AZURE_STAGES or (name == StageName.SEALED and called_off)):
            return facts.service[-1].status
        if name is StageName.VAULT and _is_agent(facts):
            return _AGENT_WAITS[facts.route]
    if name is StageName.VAULT and _is_agent(facts):
        return "Job Completed"
    names = _IMPORT_NAMES if facts.route is Route.IMPORT_EXPORT else _DATA_BOX_NAMES
    return names.get(name, "")


def _is_agent(facts: ShipmentFacts) -> bool:
    return facts.deployment_model is not DeploymentModel.STANDALONE


def _runs(job: Job | None) -> bool:
    return job is not None and job.state not in ENDED
