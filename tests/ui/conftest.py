"""What every window test shares: the look of the program and its words."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from offline_backup_gui.ui.theme import Theme


@pytest.fixture(scope="session", autouse=True)
def _dressed(qapp: QApplication) -> Theme:
    return Theme(qapp, forced=Qt.ColorScheme.Light)


@pytest.fixture(autouse=True)
def _windows_are_gone(qapp: QApplication) -> Iterator[None]:
    yield
    qapp.processEvents()
    with warnings.catch_warnings():
        # Requests that nobody waits for any more (adapters/line.py) leave their lines to this.
        warnings.filterwarnings("ignore", "unclosed <ssl", ResourceWarning)
        gc.collect()
