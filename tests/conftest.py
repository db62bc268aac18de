"""What holds for every test, and fixtures any room may use: no window appears on a screen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling, LoadScopeScheduling

from tests.azurite_server import Azurite, running_azurite
from tests.robustness.promises import SEED

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
WINDOW_TESTS = tuple(
    f"tests/wine/test_{name}.py" for name in ("agents", "looks", "updates", "window")
)

# How long one example takes says more about the machine than about the program.
settings.register_profile("office", deadline=None)
settings.load_profile("office")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("robustness")
    group.addoption("--long", action="store_true", help="run tests/robustness in its long form")
    group.addoption("--seed", type=int, default=SEED, help="random numbers of tests/robustness")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: Windows, then the window, so that no worker ends alone."""
    here = Path(__file__).parent
    first = [here / "wine", here / "ui", here / "robustness"]
    rooms = [*first, here]
    items.sort(
        key=lambda item: next(i for i, room in enumerate(rooms) if room in item.path.parents)
    )


class ByFile(LoadFileScheduling):
    """Deal the tests to the workers by files, but Windows in two: its window, and all else of it.

    One Windows serves each of the two: it is installed once, and what removes it comes last.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file in WINDOW_TESTS:
            return "the window under Wine"
        if file.startswith("tests/wine/"):
            return "Wine"
        return "installer" if file.startswith("tests/installer/") else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return ByFile(config, log)


@pytest.fixture(scope="session", autouse=True)
def session_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let secrets of a session end with the tests, and touch no keyring of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("session")))
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        yield


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """Give the blob server, started once for the whole run when the first test asks for it."""
    with running_azurite() as server:
        yield server
