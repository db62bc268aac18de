"""The wizard in every state that matters, with figures as a branch office has them."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import gettempdir

from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from offline_backup_gui.domain.job import JobKind, JobState, Lane, Phase, Reading
from offline_backup_gui.domain.order_fields import AzurePlace, OrderFields
from offline_backup_gui.domain.plan import AgentFields, DeploymentModel, Draft, Measurement, Route
from offline_backup_gui.domain.sizing import Group
from offline_backup_gui.ui.wizard.facts import Step
from offline_backup_gui.ui.wizard.pages.copying import CopyingPage
from offline_backup_gui.ui.wizard.pages.destination import DestinationPage
from offline_backup_gui.ui.wizard.pages.order import OrderPage
from offline_backup_gui.ui.wizard.pages.protection import ProtectionPage
from offline_backup_gui.ui.wizard.window import WizardWindow
from offline_backup_gui.words import Words
from tests.adapters.agents.recorded import found_on
from tests.fakes_azure import ACCOUNT_ID, GROUP, SUBSCRIPTION
from tests.fakes_services import (
    PRACTICE_ACCOUNT,
    REPOSITORY,
    FakeProtection,
    FakeServices,
    copy_script,
    office_sizes,
)
from tests.ui.instant import InstantBridge

TODAY = date(2026, 6, 3)


def complete_draft() -> Draft:
    """Give a draft with every answer."""
    sizes = office_sizes()
    parts = list(sizes.values())
    folders = sorted((f for part in parts for f in part.largest_folders), key=lambda f: -f[1])
    return Draft(
        deployment_model=DeploymentModel.STANDALONE,
        sources=tuple(sizes),
        exclude=("*.tmp", "~$*", "**/Temp/**", "*.iso"),
        measurement=Measurement(
            files=sum(part.files for part in parts),
            folders=sum(part.folders for part in parts),
            size_bytes=sum(part.size_bytes for part in parts),
            unreadable=18,
            complete=True,
            largest_folders=tuple(folders),
        ),
        country="DE",
        region="West Europe",
        line_mbps=20.0,
        route=Route.IMPORT_EXPORT,
        account="https://contosobranch042.blob.core.windows.net",
        landing="landing-branch-042",
        vault="vault-branch-042",
        secret_ready=True,
        kit_saved=True,
        kit_code_confirmed=True,
        repository_id=REPOSITORY,
        drives=("E:\\", "F:\\"),
        name="Branch 042",
    )


def open_wizard(words: Words, draft: Draft, fakes: FakeServices | None = None) -> WizardWindow:
    """Open the wizard on fakes, with every answer there at once."""
    fakes = fakes or FakeServices(draft)
    window = WizardWindow(fakes.services, words, InstantBridge(), draft=draft, today=TODAY)
    window.show_draft(draft)
    return window


def settle() -> None:
    """Let what was asked for arrive."""
    for _ in range(4):
        QCoreApplication.processEvents()


def _at(step: Step, **changes: object) -> Callable[[Words], WizardWindow]:
    def build(words: Words) -> WizardWindow:
        window = open_wizard(words, replace(complete_draft(), **changes))
        window.go(step)
        return window

    return build


def filled_order() -> OrderFields:
    """Give an order form with every field."""
    return OrderFields(
        group=GROUP,
        model="AzureDataBox120",
        company="Contoso Branch 042",
        street="Hafenstrasse 12",
        city="Rotterdam",
        postal_code="3011 AA",
        country="NL",
        contact="A. Admin",
        phone="+31 10 555 0100",
        emails="admin@contoso.example",
    )


def ordering_draft() -> Draft:
    """Give a draft whose devices are about to be ordered."""
    place = AzurePlace(SUBSCRIPTION, ACCOUNT_ID, region="westeurope", listed=True)
    return replace(
        complete_draft(),
        route=Route.DATA_BOX,
        country="NL",
        drives=(),
        azure=place,
        order=filled_order(),
    )


def _signed_in(words: Words) -> WizardWindow:
    fakes = FakeServices(signed_in=True)
    window = open_wizard(words, ordering_draft(), fakes)
    window.go(Step.DESTINATION)
    page = window.page(Step.DESTINATION)
    assert isinstance(page, DestinationPage)
    fakes.azure.gate.actions = ("Microsoft.Storage/*",)
    page.check()
    return window


def _ways_in(words: Words) -> WizardWindow:
    draft = replace(ordering_draft(), azure=AzurePlace(listed=True), account="")
    window = open_wizard(words, draft)
    window.go(Step.DESTINATION)
    return window


def _order(words: Words, *, signed_in: bool, ordered: bool = False) -> WizardWindow:
    fakes = FakeServices(signed_in=signed_in)
    draft = ordering_draft()
    if not signed_in:
        draft = replace(draft, azure=AzurePlace(), order=replace(draft.order, emails=""))
    window = open_wizard(words, draft, fakes)
    window.go(Step.ORDER)
    page = window.page(Step.ORDER)
    assert isinstance(page, OrderPage)
    if signed_in:
        page.show_offers()
        page.check()
    if ordered:
        page.consent.box.setChecked(True)
        page.order()
    return window


def agent_draft(location: str, **changes: object) -> Draft:
    """Give a draft for the MARS Agent and own drives."""
    agent = AgentFields(location, import_job_name="branch-042-seed")
    given = replace(complete_draft(), deployment_model=DeploymentModel.MARS, agent=agent)
    return replace(given, **changes)


def _staging(location: str, **changes: object) -> Callable[[Words], WizardWindow]:
    def build(words: Words) -> WizardWindow:
        window = open_wizard(words, agent_draft(location, **changes))
        window.go(Step.STAGING)
        return window

    return build


def _empty(words: Words) -> WizardWindow:
    window = open_wizard(words, Draft(deployment_model=DeploymentModel.STANDALONE))
    window.go(Step.SOURCES)
    return window


def _key_made(words: Words) -> WizardWindow:
    """The kit is saved, its code half typed, one line wrong."""
    draft = replace(complete_draft(), secret_ready=False, kit_saved=False, kit_code_confirmed=False)
    window = open_wizard(words, draft)
    window.go(Step.PROTECTION)
    page = window.page(Step.PROTECTION)
    assert isinstance(page, ProtectionPage)
    page.make_key("otter lamp violin seven rain harbour slate")
    page.save_kit(Path(gettempdir()) / "recovery-kit.pdf")
    for place, typed in enumerate((*FakeProtection.LINES[:2], "VJ7S-PFVV-0")):
        page.type_code(place, typed)
    return window


def _with_consent(words: Words) -> WizardWindow:
    draft = replace(complete_draft(), drives=("E:\\", "F:\\", "G:\\"), schedule_times=("21:00",))
    window = open_wizard(words, draft)
    window.go(Step.REVIEW)
    return window


def _unready(words: Words) -> WizardWindow:
    """A copy that was refused, because the agent still writes."""
    draft = described_draft(DeploymentModel.MARS)
    fakes = FakeServices(draft)
    window = open_wizard(words, draft, fakes)
    told = {"path": "D:\\AzureStaging", "state": "resting", "still_s": 240, "needed_s": 900}
    fakes.backups.script, fakes.backups.current = [], Reading()
    fakes.backups.outcome = {"code": "staging-not-ready", "parameters": told}
    plan = fakes.planning.decide(draft)
    job_id = fakes.backups.start(plan.plan_id, JobKind.COPY)
    fakes.backups.become(JobState.INTERRUPTED)
    window.open_job(plan, draft, job_id)
    settle()
    return window


def _copying(state: JobState, part: int) -> Callable[[Words], WizardWindow]:
    def build(words: Words) -> WizardWindow:
        fakes = FakeServices(complete_draft())
        window = open_wizard(words, complete_draft(), fakes)
        backups = fakes.backups
        backups.current, backups.script = copy_script()[part], []
        backups.outcome = {
            "files": 1_284_900,
            "bytes": 8_240_112_884_736,
            "stored_bytes": 7_320_410_112_000,
            "drives": [
                {"path": mount, "sealed": True, "bytes": size}
                for mount, size in (("E:\\", 3_662_000_000_000), ("F:\\", 3_658_410_112_000))
            ],
            "exceptions": [
                {"path": "D:\\Shares\\Accounting\\ledger.accdb", "reason": "changed-while-read"},
                {"path": "D:\\Shares\\Projects\\~lock.dwg", "reason": "access-denied"},
                {"path": "\\\\NAS01\\Engineering\\CAD\\session.tmp", "reason": "vanished"},
            ],
        }
        plan = fakes.planning.decide(complete_draft())
        job_id = backups.start(plan.plan_id, JobKind.COPY)
        backups.tell("scan")
        backups.tell("copy")
        if state is JobState.INTERRUPTED:
            gone: dict[str, object] = {"drive": "F:\\ (BACKUP-2)"}
            backups.tell("drive-gone", drive="F:\\ (BACKUP-2)")
            backups.outcome = {"code": "drive-gone", "parameters": gone}
            backups.current = replace(
                backups.current, lanes=_gone(backups.current.lanes), seconds_left=None
            )
        if state is not JobState.RUNNING:
            backups.become(state)
        window.open_job(plan, complete_draft(), job_id)
        settle()
        page = window.page(Step.COPYING)
        assert isinstance(page, CopyingPage)
        if backups.current.phase is Phase.COPY:
            for tick in range(90):
                wave = 1 + 0.12 * math.sin(tick / 5) + 0.05 * math.sin(tick * 1.7)
                page.show_lanes(
                    tuple(
                        replace(lane, rate_bytes_s=lane.rate_bytes_s * wave)
                        for lane in backups.current.lanes
                    )
                )
        return window

    return build


def _gone(lanes: tuple[Lane, ...]) -> tuple[Lane, ...]:
    return (lanes[0], replace(lanes[1], state="gone", rate_bytes_s=0.0))


def _ship(words: Words, *, practice: bool) -> WizardWindow:
    draft = complete_draft()
    if practice:
        draft = replace(draft, practice=True, account=PRACTICE_ACCOUNT)
    fakes = FakeServices(draft)
    window = open_wizard(words, draft, fakes)
    fakes.backups.script, fakes.backups.current = [], copy_script()[-1]
    plan = fakes.planning.decide(draft)
    job_id = fakes.backups.start(plan.plan_id, JobKind.COPY)
    fakes.backups.become(JobState.DONE)
    window.open_job(plan, draft, job_id)
    settle()
    window.go(Step.SHIP)
    return window


def described_draft(model: DeploymentModel, **changes: object) -> Draft:
    """Give a draft whose data an agent makes, complete but for what is changed."""
    groups = (Group("File servers", 5 * 10**12), Group("SQL", 4 * 10**11))
    by_group = model is not DeploymentModel.MARS
    draft = replace(
        complete_draft(),
        deployment_model=model,
        secret_ready=False,
        kit_saved=False,
        kit_code_confirmed=False,
        repository_id="",
        agent=AgentFields(
            staging_location="\\\\nas01\\staging",
            subscription_id="6f1d2c3b-0a4e-4d57-8c11-2b9a3f5e7d60",
            storage_account="contososeed",
            container="dpm01",
            import_job_name="dpm01-fils",
        ),
    )
    if by_group:
        size = sum(group.size_bytes for group in groups)
        draft = replace(
            draft,
            sources=(),
            groups=groups,
            measurement=Measurement(size_bytes=size, complete=True),
        )
    return replace(draft, **changes)


def _on_server(
    state: str, step: Step, model: DeploymentModel, **changes: object
) -> Callable[[Words], WizardWindow]:
    """Open the wizard on one of the servers of tests/samples/agents."""

    def build(words: Words) -> WizardWindow:
        draft = described_draft(model, **changes)
        fakes = FakeServices(draft)
        fakes.agent_search.found = found_on(state)
        window = open_wizard(words, draft, fakes)
        # The pages before it need a staging location that was looked at.
        window._turn(step)
        settle()
        return window

    return build


SCENES: dict[str, Callable[[Words], QWidget]] = {
    "01-model": _at(Step.MODEL),
    "01-model-dpm": _on_server("dpm-three-groups", Step.MODEL, DeploymentModel.DPM),
    "01-model-trap": _on_server("certificate-trap", Step.MODEL, DeploymentModel.MARS),
    "02-sources-mars": _on_server("waiting-for-import", Step.SOURCES, DeploymentModel.MARS),
    "02-sources-groups": _on_server("dpm-three-groups", Step.SOURCES, DeploymentModel.DPM),
    "03-route-agent": _on_server("old-agent", Step.ROUTE, DeploymentModel.MARS),
    "05-protection-agent": _on_server("waiting-for-import", Step.PROTECTION, DeploymentModel.MARS),
    "06-agent-own-disks": _on_server("dpm-three-groups", Step.AGENT, DeploymentModel.DPM),
    "02-sources": _at(Step.SOURCES),
    "02-sources-empty": _empty,
    "03-route": _at(Step.ROUTE),
    "03-route-small": _at(
        Step.ROUTE,
        measurement=Measurement(90_000, 4_000, 3_400_000_000_000, complete=True),
        country="CH",
    ),
    "04-destination": _at(Step.DESTINATION),
    "04-destination-practice": _at(Step.DESTINATION, practice=True, account=PRACTICE_ACCOUNT),
    "04-destination-sign-in": _ways_in,
    "04-destination-signed-in": _signed_in,
    "05-protection": _at(
        Step.PROTECTION, secret_ready=False, kit_saved=False, kit_code_confirmed=False
    ),
    "05-protection-kit": _key_made,
    "06-staging": _at(Step.STAGING),
    "06-order": lambda words: _order(words, signed_in=True),
    "06-order-portal": lambda words: _order(words, signed_in=False),
    "06-order-placed": lambda words: _order(words, signed_in=True, ordered=True),
    "06-staging-agent": _staging("D:\\AzureStaging", sources=("F:\\Data",), drives=("E:\\",)),
    "06-staging-open": _staging("", sources=("F:\\Data",)),
    "06-staging-refused": _staging(
        "N:\\backup", sources=("F:\\Data",), copy_elsewhere=True, drives=()
    ),
    "07-drives": _at(Step.DRIVES),
    "08-review": _at(Step.REVIEW),
    "08-review-open": _with_consent,
    "09-copying": _copying(JobState.RUNNING, 3),
    "09-copying-scan": _copying(JobState.RUNNING, 0),
    "09-copying-interrupted": _copying(JobState.INTERRUPTED, 2),
    "09-copying-unready": _unready,
    "09-copying-done": _copying(JobState.EXCEPTIONS, 4),
    "10-ship": lambda words: _ship(words, practice=False),
    "10-ship-practice": lambda words: _ship(words, practice=True),
}
