"""What speaks against leaving a step: every finding of every page, free of Qt."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity, blocks
from offline_backup_gui.domain.names import container_flaw
from offline_backup_gui.domain.places import is_inside, looks_windows, parts
from offline_backup_gui.domain.plan import Draft, Route
from offline_backup_gui.domain.spreading import spread
from offline_backup_gui.ui.wizard.facts import (
    SEALED_STATES,
    Facts,
    Step,
    chosen_drives,
    drive_name,
    need_bytes,
    needs_consent,
    needs_staging,
    staging_need,
)

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):[0-5][0-9]")


_STEP_OF_CHECKED = {
    FindingCode.SOURCE_NOT_FOUND: Step.SOURCES,
    FindingCode.SOURCE_NOT_READABLE: Step.SOURCES,
    FindingCode.SOURCE_EMPTY: Step.SOURCES,
    FindingCode.DESTINATION_INSIDE_SOURCE: Step.DESTINATION,
}


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
    yield from facts.foreseen
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


def problems(step: Step, draft: Draft, facts: Facts) -> tuple[Finding, ...]:
    """Give every finding that belongs to a step, blockers among them."""
    own = _CHECKS[step](draft, facts)
    checked = (f for f in facts.checked if _STEP_OF_CHECKED.get(f.code) is step)
    return (*own, *checked)
