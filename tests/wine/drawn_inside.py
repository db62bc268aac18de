"""Runs inside Windows: draws sentences as the window of the program does there, one picture each.

Each job of `main` is a file name, a text, and its look: "strong" or the status of a chip.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication

from offline_backup_gui.ui.theme import Status, Theme
from offline_backup_gui.ui.widgets.boxes import Card
from offline_backup_gui.ui.widgets.texts import chip, text


def main(jobs: Path, folder: Path) -> None:
    """Draw every job into the folder, on the ground of a card."""
    app = QApplication(sys.argv[:1])
    Theme(app)
    for name, content, look in json.loads(jobs.read_text("utf-8")):
        label = (
            text(content, "strong", wrap=False) if look == "strong" else chip(content, Status(look))
        )
        card = Card("-")
        card.add(label)
        card.show()
        app.processEvents()
        place = QRect(label.mapTo(card, QPoint(0, 0)), label.size())
        assert card.grab(place).save(str(folder / f"{name}.png"))
        card.close()
