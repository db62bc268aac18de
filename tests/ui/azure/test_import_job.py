"""The import job of own drives in the window: asked once, made here or in the portal."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.domain.order_fields import AzurePlace, OrderFields
from offline_backup_gui.domain.orders import OWN_DRIVES, OrderState
from offline_backup_gui.domain.plan import AgentFields, DeploymentModel, Draft, Plan, Route
from offline_backup_gui.domain.prepared_drive import prepared_drive
from offline_backup_gui.services.import_jobs import ImportAnswers
from offline_backup_gui.services.order_file import read_order_file
from offline_backup_gui.services.planning import plan_of
from offline_backup_gui.services.portal import portal_fields
from offline_backup_gui.ui.wizard.facts import Step
from offline_backup_gui.ui.wizard.page import Desk, load_geography
from offline_backup_gui.ui.wizard.pages.import_card import ImportPart
from offline_backup_gui.ui.wizard.pages.staging import StagingPage
from tests.azure.replay.estate import ACCOUNT, GROUP, SUBSCRIPTION, account_id
from tests.ui.azure.conftest import Office, Open

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
KEY = "-".join(["000011"] * 8)  # eight groups, each a multiple of eleven
LONG_MS = 60_000


def own_drives(office: Office, **changes: object) -> Draft:
    """Give a draft with own drives and nothing answered for the job."""
    blank = {"azure": AzurePlace(), "order": OrderFields(), "route": Route.IMPORT_EXPORT}
    return office.draft(**{**blank, **changes})


def prepared(office: Office, *serials: str) -> Plan:
    """Keep the plan of own drives, with drives that are ready."""
    plan = plan_of(own_drives(office))
    office.services.planning.keep(plan)
    for number, serial in enumerate(serials, 1):
        preparations = office.services.preparations
        drive = prepared_drive(serial, f"{number:032X}")
        preparations.note(plan.plan_id, preparations.with_key(drive, KEY))
    return plan


def part_of(qtbot: QtBot, office: Office, plan: Plan) -> ImportPart:
    desk = Desk(office.services, words.load("en"), office.bridge, load_geography())
    page, part = QWidget(), ImportPart(desk)
    QVBoxLayout(page).addWidget(part)
    qtbot.addWidget(page)
    part._page = page  # type: ignore[attr-defined]  # its owner lives as long as it does
    part.show_draft(own_drives(office))
    page.show()
    part.show_plan(plan.plan_id)
    qtbot.waitUntil(lambda: part._known.plan is not None, timeout=LONG_MS)
    return part


def fill(qtbot: QtBot, part: ImportPart) -> None:
    """Type what the job asks, as somebody who is not signed in."""
    place, address = part.form.place, part.form.address
    qtbot.keyClicks(place.subscription, SUBSCRIPTION)
    assert place.account.text() == ACCOUNT  # it stood in the draft already
    place.group.setEditText(GROUP)
    place.region.setCurrentIndex(place.region.findData("westus"))
    place.edited.emit()
    typed = {
        "company": "Contoso", "street": "1 Way", "city": "Redmond", "state": "WA",
        "postal_code": "98052", "contact": "A. Admin", "phone": "14255550100",
        "emails": "admin@contoso.example",
    }  # fmt: skip
    for name, value in typed.items():
        qtbot.keyClicks(address.fields[name], value)
    address.country.setCurrentIndex(address.country.findData("US"))
    address.edited.emit()
    part.form.carrier.setEditText("FedEx")
    qtbot.keyClicks(part.form.account, "1234-5678")


def said(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.text())


def test_what_is_typed_makes_a_form_that_the_command_line_takes(
    qtbot: QtBot, tmp_path: Path, office: Office
) -> None:
    part = part_of(qtbot, office, plan := prepared(office, "ZR1", "ZR2"))
    assert not part.write_button.isEnabled()
    fill(qtbot, part)
    part.form.backup.box.setChecked(True)
    assert part.portal.missing == ""
    assert part.write_button.isEnabled()
    path = tmp_path / "job.toml"
    part.write_form(path)
    qtbot.waitUntil(path.exists, timeout=LONG_MS)
    qtbot.waitUntil(lambda: "complete" in said(part.notices), timeout=LONG_MS)
    form, secrets = read_order_file(path, office.services.preparations)
    assert form == office.services.import_jobs.form(plan.plan_id, part._now())
    assert (form.sku, form.storage_account) == (OWN_DRIVES, account_id())
    assert form.backup_manifest
    assert [drive.serial for drive in form.drives] == ["ZR1", "ZR2"]
    assert secrets.bitlocker_key_by_serial == {"ZR1": KEY, "ZR2": KEY}
    assert KEY not in path.read_text("utf-8")
    assert tomllib.loads(path.read_text("utf-8"))["return"]["account_number"] == "1234-5678"


def test_a_field_that_was_touched_says_what_is_wrong_with_it(qtbot: QtBot, office: Office) -> None:
    part = part_of(qtbot, office, prepared(office, "ZR1"))
    assert "Needed" not in said(part.form)
    qtbot.keyClicks(part.form.account, "1")
    part.form.account.clear()
    part.form.account.textEdited.emit("")
    assert "Needed" in said(part.form)
    qtbot.keyClicks(part.form.address.fields["emails"], "nobody")
    assert "An address such as" in said(part.form)
    fill(qtbot, part)
    assert "account number" not in part.portal.missing


@pytest.mark.parametrize("field", ["carrier_account", "street"])
def test_what_is_missing_is_named_until_it_is_there(
    qtbot: QtBot, office: Office, field: str
) -> None:
    part = part_of(qtbot, office, prepared(office, "ZR1"))
    fill(qtbot, part)
    assert part.portal.missing == ""
    line = part.form.account if field == "carrier_account" else part.form.address.fields[field]
    line.clear()
    line.textEdited.emit("")
    assert part.portal.missing == words.load("en").text(f"order.field.{field}")
    assert not part.portal.files_button.isEnabled()


def test_answers_are_kept_with_the_plan_and_never_typed_twice(qtbot: QtBot, office: Office) -> None:
    plan = prepared(office, "ZR1")
    part = part_of(qtbot, office, plan)
    fill(qtbot, part)
    jobs = office.services.import_jobs
    qtbot.waitUntil(lambda: jobs.answers(plan.plan_id) == part._now(), timeout=LONG_MS)
    again = part_of(qtbot, office, plan)
    assert again.form.account.text() == "1234-5678"
    assert again.form.address.fields["street"].text() == "1 Way"
    assert again._now() == part._now()
    assert again.portal.missing == ""


def test_every_field_of_the_portal_can_be_copied_alone(qtbot: QtBot, office: Office) -> None:
    part = part_of(qtbot, office, prepared(office, "ZR1"))
    fill(qtbot, part)
    named = {one.accessibleName(): one for one in part.portal.fields.findChildren(QPushButton)}
    for name, value in {
        "Copy Return carrier": "FedEx",
        "Copy Carrier account number": "1234-5678",
        "Copy Address line 1": "1 Way",
        "Copy Drive 1": f"ZR1 \\DriveManifest.xml {1:032X}",
    }.items():
        qtbot.mouseClick(named[name], Qt.MouseButton.LeftButton)
        assert QGuiApplication.clipboard().text() == value


def test_the_files_for_the_portal_come_with_the_journal(
    qtbot: QtBot, tmp_path: Path, office: Office
) -> None:
    part = part_of(qtbot, office, prepared(office, "ZR1"))
    fill(qtbot, part)
    part.portal.write_files(str(tmp_path / "portal"))
    qtbot.waitUntil(lambda: "fields.txt" in said(part.portal.notices), timeout=LONG_MS)
    names = {path.suffix for path in (tmp_path / "portal").iterdir()}
    assert {".txt", ".json", ".csv"} <= names
    keyed = [
        path.suffix
        for path in (tmp_path / "portal").iterdir()
        if KEY in path.read_bytes().decode("utf-8", "replace")
    ]
    assert keyed
    assert not {".txt", ".json", ".csv"} & set(keyed)


def test_a_job_made_in_the_portal_is_kept_and_the_papers_know_the_way_back(
    qtbot: QtBot, office: Office
) -> None:
    plan = prepared(office, "ZR1")
    part = part_of(qtbot, office, plan)
    fill(qtbot, part)
    qtbot.keyClicks(part.portal.name, "branch-import")
    part.portal.status.setEditText(part.portal.status.itemText(0))
    qtbot.mouseClick(part.portal.note_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not part.done.isHidden(), timeout=LONG_MS)
    kept = office.services.orders.of_plan(plan.plan_id)
    assert kept is not None
    assert (kept.ref.name, kept.state) == ("branch-import", OrderState.BY_HAND)
    notes = office.services.world.state.shipping(plan.plan_id)
    assert notes.form.account_number == "1234-5678"
    assert part.form.isHidden()


def test_signed_in_the_job_is_checked_and_made_once(qtbot: QtBot, office: Office) -> None:
    office.sign_in()
    plan = prepared(office, "ZR1", "ZR2")
    filled = office.draft().order
    order = replace(filled, carrier="FedEx", carrier_account="1234-5678")
    office.services.import_jobs.keep(plan.plan_id, ImportAnswers(office.draft().azure, order))
    part = part_of(qtbot, office, plan)
    part.entered()
    qtbot.waitUntil(part.check_button.isEnabled, timeout=LONG_MS)
    part.check()
    qtbot.waitUntil(lambda: "No job is made yet" in said(part.notices), timeout=LONG_MS)
    assert not office.served.replay.jobs.created
    assert not part.place_button.isEnabled()  # without consent
    part.consent.box.setChecked(True)
    part.place()
    qtbot.waitUntil(lambda: not part.done.isHidden(), timeout=LONG_MS)
    part.place()
    qtbot.waitUntil(lambda: not part._asking.busy, timeout=LONG_MS)
    assert len(office.served.replay.jobs.created) == 1
    kept = office.services.orders.of_plan(plan.plan_id)
    assert kept is not None
    assert kept.sku == OWN_DRIVES
    part.left()


def test_the_job_of_an_agent_is_called_as_the_agent_was_told_and_differences_are_named(
    qtbot: QtBot, office: Office
) -> None:
    told = AgentFields("/stage", SUBSCRIPTION, "othername", "fs04", "fs04-seed")
    agents = {"deployment_model": DeploymentModel.MARS, "agent": told, "sources": ()}
    plan = plan_of(own_drives(office, account="", **agents))
    office.services.planning.keep(plan)
    preparations = office.services.preparations
    drive = prepared_drive("ZR1", "AB" * 16)
    preparations.note(plan.plan_id, preparations.with_key(drive, KEY))
    part = part_of(qtbot, office, plan)
    part.show_draft(own_drives(office, account="", **agents))
    assert part.form.place.subscription.text() == SUBSCRIPTION  # typed once, in the agent's page
    assert part.form.place.account.text() == "othername"
    part.form.place.subscription.clear()
    part.form.place.account.setText(ACCOUNT)
    fill(qtbot, part)
    form = office.services.import_jobs.form(plan.plan_id, part._now())
    assert form.ref(1).name == "fs04-seed"
    fields = dict(portal_fields(form))
    assert fields["Import job name"] == "fs04-seed"
    assert part.portal.name.text() == "fs04-seed"
    shown = said(part.same)
    assert "Azure Resource Manager Storage Account" in shown
    assert "Azure Import Job Name" not in shown
    part.form.place.account.setText("othername")
    part.form.place.edited.emit()
    qtbot.waitUntil(lambda: said(part.same) == "", timeout=LONG_MS)


def test_page_6_asks_the_same_and_the_draft_keeps_it(office: Office, open_wizard: Open) -> None:
    window = open_wizard(own_drives(office), Step.STAGING)
    page = window.page(Step.STAGING)
    assert isinstance(page, StagingPage)
    assert page.form.isVisible()
    page.form.account.setText("1234-5678")
    page.form.account.textEdited.emit("1234-5678")
    assert window.draft.order.carrier_account == "1234-5678"
    assert window.shell.next_button.isEnabled()  # it may be left for the last page


def test_a_form_without_drives_names_what_is_to_do(qtbot: QtBot, office: Office) -> None:
    part = part_of(qtbot, office, prepared(office))
    fill(qtbot, part)
    assert not part.write_button.isEnabled()
    part.portal.write_files("/nowhere")
    qtbot.waitUntil(lambda: "Copy to the drives first" in said(part.portal), timeout=LONG_MS)
