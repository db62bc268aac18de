"""The wizard as people use it: by keyboard, by ear, in a small window, in longer languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.domain.errors import BackupError, ErrorCode, Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.job import JobState
from offline_backup_gui.domain.plan import DeploymentModel, Draft, PlanId, Route
from offline_backup_gui.domain.shipping import Code, Postal, Site
from offline_backup_gui.ui.wizard.facts import Step
from offline_backup_gui.ui.wizard.pages.copying import CopyingPage
from offline_backup_gui.ui.wizard.pages.drives import DrivesPage
from offline_backup_gui.ui.wizard.pages.protection import ProtectionPage
from offline_backup_gui.ui.wizard.pages.ship import SealedRow, ShipPage
from offline_backup_gui.ui.wizard.window import WizardWindow
from tests.fakes_services import FakeProtection, sealed_drives
from tests.screens.scenes import SCENES, complete_draft
from tests.ui.wizard.conftest import Open

CONTROLS = (
    QAbstractButton,
    QLineEdit,
    QPlainTextEdit,
    QComboBox,
    QAbstractSpinBox,
    QAbstractItemView,
)


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def tab_to(qtbot: QtBot, name: str, limit: int = 80) -> QWidget:
    """Press Tab until the focus is on the control of this name, as a keyboard user does."""
    for _ in range(limit):
        widget = focused()
        if spoken(widget).startswith(name):
            return widget
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    raise AssertionError(f"no control named {name!r} was reached by Tab")


def spoken(widget: QWidget) -> str:
    """Give what a screen reader says: the accessible name, the text, or the label's."""
    if widget.accessibleName():
        return widget.accessibleName()
    if isinstance(widget, QAbstractButton) and widget.text():
        return widget.text().replace("&", "")
    for label in widget.window().findChildren(QLabel):
        if label.buddy() is widget:
            return label.text().replace("&", "")
    return ""


def type_into(qtbot: QtBot, name: str, text: str) -> None:
    widget = tab_to(qtbot, name)
    qtbot.keyClicks(widget, text)


def press(qtbot: QtBot, name: str) -> None:
    qtbot.keyClick(tab_to(qtbot, name), Qt.Key.Key_Space)


def stands_at(window: WizardWindow) -> Step:
    """Give the step anew: a plain attribute counts as unchanged for the type checker."""
    return window.step


