"""Sings while PySide6 and Python fit together (docs/decisions/001-python-3-11-and-qt-6-9.md)."""

from __future__ import annotations

import subprocess
import sys

# PySide6 6.12.0 drops a reference of True at each emit and dies on Python 3.11 after some 560.
SONG = """
from PySide6.QtCore import QObject, Signal

class Bird(QObject):
    sang = Signal(bool)

heard = []
bird = Bird()
bird.sang.connect(heard.append)
for _ in range(2000):
    bird.sang.emit(True)
print(len(heard))
"""


def test_two_thousand_signals_do_not_end_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", SONG], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "2000"), done.stderr
