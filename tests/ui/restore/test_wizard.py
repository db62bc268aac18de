"""The restore wizard with services in memory, from the first page to the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import JobState
from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.services.restores import Node
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.restore.flow import Step
from offline_backup_gui.ui.restore.page import RestorePage
from offline_backup_gui.ui.restore.run_page import differences_of, reason_words
from offline_backup_gui.ui.restore.selection import Selection
from offline_backup_gui.ui.restore.target_page import free_bytes
from offline_backup_gui.ui.restore.tree import NodeModel, shown
from offline_backup_gui.ui.restore.wizard import RestoreWizard
from offline_backup_gui.ui.widgets.notices import Notice
from tests.ui.restore import scenes
from tests.ui.tracking.fakes import PASSPHRASE, World, plan

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
ENGLISH = words.load("en")
Open = Callable[..., RestoreWizard]


@pytest.fixture
def open_wizard(qtbot: QtBot) -> Iterator[Open]:
    """Open a wizard on a world; its workers end with the test."""
    made: list[tuple[RestoreWizard, Bridge]] = []

    def make(world: World | None = None, one: Plan | None = None) -> RestoreWizard:
        bridge = Bridge()
        wizard = RestoreWizard((world or World()).services(), ENGLISH, bridge, plan=one)
        made.append((wizard, bridge))
        qtbot.addWidget(wizard)
        wizard.show()
        return wizard

    yield make
    for wizard, bridge in made:
        wizard.close()
        bridge.close()
        bridge.finish()


def on(qtbot: QtBot, wizard: RestoreWizard, step: Step) -> None:
    qtbot.waitUntil(lambda: wizard.current() == step.value)


def go(qtbot: QtBot, wizard: RestoreWizard, to: Step) -> None:
    """Press the button that goes on until a page is reached."""
    for step in Step:
        on(qtbot, wizard, step)
        if step is to:
            return
        if step is Step.TARGET:
            wizard.target.folder.setText("/srv/restored")
        wizard.next_button.click()


def top(qtbot: QtBot, wizard: RestoreWizard) -> NodeModel:
    model = wizard.files.tree_model
    qtbot.waitUntil(lambda: model.rowCount() == 2)
    return model


def told(page: RestorePage) -> list[str]:
    return [one.accessibleName() for one in page.notices.findChildren(Notice) if one.isVisible()]


def check(model: NodeModel, index: QModelIndex, state: Qt.CheckState) -> None:
    assert model.setData(index, state.value, Qt.ItemDataRole.CheckStateRole)


# ---------------------------------------------------------------- the whole way


def test_a_restore_from_drives_with_the_passphrase_alone(open_wizard: Open, qtbot: QtBot) -> None:
    world = World()
    wizard = open_wizard(world)
    qtbot.keyClicks(wizard.where.folder, "F:/")
    wizard.where.add_folder("G:/")
    qtbot.keyClicks(wizard.where.passphrase, PASSPHRASE)
    wizard.next_button.click()
    on(qtbot, wizard, Step.POINT)
    opened = world.calls[0][1]
    assert opened.stores == ("F:/", "G:/")  # type: ignore[attr-defined]
    wizard.point.view.setCurrentIndex(wizard.point.model.index(1, 0))
    wizard.next_button.click()
    on(qtbot, wizard, Step.FILES)
    model = top(qtbot, wizard)
    check(model, model.index(1, 0), Qt.CheckState.Unchecked)
    wizard.next_button.click()
    on(qtbot, wizard, Step.TARGET)
    assert not wizard.next_button.isEnabled()
    qtbot.keyClicks(wizard.target.folder, "/srv/restored")
    assert wizard.next_button.isEnabled()
    wizard.next_button.click()
    on(qtbot, wizard, Step.RUN)
    assert ("restore", "p2", "/srv/restored", ("Projects",), False) in world.calls
    world.finish(
        world.jobs[-1].job_id, JobState.DONE, files=50_123, bytes=1_204_000_000_000, differences=[]
    )
    qtbot.waitUntil(lambda: bool(told(wizard.run)))
    assert told(wizard.run)[0].startswith("Everything is restored")
    assert "50,123 files, 1.2 TB, in /srv/restored" in told(wizard.run)[0]
    wizard.next_button.click()
    assert not wizard.isVisible()


def test_a_plan_opens_with_two_clicks(open_wizard: Open, qtbot: QtBot) -> None:
    world = World()
    wizard = open_wizard(world, plan())
    wizard.next_button.click()
    on(qtbot, wizard, Step.POINT)
    opened = world.calls[0][1]
    assert opened.passphrase is None  # type: ignore[attr-defined]
    assert opened.stores == (  # type: ignore[attr-defined]
        "https://contoso042.blob.core.windows.net/vault-branch-042",
    )


def test_keys_alone_reach_the_report(open_wizard: Open, qtbot: QtBot) -> None:
    world = World()
    wizard = open_wizard(world, plan())
    with qtbot.waitActive(wizard):
        wizard.activateWindow()
    for step in (Step.WHERE, Step.POINT, Step.FILES):
        on(qtbot, wizard, step)
        wizard.next_button.setFocus()
        qtbot.keyClick(wizard.next_button, Qt.Key.Key_Space)
    on(qtbot, wizard, Step.TARGET)
    wizard.target.folder.setFocus()
    qtbot.keyClicks(wizard.target.folder, "/srv/restored")
    wizard.next_button.setFocus()
    qtbot.keyClick(wizard.next_button, Qt.Key.Key_Space)
    on(qtbot, wizard, Step.RUN)
    assert world.jobs


# ---------------------------------------------------------------- trouble


def test_a_wrong_passphrase_is_told_and_can_be_typed_again(open_wizard: Open, qtbot: QtBot) -> None:
    wizard = open_wizard()
    wizard.where.add_folder("F:/")
    qtbot.keyClicks(wizard.where.passphrase, "not this one")
    wizard.next_button.click()
    qtbot.waitUntil(lambda: bool(told(wizard.where)))
    assert told(wizard.where)[0].startswith("This passphrase does not open the backup")
    assert wizard.current() == Step.WHERE.value
    wizard.where.passphrase.clear()
    assert told(wizard.where) == []
    qtbot.keyClicks(wizard.where.passphrase, PASSPHRASE)
    wizard.next_button.click()
    on(qtbot, wizard, Step.POINT)


def test_a_restore_that_cannot_start_is_told_on_its_page(open_wizard: Open, qtbot: QtBot) -> None:
    world = World()
    world.trouble["restore"] = BackupError(ErrorCode.TARGET_NOT_EMPTY, path="/srv/restored")
    wizard = open_wizard(world, plan())
    for step in (Step.WHERE, Step.POINT, Step.FILES):
        on(qtbot, wizard, step)
        wizard.next_button.click()
    on(qtbot, wizard, Step.TARGET)
    wizard.target.folder.setText("/srv/restored")
    wizard.next_button.click()
    qtbot.waitUntil(lambda: bool(told(wizard.target)))
    assert wizard.current() == Step.TARGET.value
    assert wizard.target.isEnabled()


def test_a_folder_that_cannot_be_listed_is_told(open_wizard: Open, qtbot: QtBot) -> None:
    world = World()
    wizard = open_wizard(world, plan())
    go(qtbot, wizard, Step.FILES)
    model = top(qtbot, wizard)
    world.trouble["children"] = BackupError(ErrorCode.OBJECT_MISSING, name="packs/aa", store="F:/")
    model.fetchMore(model.index(0, 0))
    qtbot.waitUntil(lambda: bool(told(wizard.files)))
    assert model.canFetchMore(model.index(0, 0))


def test_a_restore_that_ends_early_says_why_and_can_continue(
    open_wizard: Open, qtbot: QtBot
) -> None:
    world = World()
    wizard = open_wizard(world, plan())
    go(qtbot, wizard, Step.RUN)
    world.finish(
        world.jobs[-1].job_id,
        JobState.INTERRUPTED,
        outcome="interrupted",
        code="drive-gone",
        parameters={"drive": "F:"},
    )
    qtbot.waitUntil(lambda: bool(told(wizard.run)))
    assert told(wizard.run)[0].startswith("Drive F: was unplugged")
    qtbot.waitUntil(wizard.run.strip.continue_button.isVisible)
    wizard.run.strip.continue_button.click()
    qtbot.waitUntil(lambda: ("again", world.jobs[-1].job_id) in world.calls)
    qtbot.waitUntil(wizard.run.strip.pause_button.isVisible)


# ---------------------------------------------------------------- the tree


def test_the_tree_keeps_the_rules_of_qt_models(
    open_wizard: Open, qtbot: QtBot, qtmodeltester: ModelTester
) -> None:
    wizard = open_wizard(one=plan())
    go(qtbot, wizard, Step.FILES)
    model = top(qtbot, wizard)
    model.fetchMore(model.index(0, 0))
    qtbot.waitUntil(lambda: model.rowCount(model.index(0, 0)) == 3)
    qtmodeltester.check(model)


def test_folders_are_listed_only_when_they_are_opened(open_wizard: Open, qtbot: QtBot) -> None:
    world = World()
    wizard = open_wizard(world, plan())
    go(qtbot, wizard, Step.FILES)
    model = top(qtbot, wizard)
    assert [call for call in world.calls if call[0] == "children"] == [("children", "p3", "")]
    assert model.hasChildren(model.index(0, 0))
    wizard.files.tree.expand(model.index(0, 0))
    qtbot.waitUntil(lambda: model.rowCount(model.index(0, 0)) == 3)
    assert world.calls[-1] == ("children", "p3", "Projects")


def test_an_empty_folder_loses_its_arrow_once_listed(open_wizard: Open, qtbot: QtBot) -> None:
    wizard = open_wizard(one=plan())
    go(qtbot, wizard, Step.FILES)
    model = top(qtbot, wizard)
    projects = model.index(0, 0)
    model.fetchMore(projects)
    qtbot.waitUntil(lambda: model.rowCount(projects) == 3)
    bridge_folder = model.index(0, 0, projects)
    model.fetchMore(bridge_folder)
    qtbot.waitUntil(lambda: model.rowCount(bridge_folder) == 4)
    drawings = model.index(0, 0, bridge_folder)
    assert model.hasChildren(drawings)
    model.fetchMore(drawings)
    qtbot.waitUntil(lambda: not model.hasChildren(drawings))


def test_space_leaves_a_folder_out(open_wizard: Open, qtbot: QtBot) -> None:
    wizard = open_wizard(one=plan())
    go(qtbot, wizard, Step.FILES)
    model = top(qtbot, wizard)
    wizard.files.tree.setFocus()
    wizard.files.tree.setCurrentIndex(model.index(0, 0))
    qtbot.keyClick(wizard.files.tree, Qt.Key.Key_Space)
    state = model.data(model.index(0, 0), Qt.ItemDataRole.CheckStateRole)
    assert state == Qt.CheckState.Unchecked
    spoken = model.data(model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Projects, folder, 1.2 TB, not chosen"


def test_nothing_chosen_locks_the_way_on(open_wizard: Open, qtbot: QtBot) -> None:
    wizard = open_wizard(one=plan())
    go(qtbot, wizard, Step.FILES)
    wizard.files.none_button.click()
    assert not wizard.next_button.isEnabled()
    wizard.files.all_button.click()
    assert wizard.next_button.isEnabled()


def test_a_search_finds_names_and_shares_the_choice(open_wizard: Open, qtbot: QtBot) -> None:
    world = World()
    wizard = open_wizard(world, plan())
    go(qtbot, wizard, Step.FILES)
    wizard.files.none_button.click()
    qtbot.keyClicks(wizard.files.search, "PLAN")
    found = wizard.files.found_model
    qtbot.waitUntil(lambda: found.rowCount() == 1)
    assert found.data(found.index(0, 0)) == "Projects/Harbour bridge/Cost plan.xlsx"
    wizard.files.all_button.click()
    wizard.files.search.clear()
    qtbot.waitUntil(wizard.files.tree.isVisible)
    model = top(qtbot, wizard)
    state = model.data(model.index(0, 0), Qt.ItemDataRole.CheckStateRole)
    assert state == Qt.CheckState.PartiallyChecked
    wizard.next_button.click()
    on(qtbot, wizard, Step.TARGET)
    wizard.target.folder.setText("/srv/restored")
    wizard.next_button.click()
    on(qtbot, wizard, Step.RUN)
    started = next(call for call in world.calls if call[0] == "restore")
    assert started[3] == ("Projects/Harbour bridge/Cost plan.xlsx",)


def test_names_that_are_no_text_are_shown_with_stand_ins(qtbot: QtBot) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    model = NodeModel(ENGLISH, Selection(), holder)
    model.show_found([Node("a/\udcff\udcfe.txt", "\udcff.txt", False, 3, None, "file")])
    assert model.data(model.index(0, 0)) == "a/��.txt"
    assert shown("plain") == "plain"


# ---------------------------------------------------------------- target and report


def test_nothing_is_overwritten_unless_it_is_asked_for(open_wizard: Open, qtbot: QtBot) -> None:
    world = World()
    wizard = open_wizard(world, plan())
    go(qtbot, wizard, Step.TARGET)
    assert wizard.target.keep.radio.isChecked()
    wizard.target.replace.radio.setChecked(True)
    wizard.target.folder.setText("/srv/restored")
    wizard.next_button.click()
    on(qtbot, wizard, Step.RUN)
    assert next(call for call in world.calls if call[0] == "restore")[4] is True


def test_the_room_of_a_folder_yet_to_be_made_is_that_of_its_parent(tmp_path: Path) -> None:
    assert free_bytes(str(tmp_path / "not" / "yet")) is not None


def test_the_report_lists_every_difference_and_can_be_kept(
    open_wizard: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    world = World()
    wizard = open_wizard(world, plan())
    go(qtbot, wizard, Step.RUN)
    world.finish(
        world.jobs[-1].job_id,
        JobState.EXCEPTIONS,
        files=10,
        bytes=10,
        differences=scenes.DIFFERENCES,
    )
    qtbot.waitUntil(lambda: wizard.run.model.rowCount() == 3)
    assert told(wizard.run)[0].startswith("Restored; 3 files differ")
    kept = tmp_path / "differences.txt"
    wizard.run.save_list(str(kept))
    lines = kept.read_text(encoding="utf-8").splitlines()
    assert lines[1] == "Shares/Scans/2026.pdf\tA file with this name was there and was kept"
    wizard.run.save_list(str(tmp_path / "missing" / "list.txt"))
    qtbot.waitUntil(lambda: any("could not be written" in said for said in told(wizard.run)))


def test_differences_are_read_from_objects_and_names() -> None:
    assert differences_of({"differences": [{"path": "a", "reason": "exists"}, "b"]}) == (
        ("a", "exists"),
        ("b", ""),
    )
    assert differences_of({"differences": 3}) == ()


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("exists", "A file with this name was there and was kept"),
        ("owner: Operation not permitted", "The owner could not be set (Operation not permitted)"),
        ("attribute user.x: No space", "An attribute could not be set (No space)"),
        ("something-new", "something-new"),
    ],
)
def test_reasons_are_worded_and_unknown_ones_shown_raw(reason: str, said: str) -> None:
    assert reason_words(reason, ENGLISH) == said


# ---------------------------------------------------------------- for everyone


@pytest.mark.parametrize("step", Step)
def test_every_control_of_a_page_has_a_name(step: Step, open_wizard: Open, qtbot: QtBot) -> None:
    wizard = open_wizard(one=plan())
    go(qtbot, wizard, step)
    kinds = (QAbstractButton, QAbstractItemView, QLineEdit, QPlainTextEdit)
    nameless = [
        control
        for kind in kinds
        for control in wizard.findChildren(kind)
        if control.isVisible()
        and not control.objectName().startswith("qt_")
        and not isinstance(control.parent(), QLineEdit)
        and not (control.accessibleName() or getattr(control, "text", str)())
    ]
    assert nameless == []


@pytest.mark.parametrize("step", Step)
def test_a_page_fits_the_smallest_window(step: Step, open_wizard: Open, qtbot: QtBot) -> None:
    wizard = open_wizard(one=plan())
    go(qtbot, wizard, step)
    wizard.resize(wizard.minimumSize())
    area = wizard.page_area(step.value)
    inside = area.widget()
    assert inside is not None
    assert inside.minimumSizeHint().width() <= area.viewport().width()
    assert wizard.next_button.isVisible()


def test_the_passphrase_is_hidden_until_it_is_asked_for(open_wizard: Open) -> None:
    wizard = open_wizard()
    assert wizard.where.passphrase.echoMode() == QLineEdit.EchoMode.Password
    wizard.where.eye.click()
    assert wizard.where.passphrase.echoMode() == QLineEdit.EchoMode.Normal


def test_going_back_keeps_what_was_chosen(open_wizard: Open, qtbot: QtBot) -> None:
    world = World()
    wizard = open_wizard(world, plan())
    go(qtbot, wizard, Step.FILES)
    model = top(qtbot, wizard)
    check(model, model.index(1, 0), Qt.CheckState.Unchecked)
    wizard.back_button.click()
    on(qtbot, wizard, Step.POINT)
    wizard.back_button.click()
    on(qtbot, wizard, Step.WHERE)
    go(qtbot, wizard, Step.FILES)
    assert not wizard.files.selection.everything
    assert sum(1 for call in world.calls if call[0] == "open") == 1


def test_another_point_begins_a_new_choice(open_wizard: Open, qtbot: QtBot) -> None:
    wizard = open_wizard(one=plan())
    go(qtbot, wizard, Step.FILES)
    wizard.files.none_button.click()
    wizard.back_button.click()
    on(qtbot, wizard, Step.POINT)
    wizard.point.view.setCurrentIndex(wizard.point.model.index(2, 0))
    wizard.next_button.click()
    on(qtbot, wizard, Step.FILES)
    assert wizard.files.selection.everything
    assert wizard.next_button.isEnabled()
