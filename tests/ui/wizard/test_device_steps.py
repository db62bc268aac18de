"""What the wizard says about a device of Microsoft: on the page of drives and on the last one."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.domain.plan import Route
from offline_backup_gui.ui.wizard.device_steps import StepsCard


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_steps_follow_the_route_and_vanish_for_drives_of_ones_own(
    qtbot: QtBot, language: str
) -> None:
    page, card = QWidget(), StepsCard(words.load(language))
    QVBoxLayout(page).addWidget(card)
    qtbot.addWidget(page)
    shown = {}
    for route in Route:
        card.show_route(route)
        assert card.isHidden() == (route is Route.IMPORT_EXPORT)
        shown[route] = card.steps.text()
    assert "BOM" in shown[Route.DATA_BOX]
    assert "DataBoxDiskValidation.cmd" in shown[Route.DATA_BOX_DISK]
    assert all(shown[route].startswith("1. ") for route in (Route.DATA_BOX, Route.DATA_BOX_DISK))
    card.show_route(None)
    assert card.isHidden()
