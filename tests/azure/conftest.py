"""The replay server, new for each test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.azure.replay.server import Served, running
from tests.azure.replay.service import Replay


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Give a running replay server."""
    folder = tmp_path / "replay"
    folder.mkdir()
    with running(folder) as server:
        yield server


@pytest.fixture
def replay(served: Served) -> Replay:
    """Give what the running server knows."""
    return served.replay
