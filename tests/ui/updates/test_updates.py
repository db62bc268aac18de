"""Updates in the window: a quiet line, a dialog that starts nothing by itself."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.updates import PlaceKind
from offline_backup_gui.ui.updates.dialog import UpdatesDialog
from offline_backup_gui.ui.updates.line import UpdateLine
from offline_backup_gui.ui.widgets.notices import Notice
from tests.fakes_updates import NEWER, FakeUpdateDoor, updates_over
from tests.ui.instant import InstantBridge


@pytest.fixture
def door() -> FakeUpdateDoor:
    return FakeUpdateDoor(NEWER)


@pytest.fixture
def dialog(door: FakeUpdateDoor, qtbot: QtBot) -> UpdatesDialog:
    made = UpdatesDialog(updates_over(door), InstantBridge(), words.load("en"), None)
    # The test goes on after the program would have ended.
    made.leaving.disconnect()
    qtbot.addWidget(made)
    return made


def _line(door: FakeUpdateDoor, qtbot: QtBot) -> UpdateLine:
    line = UpdateLine(updates_over(door), InstantBridge(), words.load("en"))
    qtbot.addWidget(line)
    return line


def _said(widget: QWidget) -> str:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    (notice,) = widget.findChildren(Notice)
    return notice.accessibleName()


def test_the_line_asks_nobody_when_no_place_is_set(door: FakeUpdateDoor, qtbot: QtBot) -> None:
    assert _line(door, qtbot).button.text() == "Version 0.1.0"
    assert door.looked == []


def test_the_line_tells_of_a_newer_version(door: FakeUpdateDoor, qtbot: QtBot) -> None:
    door.place = "https://updates.example"
    assert _line(door, qtbot).button.text() == "Version 0.2.0 is there"
    door.there, door.place, door.here = None, "", NEWER
    assert _line(door, qtbot).button.text() == "Version 0.2.0 is there"


def test_trouble_is_no_matter_for_the_line(door: FakeUpdateDoor, qtbot: QtBot) -> None:
    door.place, door.there = "https://updates.example", None
    assert _line(door, qtbot).button.text() == "Version 0.1.0"


def test_opening_the_dialog_asks_nobody(dialog: UpdatesDialog, door: FakeUpdateDoor) -> None:
    assert door.looked == []
    assert dialog.install_button.isHidden()
    assert _said(dialog) == "Version 0.1.0."


def test_a_height_that_windows_begins_with_is_taken_back(dialog: UpdatesDialog) -> None:
    dialog.show()
    fitting = dialog.height()
    dialog.resize(dialog.width(), 1264)  # as Windows does a moment after the first show
    QApplication.sendEvent(dialog, QEvent(QEvent.Type.LayoutRequest))
    assert dialog.height() == fitting < 500


def test_from_a_place_to_the_start_of_setup(
    dialog: UpdatesDialog, door: FakeUpdateDoor, qtbot: QtBot
) -> None:
    dialog.place.setText("https://updates.example")
    dialog.look_button.click()
    assert "Drives that were pulled" in _said(dialog)
    assert dialog.install_button.text() == "&Install version 0.2.0"
    assert door.started == []
    with qtbot.waitSignal(dialog.leaving):
        dialog.install_button.click()
    assert door.started == [NEWER]
    assert door.place == "https://updates.example"


def test_a_carried_file_waits_for_the_click(
    dialog: UpdatesDialog, door: FakeUpdateDoor, qtbot: QtBot
) -> None:
    dialog.take_file("/media/usb/OfflineBackup-0.2.0.update")
    assert door.looked[-1].kind is PlaceKind.FILE
    assert "waits to be installed" in _said(dialog)
    assert door.started == []
    with qtbot.waitSignal(dialog.leaving):
        dialog.install_button.click()
    assert door.started == [NEWER]


def test_a_refusal_is_told_and_nothing_can_be_installed(
    dialog: UpdatesDialog, door: FakeUpdateDoor
) -> None:
    door.trouble = BackupError(ErrorCode.UPDATE_MIXED)
    dialog.take_file("/media/usb/OfflineBackup-0.2.0.update")
    assert "different releases" in _said(dialog)
    assert dialog.install_button.isHidden()
    assert dialog.look_button.isEnabled()


def test_the_installed_version_is_no_news(dialog: UpdatesDialog, door: FakeUpdateDoor) -> None:
    door.there = replace(NEWER, version="0.1.0")
    dialog.take_file("/media/usb/same.update")
    assert "nothing newer" in _said(dialog)
    assert dialog.install_button.isHidden()


def test_a_place_can_be_taken_away(dialog: UpdatesDialog, door: FakeUpdateDoor) -> None:
    door.place = "https://updates.example"
    dialog.place.setText(" ")
    dialog.look_button.click()
    assert (door.place, door.looked) == ("", [])


def test_a_place_that_is_none_is_told(dialog: UpdatesDialog, door: FakeUpdateDoor) -> None:
    dialog.place.setText("http://updates.example")
    dialog.look_button.click()
    assert "no place for updates" in _said(dialog)
    assert door.place == ""


def test_every_control_has_a_name(dialog: UpdatesDialog) -> None:
    for control in (dialog.place, dialog.look_button, dialog.file_button, dialog.close_button):
        assert control.accessibleName()
