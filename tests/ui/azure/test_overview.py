"""The overview over the replay server: it asks Azure itself, and what is answered goes there."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.domain.agent_seed import AgentLink, SeedState
from offline_backup_gui.domain.orders import KeptOrder
from offline_backup_gui.domain.plan import AgentFields, DeploymentModel, Plan, Route
from offline_backup_gui.services.planning import plan_of
from offline_backup_gui.ui.tracking.azure_dialogs import (
    AddressDialog,
    AnswerDialog,
    CancelDialog,
    PickupDialog,
    SignInDialog,
)
from offline_backup_gui.ui.tracking.azure_pace import EVERY_MS, LONGEST_MS, RETRY_MS
from offline_backup_gui.ui.tracking.dialogs import ParcelDialog
from offline_backup_gui.ui.tracking.vault_dialog import VaultDialog
from offline_backup_gui.ui.tracking.window import TrackingWindow
from offline_backup_gui.ui.widgets.notices import Notice
from tests.azure.replay.jobs import Key
from tests.azure.replay.service import Fault
from tests.azure.test_desk import OWN, OWN_SECRETS
from tests.ui.azure.conftest import Office

# The offscreen platform says so of every dialog.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
NEED = 5 * 10**12
VAULT = "/providers/Microsoft.RecoveryServices/vaults/branch-vault"


class Overview:
    """The window with what a test reads of it."""

    def __init__(self, qtbot: QtBot, office: Office) -> None:
        self.qtbot, self.office = qtbot, office
        self.window = TrackingWindow(office.services, words.load("en"), office.bridge)
        qtbot.addWidget(self.window)
        self.window.show()
        self.settle()

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: self.window.settled, timeout=60_000)

    def refresh(self) -> None:
        self.qtbot.mouseClick(self.window.detail.refresh_button, Qt.MouseButton.LeftButton)
        self.settle()

    def told(self) -> str:
        found = self.window.detail.notices.findChildren(Notice)
        return " | ".join(one.accessibleName() for one in found if not one.isHidden())

    def fresh(self) -> str:
        return self.window.detail._fresh.toolTip() or self.window.detail._fresh.text()

    def dialog(self, kind: type[QWidget]) -> QWidget:
        self.qtbot.waitUntil(lambda: any(d.isVisible() for d in self._dialogs(kind)))
        return next(d for d in self._dialogs(kind) if d.isVisible())

    def _dialogs(self, kind: type[QWidget]) -> list[QWidget]:
        return self.window.findChildren(kind)


@pytest.fixture
def overview(qtbot: QtBot, office: Office) -> Iterator[list[Overview]]:
    opened: list[Overview] = []
    yield opened
    for one in opened:
        one.window.close()


def open_overview(qtbot: QtBot, office: Office, opened: list[Overview]) -> Overview:
    opened.append(Overview(qtbot, office))
    return opened[-1]


def ordered(office: Office) -> KeptOrder:
    """Order disks for a plan, as the wizard does."""
    office.sign_in()
    draft = office.draft(order=replace(office.draft().order, model="DataBoxDisk"))
    return office.services.ordering.place(draft, NEED)[0]


def key_of(order: KeptOrder) -> Key:
    return (order.ref.subscription.lower(), order.ref.group.lower(), order.ref.name.lower())


def imported(office: Office) -> KeptOrder:
    """Make an import job with own drives for a plan."""
    office.sign_in()
    plan = replace(plan_of(office.draft()), route=Route.IMPORT_EXPORT)
    office.services.planning.keep(plan)
    form = replace(OWN, plan_id=plan.plan_id)
    office.services.orders.place(form, OWN_SECRETS)
    return office.services.orders.kept()[0]


def test_refresh_asks_azure_and_the_timeline_moves_on(
    qtbot: QtBot, office: Office, overview: list[Overview]
):
    order = ordered(office)
    seen = open_overview(qtbot, office, overview)
    assert "now" in seen.window.detail._fresh.text()
    office.served.replay.jobs.step(key_of(order), "Delivered", "Succeeded")
    seen.refresh()
    backup = seen.window.list.current()
    assert backup is not None
    assert backup.tracking is not None
    done = [stage.name for stage in backup.tracking.stages if stage.status == "done"]
    assert done[-1] == "stage.delivered"
    # The devices are there: the card asks for the second act.
    assert backup.tracking.now_you == "now.copy-to-device"


def test_cut_off_it_keeps_the_last_look_says_since_when_and_asks_more_rarely(
    qtbot: QtBot, office: Office, overview: list[Overview]
):
    ordered(office)
    seen = open_overview(qtbot, office, overview)
    pace = seen.window.azure_pace
    assert pace.next_ms == EVERY_MS
    office.served.replay.fail("GET .*/jobs/", Fault.CUT, times=999)
    seen.refresh()
    assert "Azure does not answer" in seen.told()
    assert seen.window.detail._fresh.text().startswith("Offline: last known of")
    assert seen.window.detail.timeline.isVisible()
    assert pace.next_ms == RETRY_MS
    seen.refresh()
    assert pace.next_ms == 2 * RETRY_MS
    pace._failed = 50
    assert pace.next_ms == LONGEST_MS
    office.served.replay.heal()
    seen.refresh()
    assert seen.told() == ""
    assert pace.next_ms == EVERY_MS


def test_a_look_that_hangs_ends_with_the_window(
    qtbot: QtBot, office: Office, overview: list[Overview]
):
    ordered(office)
    seen = open_overview(qtbot, office, overview)
    office.served.replay.fail("GET .*/jobs/", Fault.HANG)
    seen.window.look_again()
    qtbot.waitUntil(office.served.replay.held.is_set, timeout=30_000)
    seen.window.close()
    assert not seen.window.azure_pace.busy


def test_without_a_sign_in_nothing_is_asked_until_somebody_signs_in_here(
    qtbot: QtBot, office: Office, overview: list[Overview]
):
    ordered(office)
    office.services.azure.sign_out()
    office.served.replay.requests.clear()
    seen = open_overview(qtbot, office, overview)
    seen.refresh()
    assert office.served.replay.requests == []
    card = seen.window.detail.azure
    assert card.sign_in_button.isVisible()
    qtbot.mouseClick(card.sign_in_button, Qt.MouseButton.LeftButton)
    dialog = seen.dialog(SignInDialog)
    assert isinstance(dialog, SignInDialog)
    qtbot.waitUntil(lambda: not dialog._first, timeout=30_000)
    dialog.panel.use_cloud_file(office.cloud_file)
    dialog.panel.method.setCurrentIndex(1)
    qtbot.mouseClick(dialog.panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not card.sign_in_button.isVisible(), timeout=60_000)
    seen.settle()
    assert office.served.replay.asked("GET .*/jobs/")


def test_a_waiting_order_is_answered_and_erasing_wants_a_tick(
    qtbot: QtBot, office: Office, overview: list[Overview]
):
    order = ordered(office)
    replay = office.served.replay
    replay.jobs.step(key_of(order), "DataCopy", "WaitingForCustomerAction")
    replay.jobs.jobs[key_of(order)]["properties"]["details"]["actions"] = [
        "MoveToCleanUpDevice",
        "Resume",
    ]
    seen = open_overview(qtbot, office, overview)
    card = seen.window.detail.azure
    qtbot.waitUntil(card.answer_button.isVisible, timeout=30_000)
    qtbot.mouseClick(card.answer_button, Qt.MouseButton.LeftButton)
    dialog = seen.dialog(AnswerDialog)
    assert isinstance(dialog, AnswerDialog)
    assert not dialog.send_button.isEnabled()
    dialog.cards[1].radio.setChecked(True)
    assert dialog.answer() == "MoveToCleanUpDevice"
    assert not dialog.send_button.isEnabled()
    dialog.consent.box.setChecked(True)
    assert dialog.send_button.isEnabled()
    dialog.cards[0].radio.setChecked(True)
    qtbot.mouseClick(dialog.send_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(replay.asked("POST .*/mitigate")), timeout=30_000)
    assert replay.asked("POST .*/mitigate")[0].body == {"customerResolutionCode": "Resume"}
    assert replay.flaws == []
    seen.settle()


def test_the_address_of_an_order_is_changed_until_the_device_leaves(
    qtbot: QtBot, office: Office, overview: list[Overview]
):
    order = ordered(office)
    replay = office.served.replay
    seen = open_overview(qtbot, office, overview)
    card = seen.window.detail.azure
    qtbot.waitUntil(card.address_button.isVisible, timeout=30_000)
    qtbot.mouseClick(card.address_button, Qt.MouseButton.LeftButton)
    dialog = seen.dialog(AddressDialog)
    assert isinstance(dialog, AddressDialog)
    assert not dialog.send_button.isEnabled()
    dialog.address.show_fields(replace(office.draft().order, street="2 Other Way"))
    dialog._check()
    qtbot.mouseClick(dialog.send_button, Qt.MouseButton.LeftButton)
    details = replay.jobs.jobs[key_of(order)]["properties"]["details"]
    qtbot.waitUntil(
        lambda: details["shippingAddress"]["streetAddress1"] == "2 Other Way", timeout=30_000
    )
    assert replay.flaws == []
    seen.settle()
    replay.jobs.jobs[key_of(order)]["properties"]["isShippingAddressEditable"] = False
    seen.window.azure_deeds.move(order.ref, office.draft().order)
    qtbot.waitUntil(lambda: "can no longer be changed" in seen.told(), timeout=30_000)
    replay.jobs.step(key_of(order), "Dispatched", "Succeeded")
    seen.refresh()
    assert not card.address_button.isVisible()


def test_an_import_job_is_told_that_its_drives_left(
    qtbot: QtBot, office: Office, overview: list[Overview]
):
    order = imported(office)
    seen = open_overview(qtbot, office, overview)
    seen.window.deeds.ask_parcel()
    dialog = seen.dialog(ParcelDialog)
    assert isinstance(dialog, ParcelDialog)
    assert dialog.tell.isVisible()
    dialog.carrier.setCurrentText("DHL")
    dialog.number.setText("00340434")
    qtbot.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)
    seen.settle()
    package = office.served.replay.jobs.jobs[key_of(order)]["properties"]["details"]
    assert package["deliverToDcPackageDetails"]["trackingId"] == "00340434"
    assert office.served.replay.flaws == []


def test_an_agents_vault_is_looked_into_as_well(
    qtbot: QtBot, office: Office, overview: list[Overview]
):
    office.sign_in()
    plan = Plan(
        name="seed",
        deployment_model=DeploymentModel.MARS,
        route=Route.IMPORT_EXPORT,
        sources=(),
        destination=plan_of(office.draft()).destination,
    )
    office.services.planning.keep(plan)
    vault = (
        f"/subscriptions/{office.draft().azure.subscription}/resourceGroups/rg"
        "/providers/Microsoft.RecoveryServices/vaults/branch-vault"
    )
    office.services.agents.link(plan.plan_id, AgentLink(vault, "FS04"))
    seen = open_overview(qtbot, office, overview)
    tracking = office.services.shipments.track(plan.plan_id)
    assert tracking.agent is not None
    assert tracking.agent.state is not SeedState.PROVED
    assert seen.told() == ""


def seed_of_an_agent(office: Office, **azure: str) -> Plan:
    """Keep the plan of an agent's seed, as the wizard does."""
    place = replace(office.draft().azure, **azure)
    draft = office.draft(
        deployment_model=DeploymentModel.MARS, route=Route.IMPORT_EXPORT, azure=place, name="seed"
    )
    office.services.planning.keep(plan_of(draft))
    office.services.planning.follow_vault(draft)
    return plan_of(draft)


