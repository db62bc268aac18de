"""The window of the installed program, driven by mouse and keyboard like a person would."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from tests.wine.machine import WINDOW, Machine, until
from tests.wine.screen import Box, Screen

START_S = 60.0  # until a window shows, on a cold disk
ACCENT = (0x0B, 0x5C, 0xC2)  # the button that goes on, and what can be chosen; ui/theme.py
ACCENT_DARK = (0x6C, 0xB0, 0xFF)


class ProgramWindow:
    """One start of the window. Its title says which page it shows."""

    def __init__(self, machine: Machine, screen: Screen, pictures: Path) -> None:
        self._machine, self._screen, self._pictures = machine, screen, pictures
        self._process: subprocess.Popen[bytes] | None = None
        self._id = ""

    # ------------------------------------------------------------ the window itself

    def open(self, *words: str, environment: Mapping[str, str] | None = None) -> None:
        """Start the program."""
        self._process = self._machine.start(WINDOW, *words, environment=environment)

    def close(self) -> None:
        """Close the window as Alt+F4 does, and wait for the program to end."""
        self.key("alt+F4")
        assert self._process is not None
        self._process.wait(timeout=START_S)

    def on(self, title: str, limit_s: float = START_S) -> None:
        """Wait until a window whose title begins so is in front, and drive that one."""

        def found() -> bool:
            for window in reversed(self._windows()):
                if self._screen.do("getwindowname", window).startswith(title):
                    self._id = window
                    return True
            return False

        until(found, f"a window called {title!r}; there are {self.titles()}", limit_s=limit_s)
        self._screen.do("windowfocus", "--sync", self._id)
        self.still()

    def titles(self) -> list[str]:
        """Give the titles of all windows there are."""
        return [self._screen.do("getwindowname", window).strip() for window in self._windows()]

    def _windows(self) -> list[str]:
        return self._screen.do("search", "--onlyvisible", "--name", ".").split()

    @property
    def box(self) -> Box:
        """Give the place of the window on the screen."""
        told = self._screen.do("getwindowgeometry", "--shell", self._id)
        values = dict(line.split("=") for line in told.split())
        return Box(*(int(values[name]) for name in ("X", "Y", "WIDTH", "HEIGHT")))

    # ------------------------------------------------------------ hands

    def key(self, *keys: str) -> None:
        """Press keys, such as Tab or alt+n."""
        self._screen.do("key", "--delay", "30", *keys)

    def type(self, text: str) -> None:
        """Type a text, letter by letter."""
        self._screen.do("type", "--delay", "15", text)

    def click(self, left: int, top: int) -> None:
        """Click at a place inside the window."""
        box = self.box
        self._screen.do("mousemove", str(box.left + left), str(box.top + top), "click", "1")

    def go_on(self) -> None:
        """Click the button that goes on, as soon as it is coloured: then the page is done."""
        until(lambda: self._button() is not None, f"a way on from {self.titles()}")
        button = self._button()
        assert button is not None
        self.click(*button.middle)

    def _button(self) -> Box | None:
        """Find the button that goes on: the patch of our accent colour at the lower right."""
        box = self.box
        part = Box(box.left + box.width // 2, box.top + box.height * 7 // 8, box.width // 2, 0)
        part = Box(part.left, part.top, part.width, box.top + box.height - part.top)
        found = patch(self._screen.picture(part), ACCENT) or patch(
            self._screen.picture(part), ACCENT_DARK
        )
        if found is None or found.width * found.height < 400:
            return None
        return Box(
            found.left + box.width // 2, found.top + part.top - box.top, found.width, found.height
        )

    # ------------------------------------------------------------ eyes

    def picture(self) -> Image.Image:
        """Take a picture of the window."""
        return self._screen.picture(self.box)

    def still(self) -> None:
        """Wait until two looks in a row show the same: the page is drawn."""
        before = [b""]

        def same() -> bool:
            picture = self.picture()
            now = picture.tobytes()
            alike, before[0] = now == before[0], now
            # Black is a window that has not been drawn: even the dark look has lighter parts.
            return alike and picture.getextrema() != ((0, 0),) * 3

        until(same, "a window that stands still")

    def shoot(self, name: str) -> None:
        """Keep a picture of the window."""
        self._screen.do("mousemove", "0", "0")
        self.still()
        self._pictures.mkdir(parents=True, exist_ok=True)
        self.picture().save(self._pictures / f"{name}.png")


def patch(picture: Image.Image, colour: tuple[int, int, int]) -> Box | None:
    """Give the rectangle around all pixels of a colour, or None when there are none."""
    width = picture.width
    data, wanted = picture.tobytes(), bytes(colour)
    hits: list[int] = []
    at = data.find(wanted)
    while at >= 0:
        if at % 3 == 0:
            hits.append(at // 3)
            at += 3
        else:
            at += 1
        at = data.find(wanted, at)
    if not hits:
        return None
    columns = [hit % width for hit in hits]
    rows = [hit // width for hit in hits]
    left, top = min(columns), min(rows)
    return Box(left, top, max(columns) - left + 1, max(rows) - top + 1)
