"""The replay server, new for each test that asks for it."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.azure.replay.server import Served, running
from tests.azure.replay.service import Replay

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The libraries keep their connections until the collector comes by, wherever that is.
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Give a running replay server."""
    folder = tmp_path / "replay"
    folder.mkdir()
    with running(folder) as server:
        yield server
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()  # here, not in somebody else's test


@pytest.fixture
def replay(served: Served) -> Replay:
    """Give what the running server knows."""
    return served.replay
