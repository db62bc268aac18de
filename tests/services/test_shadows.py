"""Jobs that read their sources from shadow copies."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import cast

import pytest

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.job import Job, JobKind, JobState
from offline_backup_gui.domain.shadow import ShadowGap, SourceGap
from offline_backup_gui.services.restores import Opening
from tests.fakes import CopiedShadows
from tests.services.branch import PASSPHRASE, Branch, noise
from tests.trees import make_socket


@pytest.fixture
def shadows(tmp_path: Path) -> CopiedShadows:
    folder = tmp_path / "shadows"
    folder.mkdir()
    return CopiedShadows(folder)


@pytest.fixture
def branch(tmp_path: Path, shadows: CopiedShadows) -> Branch:
    branch = Branch(tmp_path, shadow_copies=shadows)
    branch.fill()
    (branch.source / "folder" / "below").mkdir(parents=True)
    (branch.source / "folder" / "below" / "open").write_bytes(b"as it stood")
    branch.keep()
    return branch


def codes(branch: Branch, job: Job) -> list[str]:
    return [event.code for _, event in branch.services.backups.events(job.job_id)]


def restored(branch: Branch, to: Path, job: Job) -> Path:
    """Bring a copy back from its drives; give the folder of its one source."""
    assert job.state is JobState.DONE, job.outcome
    services = branch.services
    opening = Opening(tuple(map(str, branch.drives)), PASSPHRASE)
    job_id = services.restores.prepare(opening, None, str(to))
    assert services.runner.run(job_id).job.state is JobState.DONE
    return to / branch.source.name


def test_what_changes_after_the_shadow_copy_is_not_in_the_backup(
    branch: Branch, shadows: CopiedShadows, tmp_path: Path
) -> None:
    written = branch.source / "folder" / "below" / "open"
    before = {p.name: p.read_bytes() for p in branch.source.rglob("*") if p.is_file()}

    def change() -> None:
        written.write_bytes(b"later")
        (branch.source / "new").touch()

    shadows.on_take = change
    job = branch.run(JobKind.COPY)
    assert str(FindingCode.SHADOW_COPY_MADE) in codes(branch, job)
    back = restored(branch, tmp_path / "back", job)
    assert {p.name: p.read_bytes() for p in back.rglob("*") if p.is_file()} == before
    assert (shadows.taken, shadows.released) == (1, 1)
    assert not list(shadows.folder.iterdir())


def test_what_cannot_be_read_in_a_shadow_copy_is_listed_by_its_own_name(
    branch: Branch, shadows: CopiedShadows
) -> None:
    def put_a_socket() -> None:
        make_socket(shadows.folder / "shadow 1 0" / "folder" / "s")

    shadows.on_take = put_a_socket
    job = branch.run(JobKind.COPY)
    assert job.state is JobState.EXCEPTIONS
    lines = cast(list[dict[str, str]], job.outcome["exceptions"])
    assert [line["path"] for line in lines] == [str(branch.source / "folder" / "s")]


def test_a_shadow_copy_that_disappears_makes_no_restore_point_and_nothing_counts_as_deleted(
    branch: Branch, shadows: CopiedShadows, tmp_path: Path
) -> None:
    def lose_half() -> None:
        shutil.rmtree(shadows.folder / "shadow 1 0")

    shadows.on_take = lose_half
    with pytest.raises(BackupError) as lost:
        branch.run(JobKind.COPY)
    assert lost.value.code is ErrorCode.SHADOW_COPY_LOST
    (job,) = branch.services.backups.jobs(branch.plan.plan_id)
    assert job.state is JobState.INTERRUPTED
    assert shadows.released == 1

    shadows.on_take = lambda: None
    again = branch.run(JobKind.COPY)
    back = restored(branch, tmp_path / "back", again)
    assert (back / "folder" / "below" / "open").read_bytes() == b"as it stood"
    assert len([p for p in back.rglob("*") if p.is_file()]) == 5


def test_a_folder_that_disappears_with_the_shadow_copy_in_the_middle_is_no_deleted_folder(
    branch: Branch, shadows: CopiedShadows
) -> None:
    branch.run(JobKind.COPY)

    def lose_a_part_then_all() -> None:
        place = shadows.folder / "shadow 2 0"
        shutil.rmtree(place / "folder")
        # What was found says the place is whole; this one says that it is not.
        shadows.folder.joinpath("shadow 2 0").rename(shadows.folder / "gone")
        (shadows.folder / "shadow 2 0").symlink_to(shadows.folder / "gone")

    shadows.on_take = lose_a_part_then_all
    calls: list[bool] = []

    def whole(view: object) -> bool:
        calls.append(True)
        return False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.fakes._CopiedView.whole", whole)
        with pytest.raises(BackupError) as lost:
            branch.run(JobKind.COPY)
    assert lost.value.code is ErrorCode.SHADOW_COPY_LOST
    assert calls
    shadows.on_take = lambda: None
    job = branch.run(JobKind.COPY)
    assert job.outcome["files"] == 5


def test_a_source_without_a_shadow_copy_is_read_live_and_told(
    tmp_path: Path, shadows: CopiedShadows
) -> None:
    branch = Branch(tmp_path, shadow_copies=shadows)
    shadows.gaps = [SourceGap(str(branch.source), ShadowGap.NO_ROOM, 0x8004231F)]
    branch.fill()
    branch.keep()
    job = branch.run(JobKind.COPY)
    assert job.state is JobState.DONE
    (told,) = [
        event
        for _, event in branch.services.backups.events(job.job_id)
        if event.code == FindingCode.SHADOW_COPY_NOT_MADE
    ]
    assert told.parameters == {
        "source": str(branch.source),
        "reason": "no-room",
        "number": "0x8004231F",
    }


def test_who_wants_no_shadow_copy_gets_none(branch: Branch, shadows: CopiedShadows) -> None:
    branch.run(JobKind.COPY, shadow_copies=False)
    assert shadows.taken == 0


def test_an_increment_reads_from_a_shadow_copy_as_well(tmp_path: Path) -> None:
    folder = tmp_path / "shadows"
    folder.mkdir()
    shadows = CopiedShadows(folder)
    branch = Branch(tmp_path / "b", shadow_copies=shadows)
    branch.to_vault()
    added = branch.source / "added"
    added.write_bytes(noise(77, 9000))
    shadows.on_take = added.unlink
    job = branch.run(JobKind.INCREMENT)
    assert job.outcome["files"] == 5
    assert (shadows.taken, shadows.released) == (2, 2)


def test_a_stop_gives_the_shadow_copy_back(branch: Branch, shadows: CopiedShadows) -> None:
    shadows.on_take = branch.services.runner.stop
    ended = branch.services.runner.run(branch.prepare(JobKind.COPY))
    assert ended.job.state is JobState.STOPPED
    assert shadows.released == 1
