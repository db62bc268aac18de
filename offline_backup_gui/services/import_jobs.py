"""The import job of a plan's own drives, made from the window's answers: placed or noted once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.agent_fields import job_findings, job_name_fits
from offline_backup_gui.domain.decoding import json_decoder
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.order_fields import AzurePlace, OrderFields, flaws, return_flaws
from offline_backup_gui.domain.orders import (
    OWN_DRIVES,
    JobRef,
    KeptOrder,
    OrderForm,
    OrderSecrets,
    OwnDrive,
    ReturnCarrier,
    Verdict,
)
from offline_backup_gui.domain.plan import DeploymentModel, Plan, PlanId
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.prepared_drive import PreparedDrive
from offline_backup_gui.services.order_templates import filled_import_form
from offline_backup_gui.services.ordering import address_of, contact_of
from offline_backup_gui.services.orders import Orders
from offline_backup_gui.services.papers import Papers
from offline_backup_gui.services.plain_files import replace_file, write_new
from offline_backup_gui.services.portal import portal_fields, write_portal_files
from offline_backup_gui.services.preparations import Preparations
from offline_backup_gui.services.world import World


class ImportAnswers(Struct, frozen=True):
    """What is typed for the job of a plan; no secret is among it."""

    azure: AzurePlace = AzurePlace()
    order: OrderFields = OrderFields()


class ImportJobs:
    """Keeps the answers of each plan, so that nothing is typed twice, and makes the job of them."""

    def __init__(
        self, world: World, orders: Orders, preparations: Preparations, papers: Papers
    ) -> None:
        self._world, self._orders = world, orders
        self._preparations, self._papers = preparations, papers

    # --- what was typed

    def answers(self, plan_id: PlanId) -> ImportAnswers:
        """Give what was typed for a plan; empty answers when nothing was."""
        try:
            return json_decoder(ImportAnswers).decode(self._file(plan_id).read_bytes())
        except (OSError, msgspec.MsgspecError):
            return ImportAnswers()

    def keep(self, plan_id: PlanId, answers: ImportAnswers) -> None:
        """Keep the answers for a plan; STATE_NOT_USABLE."""
        path = self._file(plan_id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, msgspec.json.encode(answers))
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise BackupError(ErrorCode.STATE_NOT_USABLE, path=str(path), why=why) from error

    def _file(self, plan_id: PlanId) -> Path:
        return self._world.folder / "import-jobs" / f"{plan_id}.json"

    # --- the form

    def form(self, plan_id: PlanId, answers: ImportAnswers) -> OrderForm:
        """Make the form, drives included; ORDER_FORM_WRONG names the first thing missing in it.

        PLAN_NOT_FOUND, DRIVES_NOT_PREPARED.
        """
        prepared = self._preparations.of(plan_id)
        if not prepared:
            raise BackupError(ErrorCode.DRIVES_NOT_PREPARED, plan=plan_id)
        return job_form(self._plan(plan_id), prepared, answers)

    def for_agent(self, form: OrderForm) -> tuple[OrderForm, tuple[Finding, ...]]:
        """Give a form the name that the agent of its plan waits for; say what differs all the same.

        ORDER_FORM_WRONG where Azure takes no such name.
        """
        kept = self._world.state.plan(form.plan_id) if form.plan_id is not None else None
        if kept is None:
            return form, ()
        named = agents_name(kept.plan)
        if named and not form.job_name:
            form = replace(form, job_name=named)
        if form.job_name and not job_name_fits(form.job_name):
            raise BackupError(
                ErrorCode.ORDER_FORM_WRONG,
                path=kept.plan.name,
                key="job_name",
                value=form.job_name,
            )
        return form, form_findings(kept.plan, form)

    def _secrets(self, plan_id: PlanId) -> OrderSecrets:
        _, keys = self._preparations.job_drives(plan_id)
        return OrderSecrets(bitlocker_key_by_serial=keys)

    def _plan(self, plan_id: PlanId) -> Plan:
        kept = self._world.state.plan(plan_id)
        if kept is None:
            raise BackupError(ErrorCode.PLAN_NOT_FOUND, name=plan_id)
        return kept.plan

    def write_form(self, plan_id: PlanId, answers: ImportAnswers, path: Path) -> None:
        """Write the form that `import-job place` takes, complete; its drives stay the plan's.

        As `form`; BITLOCKER_KEY_MISSING, TARGET_EXISTS, TARGET_NOT_WRITABLE.
        """
        text = filled_import_form(self.form(plan_id, answers))
        self._secrets(plan_id)  # a drive without its key comes back unread
        write_new(path, text.encode())

    # --- with a sign-in

    def check(
        self, plan_id: PlanId, answers: ImportAnswers, control: Control | None = None
    ) -> Sequence[Verdict]:
        """Let Azure look at the form; nothing is made."""
        return self._orders.check(self.form(plan_id, answers), self._secrets(plan_id), control)

    def place(
        self, plan_id: PlanId, answers: ImportAnswers, control: Control | None = None
    ) -> KeptOrder:
        """Make the job, or find the one that was made; as `Orders.place`."""
        form = self.form(plan_id, answers)
        placed = self._orders.place(form, self._secrets(plan_id), control=control)
        self._papers.note_form(plan_id, form)
        return self._kept(placed.found.ref)

    # --- without one

    def portal_fields(self, plan_id: PlanId, answers: ImportAnswers) -> list[tuple[str, str]]:
        """Give what the portal asks for, in its order and its words."""
        return list(portal_fields(self.form(plan_id, answers)))

    def write_portal(self, plan_id: PlanId, answers: ImportAnswers, folder: Path) -> list[Path]:
        """Write fields, journal and drive information; the last two open the drives."""
        form = self.form(plan_id, answers)
        return [
            *write_portal_files(form, folder),
            *self._preparations.hand_in(plan_id, folder),
        ]

    def note(
        self, plan_id: PlanId, answers: ImportAnswers, name: str, status: str, at: datetime
    ) -> KeptOrder:
        """Keep a job that was made in the portal, and what the papers need of the answers."""
        form = self.form(plan_id, answers)
        ref = JobRef(form.subscription, form.group, name.strip())
        self._orders.note_by_hand(form, ref)
        self._orders.note_status(ref, status, at)
        self._papers.note_form(plan_id, form)
        return self._kept(ref)

    def _kept(self, ref: JobRef) -> KeptOrder:
        wanted = ref.resource_id.lower()
        return next(o for o in self._orders.kept() if o.ref.resource_id.lower() == wanted)


def job_form(plan: Plan, drives: Sequence[PreparedDrive], answers: ImportAnswers) -> OrderForm:
    """Make the form of a plan; ORDER_FORM_WRONG names what it lacks first."""
    azure, fields = answers.azure, answers.order
    wanted = {
        "subscription": azure.subscription,
        "resource_group": fields.group,
        "storage_account": azure.account_id,
        "region": azure.region,
    }
    missing = [key for key, value in wanted.items() if not value.strip()]
    missing += [name for name, _ in (*flaws(fields), *return_flaws(fields))]
    if missing:
        value = str(getattr(fields, missing[0], ""))
        raise BackupError(ErrorCode.ORDER_FORM_WRONG, path=plan.name, key=missing[0], value=value)
    named = agents_name(plan)
    if named and not job_name_fits(named):
        raise BackupError(ErrorCode.ORDER_FORM_WRONG, path=plan.name, key="job_name", value=named)
    return OrderForm(
        key=named or plan.name,
        subscription=azure.subscription.strip(),
        group=fields.group.strip(),
        region=azure.region,
        sku=OWN_DRIVES,
        storage_account=azure.account_id,
        address=address_of(fields),
        contact=contact_of(fields),
        return_carrier=ReturnCarrier(fields.carrier.strip(), fields.carrier_account.strip()),
        drives=tuple(OwnDrive(one.serial, one.manifest_name, one.manifest_md5) for one in drives),
        plan_id=plan.plan_id,
        backup_manifest=fields.backup_manifest,
        job_name=named,
    )


def agents_name(plan: Plan) -> str:
    """Give the name of the import job an agent waits for; "" where none does."""
    agents = plan.deployment_model is not DeploymentModel.STANDALONE
    return plan.agent.import_job_name.strip() if agents else ""


def form_findings(plan: Plan, form: OrderForm) -> tuple[Finding, ...]:
    """Say where a form has something else than the plan's agent was told."""
    if plan.deployment_model is DeploymentModel.STANDALONE:
        return ()
    account = form.storage_account.rsplit("/", 1)[-1]
    return tuple(job_findings(plan.agent, form.subscription, account, form.ref(1).name))
