"""The first pages in the other language, the other look and the other size, each photographed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from offline_backup_gui import words
from tests.wine.machine import Machine
from tests.wine.window import ProgramWindow

THEMES = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
DESKTOP = r"HKCU\Control Panel\Desktop"
OFFICE = r"C:\ProgramData"


@pytest.fixture
def dark_and_large(installed: Machine) -> Iterator[None]:
    """Let this Windows ask programs for the dark look, and scale everything to 200 %."""
    put(installed, THEMES, "AppsUseLightTheme", 0)
    put(installed, DESKTOP, "LogPixels", 192)
    yield
    put(installed, THEMES, "AppsUseLightTheme", 1)
    put(installed, DESKTOP, "LogPixels", 96)


def put(machine: Machine, key: str, name: str, value: int) -> None:
    said = machine.run("reg", "add", key, "/v", name, "/t", "REG_DWORD", "/d", str(value), "/f")
    assert said.code == 0, said.err


@pytest.mark.usefixtures("dark_and_large")
def test_dark_german_and_twice_as_large_nothing_leaves_the_window(window: ProgramWindow) -> None:
    walk(window, "de", "dark german 200 percent")
    corner = window.picture().crop((4, 4, 5, 5)).tobytes()
    assert max(corner) < 64, corner.hex()
    assert window.box.width >= 1600


def walk(window: ProgramWindow, language: str, name: str) -> None:
    """Walk to the third page, photographing each."""
    say = words.load(language).text
    state = r"C:\rig\state " + name
    window.open(environment={"OFFLINE_BACKUP_STATE": state, "OFFLINE_BACKUP_LANGUAGE": language})
    window.on(say("wizard.heading.model"))
    window.key("Tab", "space")
    window.finish(f"{name} 1 who makes it")
    window.on(say("wizard.heading.sources"))
    window.key("Tab")
    window.type(OFFICE)
    window.key("Return")
    window.wait_for_bar("the largest folders")
    window.finish(f"{name} 2 sources")
    window.on(say("wizard.heading.route"))
    window.shoot(f"{name} 3 route")
