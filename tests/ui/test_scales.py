"""Every scale that Windows offers: icons are drawn for it, windows keep their least size."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication

from offline_backup_gui.ui.icons import icon, pixmap
from tests.house.checkout import ROOT

_LOOK = """
import json
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from offline_backup_gui import words
from offline_backup_gui.ui.entry import _application
from offline_backup_gui.ui.icons import IconLabel
from offline_backup_gui.ui.shell import Shell
from offline_backup_gui.ui.theme import Status, Theme
app = _application(words.load("en"))
Theme(app)
shell = Shell(words.load("en"), "Offline Backup")
shell.resize(shell.minimumSize())
picture = shell.grab()
print(json.dumps({
    "policy": QGuiApplication.highDpiScaleFactorRoundingPolicy().name,
    "ratio": shell.devicePixelRatio(),
    "logical": [shell.width(), shell.height()],
    "dots": [picture.width(), picture.height()],
    "buttons": [b.x() + b.width() for b in (shell.cancel_button, shell.next_button)],
}))
"""


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0])
def test_an_icon_is_drawn_for_the_scale_it_is_shown_at(qapp: QApplication, ratio: float) -> None:
    shown = icon("drive", "#1a5fb4", 20).pixmap(QSize(20, 20), ratio)
    drawn = pixmap("drive", "#1a5fb4", 20, ratio)
    assert shown.toImage() == drawn.toImage()
    assert shown.width() == round(20 * ratio)


@pytest.mark.parametrize("scale", ["1", "1.25", "1.5", "1.75", "2"])
def test_a_window_keeps_its_least_size_at_every_scale(scale: str) -> None:
    environ = {
        **os.environ,
        "QT_SCALE_FACTOR": scale,
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", _LOOK], env=environ, capture_output=True, text=True, check=True
    )
    seen = json.loads(done.stdout)
    assert seen["policy"] == "PassThrough"
    assert seen["ratio"] == float(scale)
    assert seen["logical"] == [800, 560]
    assert seen["dots"] == [round(800 * float(scale)), round(560 * float(scale))]
    assert max(seen["buttons"]) <= 800
