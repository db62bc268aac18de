"""Measure the sources, judge the routes, keep drafts and plans."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from offline_backup_gui.domain.advice import Advice, AdviceRequest, advise
from offline_backup_gui.domain.agent_fields import name_findings
from offline_backup_gui.domain.agent_rules import writes_itself
from offline_backup_gui.domain.agent_seed import AgentLink
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity, blocks
from offline_backup_gui.domain.names import blob_container_findings, container_findings
from offline_backup_gui.domain.places import is_inside, parts
from offline_backup_gui.domain.plan import (
    DeploymentModel,
    Destination,
    Draft,
    Measurement,
    Plan,
    PlanId,
    Route,
)
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.schedule import schedule_findings
from offline_backup_gui.domain.staging import StagingNeed, judge
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.engine.counting import Counts, count
from offline_backup_gui.services.outcomes import blocked, shown
from offline_backup_gui.services.real_place import real_place
from offline_backup_gui.services.schedules import Schedules
from offline_backup_gui.services.world import AccountSecret, World

_LARGEST = 8
_REPORT_EVERY_S = 0.2


class Planning:
    """Drafts and plans; every call may be made from a worker thread."""

    def __init__(self, world: World, schedules: Schedules) -> None:
        self._world, self._schedules = world, schedules

    def measure(
        self,
        sources: Sequence[str],
        exclude: Sequence[str],
        on_measurement: Callable[[Measurement], None],
        control: Control,
    ) -> Measurement:
        """Walk the sources and report the size so far a few times a second; give the total."""
        counts = Counts()
        told = time.monotonic()

        def checkpoint() -> None:
            nonlocal told
            control.checkpoint()
            if time.monotonic() - told > _REPORT_EVERY_S:
                told = time.monotonic()
                on_measurement(_measurement(counts, complete=False))

        folders = [os.fsencode(os.path.abspath(os.path.expanduser(path))) for path in sources]
        count(self._world.files, folders, exclude, counts, checkpoint)
        return _measurement(counts, complete=True)

    def advise(self, request: AdviceRequest) -> Advice:
        """Judge every route for a request."""
        return advise(request, self._world.geography)

    def draft(self) -> Draft:
        """Give the saved draft, or an empty one."""
        return self._world.state.draft() or Draft()

    def save_draft(self, draft: Draft) -> None:
        """Keep the draft; called whenever a page is left."""
        self._world.state.put_draft(draft)

    def discard_draft(self) -> None:
        """Forget the draft, after it became a plan."""
        self._world.state.put_draft(None)

    def decide(self, draft: Draft) -> Plan:
        """Turn a complete draft into a kept plan; PLAN_BLOCKED when something is undecided."""
        plan = plan_of(draft)
        blocking = [finding for finding in self.check(plan) if blocks([finding])]
        if blocking:
            raise blocked(blocking[0])
        self.keep(plan, repository_id=draft.repository_id, practice=draft.practice)
        self.follow_vault(draft)
        return plan

    def follow_vault(self, draft: Draft) -> None:
        """Look for an agent's seed in the vault that was chosen for its plan, which is kept.

        An agent registers its server by the computer's name; another one that was said stays.
        """
        plan, vault_id = plan_of(draft), draft.azure.vault_id if draft.azure.listed else ""
        if not vault_id or plan.deployment_model is DeploymentModel.STANDALONE:
            return
        state = self._world.state
        notes = state.notes(plan.plan_id)
        before = notes.agent_link
        if before is None or before.vault_id.lower() != vault_id.lower():
            server = before.server if before else socket.gethostname()
            link = AgentLink(vault_id, server)
            state.put_notes(plan.plan_id, replace(notes, agent_link=link, agent_look=None))

    def keep(self, plan: Plan, *, repository_id: str = "", practice: bool = False) -> KeptPlan:
        """Keep a plan, or bring a kept one up to date; its repository stays."""
        state = self._world.state
        before = state.plan(plan.plan_id) or self._without_account(plan)
        if before is None:
            kept = KeptPlan(plan, repository_id, practice, self._world.clock.now())
            state.put_plan(kept)
        else:
            kept = replace(before, plan=plan, repository_id=repository_id or before.repository_id)
            state.move_plan(before.plan.plan_id, kept)
        if before is not None and before.plan != plan:
            self._schedules.renew(plan)
        return kept

    def _without_account(self, plan: Plan) -> KeptPlan | None:
        """Find the plan that was to get its account later, and now has it."""
        nowhere = replace(plan, destination=replace(plan.destination, account=""))
        return self._world.state.plan(nowhere.plan_id) if plan.destination.account else None

    def plans(self) -> Sequence[Plan]:
        """List the kept plans, newest first."""
        return [kept.plan for kept in self._world.state.plans()]

    def kept(self, plan_id: PlanId) -> KeptPlan:
        """Give one plan as it is kept; PLAN_NOT_FOUND."""
        kept = self._world.state.plan(plan_id)
        if kept is None:
            raise BackupError(ErrorCode.PLAN_NOT_FOUND, name=plan_id)
        return kept

    def plan(self, plan_id: PlanId) -> Plan:
        """Give one kept plan; PLAN_NOT_FOUND."""
        return self.kept(plan_id).plan

    def check(self, plan: Plan, mounts: Sequence[str] | None = None) -> Sequence[Finding]:
        """Give every finding about a plan: sources, destination, names, schedule, drives."""
        findings = [*_as_is(plan), *_sources(plan), *_destination(plan)]
        findings += [*_agent(plan), *schedule_findings(plan.schedule_times)]
        if mounts is not None:
            findings += writes_itself(plan.deployment_model, plan.route)
        chosen = plan.drives if mounts is None else mounts
        if chosen:
            kept = self._world.state.plan(plan.plan_id) or KeptPlan(
                plan, "", False, self._world.clock.now()
            )
            # Most commands have no drives to judge, and do not wait for what judges them.
            from offline_backup_gui.services.choosing import Choosing

            findings += Choosing(self._world).findings(kept, chosen)
        return findings

    def keep_access(
        self, account: str, *, sas: str | None = None, connection_string: str | None = None
    ) -> None:
        """Try what opens an account, then keep it as a secret; ACCOUNT_REFUSED and the like."""
        opened = self._world.open_account(account, sas=sas, connection_string=connection_string)
        try:
            opened.containers()
        except BackupError as error:
            # A container's own signature may not list the account; the copy finds out in time.
            if error.code is not ErrorCode.ACCOUNT_REFUSED or sas is None:
                raise
        self._world.keep_account_secret(account, AccountSecret(sas, connection_string))

    def practice_account(self) -> str:
        """Give the folder that stands for an Azure account when practising on this computer."""
        return str(self._world.folder / "practice" / "account")

    def draft_from(self, plan: Plan) -> Draft:
        """Give a draft with the last answers, for "Repeat this backup"."""
        kept = self.kept(plan.plan_id)
        names = plan.destination
        return Draft(
            deployment_model=plan.deployment_model,
            sources=plan.sources,
            exclude=plan.exclude,
            route=plan.route,
            practice=kept.practice,
            account=names.account,
            landing=names.landing,
            vault=names.vault,
            secret_ready=bool(kept.repository_id),
            kit_saved=bool(kept.repository_id),
            kit_code_confirmed=bool(kept.repository_id),
            repository_id=kept.repository_id,
            drives=plan.drives,
            schedule_times=plan.schedule_times,
            name=plan.name,
            shadow_copies=plan.shadow_copies,
            agent=plan.agent,
            as_is=plan.as_is,
            groups=plan.groups,
        )


def _measurement(counts: Counts, *, complete: bool) -> Measurement:
    tops = sorted(counts.by_top_folder.copy().items(), key=lambda item: -item[1])[:_LARGEST]
    return Measurement(
        counts.files,
        counts.folders,
        counts.data_bytes,
        counts.unreadable,
        complete,
        tuple((shown(path.rstrip(b"/") or path), size) for path, size in tops),
    )


def plan_of(draft: Draft) -> Plan:
    """Give the plan of a draft; what is undecided stays empty and is found by `check`."""
    return Plan(
        name=draft.name.strip() or "backup",
        deployment_model=draft.deployment_model or DeploymentModel.STANDALONE,
        route=draft.route or Route.IMPORT_EXPORT,
        sources=draft.sources,
        destination=Destination(draft.account, draft.landing, draft.vault),
        exclude=draft.exclude,
        drives=draft.drives,
        schedule_times=draft.schedule_times,
        shadow_copies=draft.shadow_copies,
        agent=draft.agent,
        as_is=draft.as_is,
        groups=draft.groups,
    )


def _as_is(plan: Plan) -> list[Finding]:
    """Say what follows from plain folders that travel as they are."""
    if not plan.as_is or plan.deployment_model is not DeploymentModel.STANDALONE:
        return []
    findings = [Finding(FindingCode.TRAVELS_READABLE, Severity.WARNING)]
    if plan.route is not Route.IMPORT_EXPORT:
        findings.append(Finding(FindingCode.AS_IS_ON_OWN_DRIVES, Severity.BLOCKER))
    return findings


def _agent(plan: Plan) -> list[Finding]:
    """Say what Azure would refuse of an agent's fields, and what cannot be a staging location."""
    if plan.deployment_model is DeploymentModel.STANDALONE or plan.route is not Route.IMPORT_EXPORT:
        return []
    location = plan.agent.staging_location
    need = StagingNeed(0, plan.sources, drives=plan.drives)
    return [*(judge(location, None, (), need) if location else ()), *name_findings(plan.agent)]


