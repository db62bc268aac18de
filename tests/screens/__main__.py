"""Take a picture of every page: 100 and 200 %, light and dark, English and German.

`python -m tests.screens [NAME...]` writes build/screens/<scale>-<look>-<language>/<name>.png and a
contact sheet for each folder; a name given picks the scenes that contain it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

SCALES = (1, 2)
LOOKS = ("light", "dark")
LANGUAGES = ("en", "de")
FOLDER = Path("build") / "screens"


def main() -> int:
    """Start one process for each scale, because Qt reads its scale only once."""
    parser = argparse.ArgumentParser(prog="python -m tests.screens")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--scale", type=int, choices=SCALES, action="append")
    parser.add_argument("--look", choices=LOOKS, action="append")
    parser.add_argument("--language", choices=(*LANGUAGES, "stretched"), action="append")
    parser.add_argument("--size", default="", help="window size such as 800x560")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        return take(chosen)
    failed = 0
    for scale in chosen.scale or SCALES:
        environ = {
            **os.environ,
            "QT_SCALE_FACTOR": str(scale),
            "QT_QPA_PLATFORM": "offscreen",
        }
        arguments = [sys.executable, "-m", "tests.screens", "--inside", "--scale", str(scale)]
        arguments += [item for look in chosen.look or LOOKS for item in ("--look", look)]
        for language in chosen.language or LANGUAGES:
            arguments += ["--language", language]
        if chosen.size:
            arguments += ["--size", chosen.size]
        failed |= subprocess.run([*arguments, *chosen.names], env=environ, check=False).returncode
    return failed


def take(chosen: argparse.Namespace) -> int:
    """Take the pictures of one scale in this process."""
    from PySide6.QtCore import QEvent, QLocale, Qt
    from PySide6.QtWidgets import QApplication

    from offline_backup_gui import words as sentences
    from offline_backup_gui.ui.theme import Theme

    app = QApplication([])
    width, _, height = chosen.size.partition("x")
    for look in chosen.look:
        scheme = Qt.ColorScheme.Dark if look == "dark" else Qt.ColorScheme.Light
        theme = Theme(app, forced=scheme)
        for language in chosen.language:
            words = sentences.load(language)
            QLocale.setDefault(QLocale(language if language in LANGUAGES else "en"))
            name = f"{chosen.scale[0]}00-{look}-{language}"
            if chosen.size:
                name += f"-{chosen.size}"
            folder = FOLDER / name
            folder.mkdir(parents=True, exist_ok=True)
            taken = []
            for scene, build in all_scenes().items():
                if chosen.names and not any(part in scene for part in chosen.names):
                    continue
                window = build(words)
                if chosen.size:
                    window.resize(int(width), int(height))
                window.show()
                for _ in range(6):
                    app.processEvents()
                path = folder / f"{scene}.png"
                window.grab().save(str(path))
                taken.append(path)
                window.close()
                window.deleteLater()
                # Outside an event loop nothing else deletes it: pictures took ever longer.
                app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            contact_sheet(taken, folder / "_all.png")
            print(f"{folder}: {len(taken)} pictures", flush=True)
        theme.deleteLater()
        app.processEvents()
    return 0


def all_scenes() -> dict[str, Callable[..., QWidget]]:
    """Give the scenes of every window."""
    from tests.screens.devices import SCENES as DEVICES
    from tests.screens.scenes import SCENES
    from tests.ui.restore.scenes import SCENES as RESTORE
    from tests.ui.tracking.scenes import SCENES as TRACKING

    return {**SCENES, **DEVICES, **TRACKING, **RESTORE}


def contact_sheet(pictures: list[Path], target: Path) -> None:
    """Put small versions of all pictures onto one."""
    from PySide6.QtCore import QRect, Qt
    from PySide6.QtGui import QImage, QPainter

    columns, width, gap = 3, 640, 16
    height = round(width * 0.72)
    rows = -(-len(pictures) // columns)
    sheet = QImage(
        columns * (width + gap) + gap,
        max(1, rows) * (height + gap) + gap,
        QImage.Format.Format_RGB32,
    )
    sheet.fill(Qt.GlobalColor.gray)
    painter = QPainter(sheet)
    for place, path in enumerate(pictures):
        image = QImage(str(path))
        image.setDevicePixelRatio(1.0)
        small = image.scaled(
            width,
            height,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        left = gap + (place % columns) * (width + gap)
        top = gap + (place // columns) * (height + gap)
        painter.drawImage(QRect(left, top, small.width(), small.height()), small)
    painter.end()
    sheet.save(str(target))


if __name__ == "__main__":
    raise SystemExit(main())
