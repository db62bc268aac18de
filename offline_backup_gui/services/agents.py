"""Looks for the Azure Backup agents of this computer and judges what was found."""

from __future__ import annotations

from collections.abc import Sequence

from offline_backup_gui.domain.agent_rules import about_model, about_route
from offline_backup_gui.domain.agents import AgentsFound
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.plan import DeploymentModel, Route
from offline_backup_gui.services.world import World


class AgentSearch:
    """Every call may be made from a worker thread; nothing on the server is changed."""

    def __init__(self, world: World) -> None:
        self._world = world

    def look(self, *, ask: bool = True) -> AgentsFound:
        """Look for agents; `ask` asks their PowerShell modules as well, up to minutes."""
        return self._world.agents.look(ask=ask)

    def judge(
        self, found: AgentsFound, model: DeploymentModel, route: Route | None = None
    ) -> Sequence[Finding]:
        """Give what speaks about a deployment model on this server, and about a route for it."""
        return (*about_model(found, model), *about_route(found, model, route))
