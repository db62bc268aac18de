"""Page 6 for an agent with own drives, and the dialog that erases a drive on page 7."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton

from offline_backup_gui.domain.drive import Encryption
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode, Severity
from offline_backup_gui.domain.plan import AgentFields, Draft, Route
from offline_backup_gui.domain.staging import PlaceLook, StagingReport
from offline_backup_gui.ui.wizard import judging
from offline_backup_gui.ui.wizard.facts import Facts, Step, drive_need, need_bytes
from offline_backup_gui.ui.wizard.judging import problems
from offline_backup_gui.ui.wizard.pages.drives import DrivesPage
from offline_backup_gui.ui.wizard.pages.staging import StagingPage
from offline_backup_gui.ui.wizard.prepare_dialog import PrepareDialog
from tests.fakes_services import TB, drive
from tests.screens.scenes import agent_draft, complete_draft, settle
from tests.ui.wizard.conftest import Open, Opened

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
ROOMY = "\\\\files\\staging"


def at_staging(open_wizard: Open, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Open page 6, whatever the pages before say about a server without an agent."""
    for step in (Step.MODEL, Step.SOURCES, Step.ROUTE, Step.PROTECTION):
        monkeypatch.setitem(judging._CHECKS, step, lambda _draft, _facts: ())
    opened = open_wizard(draft)
    opened.window.go(Step.STAGING)
    settle()
    assert opened.window.step is Step.STAGING
    return opened


def page_of(opened: Opened) -> StagingPage:
    page = opened.window.page(Step.STAGING)
    assert isinstance(page, StagingPage)
    return page


def said(opened: Opened) -> str:
    settle()
    return "\n".join(label.text() for label in page_of(opened).findChildren(QLabel)
                     if label.isVisibleTo(page_of(opened)))  # fmt: skip


def codes(opened: Opened) -> list[FindingCode]:
    window = opened.window
    return [finding.code for finding in problems(Step.STAGING, window.draft, window.facts)]