def test_the_vault_that_was_chosen_in_the_wizard_is_followed(office: Office) -> None:
    vault = f"{office.draft().azure.account_id.rpartition('/providers/')[0]}{VAULT}"
    plan = seed_of_an_agent(office, vault_id=vault)
    link = office.services.agents.linked(plan.plan_id)
    assert link == AgentLink(vault, socket.gethostname())
    # The wizard's last page, and an order of devices, follow it by themselves.
    draft = office.draft(azure=replace(office.draft().azure, vault_id=vault), name="decided")
    decided = office.services.planning.decide(replace(draft, route=Route.IMPORT_EXPORT))
    assert office.services.agents.linked(decided.plan_id) is None  # no agent takes part
    staging = office.folder / "staging"
    staging.mkdir()
    seed = replace(
        draft,
        deployment_model=DeploymentModel.MARS,
        route=Route.IMPORT_EXPORT,
        agent=AgentFields(str(staging), import_job_name="branch-042-seed", container="seed"),
        name="seeded",
    )
    decided = office.services.planning.decide(seed)
    assert office.services.agents.linked(decided.plan_id) == AgentLink(vault, socket.gethostname())
    agents = replace(
        draft,
        deployment_model=DeploymentModel.DPM,
        route=Route.DATA_BOX_DISK,
        order=replace(draft.order, model="DataBoxDisk"),
        name="ordered",
    )
    office.sign_in()
    office.services.ordering.place(agents, NEED)
    assert office.services.agents.linked(plan_of(agents).plan_id) is not None
    # Another name that was said stays, as long as it is the same vault.
    office.services.agents.link(plan.plan_id, AgentLink(vault, "FS04"))
    seed_of_an_agent(office, vault_id=vault)
    assert office.services.agents.linked(plan.plan_id) == AgentLink(vault, "FS04")


