"""What is to be done in the agent itself, in order, with the exact names of menus and buttons.

The names are those of the English agents as azure-docs give them (published.MARS_DISKS,
MARS_DATA_BOX, SERVER_DISKS, SERVER_DATA_BOX); `words` has the sentence of each step.
"""

from __future__ import annotations

from msgspec import Struct

from offline_backup_gui.domain import published
from offline_backup_gui.domain.agent_rules import AZURE_RM, WITH_GROUPS, is_agent
from offline_backup_gui.domain.plan import DeploymentModel, Route
from offline_backup_gui.domain.published import Origin


class GuideStep(Struct, frozen=True):
    """One step: the key of its sentence, what to click in this order, and whether fields belong."""

    key: str
    names: tuple[str, ...] = ()
    with_fields: bool = False


class Guide(Struct, frozen=True):
    """All steps for one deployment model and route, and where they were read."""

    steps: tuple[GuideStep, ...]
    origin: Origin


_MARS_START = (
    GuideStep("azure-rm", (f"Install-Module AzureRM -RequiredVersion {AZURE_RM}",)),
    GuideStep("schedule", ("Microsoft Azure Backup", "Schedule Backup")),
    GuideStep("items", ("Add Items",)),
)
_SERVER_START = (
    GuideStep("server-version"),
    GuideStep("group", ("Protection", "New")),
    GuideStep("replica", ("Protection", "OK")),
)
_MARS_METHOD_PAGE = "Choose Initial Backup Type (Files and Folders)"
_SERVER_METHOD_PAGE = "Choose Initial Online Replication"
_MARS_RUN = GuideStep("back-up-now", ("Back Up Now",))
_SERVER_RUN = GuideStep("recovery-point", ("Create recovery point", "Online Protection"))
_OWN_DISKS_END = (GuideStep("fill-drives"), GuideStep("wait-import"))
_DATA_BOX_END = (GuideStep("ship-device"), GuideStep("wait-data-box"))


def guide(model: DeploymentModel | None, route: Route | None) -> Guide | None:
    """Give the steps, or None where no agent or no route is chosen."""
    if model is None or route is None or not is_agent(model):
        return None
    server = model in WITH_GROUPS
    start = _SERVER_START if server else _MARS_START
    run = _SERVER_RUN if server else _MARS_RUN
    page = _SERVER_METHOD_PAGE if server else _MARS_METHOD_PAGE
    if route is Route.IMPORT_EXPORT:
        choice = "Transfer using my own disk" if server else "Transfer using my own disks"
        own: tuple[GuideStep, ...] = (
            *start,
            GuideStep("method", (page, choice)),
            GuideStep("sign-in", ("Sign in",)),
            GuideStep("fields", ("Use your Own Disk",) if server else (), with_fields=True),
            run,
            *_OWN_DISKS_END,
        )
        return Guide(own, published.SERVER_DISKS if server else published.MARS_DISKS)
    choice = (
        "Transfer using Microsoft owned disks"
        if server
        else "Transfer using Microsoft Azure Data Box disks"
    )
    connect = "connect-disk" if route is Route.DATA_BOX_DISK else "connect-box"
    steps = (
        GuideStep("delivered"),
        GuideStep(connect),
        *start,
        GuideStep("method", (page, choice)),
        GuideStep("sign-in", ("Sign in",)),
        GuideStep("detect", ("Detect Device",)),
        run,
        *_DATA_BOX_END,
    )
    return Guide(steps, published.SERVER_DATA_BOX if server else published.MARS_DATA_BOX)