def test_a_location_with_room_opens_the_way(
    open_wizard: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = at_staging(open_wizard, agent_draft(ROOMY, sources=("F:\\Data",)), monkeypatch)
    assert codes(opened) == [FindingCode.STAGING_HOLDS_OTHER_FILES] * 0
    assert "This location would do" in said(opened)
    assert "Enough room" in said(opened)
    assert opened.fakes.staging.asked[-1] == ROOMY


def test_typing_another_path_blocks_until_it_was_looked_at(
    open_wizard: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = at_staging(open_wizard, agent_draft(ROOMY, sources=("F:\\Data",)), monkeypatch)
    page = page_of(opened)
    page._path.setText("E:\\Elsewhere")
    page._path.textEdited.emit("E:\\Elsewhere")
    assert codes(opened) == [FindingCode.STAGING_BEING_LOOKED_AT]
    page._look()
    assert FindingCode.STAGING_NOT_REACHED in codes(opened)
    assert "cannot be reached" in said(opened)
    assert opened.window.draft.agent.staging_location == "E:\\Elsewhere"


def test_one_byte_too_few_is_said_and_blocks(
    open_wizard: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = agent_draft(ROOMY, sources=("F:\\Data",))
    opened = at_staging(open_wizard, draft, monkeypatch)
    need = need_bytes(opened.window.draft)
    opened.fakes.staging.written = ()
    for free, blocked in ((need, False), (need - 1, True)):
        opened.fakes.staging.looks[ROOMY] = PlaceLook(ROOMY, True, True, True, free)
        page_of(opened)._look()
        assert (FindingCode.STAGING_TOO_SMALL in codes(opened)) is blocked
    assert "is too small by 1 byte" in said(opened)


def test_the_other_computer_needs_the_full_network_path(
    open_wizard: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = at_staging(open_wizard, agent_draft("D:\\AzureStaging"), monkeypatch)
    assert FindingCode.STAGING_NOT_NETWORK_PATH not in codes(opened)
    page_of(opened)._elsewhere.box.setChecked(True)
    assert opened.window.draft.copy_elsewhere
    assert FindingCode.STAGING_NOT_NETWORK_PATH in codes(opened)


def test_a_place_that_would_do_is_taken_by_its_button(
    open_wizard: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = at_staging(open_wizard, agent_draft("", sources=("F:\\Data",)), monkeypatch)
    buttons = [
        button
        for button in page_of(opened).findChildren(QPushButton)
        if button.accessibleName().startswith("Use ")
    ]
    enabled = [button for button in buttons if button.isEnabled()]
    assert len(buttons) > len(enabled) > 0
    enabled[0].click()
    assert opened.window.draft.agent.staging_location == f"{ROOMY}\\AzureStaging"


def test_the_path_is_copied_as_the_agent_is_to_be_told(
    open_wizard: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = at_staging(open_wizard, agent_draft(ROOMY), monkeypatch)
    page_of(opened)._copy()
    assert QGuiApplication.clipboard().text() == ROOMY


def test_what_the_agent_has_written_is_shown_and_nothing_is_touched(
    open_wizard: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = at_staging(open_wizard, agent_draft(ROOMY, sources=("F:\\Data",)), monkeypatch)
    assert "Both files are there; waiting" in said(opened)
    assert "1.2 TB written" in said(opened)
    assert "only reads here" in said(opened)


def test_the_page_asks_nobody_while_it_is_not_shown(
    open_wizard: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = at_staging(open_wizard, agent_draft(ROOMY), monkeypatch)
    page = page_of(opened)
    assert page._timer.isActive()
    opened.window.go(Step.DESTINATION)
    asked = len(opened.fakes.staging.asked)
    assert not page._timer.isActive()
    page._look()
    assert len(opened.fakes.staging.asked) == asked


def test_plans_without_staging_say_why(open_wizard: Open) -> None:
    opened = open_wizard(complete_draft())
    opened.window.go(Step.STAGING)
    assert "makes the backup itself" in said(opened)
    assert opened.fakes.staging.asked == []


def test_the_flow_asks_for_a_staging_location_with_own_drives_alone() -> None:
    facts = Facts()
    draft = agent_draft("")
    assert [f.code for f in problems(Step.STAGING, draft, facts)] == [
        FindingCode.STAGING_NOT_CHOSEN
    ]
    for route in (Route.DATA_BOX, Route.DATA_BOX_DISK):
        assert problems(Step.STAGING, replace(draft, route=route), facts) == ()
    assert problems(Step.STAGING, complete_draft(), facts) == ()
    seen = Facts(staging=StagingReport("elsewhere"))
    waiting = replace(draft, agent=AgentFields("here"))
    assert [f.code for f in problems(Step.STAGING, waiting, seen)] == [
        FindingCode.STAGING_BEING_LOOKED_AT
    ]
    assert "here" in drive_need(waiting).sources
    assert drive_need(complete_draft()).sources == complete_draft().sources


def test_a_name_azure_refuses_blocks_the_page_of_the_agent() -> None:
    draft = agent_draft("here")
    block = {f.code for f in problems(Step.AGENT, draft, Facts()) if f.severity is Severity.BLOCKER}
    assert block == set()
    wrong = replace(draft, agent=replace(draft.agent, import_job_name="seed_042"))
    found = {f.code: f.severity for f in problems(Step.AGENT, wrong, Facts())}
    assert found[FindingCode.IMPORT_JOB_NAME_NOT_ALLOWED] is Severity.BLOCKER
    box = replace(wrong, route=Route.DATA_BOX)
    codes = {f.code for f in problems(Step.AGENT, box, Facts())}
    assert FindingCode.IMPORT_JOB_NAME_NOT_ALLOWED not in codes


# ------------------------------------------------------------ erasing on page 7


def at_drives(open_wizard: Open) -> tuple[Opened, DrivesPage]:
    opened = open_wizard(replace(complete_draft(), drives=()))
    opened.fakes.drives.attached = [
        drive("OPEN-1", "G:\\", 4 * TB, encryption=Encryption.NONE, first_folders=("Photos",)),
        drive("GOOD-1", "E:\\", 4 * TB),
        drive("SYS-1", "C:\\", 4 * TB, encryption=Encryption.NONE, is_system=True),
    ]
    opened.window.go(Step.DRIVES)
    opened.window._knowing.list_drives()
    page = opened.window.page(Step.DRIVES)
    assert isinstance(page, DrivesPage)
    return opened, page


def dialog_of(page: DrivesPage) -> PrepareDialog:
    row = next(row for row in page._rows.values() if row.item and row.item.drive.mount == "G:\\")
    row.erase.click()
    assert page.dialog is not None
    return page.dialog


def test_preparing_is_offered_where_it_mends_and_is_allowed(open_wizard: Open) -> None:
    _, page = at_drives(open_wizard)
    offered = {
        row.item.drive.serial: row.erase.isVisibleTo(row) for row in page._rows.values() if row.item
    }
    assert offered == {"OPEN-1": True, "GOOD-1": False, "SYS-1": False}


def test_only_the_whole_serial_opens_the_button_that_erases(open_wizard: Open) -> None:
    opened, page = at_drives(open_wizard)
    dialog = dialog_of(page)
    assert "Photos" in "\n".join(label.text() for label in dialog.findChildren(QLabel))
    for typed in ("", "OPEN", "open-1", "GOOD-1"):
        dialog.serial.setText(typed)
        assert not dialog.erase.isEnabled()
        dialog.accept()
    assert opened.fakes.preparing.asked == []
    dialog.serial.setText(" OPEN-1 ")
    dialog.whole.box.setChecked(True)
    dialog.erase.click()
    assert opened.fakes.preparing.asked == [("OPEN-1", "OPEN-1", True)]
    told = "\n".join(label.text() for label in page.findChildren(QLabel))
    assert "OPEN-1 is prepared" in told


def test_what_stands_in_the_way_is_said_in_the_dialog(open_wizard: Open) -> None:
    opened, page = at_drives(open_wizard)
    opened.fakes.preparing.refuse = BackupError(ErrorCode.PREPARE_DRIVE_CHANGED, serial="OPEN-1")
    dialog = dialog_of(page)
    dialog.serial.setText("OPEN-1")
    dialog.erase.click()
    told = "\n".join(label.text() for label in dialog.findChildren(QLabel))
    assert "not the one that was chosen" in told
    assert dialog.isVisible()
    dialog.reject()
    opened.fakes.preparing.unable = BackupError(ErrorCode.BITLOCKER_NOT_INSTALLED)
    dialog = dialog_of(page)
    dialog.serial.setText("OPEN-1")
    assert not dialog.serial.isEnabled()
    told = "\n".join(label.text() for label in dialog.findChildren(QLabel))
    assert "BitLocker is not installed" in told
    dialog.reject()
