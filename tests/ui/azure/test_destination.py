"""Page 4 in the real window: every way to sign in, the lists, the checks, and a stop."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import requests
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from offline_backup_gui.domain.clouds import SignInMethod
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.order_fields import AzurePlace
from offline_backup_gui.domain.plan import DeploymentModel
from offline_backup_gui.services.world import AccountSecret
from offline_backup_gui.ui.azure.sign_in import SignInPanel
from offline_backup_gui.ui.widgets.notices import Notice, NoticeList
from offline_backup_gui.ui.wizard.facts import Step
from offline_backup_gui.ui.wizard.pages.destination import DestinationPage
from offline_backup_gui.ui.wizard.window import WizardWindow
from tests.azure.replay.entra import PERSON, TENANT
from tests.azure.replay.estate import ACCOUNT, SUBSCRIPTION, account_id, storage_account
from tests.azure.replay.service import Fault
from tests.azure.stand import PROGRAM
from tests.ui.azure.conftest import Office, Open

ADDRESS = f"https://{ACCOUNT}.blob.core.windows.net"
NOWHERE = AzurePlace(listed=True)


def page_of(window: WizardWindow) -> DestinationPage:
    page = window.page(Step.DESTINATION)
    assert isinstance(page, DestinationPage)
    return page


def titles(notices: NoticeList) -> str:
    found = notices.findChildren(Notice)
    return " | ".join(one.accessibleName() for one in found if not one.isHidden())


def choose(panel: SignInPanel, method: SignInMethod) -> None:
    panel.method.setCurrentIndex(panel.method.findText(panel._say(method.value)))


def test_a_code_is_shown_and_a_person_comes_in(qtbot: QtBot, office: Office, open_wizard: Open):
    office.served.replay.entra.pending = 2
    window = open_wizard(office.draft(azure=NOWHERE, account=""), Step.DESTINATION)
    panel = page_of(window).sign_in
    panel.use_cloud_file(office.cloud_file)
    choose(panel, SignInMethod.DEVICE_CODE)
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.code.isVisible() and panel.code.text() == "ABCD-1234")
    qtbot.mouseClick(panel.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "ABCD-1234"
    qtbot.waitUntil(lambda: panel.who.isVisible(), timeout=30_000)
    assert PERSON in panel.who.text()
    assert not panel.code.isVisible()
    signed_in = office.services.azure.signed_in()
    assert signed_in is not None
    assert signed_in.account == PERSON


def test_the_browser_brings_a_person_in(
    qtbot: QtBot, office: Office, open_wizard: Open, monkeypatch: pytest.MonkeyPatch
):
    def browser(address: str) -> bool:
        def walk() -> None:
            trusted = str(office.served.certificate)
            page = requests.get(address, allow_redirects=False, verify=trusted)
            requests.get(page.headers["Location"])

        threading.Thread(target=walk).start()
        return True

    monkeypatch.setattr("azure.identity._credentials.browser._open_browser", browser)
    window = open_wizard(office.draft(azure=NOWHERE, account=""), Step.DESTINATION)
    panel = page_of(window).sign_in
    panel.use_cloud_file(office.cloud_file)
    panel.tenant.setText(TENANT)
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.signed_in is not None, timeout=30_000)
    assert PERSON in panel.who.text()


def test_a_service_principal_comes_in_with_a_file_and_a_wrong_one_is_told(
    qtbot: QtBot, office: Office, open_wizard: Open
):
    secret = office.folder / "secret.txt"
    secret.write_text("wrong\n")
    window = open_wizard(office.draft(azure=NOWHERE, account=""), Step.DESTINATION)
    panel = page_of(window).sign_in
    panel.use_cloud_file(office.cloud_file)
    choose(panel, SignInMethod.SERVICE_PRINCIPAL)
    panel.tenant.setText(TENANT)
    panel.client_id.setText(PROGRAM)
    panel.secret_file.setText(str(secret))
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "refused the sign-in" in titles(panel.notices), timeout=30_000)
    assert panel.button.isVisible()
    secret.write_text(office.served.replay.entra.client_secret + "\n")
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.signed_in is not None, timeout=30_000)
    assert titles(panel.notices) == ""


def test_a_stop_gives_the_window_back_at_once_and_the_work_ends(
    qtbot: QtBot, office: Office, open_wizard: Open
):
    office.served.replay.fail("/devicecode", Fault.HANG)
    window = open_wizard(office.draft(azure=NOWHERE, account=""), Step.DESTINATION)
    panel = page_of(window).sign_in
    panel.use_cloud_file(office.cloud_file)
    choose(panel, SignInMethod.DEVICE_CODE)
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(office.served.replay.held.is_set, timeout=30_000)
    qtbot.mouseClick(panel.stop_button, Qt.MouseButton.LeftButton)
    assert panel.button.isVisible()
    assert not panel.waiting
    # The server still holds the request back: only a work that obeys lets the bridge come to rest.
    window.close()
    office.bridge.close()
    ended = threading.Event()

    def wait() -> None:
        office.bridge.finish()
        ended.set()

    threading.Thread(target=wait).start()
    assert ended.wait(10)
    assert office.services.azure.signed_in() is None


def test_lists_are_chosen_from_and_azure_is_asked_what_stands_in_the_way(
    qtbot: QtBot, office: Office, open_wizard: Open
):
    office.sign_in()
    estate = office.served.replay.estate
    estate.accounts = [storage_account(), storage_account("contosoarchive", kind="FileStorage")]
    window = open_wizard(office.draft(azure=NOWHERE, account=""), Step.DESTINATION)
    page = page_of(window)
    qtbot.waitUntil(lambda: page.picker.account.count() == 2, timeout=30_000)
    assert not window.shell.next_button.isEnabled()  # nothing is chosen yet
    page.picker.account.setCurrentIndex(1)
    page.picker.account.activated.emit(1)
    qtbot.waitUntil(lambda: bool(window.facts.destination), timeout=30_000)
    found = {finding.code for finding in window.facts.destination}
    assert FindingCode.ACCOUNT_KIND_WRONG in found
    qtbot.waitUntil(lambda: "general purpose v2" in titles(page.check_answer))
    assert not window.shell.next_button.isEnabled()
    copies = [b for b in page.check_answer.findChildren(QPushButton) if "opy" in b.accessibleName()]
    assert len(copies) == len(found)
    page.picker.account.setCurrentIndex(0)
    page.picker.account.activated.emit(0)
    qtbot.waitUntil(lambda: "Nothing stands" in titles(page.check_answer), timeout=30_000)
    assert window.shell.next_button.isEnabled()
    assert window.draft.account == ADDRESS
    assert window.draft.azure == AzurePlace(
        SUBSCRIPTION, account_id(), region="westus", listed=True
    )
    assert window.draft.region == "West US"
    assert "United States" in page.picker.region.text()


def test_an_agent_chooses_its_vault_too(qtbot: QtBot, office: Office, open_wizard: Open):
    office.sign_in()
    draft = office.draft(azure=NOWHERE, account="", deployment_model=DeploymentModel.MARS)
    window = open_wizard(office.draft(azure=NOWHERE, account=""), Step.DESTINATION)
    page = page_of(window)
    page.show_draft(draft)
    page.picker.load()
    qtbot.waitUntil(lambda: page.picker.vault.count() > 0, timeout=30_000)
    assert page.picker.vault.isVisible()
    page.picker.vault.setCurrentIndex(0)
    page.picker.vault.activated.emit(0)
    assert window.draft.azure.vault_id == page.picker.vault.currentData()


def test_the_lists_end_at_once_when_they_are_stopped(
    qtbot: QtBot, office: Office, open_wizard: Open
):
    office.sign_in()
    office.served.replay.fail("GET /subscriptions", Fault.HANG)
    window = open_wizard(office.draft(azure=NOWHERE, account=""), Step.DESTINATION)
    page = page_of(window)
    qtbot.waitUntil(office.served.replay.held.is_set, timeout=30_000)
    qtbot.mouseClick(page.picker.stop_button, Qt.MouseButton.LeftButton)
    assert page.picker.again_button.isVisible()
    office.served.replay.heal()
    qtbot.mouseClick(page.picker.again_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.picker.account.count() == 1, timeout=30_000)
    # What is alone is chosen.
    assert window.draft.account == ADDRESS


def test_a_sign_in_that_ran_out_is_asked_for_here_and_only_here(
    qtbot: QtBot, office: Office, open_wizard: Open
):
    office.sign_in_as_person()
    office.served.replay.entra.expire_all()
    window = open_wizard(office.draft(azure=NOWHERE, account=""), Step.DESTINATION)
    panel = page_of(window).sign_in
    qtbot.waitUntil(lambda: "Nobody is signed in" in titles(panel.notices), timeout=30_000)
    assert panel.button.isVisible()
    assert not page_of(window).picker.isVisible()


def test_a_key_is_taken_with_the_sign_in_and_told_as_what_it_is(
    qtbot: QtBot, office: Office, open_wizard: Open
):
    office.sign_in()
    window = open_wizard(office.draft(), Step.DESTINATION)
    card = page_of(window).account_card
    qtbot.waitUntil(lambda: card.isVisible(), timeout=30_000)
    qtbot.mouseClick(card.key_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "An account key" in titles(card.findings), timeout=30_000)
    kept = office.services.world.account_secret(ADDRESS)
    assert kept.connection_string is not None
    assert f"AccountName={ACCOUNT};" in kept.connection_string
    assert kept.connection_string.endswith("EndpointSuffix=core.windows.net")


def test_what_opens_the_account_is_judged_in_the_window(
    qtbot: QtBot, office: Office, open_wizard: Open
):
    end = (datetime.now(UTC) + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    sas = f"sv=2024-11-04&sp=racwdli&sr=c&spr=https&se={end}&sig=AAAA"
    office.services.world.keep_account_secret(ADDRESS, AccountSecret(sas=sas))
    window = open_wizard(office.draft(azure=AzurePlace()), Step.DESTINATION)
    card = page_of(window).account_card
    qtbot.waitUntil(lambda: "less than a day" in titles(card.findings), timeout=30_000)
    assert "more than is needed: di" in titles(card.findings)
