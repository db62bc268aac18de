"""A computer that lost its state still names what the account lacks, and makes it again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from offline_backup_gui.domain.job import JobKind
from offline_backup_gui.services.keys import Secret
from offline_backup_gui.services.restores import Opening
from tests.services.branch import PASSPHRASE, Branch


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    """Give an office whose drives were read in and left, and whose state is lost."""
    branch = Branch(tmp_path)
    branch.fill()
    branch.keep()
    branch.run(JobKind.COPY)
    branch.services.shipments.receive_here(branch.plan.plan_id, [])
    for drive in branch.drives:
        shutil.rmtree(drive)
    shutil.rmtree(branch.world.folder)
    branch.services = branch.fresh()
    found = branch.services.protection.unlock_plan(branch.plan, Secret(PASSPHRASE), None)
    assert found is not None
    branch.services.planning.keep(branch.plan, repository_id=found)
    return branch


def drop_data(branch: Branch) -> Path:
    """Take the pack with the contents of the files from the landing container."""
    packs = (branch.home / "account" / "landing-042" / "packs").glob("*/*")
    lost = max(packs, key=lambda path: path.stat().st_size)
    lost.unlink()
    return lost


def test_what_is_lost_for_good_is_named(branch: Branch) -> None:
    drop_data(branch)
    for path in branch.source.iterdir():
        path.write_bytes(b"something else by now")
    outcome = branch.run(JobKind.ARRIVAL, repair=True).outcome
    assert outcome["lost_files"] == sorted(str(path) for path in branch.source.iterdir())
    assert outcome["outcome"] == "incomplete"
    again = branch.run(JobKind.ARRIVAL).outcome
    assert again["lost_files"] == outcome["lost_files"]


def test_what_the_sources_still_hold_is_made_again(branch: Branch) -> None:
    lost = drop_data(branch)
    name = f"packs/{lost.parent.name}/{lost.name}"
    assert branch.run(JobKind.ARRIVAL).outcome["missing"] == [name]
    outcome = branch.run(JobKind.ARRIVAL, repair=True).outcome
    assert (outcome["outcome"], outcome["lost_files"]) == ("done", [])
    branch.run(JobKind.VAULT)
    back = branch.home / "back"
    opening = Opening((str(branch.home / "account" / "vault-042"),), PASSPHRASE)
    job = branch.services.restores.prepare(opening, None, str(back))
    assert branch.services.runner.run(job).job.outcome["differences"] == []
    for path in branch.source.iterdir():
        assert (back / "office" / path.name).read_bytes() == path.read_bytes()
