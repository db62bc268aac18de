"""The staged Windows program, built once for the whole run and kept in build/ for the next one."""

from __future__ import annotations

import pytest

from installer.windows.places import Places
from installer.windows.stage import Staged, stage


@pytest.fixture(scope="session")
def staged() -> Staged:
    """Give the stage that `make stage` would give; only what changed is made anew."""
    return stage(Places())
