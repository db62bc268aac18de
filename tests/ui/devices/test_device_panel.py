"""What is done with a device of Microsoft in the window: real services, real folders as devices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.app import build_services
from offline_backup_gui.domain.agents import Agent, AgentJob, AgentsFound, Answer
from offline_backup_gui.domain.device_layout import Device
from offline_backup_gui.domain.orders import Credential, JobRef
from offline_backup_gui.domain.plan import DeploymentModel, Route
from offline_backup_gui.services import Services
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.devices.check_card import CheckCard
from offline_backup_gui.ui.devices.dialog import DeviceDialog
from offline_backup_gui.ui.devices.panel import DevicePanel, Errand
from offline_backup_gui.ui.devices.ship_card import ShipCard
from offline_backup_gui.ui.widgets.lists import LineList
from offline_backup_gui.ui.widgets.notices import Notice

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
MARS_DISK = Errand(Route.DATA_BOX_DISK, DeploymentModel.MARS, name="branch 042")
PASSKEY = "K7qW2mZx9RtB4c"
LONG_MS = 60_000


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    # Secrets for this session only: no key of a test may end up in the user's own store.
    monkeypatch.setenv("OFFLINE_BACKUP_STATE", str(tmp_path / "state"))
    return build_services(tmp_path / "state")


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    made = Bridge()
    yield made
    made.close()
    made.finish()


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    place = tmp_path / "disk"
    for folder in ("BlockBlob", "PageBlob", "DataBoxDiskImport"):
        (place / folder).mkdir(parents=True)
    return place


def panel_of(
    qtbot: QtBot, services: Services, bridge: Bridge, errand: Errand, language: str = "en"
) -> DevicePanel:
    page, panel = QWidget(), DevicePanel(services, words.load(language), bridge)
    QVBoxLayout(page).addWidget(panel)
    qtbot.addWidget(page)
    panel._page = page  # type: ignore[attr-defined]  # its owner lives as long as it does
    panel.show_errand(errand)
    page.show()
    return panel


def take(qtbot: QtBot, panel: DevicePanel, place: Path) -> None:
    panel.places.add_place(str(place))
    qtbot.waitUntil(lambda: str(place) in panel.places.chosen, timeout=LONG_MS)


def said(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.text())


def checked(qtbot: QtBot, card: CheckCard) -> str:
    card.check()
    qtbot.waitUntil(lambda: not card.busy, timeout=LONG_MS)
    return said(card)


# --- checking before it leaves


def test_what_would_not_arrive_is_named_with_its_fix_and_stays_on_the_page(
    qtbot: QtBot, services: Services, bridge: Bridge, disk: Path
) -> None:
    (disk / "PageBlob" / "seed").mkdir()
    (disk / "PageBlob" / "seed" / "odd.vhd").write_bytes(b"x" * 513)
    (disk / "BlockBlob" / "Upper Case").mkdir()
    (disk / "BlockBlob" / "Upper Case" / "letter.txt").write_bytes(b"x")
    (disk / "notes.txt").write_bytes(b"x")
    panel = panel_of(qtbot, services, bridge, MARS_DISK)
    take(qtbot, panel, disk)
    told = checked(qtbot, panel.check)
    assert "multiple of 512 bytes" in told
    assert "only virtual disks and an agent’s data belong to PageBlob" in told
    assert "at the root of the disk" in told
    assert not panel.ship.ticks["device.ship-data-box-disk-validate"].box.isChecked()
    names = [line for found in panel.check.findChildren(LineList) for line in found.lines.lines()]
    assert "PageBlob/seed/odd.vhd" in names
    assert "notes.txt" in names
    panel.left()
    panel.entered()
    assert "multiple of 512 bytes" in said(panel.check)


def test_a_mended_device_is_called_good_and_ticks_the_check(
    qtbot: QtBot, services: Services, bridge: Bridge, disk: Path
) -> None:
    (disk / "PageBlob" / "seed").mkdir()
    odd = disk / "PageBlob" / "seed" / "odd.vhd"
    odd.write_bytes(b"x" * 513)
    panel = panel_of(qtbot, services, bridge, MARS_DISK)
    take(qtbot, panel, disk)
    assert "arrives as it is" not in checked(qtbot, panel.check)
    odd.write_bytes(b"x" * 1024)
    assert "Everything on the devices arrives as it is" in checked(qtbot, panel.check)
    assert panel.ship.ticks["device.ship-data-box-disk-validate"].box.isChecked()


def test_two_disks_of_one_order_are_checked_together(
    qtbot: QtBot, services: Services, bridge: Bridge, tmp_path: Path
) -> None:
    panel = panel_of(qtbot, services, bridge, MARS_DISK)
    for name in ("one", "two"):
        container = tmp_path / name / "BlockBlob" / "data"
        container.mkdir(parents=True)
        (container / "same.bin").write_bytes(name.encode())
        take(qtbot, panel, tmp_path / name)
    told = checked(qtbot, panel.check)
    assert "Two files have one name" in told
    assert "Rename one of each pair" in told


def test_a_check_that_is_stopped_says_that_it_found_nothing_out(
    qtbot: QtBot, services: Services, bridge: Bridge, disk: Path
) -> None:
    (disk / "BlockBlob" / "data").mkdir()
    for number in range(4000):
        (disk / "BlockBlob" / "data" / f"{number}.txt").write_bytes(b"x")
    panel = panel_of(qtbot, services, bridge, MARS_DISK)
    take(qtbot, panel, disk)
    panel.check.check()
    assert panel.check.busy
    panel.check.stop_button.click()
    qtbot.waitUntil(lambda: not panel.check.busy, timeout=LONG_MS)
    assert "stopped" in said(panel.check)
    assert panel.check.button.isEnabled()


def test_a_folder_that_is_no_device_is_refused_in_words(
    qtbot: QtBot, services: Services, bridge: Bridge, tmp_path: Path
) -> None:
    (tmp_path / "plain").mkdir()
    panel = panel_of(qtbot, services, bridge, MARS_DISK)
    panel.places.add_place(str(tmp_path / "plain"))
    qtbot.waitUntil(lambda: bool(panel.places.findChildren(Notice)), timeout=LONG_MS)
    assert panel.places.chosen == ()
    assert not panel.check.button.isEnabled()


# --- an agent that writes by itself


def test_the_agents_writing_is_seen_to_grow(
    qtbot: QtBot, services: Services, bridge: Bridge, disk: Path
) -> None:
    panel = panel_of(qtbot, services, bridge, MARS_DISK)
    panel._visible = True
    take(qtbot, panel, disk)
    qtbot.waitUntil(lambda: "nothing there yet" in said(panel.writing), timeout=LONG_MS)
    (disk / "PageBlob" / "seed").mkdir()
    (disk / "PageBlob" / "seed" / "a.vhd").write_bytes(b"x" * 4096)
    panel.writing.look()
    qtbot.waitUntil(lambda: "the agent is writing" in said(panel.writing), timeout=LONG_MS)
    assert "1 file, 4 kB" in said(panel.writing)
    assert "free" in said(panel.writing)
    panel.writing.look()
    qtbot.waitUntil(lambda: "nothing new for a moment" in said(panel.writing), timeout=LONG_MS)
    panel.left()


def test_only_the_agent_says_that_it_is_done(
    qtbot: QtBot, services: Services, bridge: Bridge
) -> None:
    panel = panel_of(qtbot, services, bridge, MARS_DISK)
    panel.writing.show_places((), DeploymentModel.MARS)
    busy = Agent(DeploymentModel.MARS, answer=Answer.READ, jobs=(AgentJob("Backup", "InProgress"),))
    panel.show_agents(AgentsFound(True, agents=(busy,)))
    assert "does not wait for the Data Box job yet" in said(panel.writing)
    waits = Agent(
        DeploymentModel.MARS,
        answer=Answer.READ,
        jobs=(AgentJob("Backup", "Completed", said="Waiting for Azure Data Box job"),),
    )
    panel.show_agents(AgentsFound(True, agents=(waits,)))
    assert "The agent is done" in said(panel.writing)


# --- the passkey


def shown_anywhere(widget: QWidget, secret: str) -> bool:
    fields = widget.findChildren(QLineEdit)
    return secret in said(widget) or any(secret in field.displayText() for field in fields)


def test_a_typed_passkey_goes_to_the_clipboard_and_nowhere_else(
    qtbot: QtBot, services: Services, bridge: Bridge
) -> None:
    panel = panel_of(qtbot, services, bridge, MARS_DISK)
    card, clipboard = panel.passkey, QGuiApplication.clipboard()
    qtbot.keyClicks(card.field, PASSKEY)
    assert not shown_anywhere(panel, PASSKEY)
    qtbot.mouseClick(card.copy, Qt.MouseButton.LeftButton)
    assert clipboard.text() == PASSKEY
    assert card.field.text() == ""
    assert not shown_anywhere(panel, PASSKEY)
    assert services.devices.passkey("branch 042") == ""
    panel.left()
    assert clipboard.text() == ""


def test_a_passkey_is_kept_only_on_wish_and_forgotten_on_wish(
    qtbot: QtBot, services: Services, bridge: Bridge
) -> None:
    panel = panel_of(qtbot, services, bridge, MARS_DISK)
    card = panel.passkey
    card.keep.box.setChecked(True)
    qtbot.keyClicks(card.field, PASSKEY)
    qtbot.mouseClick(card.copy, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: services.devices.passkey("branch 042") == PASSKEY, timeout=LONG_MS)
    qtbot.waitUntil(card.forget.isVisible, timeout=LONG_MS)
    qtbot.mouseClick(card.forget, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: services.devices.passkey("branch 042") == "", timeout=LONG_MS)


def test_what_was_copied_since_is_left_on_the_clipboard(
    qtbot: QtBot, services: Services, bridge: Bridge
) -> None:
    card = panel_of(qtbot, services, bridge, MARS_DISK).passkey
    qtbot.keyClicks(card.field, PASSKEY)
    qtbot.mouseClick(card.copy, Qt.MouseButton.LeftButton)
    QGuiApplication.clipboard().setText("something of the admin's")
    card.left()
    assert QGuiApplication.clipboard().text() == "something of the admin's"


def test_the_passkey_of_an_order_comes_from_azure_when_signed_in(
    qtbot: QtBot, services: Services, bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = JobRef("subscription", "group", "branch-042-1")
    panel = panel_of(
        qtbot, services, bridge, Errand(Route.DATA_BOX_DISK, DeploymentModel.MARS, ref)
    )
    card = panel.passkey
    assert not card.from_order.isEnabled()  # nobody is signed in
    asked = []

    def credentials(wanted: JobRef, control: object = None) -> list[Credential]:
        asked.append(wanted)
        return [Credential("passkey", ref.name, "", PASSKEY)]

    monkeypatch.setattr(services.orders, "credentials", credentials)
    monkeypatch.setattr(services.azure, "signed_in", object)
    card.look()
    qtbot.waitUntil(card.from_order.isEnabled, timeout=LONG_MS)
    qtbot.mouseClick(card.from_order, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() == PASSKEY, timeout=LONG_MS)
    assert asked == [ref]
    assert not shown_anywhere(panel, PASSKEY)
    panel.left()


# --- what is shown when


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_steps_follow_the_route_and_vanish_for_drives_of_ones_own(
    qtbot: QtBot, services: Services, bridge: Bridge, language: str
) -> None:
    panel = panel_of(qtbot, services, bridge, Errand(Route.IMPORT_EXPORT), language)
    assert panel.isHidden()
    panel.show_errand(Errand(Route.DATA_BOX, name="office"))
    assert "BOM" in said(panel.ship)
    assert panel.passkey.isHidden()
    assert panel.writing.isHidden()
    panel.show_errand(MARS_DISK)
    assert "DataBoxDiskValidation.cmd" in said(panel.ship)
    assert not panel.passkey.isHidden()
    assert not panel.writing.isHidden()
    assert "offline-backup" not in said(panel.ship)  # the window needs no command


def test_the_checklist_counts_its_ticks(qtbot: QtBot, services: Services, bridge: Bridge) -> None:
    card = ShipCard(services, words.load("en"), bridge)
    qtbot.addWidget(card)
    card.show_device(Device.SHARE)
    first = next(iter(card.ticks.values()))
    first.box.setChecked(True)
    assert f"1 of {len(card.ticks)} done" in said(card)


def test_ticks_are_there_again_after_the_window_was_closed(
    qtbot: QtBot, services: Services, bridge: Bridge
) -> None:
    def card_of(name: str) -> ShipCard:
        card = ShipCard(services, words.load("en"), bridge)
        qtbot.addWidget(card)
        card.show_device(Device.DISK, name)
        return card

    key = "device.ship-data-box-disk-eject"
    card = card_of("branch 042")
    card.ticks[key].box.setChecked(True)
    qtbot.waitUntil(lambda: services.devices.ticked("branch 042") == {key}, timeout=LONG_MS)
    again, other = card_of("branch 042"), card_of("branch 043")
    qtbot.waitUntil(lambda: again.ticks[key].box.isChecked(), timeout=LONG_MS)
    assert f"1 of {len(again.ticks)} done" in said(again)
    assert not other.ticks[key].box.isChecked()
    again.ticks[key].box.setChecked(False)
    qtbot.waitUntil(lambda: not services.devices.ticked("branch 042"), timeout=LONG_MS)


def test_the_dialog_of_the_overview_lets_go_of_everything(
    qtbot: QtBot, services: Services, bridge: Bridge
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = DeviceDialog(services, words.load("en"), bridge, MARS_DISK, window)
    dialog.open()
    qtbot.keyClicks(dialog.panel.passkey.field, PASSKEY)
    qtbot.mouseClick(dialog.panel.passkey.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == PASSKEY
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert QGuiApplication.clipboard().text() == ""
