"""What the Wine tests share: one screen, one Windows, one installation for the whole run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.windows.places import Places
from tests.installer.built import quick_setup
from tests.wine.machine import CONSOLE, WINDOW, Machine, missing
from tests.wine.screen import Screen, running_screen
from tests.wine.window import ProgramWindow

HANG_S = 900  # building and installing belong to the first test that asks for them


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.timeout(HANG_S))
    # One Windows serves them all: first it gets and loses a program of a few files, then the whole
    # one, which is upgraded at last, and what is removed can be tried no more.
    last = ("test_updates.py", "test_removal.py")
    places = {here / "test_versions.py": -1, **{here / name: at for at, name in enumerate(last, 1)}}
    items.sort(key=lambda item: places.get(item.path, 0))


@pytest.fixture(scope="session")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """Give the screen."""
    absent = missing()
    if absent:
        pytest.skip(f"not on this computer: {absent} (installer/linux-packages.sh test)")
    with running_screen(tmp_path_factory.mktemp("screen")) as found:
        yield found


@pytest.fixture(scope="session")
def machine(screen: Screen, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Give a Windows without our program."""
    found = Machine(tmp_path_factory.mktemp("windows"), screen.display)
    try:
        found.make()
        yield found
    finally:
        found.end()
        # A prefix is 700 MB; what a failure needs is in its message and in the pictures.
        shutil.rmtree(found.root)


@pytest.fixture(scope="session")
def files_before(machine: Machine) -> set[str]:
    """Give what lay on drive C: before our setup ran."""
    return machine.files()


@pytest.fixture(scope="session")
def installed(machine: Machine, files_before: set[str]) -> Machine:
    """Give a Windows where our setup has run, silently."""
    said = machine.run_setup(quick_setup(), "/S")
    assert said.code == 0
    # A setup that cannot start at all ends with 0 in Wine, too.
    assert machine.here(WINDOW).is_file()
    assert machine.here(CONSOLE).is_file()
    return machine


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Give the folder where the pictures lie; two workers fill it, so that none may empty it."""
    return Places().build / "screens" / "windows"


@pytest.fixture
def window(installed: Machine, screen: Screen, pictures: Path) -> Iterator[ProgramWindow]:
    """Give the window of the program, still closed."""
    found = ProgramWindow(installed, screen, pictures)
    yield found
    found.end()
