"""Services come into being when they are first asked for, each once."""

from __future__ import annotations

from pathlib import Path

import pytest

from offline_backup_gui import app
from offline_backup_gui.services import SERVICES, Services


def test_every_service_can_be_made_and_is_made_once(tmp_path: Path) -> None:
    services = app.build_services(tmp_path / "state")
    assert len(SERVICES) > 25
    for name in SERVICES:
        assert getattr(services, name) is getattr(services, name)


def test_what_is_handed_in_stands_in_the_place_of_a_service(tmp_path: Path) -> None:
    world, stand_in = app.build_services(tmp_path / "state").world, object()
    services = Services(world, backups=stand_in)
    assert services.backups is stand_in
    assert services.drives is not stand_in  # type: ignore[comparison-overlap]
    with pytest.raises(TypeError, match="backup-drives"):
        Services(world, **{"backup-drives": stand_in})
