"""A computer that lost its state: what it cannot know it learns from the account, or says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.desk import Desk, Said, noise, on, snapshot


def forget(desk: Desk) -> None:
    shutil.rmtree(desk.state)


def arrival(desk: Desk, plan: Path, *options: str) -> Said:
    return desk.json("arrival", plan, *options, "--passphrase-file", desk.passphrase)


def data_packs(desk: Desk) -> list[Path]:
    """Give the packs of the landing container that no second drive carries: the data."""
    packs = desk.landing.glob("packs/*/*")
    return sorted(path for path in packs if path.stat().st_size > 20_000)


@pytest.fixture
def landed(desk: Desk) -> Path:
    plan, drives = desk.copied(own_process=True)
    assert desk.json("receive", *drives, "--into", desk.landing).code == 0
    for drive in drives:
        shutil.rmtree(drive)
    forget(desk)
    return plan


def test_lost_packs_are_made_again_from_the_sources_after_the_state_was_lost(
    desk: Desk, landed: Path
) -> None:
    for pack in data_packs(desk):
        pack.unlink()
    repaired = arrival(desk, landed, "--repair")
    assert (repaired.code, repaired.result["lost_files"]) == (0, [])
    assert desk.json("vault", landed).code == 0
    back = desk.home / "back"
    assert desk.json("restore", desk.vault, "--to", back).code == 0
    wanted = dict(snapshot(desk.home / "office"))
    del wanted["left.tmp"]
    assert snapshot(back / "office") == wanted


def test_what_cannot_be_made_again_after_the_state_was_lost_stays_named(
    desk: Desk, landed: Path
) -> None:
    for pack in data_packs(desk):
        pack.unlink()
    gone = desk.home / "office" / "file 0.bin"
    gone.unlink()
    repaired = arrival(desk, landed, "--repair")
    assert repaired.code == 3
    named = repaired.result["lost_files"]
    assert str(gone) in named
    again = arrival(desk, landed)
    assert (again.code, again.result["lost_files"]) == (3, named)
    assert desk.json("vault", landed).code == 0
    assert desk.json("increment", landed).code == 0
    assert arrival(desk, landed).result["lost_files"] == []


def test_packs_that_a_drive_still_has_are_not_made_again(desk: Desk) -> None:
    plan, drives = desk.copied(own_process=True)
    assert desk.json("receive", *drives, "--into", desk.landing).code == 0
    forget(desk)
    shutil.rmtree(drives[1])
    plan.write_text(f"drives = [{json.dumps(str(drives[0]))}]\n" + plan.read_text())
    # It must come from the drive: the sources are gone.
    shutil.rmtree(desk.home / "office" / "deep")
    kept = {path.name for path in drives[0].glob("landing-042/packs/*/*")}
    packs = [pack for pack in data_packs(desk) if pack.name in kept]
    lost = [pack for pack in data_packs(desk) if pack.name not in kept]
    assert packs
    for pack in packs + lost:
        pack.unlink()
    named = arrival(desk, plan, "--repair").result["lost_files"]
    back = desk.home / "back"
    restored = desk.json("restore", desk.landing, "--to", back)
    differing = [line["path"] for line in restored.result["differences"]]
    assert sorted(path.replace(str(back), str(desk.home)) for path in differing) == named


def test_a_backup_whose_catalogue_is_lost_with_the_state_is_never_called_complete(
    desk: Desk, landed: Path
) -> None:
    kept = data_packs(desk)[0]
    for pack in desk.landing.glob("packs/*/*"):
        if pack != kept:
            pack.unlink()
    assert arrival(desk, landed, "--repair").code == 3
    again = arrival(desk, landed)
    assert again.code == 3
    assert again.result["lost_files"][0].startswith("points/")


def test_an_older_point_whose_drive_was_erased_does_not_keep_the_newest_from_the_vault(
    desk: Desk,
) -> None:
    source = desk.office()
    (drive,) = desk.drives(1)
    plan = desk.plan(source)
    secret = ("--passphrase-file", desk.passphrase)
    assert desk.json("copy", plan, *on([drive]), *secret).code == 0
    shutil.rmtree(drive / "landing-042")
    for file in source.glob("*.bin"):
        file.write_bytes(noise(11, 60_000))
    assert desk.json("copy", plan, *on([drive]), *secret).code == 0
    assert desk.json("receive", drive, "--into", desk.landing).code == 0
    assert len(list(desk.landing.glob("points/*"))) == 2
    forget(desk)
    assert arrival(desk, plan).code == 0
    assert desk.json("vault", plan, *secret).code == 0
    back = desk.home / "back"
    assert desk.json("restore", desk.vault, "--to", back, *secret).code == 0
    assert snapshot(back / "office") == {
        name: facts for name, facts in snapshot(source).items() if name != "left.tmp"
    }
