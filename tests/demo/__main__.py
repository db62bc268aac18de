"""Play a whole shipment in fast motion: `python -m tests.demo [--speed DAYS] [--language de]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path


def main() -> int:
    """Play in a folder that is gone afterwards, until the window is closed."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--speed", type=float, default=0.4, help="days a second (0.4)")
    parser.add_argument("--language", choices=("en", "de"), default="en")
    parser.add_argument("--pictures", type=Path, help="keep two pictures there, and end")
    chosen = parser.parse_args()
    if not 0 < chosen.speed < 1e6:
        parser.error("--speed takes a number of days above 0")

    from PySide6.QtCore import QLocale
    from PySide6.QtWidgets import QApplication

    from offline_backup_gui import words
    from offline_backup_gui.ui.theme import Theme
    from tests.demo.play import Play
    from tests.demo.story import Story

    app = QApplication([])
    theme = Theme(app)
    QLocale.setDefault(QLocale(chosen.language))
    with tempfile.TemporaryDirectory(prefix="offline-backup-demo-") as folder:
        spoken = words.load(chosen.language)
        play = Play(Story(Path(folder)), spoken, chosen.speed, chosen.pictures)
        app.lastWindowClosed.connect(app.quit)
        if chosen.pictures is not None:
            play.ended.connect(app.quit)
        play.start()
        app.exec()
        play.close()
    theme.deleteLater()
    return 0 if play.trouble is None else 1


if __name__ == "__main__":
    sys.exit(main())
