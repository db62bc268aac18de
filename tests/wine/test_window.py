"""The whole way in the window, page by page with mouse and keyboard, every page photographed."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pypdfium2
import pytest

from offline_backup_gui.domain.job import JobKind
from tests.installer.built import quick_setup
from tests.wine.listening import TRACED, open_ports, opened
from tests.wine.machine import PROGRAM_FOLDER, Machine, until
from tests.wine.office import make_office, seen
from tests.wine.test_setup import hashes
from tests.wine.window import ProgramWindow

HOME = r"C:\window"
RUNNING = 4
STATE = {"OFFLINE_BACKUP_STATE": HOME + r"\state"}


@pytest.fixture
def home(installed: Machine, tmp_path: Path) -> Iterator[Path]:
    home = installed.here(HOME)
    make_office(home / "office")
    installed.plug("E:", tmp_path / "E", label="BACKUP-1", serial=0x5A1B0001)
    yield home
    for letter in "EF":
        installed.unplug(f"{letter}:")
    shutil.rmtree(home, ignore_errors=True)


def test_a_backup_is_made_shipped_and_restored_in_the_window(
    installed: Machine, home: Path, tmp_path: Path, window: ProgramWindow
) -> None:
    before, trace = seen(home / "office"), tmp_path / "trace"
    window.open(environment=STATE | TRACED, trace=trace)

    window.on("Who makes the backup?")
    _nothing_touches_a_program_that_runs(installed)
    window.click(500, 190)  # the first card
    window.finish("1 who makes it")

    window.on("What should be backed up?")
    window.key("Tab")
    window.type(HOME + r"\office")
    window.key("Return")
    window.wait_for_bar("the largest folders")
    window.finish("2 sources")

    window.on("How should it travel?")
    window.key("Tab", "Tab", "Tab", "Tab", "Up")  # the last one: own drives
    window.finish("3 route")

    window.on("Where in Azure?")
    window.key("Tab", "Up")  # the last one: practice
    window.finish("4 azure")

    _protect(window, home)

    window.on("Where does the agent")
    window.finish("6 staging")

    window.on("Which drives?")
    window.wait_for_drives(1)
    installed.plug("F:", tmp_path / "F", label="BACKUP-2", serial=0x5A1B0002)
    window.wait_for_drives(2)
    window.key("Tab", "space", "Tab", "space")
    window.wait_for_ticks(2)
    window.finish("7 drives")

    window.on("Check and start")
    window.key("alt+n")
    window.type("Branch 042")
    window.finish("8 check and start")

    window.on("Copying")
    assert open_ports(installed.prefix) == set()
    window.wait_for_good("a copy that is done")
    window.finish("9 copying")
    window.on("Ready to ship")
    window.shoot("10 ready to ship")
    window.key("alt+p")  # Play the datacenter

    window.on("Offline Backup")
    landing = home / "state" / "practice" / "account" / "landing-office"
    window.press_until("alt+d", landing.exists, "drives that are read in")
    # Of what they read in, an arrival is the proof; a key before it is ready does nothing.
    window.press_until("alt+r", lambda: (JobKind.ARRIVAL, "done") in _jobs(home), "an arrival")
    window.press_until("alt+v", lambda: (JobKind.VAULT, "done") in _jobs(home), "a vault")

    _restore(window, home, before)
    window.on("Offline Backup")
    window.changed("the overview, which lay behind")
    window.shoot("11 overview")
    assert open_ports(installed.prefix) == set()
    window.close()
    assert _state(installed) == "state.in-vault"
    assert opened(installed.noted(trace)) == []


def _nothing_touches_a_program_that_runs(machine: Machine) -> None:
    before = hashes(machine.here(PROGRAM_FOLDER))
    assert machine.run_setup(quick_setup(), "/S").code == RUNNING
    # Without its last word the uninstaller would copy itself away and answer at once.
    # It wants that word unquoted, spaces and all.
    last = f"_?={PROGRAM_FOLDER}".split(" ")
    assert machine.run(PROGRAM_FOLDER + r"\uninstall.exe", "/S", *last).code == RUNNING
    assert hashes(machine.here(PROGRAM_FOLDER)) == before


def _state(machine: Machine) -> str:
    said = machine.say("track", "--json", environment=STATE)
    return str(said.result.get("state", ""))


def _jobs(home: Path) -> set[tuple[str, str]]:
    """Give kind and state of every job from a copy of the state: no program has to start."""
    with TemporaryDirectory() as folder:
        for path in (home / "state").glob("state.db*"):
            shutil.copy(path, folder)
        with contextlib.closing(sqlite3.connect(Path(folder) / "state.db")) as state:
            try:
                return set(state.execute("SELECT kind, state FROM jobs"))
            except sqlite3.DatabaseError:  # copied while it was written
                return set()


def _protect(window: ProgramWindow, home: Path) -> None:
    """Make the key, save the kit with the dialog of Windows, type its code from the paper."""
    kit = home / "kit.pdf"
    window.on("Who may read it?")
    window.watch()
    window.key("alt+m")  # Make one for me
    window.changed("a passphrase")
    window.key("alt+c")
    window.wait_for_good("the key")
    window.press_until("alt+s", lambda: window.there("Save the kit"), "the dialog of Windows")
    window.on("Save the kit")
    window.key("Home", "shift+End")
    window.type(HOME + r"\kit.pdf")
    window.watch()
    window.key("Return")
    until(kit.exists, "the kit")
    window.on("Who may read it?")
    page = pypdfium2.PdfDocument(kit)[0].get_textpage().get_text_range()
    lines = re.findall(r"^\d ([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z])\s*$", page, re.MULTILINE)
    assert len(lines) == 4, page
    for line in lines:
        window.type(line)
    window.finish("5 protection")


def _restore(window: ProgramWindow, home: Path, promised: dict[str, tuple[str, int, int]]) -> None:
    window.press_until("alt+i", lambda: window.there("Open a backup"), "the restore wizard")
    window.on("Open a backup")
    window.finish("12 restore from")
    titles = {
        "13 restore point": "Which restore point?",
        "14 restore files": "Which files?",
        "15 restore to": "Where should",
    }
    for name, title in titles.items():
        window.on(title)
        if name == "15 restore to":
            window.key("alt+f")
            window.type(HOME + r"\restored")
        window.finish(name)
    window.on("Restoring")
    window.wait_for_good("a restore that is done")
    assert seen(home / "restored" / "office") == promised
    window.shoot("16 restored")
    window.watch()
    window.key("alt+c")
