"""What rail and buttons say at each step."""

from __future__ import annotations

from collections.abc import Sequence

from offline_backup_gui.domain.findings import blocks
from offline_backup_gui.domain.plan import Draft
from offline_backup_gui.ui.widgets.rail import Mark, StepView
from offline_backup_gui.ui.wizard import flow
from offline_backup_gui.ui.wizard.answers import answer
from offline_backup_gui.ui.wizard.facts import Facts, Step
from offline_backup_gui.ui.wizard.flow import deciding, settled
from offline_backup_gui.ui.wizard.judging import problems
from offline_backup_gui.words import Words


def step_views(current: Step, draft: Draft, facts: Facts, words: Words) -> tuple[StepView, ...]:
    """Give every line of the rail."""
    reached = flow.reachable(draft, facts)
    return tuple(_view(step, current, reached, draft, facts, words) for step in flow.steps(draft))


def next_label(step: Step, draft: Draft, words: Words, *, started: bool) -> str:
    """Name the button that goes on; where something begins it carries a verb."""
    if step is not Step.REVIEW:
        return words.text("common.next")
    if started:
        return words.text("wizard.copying.continue")
    count = len(draft.drives)
    key = "start-one" if count == 1 else "start"
    return words.text(f"wizard.review.{key}", count=count)


def _view(
    step: Step,
    current: Step,
    reached: Sequence[Step],
    draft: Draft,
    facts: Facts,
    words: Words,
) -> StepView:
    known = facts.copy_state is not None or facts.ordered or step in reached
    told = answer(step, draft, facts, words) if known else ""
    return StepView(
        key=step.value,
        title=words.text(f"wizard.step.{step.value}"),
        answer=told,
        mark=_mark(step, current, reached, draft, facts, answered=bool(told)),
        reachable=step in reached,
    )


def _mark(
    step: Step,
    current: Step,
    reached: Sequence[Step],
    draft: Draft,
    facts: Facts,
    *,
    answered: bool,
) -> Mark:
    if step is current:
        return Mark.NOW
    if facts.copy_state is not None and step in deciding(draft):
        return Mark.DONE
    if facts.ordered and settled(step, draft):
        return Mark.DONE
    if step not in reached:
        return Mark.AHEAD
    if blocks(problems(step, draft, facts)):
        return Mark.BLOCKED
    return Mark.DONE if answered else Mark.AHEAD
