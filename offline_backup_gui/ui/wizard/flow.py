"""The flow of the wizard, free of Qt: the steps, what blocks them, how far one may go."""

from __future__ import annotations

from offline_backup_gui.domain.agent_rules import (
    is_agent,
)
from offline_backup_gui.domain.findings import blocks
from offline_backup_gui.domain.job import CONTINUABLE
from offline_backup_gui.domain.plan import Draft
from offline_backup_gui.ui.wizard.facts import SEALED_STATES, Facts, Step, needs_order
from offline_backup_gui.ui.wizard.judging import problems


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


def deciding(draft: Draft) -> tuple[Step, ...]:
    """Give the steps before the copy starts; afterwards their answers stand."""
    return tuple(step for step in steps(draft) if step not in (Step.COPYING, Step.SHIP))


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
