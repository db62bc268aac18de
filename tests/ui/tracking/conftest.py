"""What the tests of the tracking window share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.tracking.window import TrackingWindow
from tests.ui.tracking import scenes
from tests.ui.tracking.fakes import World

Open = Callable[[World], TrackingWindow]


@pytest.fixture
def english() -> words.Words:
    return words.load("en")


@pytest.fixture
def open_window(qtbot: QtBot, english: words.Words) -> Iterator[Open]:
    """Open the window on a world; its workers end with the test."""
    bridges: list[Bridge] = []
    windows: list[TrackingWindow] = []

    def make(world: World) -> TrackingWindow:
        bridge = Bridge()
        bridges.append(bridge)
        window = scenes.window(world, english, bridge)
        qtbot.addWidget(window)
        windows.append(window)
        window.show()
        return window

    yield make
    for window in windows:
        window.close()
    for bridge in bridges:
        bridge.close()
        bridge.finish()
