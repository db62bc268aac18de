"""What the Wine tests share: one screen, one Windows, one installation for the whole run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.windows.places import Places
from installer.windows.stage import stage
from tests.wine.machine import PROGRAM_FOLDER, Machine, missing
from tests.wine.screen import Screen, running_screen

HANG_S = 900  # building and installing belong to the first test that asks for them


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.timeout(HANG_S))


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
def installed(machine: Machine) -> Machine:
    """Give a Windows with our program where the setup puts it."""
    shutil.copytree(stage(Places()).folder, machine.here(PROGRAM_FOLDER))
    return machine
