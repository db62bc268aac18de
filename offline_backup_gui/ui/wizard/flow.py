"""The flow of the wizard, free of Qt: the steps, what blocks them, how far one may go."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from msgspec import Struct

from offline_backup_gui.domain.advice import SERVER_GROUP, Advice, AdviceRequest
from offline_backup_gui.domain.agent_fields import name_findings
from offline_backup_gui.domain.agent_rules import (
    WITH_GROUPS,
    about_model,
    about_route,
    field_findings,
    is_agent,
    over_the_line,
    too_large_sources,
    volumes_too_large,
    while_it_travels,
)
from offline_backup_gui.domain.agents import AgentsFound
from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity, blocks
from offline_backup_gui.domain.fitness import DriveNeed, JudgedDrive
from offline_backup_gui.domain.job import CONTINUABLE, JobState
from offline_backup_gui.domain.names import container_flaw
from offline_backup_gui.domain.orders import KeptOrder, OrderState
from offline_backup_gui.domain.places import is_inside, looks_windows, parts
from offline_backup_gui.domain.plan import DeploymentModel, Destination, Draft, Plan, Route
from offline_backup_gui.domain.sizing import Group
from offline_backup_gui.domain.spreading import spread
from offline_backup_gui.domain.staging import StagingNeed, StagingReport


class Step(StrEnum):
    """The pages, in order; the value is their key in `words`.

    A draft has ORDER or STAGING, and AGENT when an agent makes the data.
    """

    MODEL = "model"
    SOURCES = "sources"
    ROUTE = "route"
    DESTINATION = "destination"
    PROTECTION = "protection"
    ORDER = "order"
    STAGING = "staging"
    AGENT = "agent"
    DRIVES = "drives"
    REVIEW = "review"
    COPYING = "copying"
    SHIP = "ship"


OFFERED_ROUTES = tuple(Route)
ORDERED_ROUTES = frozenset({Route.DATA_BOX_DISK, Route.DATA_BOX})
SEALED_STATES = frozenset({JobState.DONE, JobState.EXCEPTIONS})
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):[0-5][0-9]")

_STEP_OF_CHECKED = {
    FindingCode.SOURCE_NOT_FOUND: Step.SOURCES,
    FindingCode.SOURCE_NOT_READABLE: Step.SOURCES,
    FindingCode.SOURCE_EMPTY: Step.SOURCES,
    FindingCode.DESTINATION_INSIDE_SOURCE: Step.DESTINATION,
}


class Facts(Struct, frozen=True):
    """What is known beside the draft; pages and flow read it, the window keeps it fresh."""

    advice: Advice | None = None
    drives: tuple[JudgedDrive, ...] = ()
    drives_listed: bool = False
    drives_stale: bool = False
    checked: tuple[Finding, ...] = ()
    copy_state: JobState | None = None
    staging: StagingReport | None = None  # the newest look at a staging location
    destination: tuple[Finding, ...] = ()  # what Azure says about the account
    agents: AgentsFound | None = None  # None until the first look is over
    order: KeptOrder | None = None  # the order of this backup that is not over

    @property
    def ordered(self) -> bool:
        """Say whether the devices are ordered, so that the answers before stand."""
        return self.order is not None and self.order.state is not OrderState.INTENDED


def groups_of(draft: Draft) -> tuple[Group, ...]:
    """Give what is judged one by one: this server's folders, then groups and other servers."""
    others = draft.groups if is_agent(draft.deployment_model) else ()
    rest = draft.measurement.size_bytes - sum(group.size_bytes for group in others)
    own = (Group(SERVER_GROUP, max(rest, 0)),) if rest > 0 or not others else ()
    return (*own, *others)


def advice_request(draft: Draft, today: date) -> AdviceRequest:
    """Give what the draft asks the advisor."""
    return AdviceRequest(
        deployment_model=draft.deployment_model or DeploymentModel.STANDALONE,
        groups=groups_of(draft),
        today=today,
        country=draft.country,
        region=draft.region,
        line_mbps=draft.line_mbps,
        growth_percent=draft.growth_percent,
        offered=OFFERED_ROUTES,
    )


