"""An agent in a few lines, for the first page; no Qt."""

from __future__ import annotations

from offline_backup_gui.domain.agents import Agent, ProtectionGroup
from offline_backup_gui.words import Words


def agent_lines(agent: Agent, words: Words) -> tuple[str, ...]:
    """Give name, version and service, then what it protects."""
    head = words.text(
        "agents.found" if agent.version else "agents.found-no-version",
        model=words.term("model", agent.model.value),
        version=agent.version,
        state=words.term("service-state", agent.service.value),
    )
    names = words.listed([source.name for source in agent.sources])
    protected = (words.text("agents.sources", names=names),) if names else ()
    return (head, *protected, *(group_line(group, words) for group in agent.groups))


def group_line(group: ProtectionGroup, words: Words) -> str:
    """Give a protection group with its size and the way of its first copy."""
    size = group.size_bytes
    return words.text(
        "agents.group",
        name=group.name,
        count=len(group.sources),
        size=words.text("agents.size-unknown") if size is None else words.size(size),
        method=words.term("agent-method", group.method.value),
    )
