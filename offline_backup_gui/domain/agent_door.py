"""The door to the Azure Backup agents of this computer; adapters/agents implements it."""

from __future__ import annotations

from typing import Protocol

from offline_backup_gui.domain.agents import AgentsFound


class Agents(Protocol):
    """Looks for agents. Looking changes nothing, and finding none is no trouble."""

    def look(self, *, ask: bool) -> AgentsFound:
        """Look at services, registry and files, which takes a moment.

        `ask` asks the agents' PowerShell modules as well, which may take a minute each.
        """