def steps(draft: Draft) -> tuple[Step, ...]:
    """Give the steps of this draft: devices are ordered, own drives may need staging.

    Only an agent has steps of its own. A page without work for a route says so itself.
    """
    others = {Step.STAGING if needs_order(draft) else Step.ORDER}
    if not is_agent(draft.deployment_model):
        others.add(Step.AGENT)
    elif needs_order(draft):
        # The agent writes to the device by itself, and the order has the way back.
        others |= {Step.DRIVES, Step.REVIEW, Step.COPYING, Step.SHIP}
    return tuple(step for step in Step if step not in others)


def needs_order(draft: Draft) -> bool:
    """Say whether Microsoft's devices have to be ordered; practice plays with folders."""
    return draft.route in ORDERED_ROUTES and not draft.practice


def deciding(draft: Draft) -> tuple[Step, ...]:
    """Give the steps before the copy starts; afterwards their answers stand."""
    return tuple(step for step in steps(draft) if step not in (Step.COPYING, Step.SHIP))


def problems(step: Step, draft: Draft, facts: Facts) -> tuple[Finding, ...]:
    """Give every finding that belongs to a step, blockers among them."""
    own = _CHECKS[step](draft, facts)
    checked = (f for f in facts.checked if _STEP_OF_CHECKED.get(f.code) is step)
    return (*own, *checked)


def reachable(draft: Draft, facts: Facts) -> tuple[Step, ...]:
    """Give the steps one may open: up to the first that blocks; after the start only the rest."""
    if facts.copy_state is not None:
        return _reachable_after_start(draft, facts)
    result: list[Step] = []
    for step in deciding(draft):
        if facts.ordered and settled(step, draft):
            continue
        result.append(step)
        if blocks(problems(step, draft, facts)):
            break
    return tuple(result)


def _reachable_after_start(draft: Draft, facts: Facts) -> tuple[Step, ...]:
    if facts.copy_state in SEALED_STATES:
        return (Step.COPYING, Step.SHIP)
    if facts.copy_state not in CONTINUABLE:
        return (Step.COPYING,)
    # A copy that ended early may go on with more drives, or with others.
    if blocks(problems(Step.DRIVES, draft, facts)):
        return (Step.DRIVES, Step.COPYING)
    return (Step.DRIVES, Step.REVIEW, Step.COPYING)


def settled(step: Step, draft: Draft) -> bool:
    """Say whether a step's answers stand once the devices are ordered."""
    open_still = (Step.ORDER, Step.AGENT, Step.DRIVES, Step.REVIEW, Step.COPYING, Step.SHIP)
    return step in steps(draft) and step not in open_still


def following(step: Step, draft: Draft) -> Step | None:
    """Give the next step."""
    order = steps(draft)
    place = order.index(step) + 1
    return order[place] if place < len(order) else None


def preceding(step: Step, draft: Draft) -> Step | None:
    """Give the step before."""
    order = steps(draft)
    place = order.index(step) - 1
    return order[place] if place >= 0 else None


def first_blocked(draft: Draft, facts: Facts) -> Step | None:
    """Give the first deciding step that blocks the start, or None."""
    for step in deciding(draft):
        if blocks(problems(step, draft, facts)):
            return step
    return None