def test_the_keyboard_alone_finishes_the_wizard(
    qtbot: QtBot, open_wizard: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_wizard()
    window, fakes = opened.window, opened.fakes
    assert stands_at(window) is Step.MODEL

    qtbot.keyClick(tab_to(qtbot, "Standalone"), Qt.Key.Key_Space)
    press(qtbot, "Next")

    assert stands_at(window) is Step.SOURCES
    type_into(qtbot, "Path", "D:\\Shares")
    qtbot.keyClick(focused(), Qt.Key.Key_Return)
    assert window.draft.sources == ("D:\\Shares",)
    assert window.draft.measurement.size_bytes == 5_910_000_000_000
    press(qtbot, "Next")

    assert stands_at(window) is Step.ROUTE
    press(qtbot, "Own drives")
    assert window.draft.route is Route.IMPORT_EXPORT
    press(qtbot, "Next")

    assert stands_at(window) is Step.DESTINATION
    press(qtbot, "Practice")
    assert window.draft.practice
    press(qtbot, "Next")

    assert stands_at(window) is Step.PROTECTION
    passphrase = "otter lamp violin seven"
    type_into(qtbot, "Passphrase", passphrase)
    type_into(qtbot, "Again", passphrase)
    qtbot.waitUntil(lambda: window.findChild(QWidget) is not None)
    create = button(window.page(Step.PROTECTION), "Create the key")
    qtbot.waitUntil(create.isEnabled)
    press(qtbot, "Create the key")
    assert fakes.protection.created == [passphrase]
    target = tmp_path / "kit.pdf"
    monkeypatch.setattr(
        "offline_backup_gui.ui.wizard.pages.protection.QFileDialog.getSaveFileName",
        lambda *_arguments: (str(target), ""),
    )
    press(qtbot, "Save the kit")
    assert target.exists()
    for line in FakeProtection.LINES:
        qtbot.keyClicks(focused(), line)
    assert window.draft.kit_code_confirmed
    press(qtbot, "Next")

    assert stands_at(window) is Step.STAGING
    press(qtbot, "Next")

    assert stands_at(window) is Step.DRIVES
    press(qtbot, "E:\\")
    assert window.draft.drives == ("E:\\",)
    press(qtbot, "Next")

    assert stands_at(window) is Step.REVIEW
    type_into(qtbot, "Name of this backup", "Branch 042")
    press(qtbot, "Start copying")

    assert fakes.backups.asked == ["start"]
    assert stands_at(window) is Step.COPYING
    qtbot.waitUntil(lambda: window.facts.copy_state is JobState.DONE, timeout=10_000)
    press(qtbot, "Next")
    assert stands_at(window) is Step.SHIP
    with qtbot.waitSignal(window.practice_wanted) as handed:
        press(qtbot, "Play the datacenter")
    assert handed.args == [fakes.planning.decided[0].plan_id]


def button(inside: QWidget, label: str) -> QPushButton:
    return next(
        found
        for found in inside.findChildren(QPushButton)
        if found.text().replace("&", "").startswith(label)
    )


def every_scene(language: str) -> Iterator[tuple[str, WizardWindow]]:
    spoken_words = words.load(language)
    for name, build in SCENES.items():
        window = build(spoken_words)
        assert isinstance(window, WizardWindow)
        yield name, window
        window.close()
        window.deleteLater()
        # Outside an event loop nothing else deletes it, and hundreds of windows are slow together.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_every_control_of_every_page_has_a_name(qtbot: QtBot) -> None:
    nameless = []
    for name, window in every_scene("en"):
        window.show()
        for control in window.findChildren(QWidget):
            inner = isinstance(control.parent(), CONTROLS)
            asked = isinstance(control, CONTROLS) and control.isVisible() and not inner
            if asked and not spoken(control).strip():
                nameless.append((name, type(control).__name__))
    assert nameless == []


@pytest.mark.parametrize("language", ["stretched", "de"])
def test_nothing_is_cut_in_the_smallest_window(qtbot: QtBot, language: str) -> None:
    cut = []
    for name, window in every_scene(language):
        window.resize(window.minimumSize())
        window.show()
        QApplication.processEvents()
        area = window.shell.page_area(window.step.value)
        inside = area.widget()
        if inside.width() > area.viewport().width():
            cut.append((name, "page", inside.width(), area.viewport().width()))
        for found in window.findChildren(QPushButton):
            wanted, narrow = found.minimumSizeHint(), found.property("kind") != "step"
            small = found.width() < wanted.width() or found.height() < wanted.height()
            if found.isVisible() and narrow and small:
                cut.append((name, found.text(), found.width(), wanted.width()))
        for label in window.findChildren(QLabel):
            wraps = label.isVisible() and label.wordWrap() and label.width() > 1
            if wraps and label.height() < label.heightForWidth(label.width()):
                cut.append((name, label.text(), label.height(), label.width()))
    assert cut == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_letter_opens_two_controls_of_a_page(qtbot: QtBot, language: str) -> None:
    twice = []
    for name, window in every_scene(language):
        window.show()
        seen: dict[str, str] = {}
        for control in window.findChildren(QWidget):
            if not isinstance(control, (QAbstractButton, QLabel)) or not control.isVisible():
                continue
            if isinstance(control, QLabel) and control.buddy() is None:
                continue
            label = control.text().replace("&&", "")
            at = label.find("&")
            letter = label[at + 1].lower() if 0 <= at < len(label) - 1 else ""
            # Several drives each have the same button; Alt then goes from one to the next.
            if letter and seen.get(letter, label) != label:
                twice.append((name, letter, label, seen[letter]))
            if letter:
                seen[letter] = label
    assert twice == []


def test_tab_walks_the_drives_first_and_in_their_order(qtbot: QtBot, open_wizard: Open) -> None:
    window = open_wizard(complete_draft()).window
    window.go(Step.DRIVES)
    listed = [item.drive.mount for item in window.facts.drives]
    assert len(listed) > 2
    walked = []
    for _ in range(len(listed)):
        qtbot.keyClick(focused(), Qt.Key.Key_Tab)
        widget = focused()
        if not isinstance(widget, QCheckBox):
            break
        walked.append(widget.accessibleName())
    usable = [mount for mount in listed if mount and any(n.startswith(mount) for n in walked)]
    assert len(walked) > 1
    assert [name.split(" ")[0] for name in walked] == usable


def test_proposed_container_names_are_not_called_bad(qtbot: QtBot, open_wizard: Open) -> None:
    draft = replace(complete_draft(), account="", landing="", vault="")
    window = open_wizard(draft).window
    window.go(Step.DESTINATION)
    said = [label.text() for label in window.page(Step.DESTINATION).findChildren(QLabel)]
    assert said.count(words.load("en").text("wizard.destination.name-good")) == 2


def test_the_title_of_the_window_says_which_page_it_shows(qtbot: QtBot, open_wizard: Open) -> None:
    window = open_wizard(complete_draft()).window
    for step in (Step.SOURCES, Step.ROUTE, Step.DRIVES):
        window.go(step)
        heading = words.load("en").text(f"wizard.heading.{step.value}")
        assert window.windowTitle() == f"{heading} – Offline Backup"


def test_the_heading_gets_the_focus_on_each_page(qtbot: QtBot, open_wizard: Open) -> None:
    window = open_wizard(complete_draft()).window
    for step in (Step.SOURCES, Step.ROUTE, Step.DRIVES):
        window.go(step)
        widget = focused()
        assert isinstance(widget, QLabel)
        assert widget.text() == words.load("en").text(f"wizard.heading.{step.value}")


def test_the_buttons_stay_in_view_in_the_smallest_window(qtbot: QtBot, open_wizard: Open) -> None:
    window = open_wizard(complete_draft()).window
    window.resize(800, 560)
    for step in (Step.ROUTE, Step.REVIEW):
        window.go(step)
        QApplication.processEvents()
        for found in (window.shell.next_button, window.shell.back_button):
            corner = found.mapTo(window, found.rect().bottomRight())
            assert window.rect().contains(corner)


def test_closing_keeps_the_draft(qtbot: QtBot, open_wizard: Open) -> None:
    opened = open_wizard(Draft(deployment_model=DeploymentModel.STANDALONE))
    opened.window.go(Step.SOURCES)
    field = opened.window.page(Step.SOURCES).findChild(QLineEdit)
    assert field is not None
    field.setText("D:\\Databases")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    opened.window.close()
    assert opened.fakes.planning.last_draft.sources == ("D:\\Databases",)


def test_a_reopened_wizard_stands_where_the_admin_left(qtbot: QtBot, open_wizard: Open) -> None:
    window = open_wizard(replace(complete_draft(), kit_code_confirmed=False)).window
    assert stands_at(window) is Step.PROTECTION


def test_a_step_not_yet_reached_cannot_be_clicked(qtbot: QtBot, open_wizard: Open) -> None:
    window = open_wizard(Draft(deployment_model=DeploymentModel.STANDALONE)).window
    rail = window.shell.rail
    assert rail.button("sources").isEnabled()
    assert not rail.button("drives").isEnabled()
    window.go(Step.DRIVES)
    assert stands_at(window) is Step.SOURCES or window.step is Step.MODEL


def test_the_locked_way_on_says_why(qtbot: QtBot, open_wizard: Open) -> None:
    window = open_wizard(Draft(deployment_model=DeploymentModel.STANDALONE)).window
    window.go(Step.SOURCES)
    assert not window.shell.next_button.isEnabled()
    hints = [label.text() for label in window.shell.findChildren(QLabel)]
    assert "Nothing is chosen yet" in hints


def test_files_that_travel_as_they_are_need_no_passphrase(qtbot: QtBot, open_wizard: Open) -> None:
    draft = replace(
        complete_draft(), secret_ready=False, repository_id="", kit_saved=False, drives=()
    )
    window = open_wizard(draft).window
    window.go(Step.PROTECTION)
    assert not window.shell.next_button.isEnabled()
    # Of choices that exclude each other Tab reaches the chosen one; arrows go on from there.
    qtbot.keyClick(tab_to(qtbot, "Encrypted packs"), Qt.Key.Key_Down)
    assert window.draft.as_is
    assert not button(window.page(Step.PROTECTION), "Create the key").isVisible()
    told = [label.text() for label in window.page(Step.PROTECTION).findChildren(QLabel)]
    assert "The files travel readable, as they are" in told
    assert window.shell.next_button.isEnabled()
    qtbot.keyClick(tab_to(qtbot, "Readable files"), Qt.Key.Key_Up)
    assert not window.draft.as_is
    assert button(window.page(Step.PROTECTION), "Create the key").isVisible()
    assert not window.shell.next_button.isEnabled()


def test_a_wrong_line_of_the_code_is_named(qtbot: QtBot, open_wizard: Open, tmp_path: Path) -> None:
    draft = replace(complete_draft(), secret_ready=False, kit_saved=False, kit_code_confirmed=False)
    window = open_wizard(draft).window
    page = window.page(Step.PROTECTION)
    assert isinstance(page, ProtectionPage)
    page.make_key("otter lamp violin seven")
    page.save_kit(tmp_path / "kit.pdf")
    page.type_code(0, FakeProtection.LINES[0])
    page.type_code(1, "G9MR-C8AD-F")
    shown = [label.text() for label in page.findChildren(QLabel)]
    assert "Line 1 is right" in shown
    assert "Line 2 differs from the sheet" in shown
    assert not window.draft.kit_code_confirmed
    assert not window.shell.next_button.isEnabled()


def test_a_pasted_code_fills_every_line(qtbot: QtBot, open_wizard: Open, tmp_path: Path) -> None:
    draft = replace(complete_draft(), secret_ready=False, kit_saved=False, kit_code_confirmed=False)
    window = open_wizard(draft).window
    page = window.page(Step.PROTECTION)
    assert isinstance(page, ProtectionPage)
    page.make_key("otter lamp violin seven")
    page.save_kit(tmp_path / "kit.pdf")
    QApplication.clipboard().setText("\n".join(FakeProtection.LINES))
    field = focused()
    qtbot.keyClick(field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert window.draft.kit_code_confirmed


def test_no_secret_enters_the_draft(qtbot: QtBot, open_wizard: Open) -> None:
    opened = open_wizard(complete_draft())
    opened.window.go(Step.DESTINATION)
    page = opened.window.page(Step.DESTINATION)
    secret = next(
        field for field in page.findChildren(QLineEdit) if field.accessibleName() == "Secret"
    )
    assert secret.echoMode() is QLineEdit.EchoMode.Password
    qtbot.keyClicks(secret, "sv=2026&sig=abc")
    qtbot.mouseClick(button(page, "Keep and test"), Qt.MouseButton.LeftButton)
    kept = {"https://contosobranch042.blob.core.windows.net": "sv=2026&sig=abc"}
    qtbot.waitUntil(lambda: opened.fakes.planning.secrets == kept)
    assert secret.text() == ""
    assert "sig=abc" not in repr(opened.window.draft)


def test_a_refused_start_is_told_on_the_page(qtbot: QtBot, open_wizard: Open) -> None:
    opened = open_wizard(complete_draft())
    opened.fakes.planning.refuse = BackupError(ErrorCode.ALREADY_RUNNING)
    opened.window.go(Step.REVIEW)
    qtbot.mouseClick(opened.window.shell.next_button, Qt.MouseButton.LeftButton)
    assert stands_at(opened.window) is Step.REVIEW
    shown = [label.text() for label in opened.window.page(Step.REVIEW).findChildren(QLabel)]
    assert "A job of this plan is already running" in shown


def test_a_source_that_is_gone_is_told_and_blocks(qtbot: QtBot, open_wizard: Open) -> None:
    opened = open_wizard(complete_draft())
    gone = Finding(FindingCode.SOURCE_NOT_FOUND, Severity.BLOCKER, {"path": "D:\\Shares"})
    opened.fakes.planning.checked = (gone,)
    opened.window.show_draft(complete_draft())
    qtbot.waitUntil(lambda: opened.window.facts.checked == (gone,))
    opened.window.go(Step.SOURCES)
    assert not opened.window.shell.next_button.isEnabled()


def test_pause_stop_and_continue_ask_the_services(qtbot: QtBot, open_wizard: Open) -> None:
    opened = open_wizard(complete_draft())
    backups = opened.fakes.backups
    backups.script = []
    opened.window.go(Step.REVIEW)
    qtbot.mouseClick(opened.window.shell.next_button, Qt.MouseButton.LeftButton)
    page = opened.window.page(Step.COPYING)
    qtbot.waitUntil(lambda: opened.window.facts.copy_state is JobState.RUNNING)
    qtbot.mouseClick(button(page, "Pause"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.window.facts.copy_state is JobState.PAUSED)
    qtbot.mouseClick(button(page, "Go on"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.window.facts.copy_state is JobState.RUNNING)
    page.stop_now()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: opened.window.facts.copy_state is JobState.STOPPED)
    qtbot.mouseClick(button(page, "Continue copying"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.window.facts.copy_state is JobState.RUNNING)
    assert backups.asked == ["start", "pause", "resume", "stop", "again"]


def test_names_that_become_no_blob_are_told_before_the_start(open_wizard: Open) -> None:
    refused = Finding(
        FindingCode.BLOBS_REFUSED,
        Severity.BLOCKER,
        {"reason": "ending", "count": 1, "names": ("a.",)},
    )
    wait: dict[str, Parameter] = {"path": "S:\\seed", "state": "resting", "still_s": 60}
    wait["needed_s"] = 900
    waits = Finding(FindingCode.STAGING_NOT_READY, Severity.BLOCKER, wait)
    opened = open_wizard(replace(complete_draft(), as_is=True))
    opened.fakes.mirrors.foreseen, opened.fakes.staging.waits = [refused], [waits]
    opened.window.go(Step.REVIEW)
    page = opened.window.page(Step.REVIEW)
    QApplication.processEvents()  # what was just made is shown by an event
    told = [label.text() for label in page.findChildren(QLabel) if label.isVisibleTo(page)]
    assert opened.window.facts.foreseen
    assert words.load("en").finding(refused).title in told
    assert words.load("en").finding(waits).title in told
    assert not opened.window.shell.next_button.isEnabled()
    opened.fakes.mirrors.foreseen = []  # an agent that still writes does not block: the copy asks
    opened.window.go(Step.DRIVES)
    opened.window.go(Step.REVIEW)
    assert opened.window.shell.next_button.isEnabled()
    packs = open_wizard(complete_draft())
    packs.fakes.mirrors.foreseen = [refused]
    packs.window.go(Step.REVIEW)
    assert packs.window.facts.foreseen == ()


NOT_READY: dict[str, object] = {
    "outcome": "interrupted",
    "code": "staging-not-ready",
    "parameters": {"path": "S:\\seed", "state": "resting", "still_s": 60, "needed_s": 900},
}


def test_a_staging_location_that_is_not_ready_is_copied_once_somebody_agrees(
    qtbot: QtBot, open_wizard: Open
) -> None:
    opened = open_wizard(complete_draft())
    backups = opened.fakes.backups
    backups.script, backups.outcome = [], NOT_READY
    opened.window.go(Step.REVIEW)
    qtbot.mouseClick(opened.window.shell.next_button, Qt.MouseButton.LeftButton)
    page = opened.window.page(Step.COPYING)
    assert isinstance(page, CopyingPage)
    qtbot.waitUntil(lambda: opened.window.facts.copy_state is JobState.RUNNING)
    assert page.unready.isHidden()
    backups.become(JobState.INTERRUPTED)
    qtbot.waitUntil(lambda: not page.unready.isHidden())
    told = [label.text() for label in page.findChildren(QLabel) if label.isVisibleTo(page)]
    assert "The staging location S:\\seed is not ready to be copied" in told
    assert not any("offline-backup copy" in text for text in told)  # the window needs no command
    assert not page.unready_button.isEnabled()
    page.copy_unready()
    assert backups.asked == ["start"]  # nobody agreed
    page.unready_consent.box.setChecked(True)
    qtbot.mouseClick(page.unready_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.window.facts.copy_state is JobState.RUNNING)
    assert backups.asked == ["start", "start"]
    assert backups.now is not None
    assert backups.now.options == {"unready": True}
    assert page.unready.isHidden()
    assert not page.unready_consent.box.isChecked()  # the next time it is asked again


def test_drives_with_files_as_they_are_count_files_and_are_not_called_encrypted(
    qtbot: QtBot, open_wizard: Open
) -> None:
    opened = open_wizard(replace(complete_draft(), as_is=True))
    opened.fakes.backups.script = []
    opened.window.go(Step.REVIEW)
    qtbot.mouseClick(opened.window.shell.next_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.window.facts.copy_state is JobState.RUNNING)
    page = opened.window.page(Step.COPYING)
    qtbot.waitUntil(lambda: "as they are" in " ".join(x.text() for x in page.findChildren(QLabel)))
    assert "packed and encrypted" not in [label.text() for label in page.findChildren(QLabel)]
    ship = opened.window.page(Step.SHIP)
    drive = replace(sealed_drives()[0], packs=1, manifest="AB" * 16)
    row = SealedRow(drive, ship)
    qtbot.addWidget(row)
    assert "1 file " in " ".join(label.text() for label in row.findChildren(QLabel))
    packs = SealedRow(replace(drive, manifest=""), ship)
    qtbot.addWidget(packs)
    assert "1 pack " in " ".join(label.text() for label in packs.findChildren(QLabel))


def test_what_ended_a_copy_is_told_by_name(qtbot: QtBot, open_wizard: Open) -> None:
    opened = open_wizard(complete_draft())
    backups = opened.fakes.backups
    backups.script = []
    ended: dict[str, object] = {"code": "drive-full", "parameters": {"drive": "E:\\"}}
    backups.outcome = ended
    opened.window.go(Step.REVIEW)
    qtbot.mouseClick(opened.window.shell.next_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.window.facts.copy_state is JobState.RUNNING)
    backups.become(JobState.INTERRUPTED)
    qtbot.waitUntil(lambda: opened.window.facts.copy_state is JobState.INTERRUPTED)
    page = opened.window.page(Step.COPYING)
    told = [label.text() for label in page.findChildren(QLabel) if label.isVisibleTo(page)]
    wanted = words.load("en").trouble(BackupError(ErrorCode.DRIVE_FULL, drive="E:\\"))
    assert wanted.title in told


def test_a_kit_that_others_can_read_is_told(
    qtbot: QtBot, tmp_path: Path, open_wizard: Open
) -> None:
    draft = replace(complete_draft(), secret_ready=False, kit_saved=False, kit_code_confirmed=False)
    opened = open_wizard(draft)
    page = opened.window.page(Step.PROTECTION)
    assert isinstance(page, ProtectionPage)
    page.make_key("otter lamp violin seven")
    path = str(tmp_path / "kit.pdf")
    open_ = Finding(FindingCode.FILE_OPEN_TO_OTHERS, Severity.WARNING, {"path": path})
    opened.fakes.protection.open = [open_]
    page.save_kit(tmp_path / "kit.pdf")
    told = [label.text() for label in page.kit_open.findChildren(QLabel)]
    assert words.load("en").finding(open_).title in told
    opened.fakes.protection.open = []
    page.save_kit(tmp_path / "kit.pdf")
    qtbot.waitUntil(lambda: not page.kit_open.findChildren(QLabel))


def test_the_papers_card_asks_azure_and_says_what_is_still_missing(
    qtbot: QtBot, tmp_path: Path, open_wizard: Open
) -> None:
    opened = open_wizard(replace(complete_draft(), practice=False, account="https://a.blob.x/"))
    page = opened.window.page(Step.SHIP)
    assert isinstance(page, ShipPage)
    page.show_draft(opened.window.draft)
    page.papers.show_plan(PlanId("p"))
    sites, card = opened.fakes.sites, page.papers
    assert "not known yet" in card.to.text()
    assert card.codes[Code.AUTHORIZATION].isHidden()
    sites.answer = BackupError(ErrorCode.SITE_NOT_TOLD, region="westus")
    qtbot.mouseClick(card.ask_button, Qt.MouseButton.LeftButton)
    told = [label.text() for label in card.told.findChildren(QLabel)]
    assert "Azure names no datacenter for westus yet" in told
    sites.answer = Site(Postal(("Datacenter", "1 Way")))
    qtbot.mouseClick(card.ask_button, Qt.MouseButton.LeftButton)
    assert card.to.text() == "The drives go to: Datacenter, 1 Way"
    card.codes[Code.INBOUND_ID].setText(" IN-4711 ")
    open_ = Finding(FindingCode.RETURN_ACCOUNT_MISSING, Severity.WARNING)
    sites.known = replace(sites.known, findings=(open_,))
    card.save(tmp_path)
    assert sites.noted == {Code.INBOUND_ID: "IN-4711"}
    told = [label.text() for label in card.open.findChildren(QLabel)]
    assert words.load("en").finding(open_).title in told


def test_papers_parcel_and_eject_do_their_work(
    qtbot: QtBot, tmp_path: Path, open_wizard: Open
) -> None:
    opened = open_wizard(complete_draft())
    opened.fakes.backups.script = opened.fakes.backups.script[-1:]
    opened.window.go(Step.REVIEW)
    qtbot.mouseClick(opened.window.shell.next_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.window.facts.copy_state is JobState.DONE)
    opened.window.go(Step.SHIP)
    page = opened.window.page(Step.SHIP)
    assert isinstance(page, ShipPage)
    page.papers.save(tmp_path)
    assert len(opened.fakes.papers.written) == 3
    card = page.import_job
    named = [label.accessibleName() for label in card.findChildren(QLabel)]
    assert [name for name in named if "ZR" in name] == [
        "Drive ZR1 with its manifest and hash",
        "Drive ZR2 with its manifest and hash",
    ]
    assert not card.write_button.isEnabled()  # what the job asks is still to be answered
    qtbot.mouseClick(button(page, "Eject"), Qt.MouseButton.LeftButton)
    assert opened.fakes.drives.released == ["E:\\"]
    number = next(f for f in page.findChildren(QLineEdit) if spoken(f) == "Tracking number")
    qtbot.keyClicks(number, "JD0146")
    qtbot.mouseClick(button(page, "Note the parcel"), Qt.MouseButton.LeftButton)
    assert opened.fakes.shipments.parcels[0].tracking_number == "JD0146"


def test_a_drive_still_in_use_says_so(qtbot: QtBot, open_wizard: Open) -> None:
    opened = open_wizard(complete_draft())
    opened.fakes.backups.script = opened.fakes.backups.script[-1:]
    opened.fakes.drives.in_use = (
        Finding(
            FindingCode.DRIVE_IN_USE, Severity.WARNING, {"drive": "E:", "programs": ("Explorer",)}
        ),
    )
    opened.window.go(Step.REVIEW)
    qtbot.mouseClick(opened.window.shell.next_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: opened.window.facts.copy_state is JobState.DONE)
    opened.window.go(Step.SHIP)
    page = opened.window.page(Step.SHIP)
    qtbot.mouseClick(button(page, "Eject"), Qt.MouseButton.LeftButton)
    shown = [label.text() for label in page.findChildren(QLabel)]
    assert "Drive E: is still in use" in shown
    assert button(page, "Eject").isEnabled()


def test_a_practice_folder_joins_the_drives(qtbot: QtBot, open_wizard: Open) -> None:
    opened = open_wizard(replace(complete_draft(), drives=()))
    opened.window.go(Step.DRIVES)
    page = opened.window.page(Step.DRIVES)
    page.add_folder("/tmp/drive-1")  # type: ignore[attr-defined]
    assert opened.window.draft.drives == ("/tmp/drive-1",)
    assert any(item.drive.mount == "/tmp/drive-1" for item in opened.window.facts.drives)


def test_a_stopped_copy_goes_on_with_one_more_drive(qtbot: QtBot, open_wizard: Open) -> None:
    opened = open_wizard(complete_draft())
    window, backups = opened.window, opened.fakes.backups
    backups.script = []
    window.go(Step.REVIEW)
    qtbot.mouseClick(window.shell.next_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.facts.copy_state is JobState.RUNNING)
    window.go(Step.DRIVES)
    assert stands_at(window) is Step.COPYING
    backups.become(JobState.FAILED)
    qtbot.waitUntil(lambda: window.facts.copy_state is JobState.FAILED)

    qtbot.mouseClick(button(window.page(Step.COPYING), "Add a drive"), Qt.MouseButton.LeftButton)
    assert stands_at(window) is Step.DRIVES
    drives_page = window.page(Step.DRIVES)
    assert isinstance(drives_page, DrivesPage)
    drives_page.add_folder("/mnt/spare")
    qtbot.mouseClick(window.shell.next_button, Qt.MouseButton.LeftButton)
    assert stands_at(window) is Step.REVIEW
    assert window.shell.next_button.text().replace("&", "") == "Continue copying"
    qtbot.mouseClick(window.shell.next_button, Qt.MouseButton.LeftButton)

    assert stands_at(window) is Step.COPYING
    first, second = opened.fakes.planning.decided
    assert first.plan_id == second.plan_id
    assert second.drives == (*first.drives, "/mnt/spare")
    assert backups.asked == ["start", "again"]
    qtbot.waitUntil(lambda: window.facts.copy_state is JobState.RUNNING)
