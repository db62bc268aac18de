"""The window of the installed program, driven by mouse and keyboard like a person would."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path, PureWindowsPath

from PIL import Image, ImageChops

from tests.wine.machine import WINDOW, Machine, until
from tests.wine.screen import Box, Screen

START_S = 240.0  # a hang, not a measure: idle it takes 2 s, beside other work a minute
# The button that goes on, light and dark, each also under the mouse; ui/theme.py.
ACCENTS = tuple(bytes.fromhex(colour) for colour in ("0b5cc2", "094c9f", "6cb0ff", "8fc4ff"))
BAR = 130  # pixels
CARET = 8  # pixels, at 200 %
GOOD_SOFT = bytes.fromhex("e5f5ec")


class ProgramWindow:
    """One start of the window. Its title says which page it shows."""

    def __init__(self, machine: Machine, screen: Screen, pictures: Path) -> None:
        self._machine, self._screen, self._pictures = machine, screen, pictures
        self._process: subprocess.Popen[bytes] | None = None
        self._id = ""
        self._box: Box | None = None
        self._left = b""
        self._seen = Image.new("RGB", (1, 1))

    # ------------------------------------------------------------ the window itself

    def open(
        self,
        *words: str,
        environment: Mapping[str, str] | None = None,
        trace: Path | None = None,
    ) -> None:
        """Start the program; `trace` gets what Wine notes of it."""
        self._process = self._machine.start(WINDOW, *words, environment=environment, trace=trace)

    def close(self) -> None:
        """Close the window as Alt+F4 does, and wait for the program to end."""
        process = self._process
        assert process is not None

        def gone() -> bool:
            if self._screen.do("getwindowname", self._id):
                # Behind a window that has gone another may have the keys only after a click.
                self.click(8, self.box.height - 8)
                self.key("alt+F4")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=3)
            return process.poll() is not None

        self._until(gone, "the end of the program")

    def on(self, title: str, limit_s: float = START_S) -> None:
        """Wait until a window whose title begins so is in front, and drive that one."""

        def found() -> bool:
            windows = self._windows("^" + _literal(title))
            if windows:
                self._id = windows[-1]
            return bool(windows)

        # Each look is a program of its own, which takes time from the one that is waited for.
        self._until(found, f"a window called {title!r}", limit_s, every_s=0.3)
        self._box = None
        self._screen.do("windowfocus", "--sync", self._id)
        # The title comes first and the page a moment later.
        self._until(lambda: self._heading() != self._left, f"the page of {title!r}")
        self.still()

    def _heading(self) -> bytes:
        """Give the picture of the heading alone: not of the rail, nor of a scroll bar."""
        picture = self.picture()
        width, height = picture.size
        return picture.crop((width // 3, 0, width * 4 // 5, height // 12)).tobytes()

    def titles(self) -> list[str]:
        """Give the titles of all windows there are."""
        return [self._screen.do("getwindowname", window).strip() for window in self._windows()]

    def _windows(self, name: str = ".") -> list[str]:
        return self._screen.do("search", "--onlyvisible", "--name", name).split()

    @property
    def box(self) -> Box:
        """Give the place of the window on the screen, which stays from one `on` to the next."""
        if self._box is None:
            told = self._screen.do("getwindowgeometry", "--shell", self._id)
            values = dict(line.split("=") for line in told.split())
            self._box = Box(*(int(values[name]) for name in ("X", "Y", "WIDTH", "HEIGHT")))
        return self._box

    def end(self) -> None:
        """End what a failed test left open."""
        if self._process is not None and self._process.poll() is None:
            self._machine.run("taskkill", "/f", "/im", PureWindowsPath(WINDOW).name)
            self._process.wait(timeout=START_S)

    def _until(
        self,
        claim: Callable[[], object],
        what: str,
        limit_s: float = START_S,
        every_s: float = 0.1,
    ) -> None:
        """Wait for something, and keep a picture of the whole screen when it does not come."""
        try:
            until(claim, what, limit_s=limit_s, every_s=every_s)
        except AssertionError as error:
            self._pictures.mkdir(parents=True, exist_ok=True)
            place = self._pictures / "failed.png"
            self._screen.picture().save(place)
            raise AssertionError(f"{error}; there are {self.titles()}, see {place}") from None

    # ------------------------------------------------------------ hands

    def key(self, *keys: str) -> None:
        """Press keys, such as Tab or alt+n."""
        self._screen.do("key", "--delay", "30", *keys)

    def type(self, text: str) -> None:
        """Type a text, letter by letter."""
        self._screen.do("type", "--delay", "15", text)

    def press_until(self, key: str, claim: Callable[[], bool], what: str) -> None:
        """Press a key now and then: a button that is not ready takes no notice."""

        def pressed() -> bool:
            if claim():
                return True
            self._screen.do("windowfocus", "--sync", self._id)
            self.key(key)
            self.still()
            return claim()

        self._until(pressed, what)

    def there(self, title: str) -> bool:
        """Say whether a window of this title is open."""
        return any(one.startswith(title) for one in self.titles())

    def click(self, left: int, top: int) -> None:
        """Click at a place inside the window."""
        box = self.box
        self._screen.do("mousemove", str(box.left + left), str(box.top + top), "click", "1")

    def rest(self) -> None:
        """Take the mouse away, over a place where nothing is: Wine tells no sudden leaving."""
        box = self.box
        self._screen.do("mousemove", str(box.left + 8), str(box.top + box.height - 8))
        self._screen.do("mousemove", "0", "0")

    def finish(self, name: str) -> None:
        """Keep a picture of a page that is done, and go on."""
        self._way_on()
        self.shoot(name)
        place = self._way_on()
        self._left = self._heading()
        self.click(*place)

    def _way_on(self) -> tuple[int, int]:
        """Wait until the button that goes on is coloured: then the page is done."""
        self._until(lambda: self._button() is not None, "a way on")
        place = self._button()
        assert place is not None
        return place

    def _button(self) -> tuple[int, int] | None:
        """Find the button that goes on: the lowest stretch of our accent colour, in the bar."""
        picture = self.picture()
        for colour in ACCENTS:
            found = lowest_stretch(picture, colour)
            if found is not None and found[1] > picture.height * 9 // 10:
                # Its last line is its border, where a click may miss it.
                return found[0], found[1] - 8
        return None

    # ------------------------------------------------------------ eyes

    def picture(self) -> Image.Image:
        """Take a picture of the window."""
        return self._screen.picture(self.box)

    def still(self) -> None:
        """Wait until five looks in a row show the same: the page is drawn."""
        looks: list[Image.Image] = []

        def same() -> bool:
            picture = self.picture()
            alike = len(looks) == 4 and not any(differ(look, picture) for look in looks)
            looks[:] = [*looks[-3:], picture]
            # Black is a window that has not been drawn: even the dark look has lighter parts.
            return alike and picture.getextrema() != ((0, 0),) * 3

        self._until(same, "a window that stands still")

    def wait_for(self, claim: Callable[[], object], what: str) -> None:
        """Wait for something on the screen."""
        self._until(claim, what)

    def wait_for_good(self, what: str) -> None:
        """Wait for a good notice over the width of the page."""
        self._until(lambda: lowest_stretch(self.picture(), GOOD_SOFT, 400), what)

    def wait_for_bar(self, what: str) -> None:
        """Wait for a bar in our accent colour that is longer than any button is wide."""

        def drawn() -> bool:
            picture = self.picture()
            ends = ((lowest_stretch(picture, colour, BAR), tuple(colour)) for colour in ACCENTS)
            # The frame of a field is as long and two pixels thick.
            return any(
                end and picture.getpixel((end[0], end[1] - 4)) == colour for end, colour in ends
            )

        self._until(drawn, what)

    def wait_for_drives(self, count: int) -> None:
        """Wait until so many drives may be chosen: those that may not have no blue mark."""
        self._wait_for_marks(count, 330, 355, f"{count} drives to choose from")

    def wait_for_ticks(self, count: int) -> None:
        """Wait until so many drives are ticked."""
        self._wait_for_marks(count, 300, 316, f"{count} ticked drives", least=5)

    def _wait_for_marks(self, count: int, left: int, right: int, what: str, least: int = 1) -> None:
        """Wait for blue marks below one another, between two thousandths of the width."""

        def listed() -> bool:
            picture = self.picture()
            width, height = picture.size
            box = (width * left // 1000, height * 3 // 10, width * right // 1000, height)
            return marks(picture.crop(box), ACCENTS[0], least) == count

        self._until(listed, what)
        self.still()

    def watch(self) -> None:
        """Remember what the page looks like."""
        self.rest()
        self.still()
        self._seen = self.picture()

    def changed(self, what: str) -> None:
        """Wait until the page looks otherwise than when it was watched."""
        self._until(lambda: differ(self.picture(), self._seen), what)
        self.still()

    def shoot(self, name: str) -> None:
        """Keep a picture of the window."""
        self.rest()
        self.still()
        self._pictures.mkdir(parents=True, exist_ok=True)
        self.picture().save(self._pictures / f"{name}.png")


def _literal(text: str) -> str:
    """Write a text as a pattern of xdotool that means nothing else."""
    return "".join(f"[{sign}]" if sign in ".*+?()[{|$" else sign for sign in text)


def differ(one: Image.Image, other: Image.Image) -> bool:
    """Say whether two pictures show different things; a blinking caret is no difference."""
    if one.size != other.size:
        return True
    box = ImageChops.difference(one, other).getbbox()
    return box is not None and box[2] - box[0] > CARET


def trimmed(picture: Image.Image) -> Image.Image:
    """Take the ground away around what is drawn; the ground is the colour of its first pixel."""
    ground = Image.new("RGB", picture.size, picture.getpixel((0, 0)))
    box = ImageChops.difference(picture, ground).getbbox()
    assert box is not None, "nothing is drawn"
    return picture.crop(box)


def times(part: Image.Image, picture: Image.Image) -> int:
    """Count how often a picture holds another one, pixel by pixel."""
    width, height = part.size
    line_bytes = picture.width * 3
    # The line with the most colours is not on the way by chance.
    lines = [part.crop((0, line, width, line + 1)).tobytes() for line in range(height)]
    at = max(range(height), key=lambda line: len(set(lines[line])))
    data, found, place = picture.tobytes(), 0, -1
    while (place := data.find(lines[at], place + 1)) >= 0:
        left, top = place % line_bytes // 3, place // line_bytes - at
        if place % 3 == 0 and picture.crop((left, top, left + width, top + height)).tobytes() == (
            b"".join(lines)
        ):
            found += 1
    return found


def lowest_stretch(picture: Image.Image, colour: bytes, least: int = 40) -> tuple[int, int] | None:
    """Give a point on the lowest line with so many pixels of a colour side by side, or None."""
    at = picture.tobytes().rfind(colour * least)
    if at < 0:
        return None
    pixel = at // len(colour) + least // 2
    return pixel % picture.width, pixel // picture.width


def marks(picture: Image.Image, colour: bytes, least: int = 1) -> int:
    """Count the marks of a colour that stand below one another, `least` pixels wide and high."""
    line_bytes = picture.width * len(colour)
    data, wanted = picture.tobytes(), colour * least
    groups: list[list[int]] = []
    for number in range(picture.height):
        if wanted in data[number * line_bytes : (number + 1) * line_bytes]:
            if not groups or number - groups[-1][-1] > 12:
                groups.append([])
            groups[-1].append(number)
    return sum(len(group) >= least for group in groups)
