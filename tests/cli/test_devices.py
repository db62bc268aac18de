"""Copies onto a Data Box Disk and onto a share of a Data Box, and all the way back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from offline_backup_gui.app import build_services
from tests.cli.desk import Desk, on, snapshot

pytestmark = pytest.mark.timeout(120)
TIERS = ("Archive", "Cold", "Cool", "Hot")


def disk(desk: Desk, name: str, tiers: tuple[str, ...] = ()) -> Path:
    """Lay out a folder as a Data Box Disk comes."""
    place = desk.home / name
    for folder in ("BlockBlob", "PageBlob", "AzureFile", "DataBoxDiskImport"):
        (place / folder).mkdir(parents=True)
    (place / "DataBoxDiskImport" / "DataBoxDiskValidation.cmd").write_text("rem")
    for tier in tiers:
        (place / "BlockBlob" / tier).mkdir()
    return place


def share(desk: Desk, name: str, tiers: tuple[str, ...] = TIERS) -> Path:
    """Lay out a folder as a share of a Data Box comes."""
    place = desk.home / name
    place.mkdir()
    for tier in tiers:
        (place / tier).mkdir()
    return place


def plan_by(desk: Desk, route: str, source: Path) -> Path:
    plan = desk.plan(source)
    plan.write_text(plan.read_text().replace('"import-export"', f'"{route}"'))
    return plan


def files_below(place: Path) -> set[str]:
    return {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}


@pytest.mark.parametrize("tiers", [(), TIERS])
def test_a_backup_on_data_box_disks_lies_in_its_container_only_and_comes_back(
    desk: Desk, tiers: tuple[str, ...]
) -> None:
    source = desk.office()
    before = snapshot(source)
    plan = plan_by(desk, "data-box-disk", source)
    disks = [disk(desk, "one", tiers), disk(desk, "two", tiers)]
    secret = ("--passphrase-file", desk.passphrase)
    copied = desk.here("copy", plan, *on(disks), *secret, "--json")
    assert (copied.code, copied.result["outcome"]) == (0, "done")
    container = "BlockBlob/Hot/landing-042/" if tiers else "BlockBlob/landing-042/"
    for place in disks:
        ours = files_below(place) - {"DataBoxDiskImport/DataBoxDiskValidation.cmd"}
        assert ours
        assert all(name.startswith(container) for name in ours)
        names = sorted(path.name for path in place.iterdir())
        assert names == ["AzureFile", "BlockBlob", "DataBoxDiskImport", "PageBlob"]
    assert desk.here("verify", *disks).code == 0
    # A second session finds the first one.
    again = desk.here("copy", plan, *on(disks), "--json")
    assert (again.code, again.result["stored_bytes"]) == (0, copied.result["stored_bytes"])
    assert desk.here("receive", *disks, "--into", desk.landing).code == 0
    assert desk.here("arrival", plan).code == 0
    assert desk.here("vault", plan).code == 0
    shutil.rmtree(desk.landing)
    for number, stores in enumerate(([desk.vault], disks)):
        target = desk.home / f"back{number}"
        assert desk.here("restore", *stores, "--to", target).code == 0
        back = snapshot(target / "office")
        assert back == {name: data for name, data in before.items() if name != "left.tmp"}


def test_a_backup_on_a_share_of_a_data_box_comes_back(desk: Desk) -> None:
    source = desk.office()
    plan = plan_by(desk, "data-box", source)
    place = share(desk, "contosodata_BlockBlob")
    copied = desk.here("copy", plan, "--drive", place, "--passphrase-file", desk.passphrase)
    assert copied.code == 0
    assert all(name.startswith("Hot/landing-042/") for name in files_below(place))
    assert desk.here("verify", place).code == 0
    assert desk.here("receive", place, "--into", desk.landing).code == 0
    assert desk.here("arrival", plan).code == 0


@pytest.mark.parametrize(
    ("route", "name", "tiers", "sentence"),
    [
        ("import-export", "disk", (), "This drive was sent by Microsoft"),
        ("import-export", "contosodata_BlockBlob", TIERS, "This drive was sent by Microsoft"),
        ("data-box", "contosodata_PageBlob", (), "This device does not take block blobs"),
        ("data-box", "contosodata_BlockBlob", ("Archive",), "does not take block blobs"),
    ],
)
def test_a_device_of_another_route_or_kind_is_refused_and_stays_as_it_is(
    desk: Desk, route: str, name: str, tiers: tuple[str, ...], sentence: str
) -> None:
    plan = plan_by(desk, route, desk.office())
    place = disk(desk, name, tiers) if name == "disk" else share(desk, name, tiers)
    before = snapshot(place)
    said = desk.here("copy", plan, "--drive", place, "--passphrase-file", desk.passphrase)
    assert said.code == 1
    assert sentence in said.err
    assert snapshot(place) == before


def test_a_drive_that_is_no_device_is_refused_for_azure_and_told_for_practice(desk: Desk) -> None:
    plan = plan_by(desk, "data-box-disk", desk.office())
    (own,) = desk.drives(1)
    told = desk.here("drives", "--plan", plan, "--json")
    assert told.code == 0
    secret = ("--passphrase-file", desk.passphrase)
    assert desk.here("copy", plan, "--drive", own, *secret).code == 0
    assert (own / "landing-042" / "repository.json").is_file()
    real = desk.home / "real.toml"
    address = "https://contosodata.blob.core.windows.net"
    real.write_text(plan.read_text().replace('account = "account"', f'account = "{address}"'))
    other = desk.home / "other"
    other.mkdir()
    said = desk.here("copy", real, "--drive", other, *secret)
    assert said.code == 1
    assert "This is not a Data Box Disk" in said.err
    assert list(other.iterdir()) == []


def test_a_device_that_is_added_as_a_drive_gets_no_marker(desk: Desk) -> None:
    place, own = disk(desk, "disk", TIERS), desk.home / "own"
    before = snapshot(place)
    drives = build_services(desk.state).drives
    added = drives.add_folder(str(place))
    assert added.layout is not None
    assert snapshot(place) == before
    drives.add_folder(str(own))
    assert (own / ".offline-backup-drive.json").is_file()
