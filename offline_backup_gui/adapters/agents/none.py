"""Stands where no agent can be."""

from __future__ import annotations

from offline_backup_gui.domain.agents import AgentsFound


class NoAgents:
    """Where none of the agents exists: they are programs for Windows."""

    def look(self, *, ask: bool) -> AgentsFound:
        """Say that there was nothing to look for."""
        del ask
        return AgentsFound(looked=False)