def _sources(plan: Plan) -> list[Finding]:
    if writes_itself(plan.deployment_model, plan.route):
        return []  # the agent knows itself what it protects
    if not plan.carried:
        return [Finding(FindingCode.NO_SOURCES, Severity.BLOCKER)]
    findings = []
    seen: dict[str, str] = {}
    for source in plan.carried:
        path = real_place(os.path.expanduser(source))
        if not os.path.isdir(path):
            code = FindingCode.SOURCE_NOT_FOUND
            findings.append(Finding(code, Severity.BLOCKER, {"path": source}))
        elif not os.access(path, os.R_OK | os.X_OK):
            code = FindingCode.SOURCE_NOT_READABLE
            findings.append(Finding(code, Severity.BLOCKER, {"path": source}))
        twice = next((o for p, o in seen.items() if _within(path, p) or _within(p, path)), None)
        if twice is not None:
            findings.append(
                Finding(
                    FindingCode.SOURCE_TWICE, Severity.BLOCKER, {"path": source, "other": twice}
                )
            )
        seen[path] = source
    return findings


def _within(inner: str, outer: str) -> bool:
    return is_inside(parts(inner), parts(outer))


def _destination(plan: Plan) -> list[Finding]:
    names = plan.destination
    agents = plan.deployment_model is not DeploymentModel.STANDALONE
    if not names.account and not (agents and plan.agent.storage_account):
        return [Finding(FindingCode.DESTINATION_MISSING, Severity.WARNING)]
    if plan.travels_as_is:
        findings = list(blob_container_findings(plan.blob_container))
    else:
        findings = list(container_findings(names.landing, names.vault))
    if names.is_folder:
        account = real_place(names.account)
        findings += [
            Finding(
                FindingCode.DESTINATION_INSIDE_SOURCE,
                Severity.BLOCKER,
                {"path": names.account, "source": source},
            )
            for source in plan.carried
            if _within(account, real_place(source))
        ]
    return findings
