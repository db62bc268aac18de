"""A screen of the tests' own: Xvfb, whose pixels are read straight from its memory file."""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

WIDTH, HEIGHT = 2400, 1700  # room for the window at 200 %
_HEADER_LONGS = 25  # XWDFile.h: header size, version, format, depth, width, height, ...
_COLOUR_BYTES = 12


@dataclass(frozen=True)
class Box:
    """A rectangle of the screen, in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[int, int]:
        """Give the point in its middle."""
        return self.left + self.width // 2, self.top + self.height // 2


@dataclass(frozen=True)
class Screen:
    """One display."""

    display: str
    memory: Path

    def picture(self, box: Box | None = None) -> Image.Image:
        """Take a picture of the screen, or of a part of it."""
        with self.memory.open("rb") as memory:
            header = struct.unpack(f">{_HEADER_LONGS}I", memory.read(4 * _HEADER_LONGS))
            size, width, height, line_bytes, colours = (header[at] for at in (0, 4, 5, 12, 19))
            part = box or Box(0, 0, width, height)
            # Only the lines that are asked for: the whole screen is 16 MB.
            memory.seek(size + colours * _COLOUR_BYTES + max(part.top, 0) * line_bytes)
            lines = min(part.height, height - part.top)
            data = memory.read(lines * line_bytes)
        whole = Image.frombuffer("RGB", (width, lines), data, "raw", "BGRX", line_bytes, 1)
        return whole.crop((part.left, 0, part.left + part.width, lines))

    def do(self, *words: str) -> str:
        """Let xdotool press, type, click or answer; what it finds nothing for is an empty text."""
        ended = subprocess.run(
            ["xdotool", *words],
            env={**os.environ, "DISPLAY": self.display},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return ended.stdout


@contextmanager
def running_screen(folder: Path) -> Iterator[Screen]:
    """Run Xvfb on the first display that is free."""
    folder.mkdir(parents=True, exist_ok=True)
    answer, telling = os.pipe()
    server = subprocess.Popen(
        [
            *("Xvfb", "-displayfd", str(telling), "-fbdir", str(folder)),
            *("-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp"),
        ],
        pass_fds=[telling],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(telling)
    try:
        with os.fdopen(answer) as told:
            number = told.readline().strip()
        assert number, "Xvfb ended before it was ready"
        yield Screen(f":{number}", folder / "Xvfb_screen0")
    finally:
        server.terminate()
        server.wait(timeout=30)
