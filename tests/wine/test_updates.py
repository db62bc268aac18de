"""Updates inside a Windows: what was tampered with is refused, what is genuine starts its setup."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from installer.release.repository import Note, packed
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.domain.errors import ErrorCode
from tests.adapters.updates.tampering import all_of, made
from tests.adapters.updates.vendor import NOW, Vendor
from tests.installer.built import quick_setup
from tests.wine.machine import CONSOLE, GUARD_S, PROGRAM_FOLDER, Machine, until
from tests.wine.screen import Screen
from tests.wine.test_removal import NEWER
from tests.wine.test_setup import UNINSTALL
from tests.wine.updates_inside import Offer, Offers
from tests.wine.window import ProgramWindow, differ

HOME = r"C:\updates"
STATE = {"OFFLINE_BACKUP_STATE": HOME + r"\state"}
ROOT = PROGRAM_FOLDER + r"\app\resources\updates\root.json"


@pytest.fixture
def home(installed: Machine) -> Iterator[Path]:
    home = installed.here(HOME)
    home.mkdir()
    yield home
    # A setup whose window is gone still writes for a moment.
    until(lambda: _removed(home), "the end of what setup writes")


def _removed(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def test_every_tampered_update_is_refused_inside_windows(
    installed: Machine, home: Path, tmp_path: Path
) -> None:
    releases = made(Vendor(tmp_path / "repository"))
    tampered = [
        Offer(one.name, one.data, one.code.value, 10 + one.days)
        for number, one in enumerate(all_of(releases))
        # One flipped bit is like the next; tests/adapters/updates tries them all.
        if number % 3 == 0 or not one.name.startswith("bit ")
    ]
    assert len(tampered) >= 100
    offers = Offers(
        releases.vendor.root, NOW, packed(releases.first), tampered, releases.good, good_days=10
    )
    (home / "offers").write_bytes(msgspec.msgpack.encode(offers))
    script = installed.bring_inside(home, "updates_inside", "wine/updates_inside.py")
    said = installed.run(r"C:\rig\python.exe", script, HOME + r"\offers", HOME + r"\office")
    assert said.code == 0, said.err
    assert json.loads(said.out) == {"first": "1.1.0", "wrong": [], "good": "1.2.0"}


@pytest.fixture
def vendor(installed: Machine, tmp_path: Path) -> Iterator[Vendor]:
    """Give a vendor whose keys the installed program trusts, as one that is built for customers."""
    vendor = Vendor(tmp_path / "repository", datetime.now(UTC) - timedelta(days=1))
    root = installed.here(ROOT)
    development = root.read_bytes()
    root.write_bytes(vendor.root)
    yield vendor
    root.write_bytes(development)


def test_an_update_that_was_carried_here_is_installed_by_its_setup_page_by_page(
    installed: Machine, home: Path, vendor: Vendor, screen: Screen, pictures: Path
) -> None:
    setup = quick_setup(NEWER).read_bytes()
    note = Note(NEWER, vendor.now, {"en": "What is new.", "de": "Was neu ist."})
    vendor.repository.release(vendor.keys, setup, note)
    genuine = packed(vendor.members())
    changed = bytearray(genuine)
    changed[len(changed) // 2] ^= 1
    carried = home / "carried.update"
    file = HOME + r"\carried.update"

    carried.write_bytes(changed)
    refused = installed.say("update", "from-file", file, "--json", environment=STATE)
    assert refused.code == ExitCode.UPDATE_REFUSED
    assert refused.result["code"] == ErrorCode.UPDATE_NOT_GENUINE
    carried.write_bytes(genuine)
    taken = installed.say("update", "from-file", file, "--json", environment=STATE)
    assert (taken.code, taken.result["ready"], taken.result["version"]) == (0, True, NEWER)
    # Without a pipe: setup, which stays, would hold it open.
    starting = installed.start(CONSOLE, "update", "install", environment=STATE)
    assert starting.wait(timeout=GUARD_S) == 0

    _click_through(ProgramWindow(installed, screen, pictures), installed.here(ROOT), vendor.root)
    assert installed.registry(UNINSTALL)["DisplayVersion"] == NEWER


def _click_through(setup: ProgramWindow, root: Path, before: bytes) -> None:
    """Walk through the pages of setup, photographing each, without starting the program."""
    setup.on("Offline Backup Setup")
    welcome = setup.picture()
    beside = (0, 0, welcome.width // 4, welcome.height // 2)  # first and last page have a picture

    def last() -> bool:
        return not differ(setup.picture().crop(beside), welcome.crop(beside))

    def newer() -> bool:
        return root.is_file() and root.read_bytes() != before

    def gone() -> bool:
        if setup.titles():
            setup.key("alt+f")
        return not setup.titles()

    setup.shoot("setup 1 welcome")
    setup.press_until("alt+n", lambda: not last(), "the page of the folder")
    setup.shoot("setup 2 folder")
    setup.press_until("alt+i", newer, "the newer files")
    setup.press_until("alt+n", last, "the last page of setup")
    setup.watch()
    setup.key("alt+r")
    setup.changed("that it will not be run")
    setup.shoot("setup 3 done")
    setup.wait_for(gone, "the end of setup")
