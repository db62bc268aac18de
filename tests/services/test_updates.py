"""Updates as the admin meets them: a place, a look, a file, a start; never while a job runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from offline_backup_gui import __version__, app
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.updates import Release
from offline_backup_gui.services import Services
from tests.adapters.updates.vendor import Vendor


class _Office:
    def __init__(self, folder: Path) -> None:
        from datetime import UTC, datetime

        self.vendor = Vendor(folder / "repository", datetime.now(UTC))
        self.started: list[Release] = []
        self.services: Services = app.build_services(
            folder / "state",
            vendor_root=lambda: self.vendor.root,
            start_setup=lambda _path, release: self.started.append(release),
        )
        self.updates = self.services.updates


@pytest.fixture
def office(tmp_path: Path) -> _Office:
    return _Office(tmp_path)


def _code(error: pytest.ExceptionInfo[BackupError]) -> ErrorCode:
    return error.value.code


def test_without_a_place_nobody_is_asked(office: _Office) -> None:
    with pytest.raises(BackupError) as caught:
        office.updates.check()
    assert _code(caught) is ErrorCode.UPDATE_SOURCE_MISSING
    assert not office.updates.waiting().newer


def test_a_newer_version_is_found_taken_and_started(office: _Office) -> None:
    office.vendor.release("99.0.0")
    office.updates.set_source(str(office.vendor.folder))
    offer = office.updates.check()
    assert (offer.newer, offer.ready, offer.installed) == (True, False, __version__)
    assert office.updates.take().ready
    assert office.updates.waiting().newer
    office.updates.install()
    assert [release.version for release in office.started] == ["99.0.0"]


def test_the_installed_version_is_nothing_new(office: _Office, tmp_path: Path) -> None:
    office.vendor.release(__version__)
    path = office.vendor.update_file(tmp_path / "same.update")
    offer = office.updates.take_file(path)
    assert (offer.newer, offer.ready) == (False, False)
    with pytest.raises(BackupError) as caught:
        office.updates.install()
    assert _code(caught) is ErrorCode.UPDATE_NOT_READY


def test_what_was_installed_does_not_wait_any_more(office: _Office, tmp_path: Path) -> None:
    office.vendor.release("99.0.0")
    office.updates.take_file(office.vendor.update_file(tmp_path / "new.update"))
    office.updates.installed = "99.0.0"
    assert office.updates.waiting().release is None
    assert not (tmp_path / "state" / "updates" / "ready").exists()


def test_nothing_is_brought_in_or_started_while_a_job_runs(office: _Office, tmp_path: Path) -> None:
    office.vendor.release("99.0.0")
    path = office.vendor.update_file(tmp_path / "new.update")
    office.updates.take_file(path)
    state = office.services.world.state
    assert state.take(PlanId("branch"))
    for deed in (office.updates.install, lambda: office.updates.take_file(path)):
        with pytest.raises(BackupError) as caught:
            deed()
        assert _code(caught) is ErrorCode.UPDATE_JOB_RUNS
    assert office.started == []
    state.give_back(PlanId("branch"))
    office.updates.install()
    assert len(office.started) == 1


def test_a_file_is_no_place_to_look_at_again_and_again(office: _Office, tmp_path: Path) -> None:
    with pytest.raises(BackupError) as caught:
        office.updates.set_source(str(tmp_path / "one.update"))
    assert _code(caught) is ErrorCode.UPDATE_ADDRESS_NOT_ALLOWED
    office.updates.set_source("  ")
    assert office.updates.source() == ""


def test_a_copy_for_development_takes_no_update(tmp_path: Path) -> None:
    vendor = Vendor(tmp_path / "repository")
    vendor.release("99.0.0")
    services = app.build_services(tmp_path / "state")
    with pytest.raises(BackupError) as caught:
        services.updates.take_file(vendor.update_file(tmp_path / "new.update"))
    assert _code(caught) is ErrorCode.UPDATE_NO_VENDOR
