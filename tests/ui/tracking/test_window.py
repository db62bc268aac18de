"""The tracking window with services in memory: what it shows and what its buttons do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QWidget,
)
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.job import JobKind, JobState
from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.tracking.dialogs import ParcelDialog, Question, ReceivedDialog
from offline_backup_gui.ui.tracking.tray import Tray
from offline_backup_gui.ui.tracking.window import TrackingWindow
from offline_backup_gui.ui.widgets.notices import Notice
from tests.ui.tracking import scenes
from tests.ui.tracking.conftest import Open
from tests.ui.tracking.fakes import COPYING, NOW, PARCEL, World

# The window system of the tests has no size hints to give on; dialogs have a least width.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
EVERY_WORLD = pytest.mark.parametrize("name", scenes.WORLDS)


def notices(window: TrackingWindow) -> list[str]:
    return [
        notice.accessibleName()
        for notice in window.detail.notices.findChildren(Notice)
        if notice.isVisible()
    ]


def settled(qtbot: QtBot, window: TrackingWindow) -> None:
    qtbot.waitUntil(lambda: window.settled)


@EVERY_WORLD
def test_every_control_has_a_name(name: str, open_window: Open) -> None:
    window = open_window(scenes.WORLDS[name]())
    kinds = (
        QAbstractButton,
        QAbstractItemView,
        QLineEdit,
        QComboBox,
        QPlainTextEdit,
        QProgressBar,
    )
    nameless = [
        control
        for kind in kinds
        for control in window.findChildren(kind)
        if control.isVisible()
        and not control.objectName().startswith("qt_")
        and not (control.accessibleName() or getattr(control, "text", str)())
    ]
    assert nameless == []


@EVERY_WORLD
def test_the_window_fits_its_smallest_size(name: str, open_window: Open) -> None:
    window = open_window(scenes.WORLDS[name]())
    window.resize(window.minimumSize())
    assert window.width() == 800
    assert window.height() == 560
    page = window.detail.widget()
    assert page.minimumSizeHint().width() <= window.detail.viewport().width()


@EVERY_WORLD
def test_tab_reaches_every_button_that_can_be_pressed(
    name: str, open_window: Open, qtbot: QtBot
) -> None:
    window = open_window(scenes.WORLDS[name]())
    window.activateWindow()
    reached: set[QWidget] = set()
    for _ in range(60):
        qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_Tab)
        focus = window.focusWidget()
        if focus is not None:
            reached.add(focus)
    wanted = {
        button
        for button in window.findChildren(QAbstractButton)
        if button.isVisible()
        and button.isEnabled()
        and button.focusPolicy() != Qt.FocusPolicy.NoFocus
    }
    assert wanted <= reached


def test_the_list_keeps_the_rules_of_qt_models(
    open_window: Open, qtmodeltester: ModelTester
) -> None:
    window = open_window(scenes.safe())
    qtmodeltester.check(window.list.entries)


def test_without_a_backup_the_window_invites_to_make_one(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(scenes.nothing())
    settled(qtbot, window)
    assert window.first_button.isVisible()
    assert not window.detail.isVisible()
    with qtbot.waitSignal(window.new_wanted):
        window.first_button.click()


def test_until_the_services_have_answered_the_window_claims_nothing(
    qtbot: QtBot, english: words.Words
) -> None:
    made = scenes.nothing()
    window = TrackingWindow(made.services(), english, Bridge(), now=lambda: made.now)
    qtbot.addWidget(window)
    assert not window.first_button.isVisibleTo(window)
    assert not window.detail.isVisibleTo(window)


def test_the_list_says_name_state_and_next_thing(open_window: Open) -> None:
    window = open_window(scenes.incomplete())
    said = window.list.entries.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "Branch 042, Needs attention. Next: Repair what arrived"


def test_arrow_keys_show_another_backup(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(scenes.sealed())
    assert window.detail.heading.text() == "Branch 042"
    qtbot.keyClick(window.list, Qt.Key.Key_Down)
    assert window.detail.heading.text() == "Branch 017"


def test_refreshing_keeps_the_chosen_backup(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(scenes.sealed())
    qtbot.keyClick(window.list, Qt.Key.Key_Down)
    window.refresh()
    settled(qtbot, window)
    assert window.detail.heading.text() == "Branch 017"


def test_a_new_backup_appears_without_changing_what_is_shown(
    open_window: Open, qtbot: QtBot
) -> None:
    world = scenes.sealed()
    window = open_window(world)
    qtbot.keyClick(window.list, Qt.Key.Key_Down)
    world.plans.insert(0, replace(world.plans[0], name="Branch 099"))
    world.facts[world.plans[0].plan_id] = scenes.SAFE
    window.refresh()
    settled(qtbot, window)
    assert window.list.entries.rowCount() == 4
    assert window.detail.heading.text() == "Branch 017"


# ---------------------------------------------------------------- now you


def test_sealed_drives_are_shipped_with_carrier_and_number(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.sealed()
    window = open_window(world)
    assert window.detail.now_card.button.text() == "Note that they are sent"
    qtbot.mouseClick(window.detail.now_card.button, Qt.MouseButton.LeftButton)
    dialog = window.findChild(ParcelDialog)
    assert dialog is not None
    assert not dialog.save_button.isEnabled()
    qtbot.keyClicks(dialog.carrier.lineEdit(), "UPS")
    qtbot.keyClicks(dialog.number, "1Z 999")
    assert dialog.save_button.isEnabled()
    dialog.save_button.click()
    settled(qtbot, window)
    name, plan_id, parcel = world.calls[-1]
    assert name == "ship"
    assert plan_id == world.plans[0].plan_id
    assert (parcel.carrier, parcel.tracking_number) == ("UPS", "1Z 999")  # type: ignore[attr-defined]
    assert parcel.shipped_at == NOW.replace(second=0)  # type: ignore[attr-defined]


def test_carrier_and_number_can_be_changed(open_window: Open) -> None:
    window = open_window(scenes.travelling())
    window.detail.shipment.parcel_button.click()
    dialog = window.findChild(ParcelDialog)
    assert dialog is not None
    assert dialog.parcel().tracking_number == PARCEL.tracking_number
    assert dialog.parcel().shipped_at == PARCEL.shipped_at


def test_the_arrival_at_the_datacenter_is_noted_with_its_time(
    open_window: Open, qtbot: QtBot
) -> None:
    world = scenes.travelling()
    window = open_window(world)
    window.detail.now_card.button.click()
    dialog = window.findChild(ReceivedDialog)
    assert dialog is not None
    dialog.save_button.click()
    settled(qtbot, window)
    assert world.calls[-1] == ("note_received", world.plans[0].plan_id, NOW)


def test_a_practice_backup_plays_the_datacenter(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.practice()
    window = open_window(world)
    assert window.detail.shipment.receive_button.isVisible()
    window.detail.now_card.button.click()
    settled(qtbot, window)
    first = world.plans[0].plan_id
    assert world.calls == [("receive_here", first, ("F:/", "G:/", "H:/"))]
    qtbot.waitUntil(lambda: window.detail.now_card.button.text() == "Check arrival")
    assert not window.detail.shipment.receive_button.isVisible()


def test_a_real_backup_never_offers_to_play_the_datacenter(open_window: Open) -> None:
    assert not open_window(scenes.sealed()).detail.shipment.receive_button.isVisible()


@pytest.mark.parametrize(
    ("scene", "kind", "options"),
    [
        (scenes.incomplete, JobKind.ARRIVAL, {"repair": True}),
        (lambda: scenes.world(scenes.READ_IN), JobKind.ARRIVAL, {}),
        (lambda: scenes.world(scenes.PROVED), JobKind.VAULT, {}),
        (
            lambda: scenes.world(replace(scenes.PROVED, vault_proved_at=NOW)),
            JobKind.INCREMENT,
            {},
        ),
    ],
    ids=["repair", "check", "vault", "increment"],
)
def test_the_card_starts_the_job_it_speaks_of(
    scene: object, kind: JobKind, options: dict[str, object], open_window: Open, qtbot: QtBot
) -> None:
    world: World = scene()  # type: ignore[operator]
    window = open_window(world)
    window.detail.now_card.button.click()
    settled(qtbot, window)
    assert world.calls == [("start", world.plans[0].plan_id, kind, options)]
    qtbot.waitUntil(window.detail.strip.isVisible)
    assert not window.detail.now_card.isVisible()


def test_an_incomplete_arrival_names_what_is_missing(open_window: Open) -> None:
    window = open_window(scenes.incomplete())
    arrival = window.detail.arrival
    assert arrival.repair_button.isEnabled()
    assert not arrival.vault_button.isEnabled()
    spoken = [child.accessibleName() for child in arrival.findChildren(QWidget)]
    assert "Missing: 3" in spoken
    assert "Damaged: 1" in spoken
    arrival.findChildren(QAbstractButton)[0].click()
    names = arrival.findChild(QPlainTextEdit)
    assert names is not None
    assert names.isVisible()
    assert "packs/a017d4e5b6" in names.toPlainText().replace("/a0/", "/", 1)


def test_safe_to_erase_is_said_only_with_its_proof(open_window: Open) -> None:
    assert open_window(scenes.safe()).detail.safe_card.isVisible()
    assert not open_window(scenes.world(scenes.PROVED)).detail.safe_card.isVisible()


def test_nothing_to_do_is_said_and_has_no_button(open_window: Open) -> None:
    card = open_window(scenes.safe()).detail.now_card
    assert card.isVisible()
    assert not card.button.isVisible()
    assert card.accessibleName().startswith("Nothing to do for you")


def test_a_near_deadline_is_counted_down(open_window: Open) -> None:
    window = open_window(scenes.no_number())
    shown = [
        label.text() for label in window.detail.deadlines.findChildren(type(window.detail.heading))
    ]
    assert "1 day left" in shown
    assert any(line.startswith("Enter the tracking number, ") for line in shown)


def test_runs_wait_for_the_vault(open_window: Open) -> None:
    assert not open_window(scenes.sealed()).detail.runs.run_button.isEnabled()
    assert open_window(scenes.safe()).detail.runs.run_button.isEnabled()


def test_repeating_hands_the_plan_to_the_wizard(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.safe()
    window = open_window(world)
    with qtbot.waitSignal(window.repeat_wanted) as caught:
        window.detail.runs.repeat_button.click()
    assert isinstance(caught.args[0], Plan)
    assert caught.args[0] == world.plans[0]


# ---------------------------------------------------------------- trouble


def test_a_refused_start_is_told_and_the_button_comes_back(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.safe()
    world.trouble["start"] = BackupError(ErrorCode.ALREADY_RUNNING, plan="Branch 042")
    window = open_window(world)
    window.detail.runs.run_button.click()
    settled(qtbot, window)
    assert len(notices(window)) == 1
    assert window.detail.runs.run_button.isEnabled()


def test_offline_shows_the_last_known_state_with_its_date(open_window: Open) -> None:
    window = open_window(scenes.offline())
    assert window.detail.timeline.isVisible()
    fresh = [
        label.text()
        for label in window.detail.findChildren(type(window.detail.heading))
        if label.isVisible()
    ]
    assert any(line.startswith("Offline: last known of 9 June 2026") for line in fresh)
    assert "contoso042.blob.core.windows.net" in notices(window)[0]


def test_the_trouble_goes_when_the_account_answers_again(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.offline()
    window = open_window(world)
    world.trouble.clear()
    window.refresh()
    settled(qtbot, window)
    assert notices(window) == []


def test_a_state_that_cannot_be_read_at_all_is_told(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.safe()
    window = open_window(world)
    world.trouble["plans"] = BackupError(ErrorCode.STATE_NOT_USABLE, path="state.db")
    window.refresh()
    settled(qtbot, window)
    assert len(notices(window)) == 1
    assert window.detail.heading.text() == "Branch 042"


def test_f5_asks_again(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.sealed()
    window = open_window(world)
    world.now += timedelta(minutes=1)
    world.facts[world.plans[0].plan_id] = scenes.SAFE
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_F5)
    qtbot.waitUntil(window.detail.safe_card.isVisible)


# ---------------------------------------------------------------- running jobs


def test_a_running_job_shows_figures_and_can_be_paused(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.running()
    window = open_window(world)
    strip = window.detail.strip
    bar = strip.findChild(QProgressBar)
    assert bar is not None
    qtbot.waitUntil(lambda: bar.value() > 0)
    assert bar.value() == round(COPYING.bytes_done / COPYING.bytes_total * 1000)
    strip.pause_button.click()
    qtbot.waitUntil(strip.resume_button.isVisible)
    strip.resume_button.click()
    qtbot.waitUntil(strip.pause_button.isVisible)
    assert [call[0] for call in world.calls] == ["pause", "resume"]


def test_stopping_asks_once(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.running()
    window = open_window(world)
    window.detail.strip.stop_button.click()
    dialog = window.findChild(Question)
    assert dialog is not None
    dialog.reject()
    assert world.jobs[-1].state is JobState.RUNNING
    window.detail.strip.stop_button.click()
    asked = [one for one in window.findChildren(Question) if one.isVisible()]
    asked[0].do_button.click()
    qtbot.waitUntil(lambda: world.jobs[-1].state is JobState.STOPPED)
    qtbot.waitUntil(window.detail.strip.continue_button.isVisible)


def test_an_interrupted_copy_is_continued(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.interrupted()
    window = open_window(world)
    assert window.detail.strip.continue_button.isVisible()
    window.detail.now_card.button.click()
    settled(qtbot, window)
    assert world.calls == [("again", world.jobs[-1].job_id)]
    qtbot.waitUntil(window.detail.strip.pause_button.isVisible)


def test_the_end_of_a_job_refreshes_the_window(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.running()
    window = open_window(world)
    assert window.detail.strip.isVisible()
    world.finish(world.jobs[-1].job_id, JobState.DONE, files=9)
    qtbot.waitUntil(lambda: not window.detail.strip.isVisible())
    assert window.detail.now_card.isVisible()


# ---------------------------------------------------------------- papers and restore


def test_papers_are_written_and_their_place_is_told(
    open_window: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    world = scenes.sealed()
    window = open_window(world)
    window.deeds.save_papers(str(tmp_path))
    settled(qtbot, window)
    name, _, folder, language, paper = world.calls[-1]
    assert (name, folder, language) == ("save_papers", tmp_path, "en")
    assert paper in ("A4", "Letter")
    assert str(tmp_path) in notices(window)[0]
    lacking = Finding(FindingCode.RETURN_ACCOUNT_MISSING, Severity.WARNING)
    assert words.load("en").finding(lacking).title in notices(window)[0]


def test_papers_that_cannot_be_written_are_told(
    open_window: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    world = scenes.sealed()
    world.trouble["save_papers"] = BackupError(ErrorCode.TARGET_NOT_WRITABLE, path=str(tmp_path))
    window = open_window(world)
    window.deeds.save_papers(str(tmp_path))
    settled(qtbot, window)
    assert len(notices(window)) == 1


class Ear(Tray):
    """A tray that is there and remembers what it was told."""

    available = True

    def __init__(self, window: TrackingWindow) -> None:
        super().__init__(words.load("en"), window)
        self.heard: list[tuple[str, str]] = []
        self.shown: list[object] = []

    def notify(self, title: str, sentence: str) -> None:
        self.heard.append((title, sentence))

    def show_job(self, job: object, share: float | None) -> None:
        self.shown.append(job)


def test_a_deadline_and_a_new_thing_to_do_are_notified_once(
    open_window: Open, qtbot: QtBot
) -> None:
    world = scenes.travelling()
    window = open_window(world)
    window.presence.tray = ear = Ear(window)
    world.now += timedelta(days=3)
    world.facts[world.plans[0].plan_id] = replace(scenes.SENT, received_at=NOW)
    for _ in range(2):
        window.refresh()
        settled(qtbot, window)
    assert ear.heard == [("Branch 042", "Check arrival")]


def test_a_deadline_warns_when_it_comes_near(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.travelling()
    window = open_window(world)
    window.presence.tray = ear = Ear(window)
    for days in (3, 0, 4, 0, 2):
        world.now += timedelta(days=days)
        window.refresh()
        settled(qtbot, window)
    first = [said for name, said in ear.heard if name == "Branch 042"]
    assert first == [
        "Drives reach the datacenter, 7 days left",
        "Drives reach the datacenter, 3 days left",
        "Drives reach the datacenter, today",
    ]


def test_closing_while_a_job_runs_leaves_the_icon(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.running()
    window = open_window(world)
    window.presence.tray = ear = Ear(window)
    world.readings[world.jobs[-1].job_id] = replace(COPYING, files_done=40_000)
    qtbot.waitUntil(lambda: bool(ear.shown))
    window.close()
    assert not window.isVisible()
    assert ear.shown[-1] is not None
    world.finish(world.jobs[-1].job_id, JobState.DONE, files=9)
    qtbot.waitUntil(lambda: ("Branch 042", "Increment is done") in ear.heard)
    assert ear.shown[-1] is None


def test_without_a_tray_the_window_goes_to_the_taskbar_and_closes_from_there(
    open_window: Open, qtbot: QtBot
) -> None:
    world = scenes.running()
    window = open_window(world)
    qtbot.waitUntil(lambda: window.detail.strip.job is not None)
    window.presence.tray = ear = Ear(window)
    ear.available = False
    window.close()
    assert window.isMinimized()
    window.presence.come_back()
    assert not window.isMinimized()
    window.close()
    window.close()
    assert not window.isVisible()


def test_leaving_from_the_tray_leaves_although_a_job_runs(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(scenes.running())
    qtbot.waitUntil(lambda: window.detail.strip.job is not None)
    window.presence.tray = ear = Ear(window)
    ear.quit_wanted.connect(window.presence._leave)
    window.close()
    assert window.detail.strip.job is not None
    ear.quit_wanted.emit()
    assert window.detail.strip.job is None


def test_taskbar_and_tray_hear_of_a_job_until_its_end(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.running()
    window = open_window(world)
    shown: list[JobState] = []
    window.presence.job_shown.connect(lambda job, _share: shown.append(job.state))
    world.finish(world.jobs[-1].job_id, JobState.DONE, files=9)
    qtbot.waitUntil(lambda: JobState.DONE in shown)


def test_restore_opens_for_the_backup_that_is_shown(open_window: Open, qtbot: QtBot) -> None:
    world = scenes.safe()
    window = open_window(world)
    window.detail.runs.restore_button.click()
    wizard = window.restore_wizard
    assert wizard is not None
    assert wizard.answers.plan == world.plans[0]
    wizard.close()


@EVERY_WORLD
def test_the_window_paints_something_in_every_state(name: str, open_window: Open) -> None:
    image: QImage = open_window(scenes.WORLDS[name]()).grab().toImage()
    colours = {image.pixel(x, y) for x in range(0, 1100, 7) for y in range(0, 700, 7)}
    assert len(colours) > 8
