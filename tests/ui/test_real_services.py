"""The wizard on the real services: two practice drives are filled, verified and sealed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.app import build_services
from offline_backup_gui.domain.job import JobState
from offline_backup_gui.domain.plan import DeploymentModel, Draft, Route
from offline_backup_gui.services import Services
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.wizard.facts import Step
from offline_backup_gui.ui.wizard.pages.drives import DrivesPage
from offline_backup_gui.ui.wizard.pages.protection import ProtectionPage
from offline_backup_gui.ui.wizard.pages.ship import SealedRow, ShipPage
from offline_backup_gui.ui.wizard.window import WizardWindow

MEGABYTE = 10**6


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
def office(tmp_path: Path) -> Path:
    folder = tmp_path / "office"
    for number in range(30):
        place = folder / f"room {number % 3}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"letter {number}.txt").write_bytes(bytes([number]) * 200_000)
    return folder


def _is_chosen(window: WizardWindow, folder: str) -> bool:
    return folder in window.draft.drives


def test_the_wizard_fills_and_seals_real_practice_drives(
    qtbot: QtBot, tmp_path: Path, services: Services, bridge: Bridge, office: Path
) -> None:
    draft = Draft(
        deployment_model=DeploymentModel.STANDALONE,
        sources=(str(office),),
        route=Route.IMPORT_EXPORT,
        practice=True,
        account=services.planning.practice_account(),
        landing="landing-office",
        vault="vault-office",
        name="office",
    )
    window = WizardWindow(services, words.load("en"), bridge, draft=draft)
    qtbot.addWidget(window)
    window.show_draft(draft)
    window.show()
    qtbot.waitUntil(lambda: window.draft.measurement.complete, timeout=10_000)
    assert window.draft.measurement.files == 30

    window.go(Step.PROTECTION)
    protection = window.page(Step.PROTECTION)
    assert isinstance(protection, ProtectionPage)
    protection.make_key("otter lamp violin seven rain")
    qtbot.waitUntil(lambda: protection.kit is not None, timeout=30_000)
    sheet = tmp_path / "kit.pdf"
    protection.save_kit(sheet)
    qtbot.waitUntil(lambda: window.draft.kit_saved, timeout=10_000)
    assert sheet.read_bytes().startswith(b"%PDF")
    assert protection.kit is not None
    for place, line in enumerate(protection.kit.lines):
        protection.type_code(place, line)
    assert window.draft.kit_code_confirmed

    window.go(Step.DRIVES)
    drives = window.page(Step.DRIVES)
    assert isinstance(drives, DrivesPage)
    for name in ("drive-1", "drive-2"):
        folder = str(tmp_path / name)
        Path(folder).mkdir()
        drives.add_folder(folder)
        qtbot.waitUntil(partial(_is_chosen, window, folder), timeout=10_000)
    listed = {str(tmp_path / "drive-1"), str(tmp_path / "drive-2")}
    qtbot.waitUntil(
        lambda: listed <= {item.drive.mount for item in window.facts.drives}, timeout=10_000
    )

    window.go(Step.REVIEW)
    qtbot.waitUntil(window.shell.next_button.isEnabled, timeout=10_000)
    qtbot.mouseClick(window.shell.next_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.step is Step.COPYING, timeout=20_000)
    qtbot.waitUntil(
        lambda: window.facts.copy_state in (JobState.DONE, JobState.FAILED), timeout=90_000
    )
    assert window.facts.copy_state is JobState.DONE

    window.go(Step.SHIP)
    ship = window.page(Step.SHIP)
    assert isinstance(ship, ShipPage)
    qtbot.waitUntil(lambda: len(ship.findChildren(SealedRow)) == 2, timeout=10_000)
    papers = tmp_path / "papers"
    papers.mkdir()
    ship.papers.save(papers)
    qtbot.waitUntil(lambda: len(list(papers.glob("*.pdf"))) == 4, timeout=20_000)
    handed = [b for b in ship.findChildren(QPushButton) if "datacenter" in b.text()]
    with qtbot.waitSignal(window.practice_wanted):
        qtbot.mouseClick(handed[0], Qt.MouseButton.LeftButton)
