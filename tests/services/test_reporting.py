"""What the machine's log hears of real jobs."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.errors import BackupError, ErrorCode, Parameter
from offline_backup_gui.domain.job import Event, JobKind
from offline_backup_gui.domain.machine_log import LogNumber
from offline_backup_gui.domain.shadow import ShadowGap, SourceGap
from offline_backup_gui.domain.shipment import Due
from offline_backup_gui.services.reminders import Reminders
from offline_backup_gui.services.reporting import Reporting
from tests.fakes import CopiedShadows
from tests.services.branch import Branch


class Heard:
    def __init__(self) -> None:
        self.entries: list[tuple[LogNumber, dict[str, Parameter]]] = []

    def note(self, number: LogNumber, **parameters: Parameter) -> None:
        self.entries.append((number, parameters))

    @property
    def numbers(self) -> list[int]:
        return [int(number) for number, _ in self.entries]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def branch(tmp_path: Path, heard: Heard) -> Branch:
    branch = Branch(tmp_path, log=heard)
    branch.fill()
    branch.keep()
    return branch


def test_a_job_that_goes_well_is_heard_at_its_beginning_and_end(
    branch: Branch, heard: Heard
) -> None:
    branch.run(JobKind.COPY)
    assert heard.numbers == [100, 101]
    assert heard.entries[0][1] == {"kind": "copy", "job": 1, "plan": "branch-042"}


def test_a_job_that_fails_is_heard_with_its_reason_and_without_names_of_files(
    branch: Branch, heard: Heard
) -> None:
    job = branch.prepare(JobKind.COPY)
    shutil.rmtree(branch.source)
    ended = branch.services.runner.run(job)
    assert ended.trouble is not None
    assert heard.numbers == [100, 200]
    assert heard.entries[1][1]["code"] == "source-missing"


def test_a_stop_and_an_exception_are_heard_as_such(branch: Branch, heard: Heard) -> None:
    branch.services.runner.stop()
    branch.services.runner.run(branch.prepare(JobKind.COPY))
    assert heard.numbers == [100, 102]


def test_a_source_without_a_shadow_copy_is_heard(tmp_path: Path, heard: Heard) -> None:
    shadows = CopiedShadows(tmp_path)
    branch = Branch(tmp_path / "b", log=heard, shadow_copies=shadows)
    shadows.gaps = [SourceGap(str(branch.source), ShadowGap.DENIED)]
    branch.fill()
    branch.keep()
    branch.run(JobKind.COPY)
    assert heard.numbers == [100, 140, 101]
    assert str(branch.source) not in str(heard.entries)


def test_a_drive_is_heard_once_for_each_job(branch: Branch, heard: Heard) -> None:
    services = branch.services
    job = services.backups.job(branch.prepare(JobKind.COPY))
    reporting = Reporting(branch.world, services.reminders, lambda _: ())
    now = datetime.now(UTC)
    for drive in ("OB-1", "OB-1", "OB-2"):
        reporting.happened(job, Event(now, "drive-gone", {"drive": drive}))
    reporting.happened(job, Event(now, "object-damaged", {"drive": "OB-1", "name": "secret"}))
    reporting.happened(job, Event(now, "copy", {}))
    assert heard.numbers == [120, 120, 210]
    assert "secret" not in str(heard.entries)
    reporting.started(job)
    reporting.happened(job, Event(now, "drive-gone", {"drive": "OB-1"}))
    assert heard.numbers == [120, 120, 210, 100, 120]


def test_a_deadline_is_heard_once_for_each_mark(branch: Branch, heard: Heard) -> None:
    at = branch.world.clock.now() + timedelta(days=2, hours=5)
    due = Due(what="due.drives-arrive", at=at, days_left=2)
    reporting = Reporting(branch.world, Reminders(branch.world), lambda _: (due,))
    reporting.deadlines(branch.plan.plan_id)
    reporting.deadlines(branch.plan.plan_id)
    assert heard.numbers == [130]
    assert heard.entries[0][1]["what"] == "due.drives-arrive"


def test_a_deadline_that_cannot_be_looked_up_ends_no_job(branch: Branch, heard: Heard) -> None:
    def trouble(_: object) -> list[Due]:
        raise BackupError(ErrorCode.ACCOUNT_BUSY)

    Reporting(branch.world, Reminders(branch.world), trouble).deadlines(branch.plan.plan_id)
    assert heard.numbers == []


def test_practice_writes_nothing(branch: Branch, heard: Heard) -> None:
    state = branch.world.state
    kept = state.plan(branch.plan.plan_id)
    assert kept is not None
    state.put_plan(replace(kept, practice=True))
    branch.run(JobKind.COPY)
    assert heard.numbers == []
