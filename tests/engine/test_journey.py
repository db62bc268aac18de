"""The whole way on engine level: three real drives, landing, vault, increments, restores."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from offline_backup_gui.engine.restoring import RestoreOutcome
from tests.drive_fixtures import MountedDrive, tmpfs_drives
from tests.engine.office import Office
from tests.trees import Awkward, awkward_tree, change_tree, compare_trees

__all__ = ["tmpfs_drives"]

MIB = 1 << 20


def assert_same(source: Path, restored: Path, awkward: Awkward, outcome: RestoreOutcome) -> None:
    assert outcome.differences == {}
    assert compare_trees(source, restored / source.name, awkward.left_out) == []


def copy_of(source: Path, target: Path) -> None:
    """Copy a tree with everything, to compare with after the original changed."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def test_everything_comes_back_over_three_drives_vault_and_two_increments(
    tmp_path: Path, tmpfs_drives: Callable[[int], MountedDrive]
) -> None:
    source = tmp_path / "office"
    awkward = awkward_tree(source)
    drives = [tmpfs_drives(size * MIB).mount for size in (40, 30, 50)]
    office = Office(tmp_path / "state", (source,))

    first = office.copy(drives)

    assert {line.path for line in first.point.left_out} == {
        bytes(source) + name for name in awkward.left_out
    }
    assert not first.point.complete
    assert all(drive.objects > 5 for drive in first.drives)
    for mount in drives:
        check = office.check(mount)
        assert check.good
        assert check.unlisted == []
        assert list(mount.rglob("*.part")) == []
    before = tmp_path / "before" / source.name
    before.parent.mkdir()
    copy_of(source, before)

    received = office.receive(drives)
    assert (received.damaged, received.missing) == ([], [])
    arrival = office.arrival()
    assert arrival.complete
    assert arrival.arrived == arrival.expected
    assert office.to_vault().incomplete == []

    change_tree(source, 10)
    second = office.increment()
    assert 0 < second.sent_bytes < 3 * MIB
    change_tree(source, 20)
    third = office.increment()
    assert third.point.sequence == 3

    to = tmp_path / "restored"
    outcome = office.restore([office.vault], to / "old", first.point.point_id)
    assert_same(before, to / "old", awkward, outcome)
    outcome = office.restore([office.vault], to / "new")
    assert_same(source, to / "new", awkward, outcome)
    outcome = office.restore([office.store(mount) for mount in drives], to / "drives")
    assert_same(before, to / "drives", awkward, outcome)
    shutil.rmtree(to)
