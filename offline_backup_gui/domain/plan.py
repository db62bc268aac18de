"""What the admin decided (Plan) and what is still being edited (Draft)."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import NewType

from msgspec import Struct, field

from offline_backup_gui.domain.order_fields import AzurePlace, OrderFields
from offline_backup_gui.domain.sizing import Group

PlanId = NewType("PlanId", str)


class DeploymentModel(StrEnum):
    """Who makes the backup data: an Azure Backup agent, or this program (Standalone)."""

    STANDALONE = "standalone"
    MARS = "mars"
    MABS = "mabs"
    DPM = "dpm"


class Route(StrEnum):
    """A way to travel."""

    DATA_BOX_DISK = "data-box-disk"
    DATA_BOX = "data-box"
    IMPORT_EXPORT = "import-export"


class Destination(Struct, frozen=True):
    """Where the backup goes: an account (URL, or folder path) and its two containers."""

    account: str
    landing: str
    vault: str

    @property
    def is_folder(self) -> bool:
        """Say whether the account is a folder on this computer (practice, own datacenter)."""
        return bool(self.account) and not self.account.startswith(("https://", "http://"))


class AgentFields(Struct, frozen=True):
    """What an agent's own wizard and this plan have to say alike; texts as the agent wants them.

    `staging_location` is compared by the agent's utility as it was typed there, so it is never
    made absolute or shortened here.
    """

    staging_location: str = ""
    subscription_id: str = ""
    storage_account: str = ""
    container: str = ""
    import_job_name: str = ""


class Plan(Struct, frozen=True):
    """One decided backup. Paths are as the admin gave them; times are local "HH:MM"."""

    name: str
    deployment_model: DeploymentModel
    route: Route
    sources: tuple[str, ...]
    destination: Destination
    exclude: tuple[str, ...] = ()
    drives: tuple[str, ...] = ()
    schedule_times: tuple[str, ...] = ()
    shadow_copies: bool = True
    agent: AgentFields = AgentFields()
    as_is: bool = False
    groups: tuple[Group, ...] = ()  # protection groups of MABS and DPM, with their sizes

    @property
    def travels_as_is(self) -> bool:
        """Say whether files travel byte for byte, under their own names: an agent's always do."""
        return self.as_is or self.deployment_model is not DeploymentModel.STANDALONE

    @property
    def carried(self) -> tuple[str, ...]:
        """Name the folders that go onto the drives: an agent's staging location, else sources."""
        if self.deployment_model is not DeploymentModel.STANDALONE and self.agent.staging_location:
            return (self.agent.staging_location,)
        return self.sources

    @property
    def read_into(self) -> str:
        """Give the account the drives are read into, as URL or folder; "" while it is open.

        An agent's plan may know its account by the name alone.
        """
        agents = self.deployment_model is not DeploymentModel.STANDALONE
        name = self.agent.storage_account if agents else ""
        if self.destination.account or not name:
            return self.destination.account
        return f"https://{name}.blob.core.windows.net"

    @property
    def blob_container(self) -> str:
        """Name the container the drives are read into."""
        agents = self.deployment_model is not DeploymentModel.STANDALONE
        return (self.agent.container if agents else "") or self.destination.landing

    @property
    def mirror_id(self) -> str:
        """Name a copy of files as they are, on drives and here; the account may come later."""
        identity = "\n".join(
            (
                "mirror",
                self.name,
                self.deployment_model.value,
                self.blob_container,
                *self.carried[:1],
            )
        )
        return hashlib.blake2b(identity.encode(), digest_size=16).hexdigest()

    @property
    def plan_id(self) -> PlanId:
        """Name the plan in state: stable while sources, drives and times change."""
        identity = "\n".join(
            (self.name, self.destination.account, self.destination.landing, self.destination.vault)
        )
        return PlanId(hashlib.blake2b(identity.encode(), digest_size=8).hexdigest())


class Measurement(Struct, frozen=True):
    """Size of the chosen sources, live while the scan runs."""

    files: int = 0
    folders: int = 0
    size_bytes: int = 0
    unreadable: int = 0
    complete: bool = False
    largest_folders: tuple[tuple[str, int], ...] = ()
    by_source: tuple[tuple[str, int], ...] = ()


class Draft(Struct, frozen=True):
    """A plan still being edited in the wizard; every field may be undecided."""

    deployment_model: DeploymentModel | None = None
    sources: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    measurement: Measurement = field(default_factory=Measurement)
    growth_percent: int = 5
    country: str = ""
    region: str = ""
    line_mbps: float | None = None
    route: Route | None = None
    practice: bool = False
    destination_later: bool = False
    account: str = ""
    landing: str = ""
    vault: str = ""
    secret_ready: bool = False
    kit_saved: bool = False
    kit_code_confirmed: bool = False
    repository_id: str = ""
    drives: tuple[str, ...] = ()
    consented_serials: tuple[str, ...] = ()
    schedule_times: tuple[str, ...] = ("21:00",)
    name: str = ""
    shadow_copies: bool = True
    agent: AgentFields = AgentFields()
    copy_elsewhere: bool = False  # the drives hang on another computer than the agent's
    as_is: bool = False
    azure: AzurePlace = AzurePlace()
    order: OrderFields = OrderFields()
    groups: tuple[Group, ...] = ()
