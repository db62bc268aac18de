"""`device`: what is found before a device leaves, and what is foreseen before a copy."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from offline_backup_gui.domain.agent_writing import QUIET_AFTER, WritingState, judge
from tests.azurite_server import Azurite
from tests.cli.desk import Desk, Said, on, snapshot
from tests.cli.test_devices import TIERS, disk, plan_by, share
from tests.cli.test_receive_account import Office, put

pytestmark = pytest.mark.timeout(180)


def check(desk: Desk, *places: Path) -> Said:
    return desk.here("device", "check", *places, "--json")


def problems(said: Said) -> dict[str, tuple[str, str]]:
    return {
        each["path"]: (each["fate"], each["reason"])
        for one in said.result["devices"]
        for each in one["problems"]
    }


def test_a_backup_on_disks_is_good_until_a_byte_changes(desk: Desk) -> None:
    plan = plan_by(desk, "data-box-disk", desk.office())
    disks = [disk(desk, "one", TIERS), disk(desk, "two", TIERS)]
    copied = desk.here("copy", plan, *on(disks), "--passphrase-file", desk.passphrase)
    assert copied.code == 0
    before = [snapshot(place) for place in disks]
    good = check(desk, *disks)
    assert (good.code, good.result["outcome"]) == (0, "done")
    assert [one["backups"][0]["objects"] > 0 for one in good.result["devices"]] == [True, True]
    assert [snapshot(place) for place in disks] == before
    pack = next((disks[0] / "BlockBlob" / "Hot").glob("*/packs/*/*"))
    data = bytearray(pack.read_bytes())
    data[7] ^= 1
    pack.write_bytes(data)
    bad = check(desk, *disks)
    assert bad.code == 3
    (damaged,) = bad.result["devices"][0]["backups"][0]["damaged"]
    assert damaged.endswith(pack.name)
    assert desk.here("device", "check", "--fast", *disks).code == 0
    spoken = desk.here("device", "check", *disks)
    assert pack.name in spoken.out


def test_names_sizes_layout_and_leftovers_are_told(desk: Desk) -> None:
    place = disk(desk, "disk", TIERS)
    put(place, "BlockBlob/Hot/landing/fine")
    put(place, "BlockBlob/Hot/My_Files/x")
    put(place, "BlockBlob/Cool/landing/fine")
    put(place, "BlockBlob/stray/x")
    put(place, "PageBlob/seed/odd.vhd", bytes(513))
    put(place, "mine.txt")
    put(place, "DriveManifest.xml")
    put(place, "BlockBlob/Hot/landing/.x.part")
    (place / "BlockBlob" / "Hot" / "landing" / "link").symlink_to("fine")
    said = check(desk, place)
    assert said.code == 3
    assert problems(said) == {
        "BlockBlob/Hot/My_Files/x": ("renamed", "container-characters"),
        # Folders are walked in the order of their names: Cool comes before Hot.
        "BlockBlob/Hot/landing/fine": ("collides", ""),
        "BlockBlob/stray/x": ("refused", "no-tier"),
        "PageBlob/seed/odd.vhd": ("refused", "alignment"),
        "mine.txt": ("refused", "at-root"),
        "DriveManifest.xml": ("refused", "at-root"),
    }
    (one,) = said.result["devices"]
    assert one["unfinished"] == ["BlockBlob/Hot/landing/.x.part"]
    assert [each["reason"] for each in one["hidden"]] == ["not-a-file"]
    assert [each["code"] for each in one["findings"]] == ["device-old-manifest"]
    spoken = desk.here("device", "check", place)
    assert "a page blob has a multiple of 512 bytes" in spoken.out
    assert "will be renamed: BlockBlob/Hot/My_Files/x" in spoken.out


def test_an_empty_device_and_one_with_too_many_containers_are_told(desk: Desk) -> None:
    place = share(desk, "contosodata_PageBlob", ())
    empty = check(desk, place)
    assert [each["code"] for each in empty.result["devices"][0]["findings"]] == ["device-empty"]
    for number in range(513):
        put(place, f"c{number:03d}/x", bytes(512))
    said = check(desk, place)
    assert said.code == 3
    assert [each["code"] for each in said.result["devices"][0]["findings"]] == [
        "device-many-containers"
    ]


def test_a_place_that_is_no_device_is_refused(desk: Desk) -> None:
    (own,) = desk.drives(1)
    said = desk.here("device", "check", own)
    assert said.code == 1
    assert "neither a Data Box Disk nor a share" in said.err


@pytest.mark.parametrize("given", ["{}", "UP{}", "bad_{}"])
@pytest.mark.parametrize("page", [False, True])
def test_what_is_foreseen_before_the_copy_is_what_the_account_then_has(
    tmp_path: Path, azurite: Azurite, given: str, page: bool
) -> None:
    office = Office(tmp_path / "desk", azurite)
    container, folder = given.format(office.container), office.home / "plain"
    names = ("a.txt", "deep/er/b.txt", "dot.", "ctrl\x01", "x" * 250 + "/y", "ü/ß", "x" * 255)
    for number, name in enumerate(names):
        put(folder, name, bytes(512 * number + (number == 1)))
    (folder / "link").symlink_to("a.txt")
    options = ("--page-blobs",) if page else ()
    foreseen = office.here(
        "device", "forecast", folder, "--container", container, *options, "--json"
    )
    (told,) = foreseen.result["devices"]

    place = disk(office, "disk", TIERS)
    above = ("PageBlob/" if page else "BlockBlob/Hot/") + container
    shutil.copytree(folder, place / above, symlinks=True)
    received = office.receive(place)
    assert received.code == foreseen.code == 3

    by_fate: dict[str, dict[str, str]] = {fate: {} for fate in ("renamed", "refused")}
    for each in told["problems"]:
        by_fate[each["fate"]][each["path"]] = each["blob"]
    moved = {each["path"]: each["blob"] for each in received.result["renamed"]}
    assert moved == by_fate["renamed"]
    hidden = {f"{above}/{each['path']}" for each in told["hidden"]}
    lost = {each["path"] for each in received.result["refused"]}
    assert lost == by_fate["refused"].keys() | hidden == lost | {f"{above}/link"}
    assert bool(by_fate["refused"]) == page
    expected = {
        by_fate["renamed"].get(f"{above}/{name}", f"{container}/{name}")
        for name in names
        if f"{above}/{name}" not in by_fate["refused"]
    }
    containers = {blob.split("/", 1)[0] for blob in expected}
    assert {f"{each}/{name}" for each in containers for name in office.there(each)} == expected
    assert received.result["blobs"] == len(expected)


def test_an_agent_that_writes_to_a_device_is_watched_and_nothing_is_touched(desk: Desk) -> None:
    place = disk(desk, "disk")
    said = desk.here("device", "watch", place, "--json")
    assert said.result["state"] == "empty"
    put(place, "PageBlob/mars/one.vhd", bytes(1024))
    assert desk.here("device", "watch", place, "--json").result["state"] == "growing"
    put(place, "PageBlob/mars/two.vhd", bytes(4096))
    before = snapshot(place)
    grown = desk.here("device", "watch", place, "--json").result
    assert (grown["state"], grown["files"], grown["grown_bytes"]) == ("growing", 2, 4096)
    assert desk.here("device", "watch", place, "--json").result["state"] == "paused"
    assert snapshot(place) == before
    assert "nothing new since" in desk.here("device", "watch", place).out


def test_quiet_needs_time_between_two_looks_that_see_the_same() -> None:
    start = datetime(2026, 11, 25, 9, tzinfo=UTC)
    first = judge(None, start, 2, 1024)
    assert first.state is WritingState.FIRST_LOOK
    short = judge(first.look, start + QUIET_AFTER - timedelta(seconds=1), 2, 1024)
    assert (short.state, short.look.since) == (WritingState.PAUSED, start)
    long = judge(short.look, start + QUIET_AFTER, 2, 1024)
    assert (long.state, long.look.since) == (WritingState.QUIET, start)
    later = start + 2 * QUIET_AFTER
    more = judge(long.look, later, 3, 2048)
    assert (more.state, more.grown_bytes, more.look.since) == (WritingState.GROWING, 1024, later)
    assert more.rate_bytes_s == pytest.approx(1024 / QUIET_AFTER.total_seconds())
    assert judge(more.look, later, 0, 0).state is WritingState.EMPTY


def test_the_passkey_is_kept_shown_and_forgotten_and_never_an_argument(desk: Desk) -> None:
    secret = desk.home / "passkey.txt"
    secret.write_text("Abc123Abc123Abc123\n")
    none = desk.here("device", "unlock", "order-1")
    assert "No passkey of order-1" in none.out
    assert "DataBoxDiskUnlock.exe" in none.out
    kept = desk.here("device", "unlock", "order-1", "--passkey-file", secret)
    assert kept.code == 0
    assert "Abc123" not in kept.out
    shown = desk.here("device", "unlock", "order-1", "--show")
    assert "Abc123Abc123Abc123" in shown.out
    assert b"Abc123" not in (desk.state / "state.db").read_bytes()
    desk.here("device", "unlock", "order-1", "--forget")
    assert "Abc123" not in desk.here("device", "unlock", "order-1", "--show").out
    assert desk.here("device", "unlock", "order-1", "--passkey", "Abc123").code == 2


@pytest.mark.parametrize(("kind", "words"), [("data-box-disk", "Eject"), ("data-box", "BOM")])
def test_the_steps_until_a_device_leaves_are_listed(desk: Desk, kind: str, words: str) -> None:
    said = desk.here("device", "ship", kind)
    assert said.code == 0
    assert words in said.out
    assert said.out.startswith("1. ")
