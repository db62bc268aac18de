"""Finds the Azure Backup agents of this computer: MARS Agent, MABS and DPM."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from offline_backup_gui.domain.agent_door import Agents


def system_agents() -> Agents:
    """Give what looks for agents here."""
    if sys.platform != "win32":
        from offline_backup_gui.adapters.agents.none import NoAgents

        return NoAgents()
    from offline_backup_gui.adapters.agents.looking import WindowsAgents
    from offline_backup_gui.adapters.agents.native import NativeServer
    from offline_backup_gui.adapters.agents.powershell import windows_powershell

    return WindowsAgents(NativeServer(), windows_powershell)
