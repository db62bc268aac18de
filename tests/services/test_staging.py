"""Staging locations on a real file system: checked, watched until ready, and guarded."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.adapters.staging import SystemStaging
from offline_backup_gui.domain.agent_seed import SeedLook, SeedState
from offline_backup_gui.domain.drive import Bus, Drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode, Stopped
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.plan import AgentFields, DeploymentModel
from offline_backup_gui.domain.staging import PlaceLook, StagingNeed
from offline_backup_gui.domain.staging_watch import StagedFile, StagingProgress, StagingState
from offline_backup_gui.services.staging import Staging, kept
from tests.fakes import FakeClock
from tests.services.branch import Branch

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)


class Disks:
    """Two disks that are folders of the test."""

    def __init__(self, *mounts: Path) -> None:
        self._mounts = mounts

    def drives(self) -> Sequence[Drive]:
        return [
            Drive(f"S{number}", "Disk", Bus.SATA, 10**12, 10**12, (str(mount),))
            for number, mount in enumerate(self._mounts)
        ]


class Going:
    """A control that never stops."""

    stopping = False

    def checkpoint(self) -> None:
        return None


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    made = Branch(tmp_path / "home", FakeClock(NOW), drive_source=Disks(one, two))
    (two / "stage").mkdir()
    return made


def staging_of(branch: Branch) -> Staging:
    return branch.services.staging


def test_a_real_folder_is_judged_by_what_is_free_there_and_links_are_followed(
    branch: Branch, tmp_path: Path
) -> None:
    stage = tmp_path / "two/stage"
    need = StagingNeed(1, sources=(str(tmp_path / "one"),))
    report = staging_of(branch).check(str(stage), need.sources)
    assert report.findings(need) == ()
    assert report.look is not None
    assert report.look.free_bytes > 0
    assert {place.mount for place in report.places(need) if place.would_do} == {
        str(tmp_path / "two")
    }
    link = tmp_path / "two/link"
    link.symlink_to(tmp_path / "one")
    found = staging_of(branch).check(str(link), need.sources).findings(need)
    assert [finding.code for finding in found] == [FindingCode.STAGING_ON_SOURCE]
    assert found[0].parameters["path"] == str(link)


def test_too_small_by_one_byte_against_what_the_system_says_is_free(
    branch: Branch, tmp_path: Path
) -> None:
    class Measured:
        def look(self, path: str) -> PlaceLook:
            return replace(SystemStaging().look(path), free_bytes=999)

        def files(self, path: str) -> Sequence[StagedFile] | None:
            return SystemStaging().files(path)

    stage = tmp_path / "two/stage"
    staging = Staging(replace(branch.world, staging=Measured()), branch.services.shipments)
    assert staging.check(str(stage)).findings(StagingNeed(999)) == ()
    (finding,) = staging.check(str(stage)).findings(StagingNeed(1000))
    assert finding.code is FindingCode.STAGING_TOO_SMALL
    assert finding.parameters["missing_bytes"] == 1
    (stage / "a.AIBBlob").write_bytes(b"x")  # what is written already needs no room any more
    assert staging.check(str(stage)).findings(StagingNeed(1000)) == ()


def test_what_is_missing_or_no_folder_is_said_in_the_words_of_the_system(
    branch: Branch, tmp_path: Path
) -> None:
    missing = str(tmp_path / "two/none")
    (finding,) = staging_of(branch).check(missing).findings(StagingNeed(1))
    assert finding.code is FindingCode.STAGING_NOT_REACHED
    assert finding.parameters["reason"] == os.strerror(2)
    (tmp_path / "two/file").touch()
    (finding,) = staging_of(branch).check(str(tmp_path / "two/file")).findings(StagingNeed(1))
    assert finding.code is FindingCode.STAGING_NOT_A_FOLDER
    (finding,) = staging_of(branch).check("/a\0b").findings(StagingNeed(1))
    assert finding.code is FindingCode.STAGING_NOT_REACHED


def test_a_place_that_hangs_costs_seconds_once_and_is_silent_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hold, asked = threading.Event(), []

    def hang(path: str) -> PlaceLook:
        asked.append(path)
        hold.wait()
        return PlaceLook(path, True)

    monkeypatch.setattr("offline_backup_gui.adapters.staging._look", hang)
    door = SystemStaging(time_limit_s=0.01)
    try:
        assert door.look("/share").there is None
        assert door.look("/share").there is None
        assert asked == ["/share"]
    finally:
        hold.set()


def test_files_are_listed_below_without_following_links(tmp_path: Path) -> None:
    (tmp_path / "job/deep").mkdir(parents=True)
    (tmp_path / "job/deep/a.BaseBlob").write_bytes(b"12345")
    (tmp_path / "b.AIBBlob").write_bytes(b"1")
    (tmp_path / "out").symlink_to("/")
    (tmp_path / "System Volume Information").mkdir()
    (tmp_path / "System Volume Information/x").touch()
    found = SystemStaging().files(str(tmp_path))
    assert found is not None
    assert [(file.name, file.size_bytes) for file in found if file.name != "out"] == [
        ("b.AIBBlob", 1),
        ("job/deep/a.BaseBlob", 5),
    ]
    assert SystemStaging().files(str(tmp_path / "none")) == ()


def test_an_agent_is_watched_from_its_first_byte_until_it_stands_still(
    branch: Branch, tmp_path: Path
) -> None:
    stage = tmp_path / "two/stage"
    told: list[StagingProgress] = []

    def write(found: StagingProgress) -> None:
        """Be the agent: another piece after each look, until all is there."""
        told.append(found)
        if len(told) <= 3:
            with (stage / "server.AIBBlob").open("ab") as file:
                file.write(bytes(1000))
        if len(told) == 4:
            (stage / "server.BaseBlob").write_bytes(b"base")

    last = staging_of(branch).watch(
        str(stage), write, Going(), need_bytes=3004, every_s=30, still_needed_s=120
    )
    assert [found.state.value for found in told] == [
        "empty", "growing", "growing", "growing", "growing", "resting", "resting", "resting",
        "ready",
    ]  # fmt: skip
    assert (last.size_bytes, last.still_s) == (3004, 120)
    assert told[2].rate == pytest.approx(2000 / 60)


def test_a_watch_ends_when_it_is_asked_to(branch: Branch, tmp_path: Path) -> None:
    class Once:
        def __init__(self) -> None:
            self.calls = 0

        @property
        def stopping(self) -> bool:
            return self.calls > 1

        def checkpoint(self) -> None:
            self.calls += 1
            if self.calls > 1:
                raise Stopped

    told: list[StagingProgress] = []
    with pytest.raises(Stopped):
        staging_of(branch).watch(str(tmp_path / "two/stage"), told.append, Once())
    assert [found.state for found in told] == [StagingState.EMPTY]


def test_a_long_standstill_keeps_its_start_and_few_samples(branch: Branch, tmp_path: Path) -> None:
    stage = tmp_path / "two/stage"
    for name in ("a.AIBBlob", "a.BaseBlob"):
        (stage / name).write_bytes(b"1")
    said = iter([False] * 200 + [True])
    told: list[StagingProgress] = []
    last = staging_of(branch).watch(
        str(stage), told.append, Going(), every_s=30, still_needed_s=60,
        agent_waits=lambda: next(said),
    )  # fmt: skip
    assert [found.state for found in told[-2:]] == [StagingState.HELD, StagingState.READY]
    assert last.still_s == 202 * 30  # asked for the first time after two
    samples = [staging_of(branch).sample(str(stage))] * 500
    assert len(kept(samples)) <= 21


def test_a_staging_location_is_guarded_until_the_vault_proves_a_recovery_point(
    branch: Branch, tmp_path: Path
) -> None:
    stage = tmp_path / "two/stage"
    plan = replace(
        branch.plan,
        deployment_model=DeploymentModel.MARS,
        agent=AgentFields(staging_location=str(stage), import_job_name="seed-042"),
    )
    branch.services.planning.keep(plan)
    guard = staging_of(branch).assert_not_needed
    for place in (tmp_path / "two", stage, stage / "job/a.AIBBlob"):
        with pytest.raises(BackupError) as caught:
            guard(str(place))
        assert caught.value.code is ErrorCode.STAGING_STILL_NEEDED
        assert caught.value.parameters["plan"] == plan.name
    for place in (tmp_path / "one", tmp_path / "two/other"):
        guard(str(place))
    state = branch.world.state
    proved = SeedLook(SeedState.PROVED, NOW)
    state.put_notes(plan.plan_id, replace(state.notes(plan.plan_id), agent_look=proved))
    if branch.services.shipments.track(plan.plan_id).safe_to_erase:
        guard(str(stage))
    else:
        pytest.fail("a proved recovery point makes it safe to erase")