def test_the_vault_of_an_agents_seed_is_chosen_in_the_overview(
    qtbot: QtBot, office: Office, overview: list[Overview]
):
    office.sign_in()
    plan = seed_of_an_agent(office)
    seen = open_overview(qtbot, office, overview)
    button = seen.window.detail.agent.link_button
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = seen.dialog(VaultDialog)
    assert isinstance(dialog, VaultDialog)
    qtbot.waitUntil(lambda: dialog.vault.count() > 0, timeout=30_000)
    assert not dialog.save_button.isEnabled()
    dialog.server.setText("FS01")
    assert dialog.save_button.isEnabled()
    vault = str(dialog.vault.currentData())
    dialog.vault.setEditText("no vault")
    assert not dialog.save_button.isEnabled()
    dialog.vault.setEditText(vault)
    qtbot.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)
    linked = office.services.agents.linked
    qtbot.waitUntil(lambda: linked(plan.plan_id) == AgentLink(vault, "FS01"), timeout=30_000)
    seen.settle()
    asked = office.served.replay.asked("/backupProtectedItems")
    assert asked


def test_an_order_is_called_off_and_keeping_it_is_the_default(
    qtbot: QtBot, office: Office, overview: list[Overview]
):
    order = ordered(office)
    replay = office.served.replay
    seen = open_overview(qtbot, office, overview)
    card = seen.window.detail.azure
    qtbot.waitUntil(card.cancel_button.isVisible, timeout=30_000)
    qtbot.mouseClick(card.cancel_button, Qt.MouseButton.LeftButton)
    dialog = seen.dialog(CancelDialog)
    assert isinstance(dialog, CancelDialog)
    assert not dialog.send_button.isEnabled()
    assert not dialog.send_button.isDefault()
    dialog.reason.setText("Another device is taken")
    qtbot.mouseClick(dialog.send_button, Qt.MouseButton.LeftButton)
    seen.settle()
    qtbot.waitUntil(lambda: f"Azure has cancelled {order.ref.name}" in seen.told(), timeout=30_000)
    assert replay.asked("POST .*/cancel")[0].body == {"reason": "Another device is taken"}
    assert replay.jobs.jobs[key_of(order)]["properties"]["status"] == "Cancelled"
    assert replay.flaws == []
    qtbot.waitUntil(lambda: not card.cancel_button.isVisible(), timeout=30_000)


