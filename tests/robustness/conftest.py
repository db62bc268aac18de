"""How hard the suite tries, and that a long run has no time limit."""

from __future__ import annotations

import pytest

from tests.robustness.promises import Effort


@pytest.fixture
def effort(request: pytest.FixtureRequest) -> Effort:
    """Give the form that runs, its seed, and where its figures go."""
    return Effort(request.config.getoption("--long"), request.config.getoption("--seed"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        for item in items:
            item.add_marker(pytest.mark.timeout(0))
