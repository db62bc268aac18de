"""What is known beside a draft, the steps by name, and what follows from a draft alone; no Qt."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.advice import SERVER_GROUP, Advice, AdviceRequest
from offline_backup_gui.domain.agent_rules import (
    is_agent,
)
from offline_backup_gui.domain.agents import AgentsFound
from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.findings import Finding, FindingCode
from offline_backup_gui.domain.fitness import DriveNeed, JudgedDrive
from offline_backup_gui.domain.job import JobState
from offline_backup_gui.domain.orders import KeptOrder, OrderState
from offline_backup_gui.domain.plan import DeploymentModel, Draft, Plan, Route
from offline_backup_gui.domain.sizing import Group
from offline_backup_gui.domain.staging import StagingNeed, StagingReport
from offline_backup_gui.services.planning import plan_of


class Step(StrEnum):
    """The pages, in order; the value is their key in `words`.

    A draft has ORDER or STAGING, and AGENT when an agent makes the data.
    """

    MODEL = "model"
    SOURCES = "sources"
    ROUTE = "route"
    DESTINATION = "destination"
    PROTECTION = "protection"
    ORDER = "order"
    STAGING = "staging"
    AGENT = "agent"
    DRIVES = "drives"
    REVIEW = "review"
    COPYING = "copying"
    SHIP = "ship"


OFFERED_ROUTES = tuple(Route)


ORDERED_ROUTES = frozenset({Route.DATA_BOX_DISK, Route.DATA_BOX})


SEALED_STATES = frozenset({JobState.DONE, JobState.EXCEPTIONS})


class Facts(Struct, frozen=True):
    """What is known beside the draft; pages and flow read it, the window keeps it fresh."""

    advice: Advice | None = None
    drives: tuple[JudgedDrive, ...] = ()
    drives_listed: bool = False
    drives_stale: bool = False
    checked: tuple[Finding, ...] = ()
    foreseen: tuple[Finding, ...] = ()  # what a copy of files as they are would come upon
    copy_state: JobState | None = None
    staging: StagingReport | None = None  # the newest look at a staging location
    destination: tuple[Finding, ...] = ()  # what Azure says about the account
    agents: AgentsFound | None = None  # None until the first look is over
    order: KeptOrder | None = None  # the order of this backup that is not over

    @property
    def ordered(self) -> bool:
        """Say whether the devices are ordered, so that the answers before stand."""
        return self.order is not None and self.order.state is not OrderState.INTENDED


def groups_of(draft: Draft) -> tuple[Group, ...]:
    """Give what is judged one by one: this server's folders, then groups and other servers."""
    others = draft.groups if is_agent(draft.deployment_model) else ()
    rest = draft.measurement.size_bytes - sum(group.size_bytes for group in others)
    own = (Group(SERVER_GROUP, max(rest, 0)),) if rest > 0 or not others else ()
    return (*own, *others)


def advice_request(draft: Draft, today: date) -> AdviceRequest:
    """Give what the draft asks the advisor."""
    return AdviceRequest(
        deployment_model=draft.deployment_model or DeploymentModel.STANDALONE,
        groups=groups_of(draft),
        today=today,
        country=draft.country,
        region=draft.region,
        line_mbps=draft.line_mbps,
        growth_percent=draft.growth_percent,
        offered=OFFERED_ROUTES,
    )


def needs_order(draft: Draft) -> bool:
    """Say whether Microsoft's devices have to be ordered; practice plays with folders."""
    return draft.route in ORDERED_ROUTES and not draft.practice


def need_bytes(draft: Draft) -> int:
    """Give the bytes the drives have to take: the measured size with growth, rounded up."""
    return -(-draft.measurement.size_bytes * (100 + draft.growth_percent) // 100)


def drive_need(draft: Draft) -> DriveNeed:
    """Give what the draft asks of drives."""
    plan = provisional_plan(draft)
    return DriveNeed(
        need_bytes=need_bytes(draft),
        # What the agent left is the source of the copy; a drive that holds it cannot travel.
        sources=(*draft.sources, *([draft.agent.staging_location] if needs_staging(draft) else [])),
        account=plan.read_into,
        route=draft.route,
        repository_id=plan.mirror_id if plan.travels_as_is else draft.repository_id,
        chosen=draft.drives,
    )


def needs_staging(draft: Draft) -> bool:
    """Say whether an agent writes to a staging location first: with own drives, and only there."""
    own = draft.deployment_model in (None, DeploymentModel.STANDALONE)
    return not own and draft.route is Route.IMPORT_EXPORT


def asks_for_job(draft: Draft) -> bool:
    """Say whether an import job will be made: with own drives, and not in practice."""
    return draft.route is Route.IMPORT_EXPORT and not draft.practice


def staging_need(draft: Draft) -> StagingNeed:
    """Give what the draft asks of its staging location."""
    return StagingNeed(need_bytes(draft), draft.sources, draft.copy_elsewhere, draft.drives)


def chosen_drives(draft: Draft, facts: Facts) -> tuple[JudgedDrive, ...]:
    """Give the listed drives that are chosen, in the order of the list."""
    return tuple(item for item in facts.drives if item.drive.mount in draft.drives)


def needs_consent(item: JudgedDrive) -> bool:
    """Say whether the drive holds files its owner has to agree to."""
    return any(f.code is FindingCode.DRIVE_HAS_FILES for f in item.findings)


def drive_name(drive: Drive) -> str:
    """Name a drive for people: its letter or folder, and its label or model."""
    extra = drive.label or drive.model
    return f"{drive.mount} ({extra})" if drive.mount and extra else drive.mount or extra


def provisional_plan(draft: Draft) -> Plan:
    """Give the plan this draft would become, with the open answers left empty, for checking."""
    return replace(plan_of(draft), name=draft.name)
