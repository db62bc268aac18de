"""The icon of the program as Windows wants it: every size in one file, drawn from the SVG."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

# The sizes Windows asks for at 100 to 400 %; larger ones it scales down from 256.
SIZES = (16, 20, 24, 32, 40, 48, 64, 256)


def draw_icon(drawing: Path, target: Path) -> None:
    """Write an .ico with a picture of each size.

    Qt draws in a process of its own: one that has no display yet, whatever the caller has open.
    """
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "installer.windows.icon", str(drawing), str(target)]
    subprocess.run(command, check=True, env=environment, cwd=Path(__file__).parents[2])


def ico(pictures: dict[int, bytes]) -> bytes:
    """Give the bytes of an icon file: a directory of 16 bytes a picture, then the PNGs."""
    directory = struct.pack("<HHH", 0, 1, len(pictures))
    offset = len(directory) + 16 * len(pictures)
    for size, png in pictures.items():
        side = size % 256  # 0 stands for 256
        directory += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(png), offset)
        offset += len(png)
    return directory + b"".join(pictures.values())


def _png(drawing: Path, size: int) -> bytes:
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
    from PySide6.QtGui import QImage, QImageWriter, QPainter
    from PySide6.QtSvg import QSvgRenderer

    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(drawing)).render(painter)
    painter.end()
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not QImageWriter(buffer, b"PNG").write(image):
        raise SystemExit(f"Qt could not draw {drawing}.")
    return bytes(content.data())


if __name__ == "__main__":
    from PySide6.QtGui import QGuiApplication

    drawn = QGuiApplication(["icon"])
    Path(sys.argv[2]).write_bytes(ico({size: _png(Path(sys.argv[1]), size) for size in SIZES}))
