"""The wizard on services in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.domain.plan import Draft
from offline_backup_gui.ui.wizard.window import WizardWindow
from tests.fakes_services import FakeServices
from tests.screens.scenes import TODAY
from tests.ui.instant import InstantBridge


@dataclass(frozen=True)
class Opened:
    """A wizard and the services behind it."""

    window: WizardWindow
    fakes: FakeServices


Open = Callable[..., Opened]


@pytest.fixture
def open_wizard(qtbot: QtBot) -> Open:
    """Open the wizard at a draft, in a language."""

    def make(draft: Draft | None = None, language: str = "en") -> Opened:
        fakes = FakeServices(draft)
        window = WizardWindow(
            fakes.services, words.load(language), InstantBridge(), draft=draft, today=TODAY
        )
        qtbot.addWidget(window)
        if draft is not None:
            window.show_draft(draft)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        return Opened(window, fakes)

    return make
