"""The picture at the left of the first and the last page of setup."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

WIDTH, HEIGHT = 164, 314  # what NSIS wants, in pixels
_TOP, _BOTTOM = "#0f3d5c", "#1b6f93"


def draw_picture(drawing: Path, target: Path) -> None:
    """Write a bitmap with our icon, drawn by Qt in a process of its own."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "installer.windows.picture", str(drawing), str(target)]
    subprocess.run(command, check=True, env=environment, cwd=Path(__file__).parents[2])


def _draw(drawing: Path, target: Path) -> None:
    from PySide6.QtCore import QRectF
    from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB888)
    ground = QLinearGradient(0, 0, 0, HEIGHT)
    ground.setColorAt(0, QColor(_TOP))
    ground.setColorAt(1, QColor(_BOTTOM))
    painter = QPainter(image)
    painter.fillRect(image.rect(), ground)
    side = WIDTH * 0.5
    QSvgRenderer(str(drawing)).render(painter, QRectF((WIDTH - side) / 2, 48, side, side))
    painter.end()
    if not image.save(str(target)):
        raise SystemExit(f"Qt could not write {target}.")


if __name__ == "__main__":
    from PySide6.QtGui import QGuiApplication

    shown = QGuiApplication(["picture"])
    _draw(Path(sys.argv[1]), Path(sys.argv[2]))