def test_the_carrier_is_sent_for_devices_that_are_there(
    qtbot: QtBot, office: Office, overview: list[Overview]
):
    order = ordered(office)
    replay = office.served.replay
    seen = open_overview(qtbot, office, overview)
    card = seen.window.detail.azure
    assert not card.pickup_button.isVisible()
    replay.jobs.step(key_of(order), "Delivered", "Succeeded")
    seen.refresh()
    qtbot.mouseClick(card.pickup_button, Qt.MouseButton.LeftButton)
    dialog = seen.dialog(PickupDialog)
    assert isinstance(dialog, PickupDialog)
    assert not dialog.send_button.isEnabled()
    dialog.place.setText("Front desk")
    dialog.end.setDateTime(dialog.start.dateTime().addSecs(-60))
    assert not dialog.send_button.isEnabled()
    dialog.end.setDateTime(dialog.start.dateTime().addSecs(3600))
    qtbot.mouseClick(dialog.send_button, Qt.MouseButton.LeftButton)
    seen.settle()
    qtbot.waitUntil(lambda: "The carrier comes" in seen.told(), timeout=30_000)
    assert office.services.orders.kept()[0].pickup is not None
    assert replay.flaws == []


def test_what_came_of_a_deed_stays_said_while_azure_is_silent(
    qtbot: QtBot, office: Office, overview: list[Overview]
):
    order = ordered(office)
    seen = open_overview(qtbot, office, overview)
    replay = office.served.replay
    replay.fail("GET .*/jobs/", Fault.CUT, times=999)
    seen.refresh()
    assert "Azure does not answer" in seen.told()
    replay.fail("POST .*/cancel", Fault.HANG)
    seen.window.azure_deeds.cancel(order.ref, "not needed")
    qtbot.waitUntil(replay.held.is_set, timeout=30_000)
    seen.window.refresh()
    qtbot.waitUntil(lambda: not seen.window._asking, timeout=30_000)
    assert "Azure is asked" in seen.told()  # the button that ends the waiting is still there
    (stop,) = (
        button
        for button in seen.window.detail.notices.findChildren(QPushButton)
        if button.text() == "Wait no longer"
    )
    qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    stopped = "Azure is no longer waited for"
    qtbot.waitUntil(lambda: stopped in seen.told(), timeout=30_000)
    for _ in range(2):
        seen.refresh()
        assert stopped in seen.told()
    replay.heal()
    seen.window.deeds.do(lambda _plan_id: None)
    seen.settle()
    assert "no longer waited" not in seen.told()
