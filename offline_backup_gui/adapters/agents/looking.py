"""Puts services, registry and the modules' answers together to what was found on this server."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from offline_backup_gui.adapters.agents import scripts
from offline_backup_gui.adapters.agents.installed import (
    computer_name,
    installed,
    user_id,
    virtual_machine,
)
from offline_backup_gui.adapters.agents.native import Server
from offline_backup_gui.adapters.agents.powershell import Ask
from offline_backup_gui.domain.agents import Agent, AgentsFound, Answer, DataSource
from offline_backup_gui.domain.plan import DeploymentModel
from offline_backup_gui.formats.agent_output import ModuleAnswer


class WindowsAgents:
    """Implements `Agents` on a server with Windows."""

    def __init__(self, server: Server, powershell: Callable[[], Ask]) -> None:
        """`powershell` is found when something is asked: a look at the registry needs none."""
        self._server, self._powershell = server, powershell

    def look(self, *, ask: bool) -> AgentsFound:
        """Look, and ask the modules of what was found; without an agent nothing is asked."""
        found = AgentsFound(
            looked=True,
            server=computer_name(self._server),
            agents=installed(self._server),
            virtual_machine=virtual_machine(self._server),
            user_id=user_id(self._server),
        )
        if not ask or not found.agents:
            return found
        powershell = self._powershell()
        agents = tuple(_asked(agent, powershell(_script(agent))) for agent in found.agents)
        modules = powershell(scripts.MODULES)
        return replace(found, agents=agents, azure_rm=modules.modules)


def _script(agent: Agent) -> str:
    return scripts.MARS if agent.model is DeploymentModel.MARS else scripts.DPM


def _asked(agent: Agent, answer: ModuleAnswer) -> Agent:
    """Give an agent with what its module said."""
    if answer.answer is not Answer.READ:
        return replace(agent, answer=answer.answer, said=answer.said)
    return replace(
        agent,
        answer=answer.answer,
        sources=answer.sources,
        system_state=any(map(_is_system_state, answer.sources)),
        groups=answer.groups,
        method=answer.method,
        fields=answer.fields,
        jobs=answer.jobs,
    )


def _is_system_state(source: DataSource) -> bool:
    """Say whether a source of MARS is the system state: all others are volumes.

    Its name is in the language of the server, that of a volume begins with a letter or `\\\\?\\`.
    """
    return not (source.name[1:2] == ":" or source.name.startswith("\\\\"))
