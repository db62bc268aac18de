"""What is known of the Azure Backup agents on a server: MARS Agent, MABS and DPM; plain data."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from offline_backup_gui.domain.plan import AgentFields, DeploymentModel

# CloudBackup is a type of Get-DPMJob; its console speaks of online jobs.
_ONLINE = re.compile("cloud|online", re.IGNORECASE)
_VERSION = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,3}")


class ServiceState(StrEnum):
    """What the service of an agent does; it need not run to be found."""

    RUNNING = "running"
    STOPPED = "stopped"
    CHANGING = "changing"  # starting, stopping, paused
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """How far the agent's own PowerShell module could be read; all of these are ordinary."""

    NOT_ASKED = "not-asked"
    READ = "read"
    NO_POWERSHELL = "no-powershell"
    MODULE_MISSING = "module-missing"
    DENIED = "denied"
    EMPTY = "empty"
    NOT_UNDERSTOOD = "not-understood"
    CUT = "cut"
    TOO_LONG = "too-long"
    SLOW = "slow"
    TROUBLE = "trouble"  # the module answered with a trouble of its own


class InitialMethod(StrEnum):
    """How an agent makes its first copy, as it is set there."""

    NETWORK = "network"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class Wait(StrEnum):
    """What an agent waits for; both are how an offline backup looks between its two halves."""

    NOTHING = "nothing"
    DATA_BOX = "data-box"
    IMPORT = "import"


class DataSource(Struct, frozen=True):
    """Something an agent protects. `size_bytes` is None where the agent does not tell it."""

    name: str
    server: str = ""
    kind: str = ""
    size_bytes: int | None = None


class ProtectionGroup(Struct, frozen=True):
    """A protection group of MABS or DPM, and how its first copy to Azure is made."""

    name: str
    sources: tuple[DataSource, ...] = ()
    method: InitialMethod = InitialMethod.UNKNOWN
    fields: AgentFields = AgentFields()

    @property
    def size_bytes(self) -> int | None:
        """Give the sum of its data sources, or None when one of them is not known."""
        sizes = [source.size_bytes for source in self.sources]
        return None if None in sizes else sum(size for size in sizes if size is not None)


class AgentJob(Struct, frozen=True):
    """A run of an agent; words as they came, in the language of that server."""

    kind: str
    state: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    said: str = ""
    codes: tuple[int, ...] = ()
    group: str = ""  # the protection group it belongs to, where the agent tells it

    @property
    def wait(self) -> Wait:
        """Say what it waits for; product names stay the same in every language."""
        return _wait(self.said)

    @property
    def runs(self) -> bool:
        """Say whether it is at work, and not merely waiting for a journey."""
        return self.state.casefold() == "inprogress" and self.wait is Wait.NOTHING


class Agent(Struct, frozen=True):
    """One agent on this server. `said` is the module's own trouble, when there was one."""

    model: DeploymentModel
    version: str = ""
    folder: str = ""
    service: ServiceState = ServiceState.UNKNOWN
    service_name: str = ""
    cache: tuple[str, ...] = ()  # every place the registry names; they have to be one
    answer: Answer = Answer.NOT_ASKED
    said: str = ""
    sources: tuple[DataSource, ...] = ()
    system_state: bool = False
    groups: tuple[ProtectionGroup, ...] = ()
    method: InitialMethod = InitialMethod.UNKNOWN
    fields: AgentFields = AgentFields()
    jobs: tuple[AgentJob, ...] = ()
    certificate_log: str = ""  # the line of its log that tells the certificate trap

    @property
    def newest_jobs(self) -> tuple[AgentJob, ...]:
        """Give the newest run of each kind and protection group.

        A server of many groups syncs its own disks every few minutes: what an older run of another
        kind waits for is still waited for.
        """
        newest: dict[tuple[str, str], AgentJob] = {}
        for job in self.jobs:
            newest.setdefault((job.kind, job.group), job)
        return tuple(newest.values())

    @property
    def to_azure(self) -> tuple[AgentJob, ...]:
        """Give the newest runs that send to Azure: MABS and DPM have others, to their own disks."""
        if self.model is DeploymentModel.MARS:
            return self.newest_jobs
        return tuple(job for job in self.newest_jobs if _ONLINE.search(job.kind))

    @property
    def waiting(self) -> AgentJob | None:
        """Give the run that waits for a journey, the newest if there are several."""
        return next((job for job in self.newest_jobs if job.wait is not Wait.NOTHING), None)

    @property
    def wait(self) -> Wait:
        """Say what its runs wait for."""
        return self.waiting.wait if self.waiting is not None else Wait.NOTHING

    @property
    def all_fields(self) -> tuple[AgentFields, ...]:
        """Give what the agent itself says of an offline backup: its own, or its groups'."""
        told = (self.fields, *(group.fields for group in self.groups))
        return tuple(fields for fields in told if fields != AgentFields())


class ModuleVersion(Struct, frozen=True):
    """A PowerShell module that is installed."""

    name: str
    version: str


class AgentsFound(Struct, frozen=True):
    """What a look at this server gave; `looked` is false where there are no such agents."""

    looked: bool
    server: str = ""
    agents: tuple[Agent, ...] = ()
    azure_rm: tuple[ModuleVersion, ...] | None = None  # None: not known
    virtual_machine: str = ""  # whose virtual machine this is; empty on a physical server
    user_id: str = ""  # who signed in to Azure in the agent; part of names in the registry

    def of(self, model: DeploymentModel | None) -> Agent | None:
        """Give the agent of a deployment model."""
        return next((agent for agent in self.agents if agent.model is model), None)


def version_of(text: str) -> tuple[int, ...] | None:
    """Read a version such as "2.0.9250.0"; None when it is none."""
    text = text.strip()
    return tuple(map(int, text.split("."))) if _VERSION.fullmatch(text) else None


def _wait(said: str) -> Wait:
    lowered = said.casefold()
    if "data box" in lowered or "databox" in lowered:
        return Wait.DATA_BOX
    return Wait.IMPORT if "azure" in lowered and "import" in lowered else Wait.NOTHING