def need_bytes(draft: Draft) -> int:
    """Give the bytes the drives have to take: the measured size with growth, rounded up."""
    return -(-draft.measurement.size_bytes * (100 + draft.growth_percent) // 100)


def drive_need(draft: Draft) -> DriveNeed:
    """Give what the draft asks of drives."""
    plan = provisional_plan(draft)
    return DriveNeed(
        need_bytes=need_bytes(draft),
        # What the agent left is the source of the copy; a drive that holds it cannot travel.
        sources=(*draft.sources, *([draft.agent.staging_location] if needs_staging(draft) else [])),
        account=plan.read_into,
        route=draft.route,
        repository_id=plan.mirror_id if plan.travels_as_is else draft.repository_id,
        chosen=draft.drives,
    )


def needs_staging(draft: Draft) -> bool:
    """Say whether an agent writes to a staging location first: with own drives, and only there."""
    own = draft.deployment_model in (None, DeploymentModel.STANDALONE)
    return not own and draft.route is Route.IMPORT_EXPORT


def staging_need(draft: Draft) -> StagingNeed:
    """Give what the draft asks of its staging location."""
    return StagingNeed(need_bytes(draft), draft.sources, draft.copy_elsewhere, draft.drives)


def chosen_drives(draft: Draft, facts: Facts) -> tuple[JudgedDrive, ...]:
    """Give the listed drives that are chosen, in the order of the list."""
    return tuple(item for item in facts.drives if item.drive.mount in draft.drives)


def needs_consent(item: JudgedDrive) -> bool:
    """Say whether the drive holds files its owner has to agree to."""
    return any(f.code is FindingCode.DRIVE_HAS_FILES for f in item.findings)


def drive_name(drive: Drive) -> str:
    """Name a drive for people: its letter or folder, and its label or model."""
    extra = drive.label or drive.model
    return f"{drive.mount} ({extra})" if drive.mount and extra else drive.mount or extra


def provisional_plan(draft: Draft) -> Plan:
    """Give the plan this draft would become, with the open answers left empty, for checking."""
    return Plan(
        name=draft.name,
        deployment_model=draft.deployment_model or DeploymentModel.STANDALONE,
        route=draft.route or Route.IMPORT_EXPORT,
        sources=draft.sources,
        destination=Destination(draft.account, draft.landing, draft.vault),
        exclude=draft.exclude,
        drives=draft.drives,
        schedule_times=draft.schedule_times,
        shadow_copies=draft.shadow_copies,
        agent=draft.agent,
        as_is=draft.as_is,
        groups=draft.groups,
    )


def container_name_fits(name: str) -> bool:
    """Say whether Azure accepts a container name."""
    return container_flaw(name) is None


def time_fits(value: str) -> bool:
    """Say whether this is a time of day, "HH:MM"."""
    return bool(_TIME.fullmatch(value))


def _blocker(code: FindingCode, **parameters: str | int | tuple[str, ...]) -> Finding:
    return Finding(code, Severity.BLOCKER, {**parameters})


def _model(draft: Draft, facts: Facts) -> Iterable[Finding]:
    if draft.deployment_model is None:
        yield _blocker(FindingCode.MODEL_NOT_CHOSEN)
    elif facts.agents is not None:
        yield from about_model(facts.agents, draft.deployment_model)


def _groups(draft: Draft, facts: Facts) -> Iterable[Finding]:
    if not draft.groups:
        yield _blocker(FindingCode.AGENT_GROUPS_NOT_CHOSEN)
    agent = facts.agents.of(draft.deployment_model) if facts.agents else None
    yield from too_large_sources(agent, draft.groups)
    yield from over_the_line(agent, draft.groups)


def _sources(draft: Draft, facts: Facts) -> Iterable[Finding]:
    if draft.deployment_model in WITH_GROUPS:
        yield from _groups(draft, facts)
        return
    if is_agent(draft.deployment_model):
        yield from volumes_too_large(draft.measurement.by_source)
        if draft.groups and not draft.sources:
            return  # servers whose agent is elsewhere, by name and size
    if not draft.sources:
        yield _blocker(FindingCode.NO_SOURCES)
    for path in draft.sources:
        for other in draft.sources:
            if path != other and _inside(path, other):
                yield _blocker(FindingCode.SOURCE_TWICE, path=path, other=other)
    if draft.sources and not draft.measurement.complete:
        yield Finding(
            FindingCode.SOURCES_STILL_MEASURED,
            Severity.NOTE,
            {"size_bytes": draft.measurement.size_bytes},
        )


def _inside(path: str, other: str) -> bool:
    windows = looks_windows(path) or looks_windows(other)
    return is_inside(parts(path, windows=windows), parts(other, windows=windows))


def _route(draft: Draft, facts: Facts) -> Iterable[Finding]:
    if draft.route is None:
        yield _blocker(FindingCode.ROUTE_NOT_CHOSEN)
    elif facts.advice is not None:
        yield from facts.advice.of(draft.route).findings
    if facts.agents is not None:
        yield from about_route(facts.agents, draft.deployment_model, draft.route)


def _destination(draft: Draft, facts: Facts) -> Iterable[Finding]:
    yield from facts.destination
    if draft.destination_later:
        yield Finding(FindingCode.DESTINATION_MISSING, Severity.NOTE)
    elif not draft.account:
        yield _blocker(FindingCode.DESTINATION_MISSING)
    for name in (draft.landing, draft.vault):
        if not container_name_fits(name):
            yield _blocker(FindingCode.CONTAINER_NAME_NOT_ALLOWED, name=name)
    if draft.landing and draft.landing == draft.vault:
        yield _blocker(FindingCode.CONTAINERS_EQUAL, name=draft.landing)


def _protection(draft: Draft, _facts: Facts) -> Iterable[Finding]:
    if is_agent(draft.deployment_model):
        return  # the agent encrypts, with a passphrase of its own
    if draft.as_is:
        yield Finding(FindingCode.TRAVELS_READABLE, Severity.WARNING)
    elif not draft.secret_ready or not draft.repository_id:
        yield _blocker(FindingCode.NO_PROTECTION)
    elif not (draft.kit_saved and draft.kit_code_confirmed):
        yield _blocker(FindingCode.KIT_NOT_SAVED)


def _order(draft: Draft, facts: Facts) -> Iterable[Finding]:
    if facts.ordered:
        return
    if not draft.name.strip():
        yield _blocker(FindingCode.NAME_MISSING)
    yield _blocker(FindingCode.NOT_ORDERED)


def _staging(draft: Draft, facts: Facts) -> Iterable[Finding]:
    if not needs_staging(draft):
        return
    location, seen = draft.agent.staging_location.strip(), facts.staging
    if not location:
        yield _blocker(FindingCode.STAGING_NOT_CHOSEN)
    elif seen is None or seen.location != location:
        yield _blocker(FindingCode.STAGING_BEING_LOOKED_AT, path=location)
    else:
        yield from seen.findings(staging_need(draft))


def _ship(_draft: Draft, _facts: Facts) -> Iterable[Finding]:
    return ()


def _agent(draft: Draft, facts: Facts) -> Iterable[Finding]:
    found = facts.agents or AgentsFound(looked=False)
    yield from field_findings(draft.agent, found, draft.deployment_model, draft.route)
    if draft.route is Route.IMPORT_EXPORT:
        yield from name_findings(draft.agent)
    yield from while_it_travels(draft.deployment_model)


def _drives(draft: Draft, facts: Facts) -> Iterable[Finding]:
    if facts.drives_stale:
        yield Finding(FindingCode.DRIVES_NOT_LISTED, Severity.WARNING)
    if facts.drives_listed and all(blocks(item.findings) for item in facts.drives):
        yield Finding(FindingCode.NO_DRIVE, Severity.WARNING, {"count": len(facts.drives)})
    if not draft.drives:
        yield _blocker(FindingCode.DRIVES_NOT_CHOSEN)
        return
    if not facts.drives_listed:
        return
    chosen = chosen_drives(draft, facts)
    here = {item.drive.mount for item in chosen}
    for mount in draft.drives:
        if mount not in here:
            yield _blocker(FindingCode.DRIVE_GONE, drive=mount)
    for item in chosen:
        yield from (f for f in item.findings if f.severity is Severity.BLOCKER)
    yield from spread(need_bytes(draft), [item.drive for item in chosen]).findings


def _review(draft: Draft, facts: Facts) -> Iterable[Finding]:
    if not draft.name.strip():
        yield _blocker(FindingCode.NAME_MISSING)
    for value in draft.schedule_times:
        if not time_fits(value):
            yield _blocker(FindingCode.SCHEDULE_TIME_WRONG, value=value)
    for item in chosen_drives(draft, facts):
        if needs_consent(item) and item.drive.serial not in draft.consented_serials:
            yield _blocker(
                FindingCode.CONSENT_MISSING,
                drive=drive_name(item.drive),
                folders=item.drive.first_folders[:3],
            )


def _copying(_draft: Draft, facts: Facts) -> Iterable[Finding]:
    if facts.copy_state not in SEALED_STATES:
        yield _blocker(FindingCode.COPY_NOT_FINISHED)


_CHECKS = {
    Step.MODEL: _model,
    Step.SOURCES: _sources,
    Step.ROUTE: _route,
    Step.DESTINATION: _destination,
    Step.PROTECTION: _protection,
    Step.ORDER: _order,
    Step.STAGING: _staging,
    Step.AGENT: _agent,
    Step.DRIVES: _drives,
    Step.REVIEW: _review,
    Step.COPYING: _copying,
    Step.SHIP: _ship,
}
