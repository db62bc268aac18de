"""From lsblk's text to drives, on the answers of several computers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.adapters.drives.lsblk import DiskFacts, parse_lsblk
from offline_backup_gui.adapters.drives.mounts import Usage, parse_mountinfo
from offline_backup_gui.domain.drive import Bus, Drive, Encryption, Health
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from tests.adapters.drives.recordings import computer

GB = 1_000_000_000
USAGE = {
    "/": Usage(390 * GB, 300 * GB),
    "/boot": Usage(GB, GB // 2),
    "/boot/efi": Usage(GB // 2, GB // 2),
    "/srv/data": Usage(8000 * GB, 6000 * GB),
    "/srv/ftp": Usage(8000 * GB, 6000 * GB),
    "/media/backup drive": Usage(4000 * GB, 3900 * GB),
    "/media/BOOTSTICK": Usage(32 * GB, 31 * GB),
    "/media/ROOM": Usage(32 * GB, 20 * GB),
    "/mnt/vault": Usage(1900 * GB, 1000 * GB),
}


def read(name: str, facts: dict[str, DiskFacts] | None = None) -> dict[str, Drive]:
    text = computer(name)
    drives = parse_lsblk(text.lsblk, text.mountinfo, USAGE, swaps_text=text.swaps, disk_facts=facts)
    return {drive.device.removeprefix("/dev/"): drive for drive in drives}


def test_every_physical_disk_of_a_server_is_listed_once() -> None:
    drives = read("branch-server")
    assert list(drives) == ["sda", "sdb", "sdc", "sdd", "sde", "sdf", "sdg", "nvme0n1"]
    assert {name: drive.bus for name, drive in drives.items()} == {
        "sda": Bus.SATA,
        "sdb": Bus.SAS,
        "sdc": Bus.USB,
        "sdd": Bus.USB,
        "sde": Bus.USB,
        "sdf": Bus.USB,
        "sdg": Bus.USB,
        "nvme0n1": Bus.NVME,
    }


def test_a_usb_disk_is_told_in_full() -> None:
    assert read("branch-server")["sdc"] == Drive(
        serial="WD-WX52D80A7X3F",
        model="WD My Passport 2627",
        bus=Bus.USB,
        size_bytes=4_000_787_030_016,
        free_bytes=3900 * GB,
        mounts=("/media/backup drive",),
        device="/dev/sdc",
        file_system="exfat",
        label="OFFLINE-1",
        hot_plug=True,
        logical_sector_bytes=512,
        physical_sector_bytes=4096,
        encryption=Encryption.NONE,
        rotational=True,
    )


def test_only_the_disk_with_the_root_inside_lvm_is_the_system_drive() -> None:
    drives = read("branch-server")
    assert [name for name, drive in drives.items() if drive.is_system] == ["sda"]


def test_disks_that_hold_swap_or_root_without_lvm_are_system_drives() -> None:
    drives = read("old-release")
    assert [name for name, drive in drives.items() if drive.is_system] == ["sda", "sdc"]


def test_an_unused_swap_partition_does_not_make_a_system_drive() -> None:
    text = computer("old-release")
    drives = parse_lsblk(text.lsblk, text.mountinfo, USAGE, swaps_text="Filename Type\n")
    assert [drive.device for drive in drives if drive.is_system] == ["/dev/sda"]


def test_the_writable_partition_comes_first_and_its_room_counts() -> None:
    stick = read("branch-server")["sdd"]
    assert stick.mounts == ("/media/ROOM", "/media/BOOTSTICK")
    assert (stick.free_bytes, stick.label, stick.read_only) == (20 * GB, "ROOM", False)


def test_a_folder_mounted_once_more_comes_after_the_whole_file_system() -> None:
    assert read("branch-server")["sdb"].mounts == ("/srv/data", "/srv/ftp")


def test_a_locked_bitlocker_disk_behind_a_4096_bridge_is_told_as_such() -> None:
    disk = read("branch-server")["sde"]
    assert (disk.encryption, disk.mounts) == (Encryption.LOCKED, ())
    assert (disk.logical_sector_bytes, disk.physical_sector_bytes) == (4096, 4096)


def test_a_filler_serial_is_replaced_by_the_partition_tables_id() -> None:
    disk = read("branch-server")["sde"]
    assert disk.serial.startswith("DISK-")
    assert disk.serial == read("branch-server")["sde"].serial


def test_a_serial_that_was_made_here_is_told_from_one_that_the_disk_has() -> None:
    drives = read("branch-server")
    assert {name for name, drive in drives.items() if not drive.serial_made} >= {"sda", "sdb"}
    assert drives["sde"].serial_made


def test_an_opened_container_on_btrfs_counts_as_unlocked_and_mounted() -> None:
    disk = read("branch-server")["nvme0n1"]
    assert (disk.encryption, disk.mounts) == (Encryption.UNLOCKED, ("/mnt/vault",))
    assert (disk.file_system, disk.label, disk.free_bytes) == ("btrfs", "VAULT", 1000 * GB)


def test_a_locked_luks_stick_behind_a_write_switch_from_an_old_release() -> None:
    stick = read("old-release")["sdb"]
    assert (stick.encryption, stick.read_only, stick.removable) == (Encryption.LOCKED, True, True)
    assert stick.size_bytes == 31_457_280_000


def test_a_hypervisors_disk_is_virtual_though_it_claims_to_be_sata() -> None:
    assert read("old-release")["sda"].bus is Bus.VIRTUAL


def test_empty_slots_of_a_card_reader_have_no_medium_and_serials_of_their_own() -> None:
    drives = read("branch-server")
    assert not drives["sdf"].has_medium
    assert not drives["sdg"].has_medium
    assert drives["sdf"].serial != drives["sdg"].serial


def test_a_disk_that_sysfs_calls_offline_is_failing_and_a_running_one_is_not_called_good() -> None:
    drives = read(
        "branch-server", {"sdb": DiskFacts(state="offline"), "sdc": DiskFacts(state="running")}
    )
    assert drives["sdb"].health is Health.FAILING
    assert drives["sdc"].health is Health.UNKNOWN


def test_a_virtual_machine_as_recorded_has_its_disk_and_one_loop_drive() -> None:
    facts = {"loop0": DiskFacts(backing_file="/home/admin/drive.img")}
    drives = read("virtual-machine", facts)
    assert list(drives) == ["loop0", "vda"]
    assert (drives["vda"].bus, drives["vda"].is_system) == (Bus.VIRTUAL, True)
    loop = drives["loop0"]
    assert (loop.bus, loop.model, loop.mounts) == (Bus.LOOP, "drive.img", ("/mnt/disk",))
    assert (loop.serial.startswith("LOOP-"), loop.serial_made) == (True, True)
    assert loop.file_system == "ext4"


def test_a_loop_drive_keeps_its_serial_on_another_device() -> None:
    text = computer("virtual-machine")
    one = {"loop0": DiskFacts(backing_file="/srv/a.img")}
    other = {"loop5": DiskFacts(backing_file="/srv/a.img")}
    elsewhere = text.lsblk.replace("loop0", "loop9").replace("loop5", "loop0")
    elsewhere = elsewhere.replace("loop9", "loop5")
    first = parse_lsblk(text.lsblk, "", {}, disk_facts=one)[0]
    moved = [
        drive for drive in parse_lsblk(elsewhere, "", {}, disk_facts=other) if drive.bus is Bus.LOOP
    ]
    assert first.bus is Bus.LOOP
    assert moved[0].serial == first.serial


def test_two_disks_behind_one_bridge_with_the_same_serial_are_told_apart() -> None:
    disks = [
        {
            "kname": f"sd{letter}",
            "type": "disk",
            "size": 10,
            "serial": "X7",
            "ptuuid": f"{letter}-1",
        }
        for letter in "ab"
    ]
    drives = parse_lsblk(json.dumps({"blockdevices": disks}), "", {})
    assert [drive.serial for drive in drives] == ["X7-a-1", "X7-b-1"]
    assert [drive.serial_made for drive in drives] == [True, True]


def test_a_mount_that_did_not_answer_has_no_free_bytes_and_is_still_named() -> None:
    text = computer("branch-server")
    disks = parse_lsblk(text.lsblk, text.mountinfo, {})
    disk = next(disk for disk in disks if disk.device == "/dev/sdc")
    assert (disk.mounts, disk.free_bytes) == (("/media/backup drive",), 0)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"blockdevices": 7}', '{"blockdevices": [{}]}'])
def test_an_answer_that_is_no_listing_is_told_as_unanswered(text: str) -> None:
    with pytest.raises(BackupError) as caught:
        parse_lsblk(text, "", {})
    assert caught.value.code is ErrorCode.DRIVES_UNANSWERED


def test_blanks_and_backslashes_in_mount_points_are_read() -> None:
    line = r"9 1 8:1 / /mnt/a\040b\134c rw - vfat /dev/sd\040x rw"
    mount = parse_mountinfo(line)[0]
    assert (mount.point, mount.source) == (r"/mnt/a b\c", "/dev/sd x")


def test_a_mount_hidden_by_a_later_one_is_not_seen() -> None:
    text = "9 1 8:1 / /mnt rw - ext4 /dev/sda1 rw\n10 9 8:2 / /mnt rw - ext4 /dev/sdb1 rw\n"
    assert [mount.source for mount in parse_mountinfo(text)] == ["/dev/sdb1"]


FIELDS = st.lists(st.sampled_from(["", "/", "/mnt", "8:1", "ro", "-", "\\040", "\n"]) | st.text())


@given(FIELDS, FIELDS)
def test_any_text_as_mountinfo_gives_absolute_places_only(
    before: list[str], after: list[str]
) -> None:
    for mount in parse_mountinfo(f"{' '.join(before)} - {' '.join(after)}"):
        assert mount.point.startswith("/")


@given(st.text() | st.from_regex(r'\{"blockdevices": ?\[.*\]\}', fullmatch=True))
def test_any_text_as_listing_gives_drives_or_says_unanswered(text: str) -> None:
    try:
        drives = parse_lsblk(text, "", {})
    except BackupError as trouble:
        codes = {trouble.code}
    else:
        codes = {ErrorCode.DRIVES_UNANSWERED}
        assert all(drive.serial and drive.device for drive in drives)
    assert codes == {ErrorCode.DRIVES_UNANSWERED}


def test_a_card_in_a_slot_of_its_own_is_a_card() -> None:
    text = (
        '{"blockdevices": [{"name": "mmcblk0", "kname": "mmcblk0", "type": "disk", "size": 9,'
        ' "serial": "0x8a5b0c1d", "model": "SC64G", "tran": null}]}'
    )
    (card,) = parse_lsblk(text, "", {})
    assert card.bus is Bus.CARD


def test_a_disk_in_a_usb_enclosure_is_no_stick() -> None:
    drives = read("branch-server")
    sticks = {name for name, drive in drives.items() if drive.removable}
    unpluggable = {name for name, drive in drives.items() if drive.hot_plug}
    assert sticks == {"sdd", "sdf", "sdg"}
    assert unpluggable == {"sdc", "sdd", "sde", "sdf", "sdg"}
