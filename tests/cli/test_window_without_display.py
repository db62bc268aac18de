"""Without arguments the window opens; where it cannot, a sentence says so."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("display", ["", ":9876"])
def test_where_no_window_can_open_a_sentence_says_so(display, tmp_path):
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    } | {"OFFLINE_BACKUP_STATE": str(tmp_path), "OFFLINE_BACKUP_LANGUAGE": "en"}
    if display:
        environment["DISPLAY"] = display
    said = subprocess.run(
        [sys.executable, "-m", "offline_backup_gui"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.returncode == 1
    assert said.stdout == ""
    assert said.stderr.splitlines()[0] == "There is no display for the window"
    assert not list(tmp_path.iterdir())
