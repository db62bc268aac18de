"""Page 6 for Data Box in the real window: offers, form, one order whatever happens, two acts."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.domain.order_fields import AzurePlace
from offline_backup_gui.domain.orders import OrderState
from offline_backup_gui.domain.plan import Draft
from offline_backup_gui.ui.widgets.boxes import ChoiceCard
from offline_backup_gui.ui.widgets.notices import Notice, NoticeList
from offline_backup_gui.ui.wizard.facts import Step
from offline_backup_gui.ui.wizard.pages.order import OrderPage
from offline_backup_gui.ui.wizard.window import WizardWindow
from tests.azure.replay.estate import SUBSCRIPTION
from tests.azure.replay.service import Fault
from tests.ui.azure.conftest import Office, Open


def page_of(window: WizardWindow) -> OrderPage:
    page = window.page(Step.ORDER)
    assert isinstance(page, OrderPage)
    return page


def titles(notices: NoticeList) -> str:
    found = notices.findChildren(Notice)
    return " | ".join(one.accessibleName() for one in found if not one.isHidden())


def choose_device(qtbot: QtBot, page: OrderPage) -> None:
    """Ask for the devices; the one that can be had is chosen."""
    qtbot.waitUntil(page.offers_button.isVisible, timeout=30_000)
    qtbot.mouseClick(page.offers_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(page.offers.offers), timeout=30_000)


def orders_at_azure(office: Office) -> int:
    return len(office.served.replay.jobs.created)


def test_devices_are_offered_with_fees_and_only_the_enabled_can_be_chosen(
    qtbot: QtBot, office: Office, open_wizard: Open
):
    office.sign_in()
    window = open_wizard(office.draft(), Step.ORDER)
    page = page_of(window)
    choose_device(qtbot, page)
    cards = page.offers.findChildren(ChoiceCard)
    offered = [offer for offer, _ in page.offers.offers]
    assert {offer.sku for offer in offered} == {"DataBoxDisk"}
    assert [card.radio.isEnabled() for card in cards] == [offer.enabled for offer in offered]
    told = " ".join(label.text() for label in page.offers.findChildren(type(page.done.told)))
    assert "2022-09-13" in told  # the dated table's fee of a lost disk, with its date
    assert window.draft.order.model == "DataBoxDisk"


def test_the_order_waits_for_its_consent_is_placed_and_opens_the_second_act(
    qtbot: QtBot, office: Office, open_wizard: Open
):
    office.sign_in()
    window = open_wizard(office.draft(), Step.ORDER)
    page = page_of(window)
    assert not window.shell.next_button.isEnabled()
    choose_device(qtbot, page)
    assert not page.order_button.isEnabled()
    page.consent.box.setChecked(True)
    qtbot.waitUntil(page.order_button.isEnabled, timeout=30_000)
    qtbot.mouseClick(page.order_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.facts.ordered, timeout=60_000)
    assert orders_at_azure(office) == 1
    assert page.done.isVisible()
    assert not page.order_button.isVisible()
    plan = office.services.planning.plans()[0]
    kept = office.services.orders.kept()[0]
    assert kept.plan_id == plan.plan_id
    assert kept.ref.name in page.done.told.text()
    assert office.services.planning.kept(plan.plan_id).repository_id == "4f0c9a1be27d5580"
    # The draft has become a plan; what it was about is not asked again.
    assert office.services.planning.draft() == Draft()
    window.close()
    assert office.services.planning.draft() == Draft()

    later = open_second(qtbot, office)
    qtbot.waitUntil(lambda: later.facts.ordered, timeout=30_000)
    assert later.step is Step.DRIVES
    later.go(Step.ROUTE)
    assert later.step is Step.DRIVES
    later.go(Step.ORDER)
    assert page_of(later).done.isVisible()
    assert later.shell.next_button.isEnabled()


def open_second(qtbot: QtBot, office: Office) -> WizardWindow:
    """Open the kept plan again, as the overview does when the devices are there."""
    plan = office.services.planning.plans()[0]
    draft = office.services.planning.draft_from(plan)
    window = WizardWindow(office.services, words.load("en"), office.bridge, draft=draft)
    qtbot.addWidget(window)
    window.show_draft(draft)
    window.show()
    return window


def test_an_order_cut_off_on_its_way_is_found_and_not_placed_twice(
    qtbot: QtBot, office: Office, open_wizard: Open
):
    office.sign_in()
    window = open_wizard(office.draft(), Step.ORDER)
    page = page_of(window)
    choose_device(qtbot, page)
    page.consent.box.setChecked(True)
    office.served.replay.fail("PUT .*/jobs/", Fault.HANG_AFTER)
    qtbot.waitUntil(page.order_button.isEnabled, timeout=30_000)
    qtbot.mouseClick(page.order_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(office.served.replay.held.is_set, timeout=60_000)
    qtbot.mouseClick(page.stop_button, Qt.MouseButton.LeftButton)
    assert page.order_button.isEnabled()
    assert orders_at_azure(office) == 1
    assert [one.state for one in office.services.orders.kept()] == [OrderState.INTENDED]
    office.served.replay.heal()
    qtbot.mouseClick(page.order_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.facts.ordered, timeout=60_000)
    assert orders_at_azure(office) == 1


def test_what_azure_does_not_accept_is_told_and_nothing_is_ordered(
    qtbot: QtBot, office: Office, open_wizard: Open
):
    office.sign_in()
    office.served.replay.address_verdict = "Invalid"
    window = open_wizard(office.draft(), Step.ORDER)
    page = page_of(window)
    choose_device(qtbot, page)
    qtbot.mouseClick(page.check_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "ValidateAddress" in titles(page.notices), timeout=30_000)
    page.consent.box.setChecked(True)
    qtbot.mouseClick(page.order_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "does not accept the order" in titles(page.notices), timeout=60_000)
    assert orders_at_azure(office) == 0
    assert not window.facts.ordered


def test_a_field_is_judged_once_it_was_touched(qtbot: QtBot, office: Office, open_wizard: Open):
    order = replace(office.draft().order, emails="", state="")
    window = open_wizard(office.draft(order=order), Step.ORDER)
    form = page_of(window).form
    told = form._verdicts
    assert not told["emails"].isVisible()
    qtbot.keyClicks(form.fields["emails"], "admin")
    assert told["emails"].isVisible()
    assert "name@example.com" in told["emails"].text()
    qtbot.keyClicks(form.fields["emails"], "@contoso.example")
    assert not told["emails"].isVisible()
    qtbot.keyClicks(form.fields["street"], "x" * 40)
    assert "35" in told["street"].text()
    assert window.draft.order.emails == "admin@contoso.example"


def test_the_portal_way_needs_no_sign_in_and_keeps_the_order_by_hand(
    qtbot: QtBot, office: Office, open_wizard: Open, tmp_path: Path
):
    window = open_wizard(office.draft(azure=AzurePlace()), Step.ORDER)
    portal, place = page_of(window).portal, page_of(window).place
    assert "Subscription ID" in portal._missing.text()
    assert not portal.files_button.isEnabled()
    qtbot.keyClicks(place.subscription, SUBSCRIPTION)
    assert portal.files_button.isEnabled()
    qtbot.mouseClick(portal.copy_button, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert "City: Redmond" in copied
    assert "Storage account: contosobranch042" in copied
    portal.write_files(str(tmp_path / "portal"))
    qtbot.waitUntil(lambda: "Written to" in titles(portal.notices), timeout=30_000)
    assert len(list((tmp_path / "portal").iterdir())) == 2
    qtbot.keyClicks(portal.name, "contoso-order-7")
    portal.status.setEditText("Dispatched")
    qtbot.mouseClick(portal.note_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.facts.ordered, timeout=30_000)
    assert office.served.replay.requests == []
    kept = office.services.orders.kept()[0]
    assert (kept.ref.name, kept.state) == ("contoso-order-7", OrderState.BY_HAND)
    tracking = office.services.shipments.track(office.services.planning.plans()[0].plan_id)
    assert [s.name for s in tracking.stages if s.status == "done"][-1] == "stage.dispatched"
    assert "contoso-order-7" in page_of(window).done.told.text()
