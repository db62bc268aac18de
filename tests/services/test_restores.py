"""Looking into a backup and restoring from it: listings that spread over chunks, search, paths."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from offline_backup_gui.domain.job import JobKind, JobState
from offline_backup_gui.services.restores import Opening, OpenRepository
from tests.services.branch import PASSPHRASE, Branch

# More than three of the largest chunks (1 MiB), so that wherever the chunker cuts (its seed is
# random), some chunk lies wholly inside the huge folder.
FOLDERS, FILES = 60, 24_000


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """Give an office whose catalogue takes many chunks: one huge folder between many small."""
    made = Branch(tmp_path_factory.mktemp("branch"))
    made.fill()
    for number in range(FOLDERS):
        folder = made.source / f"folder {number:03}" / "inner"
        folder.mkdir(parents=True)
        (folder / f"Bericht {number}.txt").write_text(f"{number}")
    huge = made.source / "folder 030-huge"
    huge.mkdir()
    for number in range(FILES):
        (huge / f"{number:05} {os.urandom(40).hex()}").touch()
    (made.source / "Ümlaut -dots.txt").write_text("odd")
    (made.source / os.fsdecode(b"not \xff text")).write_text("odd")
    made.keep()
    made.run(JobKind.COPY)
    return made


@pytest.fixture(scope="module")
def repository(branch: Branch) -> OpenRepository:
    return branch.services.restores.open(Opening(branch.plan.drives, PASSPHRASE))


def test_the_catalogue_takes_many_chunks(repository: OpenRepository) -> None:
    point = repository.library.point(None)
    assert len(point.catalogue) > 2
    assert any(chunk.root == -1 for chunk in point.catalogue)


def test_every_folder_is_listed_as_it_was(branch: Branch, repository: OpenRepository) -> None:
    (view,) = repository.points()
    (top,) = repository.children(view.point_id, "")
    assert (top.path, top.is_folder) == ("office", True)
    names = [node.name for node in repository.children(view.point_id, "office")]
    assert names[: FOLDERS + 1] == sorted(p.name for p in branch.source.iterdir() if p.is_dir())
    assert "not \\xff text" in names
    for number in (0, 29, 30, 31, FOLDERS - 1):
        path = f"office/folder {number:03}"
        assert [node.name for node in repository.children(view.point_id, path)] == ["inner"]
        (file,) = repository.children(view.point_id, path + "/inner")
        assert (file.name, file.size_bytes) == (f"Bericht {number}.txt", len(str(number)))
    huge = repository.children(view.point_id, "office/folder 030-huge")
    assert [node.name for node in huge] == sorted(
        path.name for path in (branch.source / "folder 030-huge").iterdir()
    )


def test_a_folder_is_found_without_reading_the_whole_catalogue(
    repository: OpenRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    (view,) = repository.points()
    point = repository.library.point(None)
    read: list[bytes] = []
    fetch = repository.library.chunk

    def counted(chunk_id: bytes) -> bytes:
        read.append(chunk_id)
        return fetch(chunk_id)

    monkeypatch.setattr(repository.library, "chunk", counted)
    assert repository.children(view.point_id, f"office/folder {FOLDERS - 1:03}/inner")
    assert len(read) < len(point.catalogue) / 2


def test_what_is_not_there_has_no_children(repository: OpenRepository) -> None:
    (view,) = repository.points()
    for path in ("nowhere", "office/nowhere", "office/folder 000/inner/Bericht 0.txt"):
        assert repository.children(view.point_id, path) == []


def test_names_are_searched_without_regard_to_case(repository: OpenRepository) -> None:
    (view,) = repository.points()
    found = repository.search(view.point_id, "BERICHT 1")
    assert len(found) == 11
    assert found[0].path == "office/folder 001/inner/Bericht 1.txt"
    (odd,) = repository.search(view.point_id, "ümlaut")
    assert odd.path == "office/Ümlaut -dots.txt"
    assert repository.search(view.point_id, "no such name") == []
    assert len(repository.search(view.point_id, "0", limit=7)) == 7


def test_chosen_paths_are_restored_and_nothing_else(branch: Branch) -> None:
    restores = branch.services.restores
    opening = Opening(branch.plan.drives, PASSPHRASE)
    repository = restores.open(opening)
    (view,) = repository.points()
    odd = next(node for node in repository.children(view.point_id, "office") if "xff" in node.name)
    paths = ["office/folder 005", odd.path]
    job = restores.prepare(opening, view.point_id, str(branch.home / "back"), paths=paths)
    ended = branch.services.runner.run(job)
    assert ended.job.state is JobState.DONE
    back = branch.home / "back" / "office"
    assert sorted(path.name for path in back.iterdir()) == sorted(
        ["folder 005", os.fsdecode(b"not \xff text")]
    )
    assert (back / "folder 005" / "inner" / "Bericht 5.txt").read_text() == "5"
    assert PASSPHRASE not in str(ended.job)


def test_a_restore_job_is_not_among_the_jobs_of_the_plan(branch: Branch) -> None:
    kinds = {job.kind for job in branch.services.backups.jobs(branch.plan.plan_id)}
    assert kinds == {JobKind.COPY}


def test_drives_stand_for_each_other(branch: Branch) -> None:
    restores = branch.services.restores
    one: Path = branch.drives[0]
    repository = restores.open(Opening((str(one),), PASSPHRASE))
    (view,) = repository.points()
    assert repository.children(view.point_id, "office")
