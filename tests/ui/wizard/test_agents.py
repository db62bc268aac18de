"""The wizard for MARS, MABS and DPM, on servers that were described."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from offline_backup_gui.domain.agents import AgentsFound
from offline_backup_gui.domain.findings import FindingCode, Severity, blocks
from offline_backup_gui.domain.order_fields import AzurePlace
from offline_backup_gui.domain.plan import AgentFields, DeploymentModel, Draft, Measurement, Route
from offline_backup_gui.domain.sizing import Group
from offline_backup_gui.ui.wizard import flow
from offline_backup_gui.ui.wizard.facts import Facts, Step, groups_of
from offline_backup_gui.ui.wizard.groups import typed_size
from offline_backup_gui.ui.wizard.judging import problems
from offline_backup_gui.ui.wizard.window import WizardWindow
from tests.adapters.agents.recorded import STATES, found_on
from tests.screens.scenes import complete_draft, described_draft
from tests.ui.wizard.conftest import Open, Opened

MARS, MABS, DPM = DeploymentModel.MARS, DeploymentModel.MABS, DeploymentModel.DPM
TB = 10**12
# What the finding of each described server belongs to: the page on which it is told.
PAGES = [
    ("no-agent", MARS, Step.MODEL, FindingCode.AGENT_NOT_HERE),
    ("old-agent", MARS, Step.ROUTE, FindingCode.AGENT_TOO_OLD),
    ("waiting-for-data-box", MARS, Step.MODEL, FindingCode.AGENT_WAITS_FOR_DATA_BOX),
    ("waiting-for-import", MARS, Step.AGENT, FindingCode.AGENT_FIELD_DIFFERS),
    ("dpm-three-groups", DPM, Step.SOURCES, FindingCode.AGENT_METHOD_NETWORK),
    ("mabs-v3", MABS, Step.MODEL, FindingCode.AGENT_SERVICE_STANDS),
    ("certificate-trap", MARS, Step.MODEL, FindingCode.AGENT_CERTIFICATE_TRAP),
    ("module-missing", MARS, Step.MODEL, FindingCode.AGENT_MODULE_MISSING),
    ("access-denied", MARS, Step.MODEL, FindingCode.AGENT_DENIED),
    ("garbage", MARS, Step.ROUTE, FindingCode.AGENT_VIRTUAL_MACHINE),
    ("localised", DPM, Step.MODEL, FindingCode.AGENT_WAITS_FOR_IMPORT),
    ("half-written", MARS, Step.MODEL, FindingCode.AGENT_ANSWER_CUT),
]


def opened_on(open_wizard: Open, state: str, draft: Draft) -> Opened:
    """Open the wizard where the agents of a described server are found."""
    opened = open_wizard(draft)
    opened.fakes.agent_search.found = found_on(state)
    page = opened.window.page(Step.MODEL)
    page._look()  # type: ignore[attr-defined]
    return opened


def turned_to_agent(window: WizardWindow) -> QWidget:
    """Turn to the page of the agent, whatever the pages before it still lack."""
    window._turn(Step.AGENT)
    return window.page(Step.AGENT)


def shown_texts(page: QWidget) -> list[str]:
    QCoreApplication.processEvents()  # what was just made is shown by an event
    return [label.text() for label in page.findChildren(QLabel) if label.isVisibleTo(page)]


def control(page: QWidget, kind: type[QWidget], name: str) -> QWidget:
    (found,) = [one for one in page.findChildren(kind) if one.accessibleName() == name]
    return found


@pytest.mark.parametrize(("state", "model", "step", "code"), PAGES)
def test_a_server_is_told_on_its_page(
    state: str, model: DeploymentModel, step: Step, code: FindingCode
) -> None:
    facts = Facts(agents=found_on(state))
    codes = {finding.code for finding in problems(step, described_draft(model), facts)}
    assert code in codes


def test_every_described_server_has_its_page() -> None:
    assert {state for state, *_ in PAGES} == set(STATES)


def test_no_deployment_model_is_closed(open_wizard: Open) -> None:
    page = open_wizard(Draft()).window.page(Step.MODEL)
    radios = page.findChildren(QRadioButton)
    assert [radio.isEnabled() for radio in radios] == [True] * 4
    assert [radio.accessibleName() for radio in radios] == [
        "Standalone",
        "MARS Agent",
        "MABS",
        "DPM",
    ]


def test_the_first_page_shows_what_was_found(open_wizard: Open) -> None:
    opened = opened_on(open_wizard, "dpm-three-groups", Draft())
    page = opened.window.page(Step.MODEL)
    told = shown_texts(page)
    assert "DPM 10.22.123.0, service running" in told
    assert "Found on this server, 10.22.123.0" in told
    assert "Not found on this server" in told  # MABS
    assert "SQL: 1 data source, 400 GB, first copy over the line" in told


def test_the_registry_is_looked_at_before_the_agents_are_asked(open_wizard: Open) -> None:
    opened = open_wizard(Draft())
    search = opened.fakes.agent_search
    assert search.looks == [False]  # nothing was found, so nobody was asked
    search.found, search.looks = found_on("waiting-for-import"), []
    page = opened.window.page(Step.MODEL)
    (again,) = [
        button for button in page.findChildren(QAbstractButton) if button.text() == "Look again"
    ]
    again.click()
    assert search.looks == [False, True]


def test_another_system_says_that_there_was_nothing_to_look_for(open_wizard: Open) -> None:
    opened = open_wizard(Draft())
    opened.fakes.agent_search.found = AgentsFound(looked=False)
    page = opened.window.page(Step.MODEL)
    page._look()  # type: ignore[attr-defined]
    told = shown_texts(page)
    assert any(text.startswith("Agents are programs for Windows") for text in told)
    assert told.count("On another computer") == 3


def test_an_agent_has_a_step_of_its_own_and_standalone_has_not() -> None:
    assert Step.AGENT in flow.steps(described_draft(DPM))
    assert Step.AGENT not in flow.steps(complete_draft())
    assert flow.following(Step.STAGING, described_draft(MARS)) is Step.AGENT
    assert flow.following(Step.STAGING, complete_draft()) is Step.DRIVES


@pytest.mark.parametrize("route", [Route.DATA_BOX, Route.DATA_BOX_DISK])
def test_what_an_agent_writes_to_a_device_is_not_copied_once_more(route: Route) -> None:
    draft = described_draft(DPM, route=route)
    assert flow.steps(draft)[-2:] == (Step.ORDER, Step.AGENT)
    assert flow.following(Step.AGENT, draft) is None
    # What is ordered leaves the steps in the agent open.
    assert not flow.settled(Step.AGENT, draft)
    assert flow.settled(Step.ROUTE, draft)


def test_an_agent_needs_no_key_of_ours() -> None:
    assert problems(Step.PROTECTION, described_draft(MARS), Facts()) == ()
    standalone = replace(described_draft(MARS), deployment_model=DeploymentModel.STANDALONE)
    assert blocks(problems(Step.PROTECTION, standalone, Facts()))


def test_an_old_agent_stops_at_the_route_with_its_sentence(open_wizard: Open) -> None:
    opened = opened_on(open_wizard, "old-agent", described_draft(MARS))
    window = opened.window
    assert flow.reachable(window.draft, window.facts)[-1] is Step.ROUTE
    window.go(Step.ROUTE)
    assert "MARS Agent 2.0.9083.0 is too old for this" in shown_texts(window.page(Step.ROUTE))


# --- page 2


def test_groups_are_ticked_with_the_sizes_the_server_told(open_wizard: Open, qtbot: QtBot) -> None:
    draft = described_draft(DPM, groups=(), measurement=Measurement())
    window = opened_on(open_wizard, "dpm-three-groups", draft).window
    window.go(Step.SOURCES)
    page = window.page(Step.SOURCES)
    assert not window.draft.groups
    tick = control(page, QAbstractButton, "File servers")
    assert isinstance(tick, QAbstractButton)
    tick.click()
    assert window.draft.groups == (Group("File servers", 5 * TB),)
    assert (window.draft.measurement.size_bytes, window.draft.measurement.complete) == (
        5 * TB,
        True,
    )
    video = control(page, QAbstractButton, "Video")
    assert isinstance(video, QAbstractButton)
    video.click()
    blockers = [
        finding.parameters["name"]
        for finding in problems(Step.SOURCES, window.draft, window.facts)
        if finding.severity is Severity.BLOCKER
    ]
    assert blockers == ["V:\\ (vid01.contoso.com)"]
    assert "V:\\ (vid01.contoso.com) is larger than an agent takes" in shown_texts(page)


def test_a_size_that_was_not_told_is_typed(open_wizard: Open, qtbot: QtBot) -> None:
    draft = described_draft(MABS, groups=(), measurement=Measurement())
    window = opened_on(open_wizard, "mabs-v3", draft).window
    window.go(Step.SOURCES)
    page = window.page(Step.SOURCES)
    tick = control(page, QAbstractButton, "Hyper-V")
    assert isinstance(tick, QAbstractButton)
    tick.click()
    assert not window.draft.groups
    assert "Type its size, such as 2.4 TB." in shown_texts(page)
    field = control(page, QLineEdit, "Size of Hyper-V")
    qtbot.keyClicks(field, "1,5 TB")
    assert window.draft.groups == (Group("Hyper-V", 1_500_000_000_000),)
    qtbot.keyClicks(field, "x")  # what is being typed stays, though it is no size
    assert isinstance(field, QLineEdit)
    assert field.text() == "1,5 TBx"
    assert not window.draft.groups


def test_a_group_is_added_by_name_and_size_where_nothing_was_found(
    open_wizard: Open, qtbot: QtBot
) -> None:
    window = open_wizard(described_draft(DPM, groups=(), measurement=Measurement())).window
    window.go(Step.SOURCES)
    page = window.page(Step.SOURCES)
    name, size = control(page, QLineEdit, "Name"), control(page, QLineEdit, "Size")
    qtbot.keyClicks(name, "Files")
    qtbot.keyClicks(size, "7.2 TB")
    qtbot.keyClick(size, Qt.Key.Key_Return)
    assert window.draft.groups == (Group("Files", 7_200_000_000_000),)
    advice = window.facts.advice
    assert advice is not None
    assert [group.sizing.group.name for group in advice.of(Route.DATA_BOX_DISK).groups] == ["Files"]
    assert not advice.of(Route.DATA_BOX_DISK).fits  # with its growth it is a byte too many
    qtbot.keyClicks(name, "Files")  # twice would be two limits for one group
    qtbot.keyClicks(size, "1 TB")
    qtbot.keyClick(size, Qt.Key.Key_Return)
    assert len(window.draft.groups) == 1


def test_what_the_agent_protects_is_taken_over(open_wizard: Open) -> None:
    draft = described_draft(MARS, sources=("D:\\Shares",), measurement=Measurement())
    window = opened_on(open_wizard, "old-agent", draft).window
    window.go(Step.SOURCES)
    page = window.page(Step.SOURCES)
    (offer,) = [
        button
        for button in page.findChildren(QAbstractButton)
        if button.text() == "Add what the agent protects: D:\\ and E:\\"
    ]
    offer.click()
    assert window.draft.sources == ("D:\\Shares", "D:\\", "E:\\")
    assert not offer.isVisibleTo(page)


def test_groups_are_forgotten_with_the_model_they_belong_to(open_wizard: Open) -> None:
    draft = replace(described_draft(DPM), deployment_model=DeploymentModel.STANDALONE)
    assert groups_of(draft)[0].name == "server"
    window = open_wizard(draft).window
    window.go(Step.SOURCES)
    window.page(Step.SOURCES).edited.emit()
    assert not window.draft.groups


@pytest.mark.parametrize(
    ("typed", "size"),
    [("2.4 TB", 2_400_000_000_000), ("2,4 TB", 2_400_000_000_000), ("", None), ("viel", None)],
)
def test_a_size_is_read_in_both_languages(typed: str, size: int | None) -> None:
    assert typed_size(typed) == size


# --- in the agent


def test_a_field_is_copied_and_compared_with_the_agent(open_wizard: Open, qtbot: QtBot) -> None:
    window = opened_on(open_wizard, "dpm-three-groups", described_draft(DPM)).window
    page = turned_to_agent(window)
    copy = control(page, QAbstractButton, "Copy: Staging Location")
    assert isinstance(copy, QAbstractButton)
    copy.click()
    assert QGuiApplication.clipboard().text() == "\\\\nas01\\staging"
    assert "The agent has something else for: Azure Import Job Name" in shown_texts(page)
    field = control(page, QLineEdit, "Azure Import Job Name")
    assert isinstance(field, QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, "dpm01-files ")
    assert window.draft.agent.import_job_name == "dpm01-files"
    codes = {f.code for f in problems(Step.AGENT, window.draft, window.facts)}
    assert FindingCode.AGENT_FIELD_DIFFERS not in codes


def test_what_was_chosen_before_stands_in_the_agents_fields(open_wizard: Open) -> None:
    account = (
        "/subscriptions/6f1d/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/seed"
    )
    azure = AzurePlace("6f1d", account, region="westeurope", listed=True)
    told = AgentFields(container="fs04")
    window = open_wizard(described_draft(MARS, agent=told, azure=azure, landing="land")).window
    turned_to_agent(window)
    agent = window.draft.agent
    assert (agent.subscription_id, agent.storage_account) == ("6f1d", "seed")
    assert agent.container == "fs04"  # what somebody typed stays
    typed = replace(azure, listed=False)
    other = open_wizard(described_draft(MARS, agent=told, azure=typed)).window
    turned_to_agent(other)
    assert other.draft.agent == told


def test_the_fields_of_the_agent_are_taken_over(open_wizard: Open) -> None:
    draft = described_draft(MARS, agent=AgentFields())
    window = opened_on(open_wizard, "waiting-for-import", draft).window
    page = turned_to_agent(window)
    (take,) = [
        button
        for button in page.findChildren(QAbstractButton)
        if button.text() == "&Take over what the agent has"
    ]
    take.click()
    assert window.draft.agent.import_job_name == "fs04-seed"
    assert not take.isVisibleTo(page)


@pytest.mark.parametrize(
    ("model", "route", "button"),
    [
        (MARS, Route.IMPORT_EXPORT, "Transfer using my own disks"),
        (MARS, Route.DATA_BOX, "Transfer using Microsoft Azure Data Box disks"),
        (MABS, Route.IMPORT_EXPORT, "Transfer using my own disk"),
        (DPM, Route.DATA_BOX_DISK, "Transfer using Microsoft owned disks"),
    ],
)
def test_the_steps_name_the_button_of_model_and_route(
    open_wizard: Open, model: DeploymentModel, route: Route, button: str
) -> None:
    window = open_wizard(described_draft(model, route=route)).window
    page = window.page(Step.AGENT)
    page.show_draft(window.draft)
    page.show_facts(window.draft, window.facts)
    names = [text for text in shown_texts(page) if text.endswith(f"→  {button}")]
    assert len(names) == 1
    own_disks = route is Route.IMPORT_EXPORT
    assert ("Staging Location" in shown_texts(page)) is own_disks


def test_the_protection_page_says_who_encrypts(open_wizard: Open) -> None:
    window = open_wizard(described_draft(MARS)).window
    window.go(Step.PROTECTION)
    told = shown_texts(window.page(Step.PROTECTION))
    assert "The agent encrypts, with a passphrase of its own" in told
    assert "Recovery kit" not in told
