"""Every step's answer in a few words, for the rail and for the page Check and start; no Qt."""

from __future__ import annotations

from offline_backup_gui.domain.agent_rules import is_agent
from offline_backup_gui.domain.plan import AgentFields, Draft, Route
from offline_backup_gui.ui.wizard.facts import Facts, Step, chosen_drives, needs_staging
from offline_backup_gui.words import Words


def answer(step: Step, draft: Draft, facts: Facts, words: Words) -> str:
    """Give the answer of a step, or an empty text while it is open."""
    match step:
        case Step.MODEL:
            model = draft.deployment_model
            return words.term("model", model.value) if model else ""
        case Step.SOURCES:
            return _sources(draft, words)
        case Step.ROUTE:
            return words.term("route", draft.route.value) if draft.route else ""
        case Step.DESTINATION:
            return _destination(draft, words)
        case Step.PROTECTION:
            if is_agent(draft.deployment_model):
                return words.text("wizard.answer.agent-encrypts")
            if draft.as_is:
                return words.text("wizard.answer.as-is")
            if not draft.secret_ready:
                return ""
            key = "protected" if draft.kit_code_confirmed else "key-only"
            return words.text(f"wizard.answer.{key}")
        case Step.ORDER:
            return facts.order.ref.name if facts.order and facts.ordered else ""
        case Step.AGENT:
            return _agent(draft, words)
        case Step.STAGING:
            if needs_staging(draft):
                return draft.agent.staging_location
            return words.text("wizard.answer.not-needed")
        case Step.DRIVES:
            return _drives(draft, facts, words)
        case Step.REVIEW:
            return draft.name
        case Step.COPYING:
            state = facts.copy_state
            return words.term("job-state", state.value) if state else ""
        case Step.SHIP:
            return ""


def _agent(draft: Draft, words: Words) -> str:
    if draft.route is not Route.IMPORT_EXPORT:
        return words.text("wizard.answer.steps")
    names = AgentFields.__struct_fields__
    filled = sum(bool(getattr(draft.agent, name).strip()) for name in names)
    return words.text("wizard.answer.fields", filled=filled, all=len(names))


def _sources(draft: Draft, words: Words) -> str:
    if is_agent(draft.deployment_model) and draft.groups:
        size = words.size(draft.measurement.size_bytes)
        return words.text("wizard.answer.groups", count=len(draft.groups), size=size)
    if not draft.sources:
        return ""
    found = draft.measurement
    key = "folders" if found.complete else "folders-counting"
    return words.text(
        f"wizard.answer.{key}", count=len(draft.sources), size=words.size(found.size_bytes)
    )


def _destination(draft: Draft, words: Words) -> str:
    if draft.practice:
        return words.text("wizard.answer.practice")
    if draft.destination_later:
        return words.text("wizard.answer.later")
    return draft.account.removeprefix("https://")


def _drives(draft: Draft, facts: Facts, words: Words) -> str:
    if not draft.drives:
        return ""
    free = sum(item.drive.free_bytes for item in chosen_drives(draft, facts))
    return words.text("wizard.answer.drives", count=len(draft.drives), size=words.size(free))
