"""What own drives and a staging location are refused for: said before any byte is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.drive import Bus, Encryption, Volume
from offline_backup_gui.domain.staging import PlaceLook
from offline_backup_gui.services.world import World
from tests.cli.desk import Desk, Said, on
from tests.cli.shelf import Shelf
from tests.cli.test_as_is import left

ACCOUNT = "https://contoso.blob.core.windows.net"
NEED = 1_000_000


@pytest.fixture
def shelf(desk: Desk) -> Shelf:
    return Shelf(desk)


def seed(desk: Desk, job_name: str = "branch-042-seed", account: str = ACCOUNT) -> Path:
    """Write the plan of an agent whose data lies in its staging location."""
    staging = desk.home / "staging"
    if not staging.exists():
        staging.mkdir()
        for number in (1, 2):
            left(staging, number, 40_960)
    plan = desk.home / "seed.toml"
    plan.write_text(
        'name = "branch-042"\ndeployment_model = "mars"\nroute = "import-export"\n'
        f'[destination]\naccount = "{account}"\nlanding = "landing-042"\n'
        f"[agent]\nstaging_location = {json.dumps(str(staging))}\n"
        f'container = "seed-042"\nimport_job_name = "{job_name}"\n'
    )
    return plan


# --- drives


def eleventh(shelf: Shelf) -> None:
    for _ in range(10):
        shelf.add()


def sectors_4096(shelf: Shelf) -> None:
    shelf.put(first(shelf), logical_sector_bytes=4096, physical_sector_bytes=4096)


def adapter_4096(shelf: Shelf) -> None:
    shelf.put(first(shelf), bus=Bus.USB, logical_sector_bytes=4096, disk_sector_bytes=512)


def usb_only(shelf: Shelf) -> None:
    shelf.put(first(shelf), bus=Bus.USB, removable=True, hot_plug=True)


def bitlocker_off(shelf: Shelf) -> None:
    shelf.put(first(shelf), encryption=Encryption.NONE)


def second_volume(shelf: Shelf) -> None:
    # The letter in front is that of the first volume; what was chosen is the second.
    here = (str(first(shelf)), "N:\\")
    volumes = tuple(
        Volume(mounts[0], mounts, file_system="NTFS", size_bytes=10**12, free_bytes=10**12)
        for mounts in (("M:\\",), here)
    )
    shelf.put(first(shelf), mounts=(*here, "M:\\"), volumes=volumes)


def manifest_left(shelf: Shelf) -> None:
    (first(shelf) / "DriveManifest.xml").write_text("<DriveManifest/>")


def serial_made(shelf: Shelf) -> None:
    shelf.put(first(shelf), bus=Bus.USB, serial="DISK-1BC776B4F618", serial_made=True)


def practice_folder(shelf: Shelf) -> None:
    shelf.put(first(shelf), bus=Bus.FOLDER, serial="FD-000000000001", serial_made=True)


def first(shelf: Shelf) -> Path:
    return next(iter(shelf.disks))


REFUSED: list[tuple[Callable[[Shelf], None], str, str]] = [
    (eleventh, "drive-eleventh", "More than ten drives"),
    (sectors_4096, "drive-sectors-4096", "Has 4096-byte sectors"),
    (adapter_4096, "drive-adapter-4096", "Its USB adapter shows 4,096-byte sectors"),
    (usb_only, "drive-usb-only", "Built for USB only"),
    (bitlocker_off, "drive-not-encrypted", "BitLocker is off"),
    (second_volume, "drive-second-volume", "is not the first volume of this drive"),
    (manifest_left, "drive-has-manifest", "Holds the manifest of another import job"),
    (serial_made, "drive-serial-made", "does not tell the drive's own serial number"),
    (practice_folder, "drive-serial-made", "does not tell the drive's own serial number"),
]


@pytest.mark.parametrize(("make", "code", "sentence"), REFUSED)
def test_a_drive_azure_would_not_take_is_refused_before_a_byte_is_written(
    shelf: Shelf, make: Callable[[Shelf], None], code: str, sentence: str
) -> None:
    plan = seed(shelf.desk)
    (shelf.add() / "Photos").mkdir()
    make(shelf)
    before, remembered = shelf.contents(), shelf.memory()
    said = shelf.say("copy", plan, *on(list(shelf.disks)))
    assert said.code == 1
    assert sentence in said.err
    told = shelf.say("copy", plan, *on(list(shelf.disks)), "--json")
    assert (told.code, told.result["code"]) == (1, "plan-blocked")
    assert finding_of(told) == code
    assert shelf.contents() == before
    assert shelf.memory() == remembered


def finding_of(told: Said) -> str:
    found: str = told.result["parameters"]["finding"]
    return found


def test_the_same_drive_without_the_flaw_is_written(shelf: Shelf) -> None:
    place = shelf.add()
    told = shelf.say("copy", seed(shelf.desk), *on([place]), "--json")
    assert told.code == 0, told
    text = (place / "DriveManifest.xml").read_bytes()
    assert b"<DriveId>WD-WCC4N0000001</DriveId>" in text


# --- staging locations


def staging_door(shelf: Shelf, free_bytes: int) -> Callable[[World], World]:
    """Let a location have exactly so much room."""

    def changed(world: World) -> World:
        real = world.staging

        class Door:
            def look(self, path: str) -> PlaceLook:
                return replace(real.look(path), free_bytes=free_bytes)

            files = staticmethod(real.files)

        return replace(world, staging=Door())

    return changed


def too_small_by_one(shelf: Shelf) -> list[object]:
    shelf.changed = staging_door(shelf, NEED - 1)
    return ["--location", first(shelf), "--size", NEED]


def on_the_source_volume(shelf: Shelf) -> list[object]:
    source, staging = first(shelf) / "office", first(shelf) / "agent"
    source.mkdir()
    (source / "letter.txt").write_text("Dear")
    staging.mkdir()
    return ["--location", staging, "--source", source]


def job_name_refused(shelf: Shelf) -> list[object]:
    return [seed(shelf.desk, "Branch_042")]


@pytest.mark.parametrize(
    ("make", "code", "sentence"),
    [
        (too_small_by_one, "staging-too-small", "is too small by 1 byte"),
        (on_the_source_volume, "staging-on-source", "lies on a volume that is backed up"),
        (
            job_name_refused,
            "import-job-name-not-allowed",
            "Azure does not take “Branch_042” as the name",
        ),
    ],
)
def test_a_location_or_name_that_would_not_do_is_told_before_the_agent_begins(
    shelf: Shelf, make: Callable[[Shelf], list[object]], code: str, sentence: str
) -> None:
    (shelf.add() / "Photos").mkdir()
    given = make(shelf)
    before, remembered = shelf.contents(), shelf.memory()
    said = shelf.say("staging", "check", *given)
    assert said.code == 1
    assert sentence in said.out + said.err
    told = shelf.say("staging", "check", *given, "--json")
    assert (told.code, told.result["outcome"]) == (1, "blocked")
    blockers = [one["code"] for one in told.result["findings"] if one["severity"] == "blocker"]
    assert blockers == [code]
    assert shelf.contents() == before
    assert shelf.memory() == remembered


def test_a_location_with_exactly_the_room_will_do(shelf: Shelf) -> None:
    shelf.add()
    shelf.changed = staging_door(shelf, NEED)
    told = shelf.say("staging", "check", "--location", first(shelf), "--size", NEED, "--json")
    assert (told.code, told.result["outcome"]) == (0, "done")


def test_a_job_name_azure_refuses_stops_the_copy_too(shelf: Shelf) -> None:
    place, plan = shelf.add(), seed(shelf.desk, "Branch_042")
    before, remembered = shelf.contents(), shelf.memory()
    told = shelf.say("copy", plan, *on([place]), "--json")
    assert told.code == 1
    assert finding_of(told) == "import-job-name-not-allowed"
    assert (shelf.contents(), shelf.memory()) == (before, remembered)


def test_an_agents_plan_that_names_its_account_alone_ships_to_azure_too(shelf: Shelf) -> None:
    place = shelf.add()
    plan = seed(shelf.desk, account="")
    plan.write_text(plan.read_text() + 'storage_account = "contoso"\n')
    bitlocker_off(shelf)
    before, remembered = shelf.contents(), shelf.memory()
    told = shelf.say("copy", plan, *on([place]), "--json")
    assert (told.code, finding_of(told)) == (1, "drive-not-encrypted")
    assert (shelf.contents(), shelf.memory()) == (before, remembered)
    listed = shelf.say("drives", "--plan", plan, "--json").result["drives"][0]
    (finding,) = [one for one in listed["findings"] if one["code"] == "drive-not-encrypted"]
    assert finding["severity"] == "blocker"
    assert listed["serial_made"] is False


@pytest.mark.parametrize("packs", [True, False])
def test_a_drive_that_tells_its_serial_at_last_goes_on_under_it(shelf: Shelf, packs: bool) -> None:
    desk, place = shelf.desk, shelf.add()
    plan = desk.plan(desk.office(files=2)) if packs else seed(desk, account="account")
    secret = ("--passphrase-file", desk.passphrase) if packs else ()
    serial_made(shelf)
    noted = []
    for facts in ({}, {"serial": "WD-WCC4N0000009", "serial_made": False}):
        shelf.put(place, **facts)
        assert shelf.say("copy", plan, *on([place]), *secret).code == 0
        drives = shelf.prepared(plan)
        noted.append([(drive.serial, drive.serial_made) for drive in drives])
        text = (place / "DriveManifest.xml").read_text("utf-8")
        assert f"<DriveId>{drives[0].serial}</DriveId>" in text
        assert drives[0].manifest_md5 == hashlib.md5(text.encode()).hexdigest().upper()
    assert noted == [[("DISK-1BC776B4F618", True)], [("WD-WCC4N0000009", False)]]
