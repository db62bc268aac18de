from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from offline_backup_gui.domain.device_layout import recognise
from offline_backup_gui.domain.drive import (
    Bus,
    Drive,
    Encryption,
    Health,
    HealthSign,
    PartitionStyle,
    Sign,
    Volume,
)
from offline_backup_gui.domain.findings import FindingCode, Severity
from offline_backup_gui.domain.fitness import DriveNeed, fitness, judge_all
from offline_backup_gui.domain.plan import Route
from offline_backup_gui.domain.spreading import room_bytes

GB = 10**9
AZURE = "https://contoso.blob.core.windows.net"
SYSTEM = Drive("sys", "Disk", Bus.NVME, 500 * GB, 300 * GB, ("/", "/boot"), is_system=True)


def drive(serial: str = "A", **changes: Any) -> Drive:
    facts: dict[str, Any] = {
        "serial": serial,
        "model": "Disk",
        "bus": Bus.SATA,
        "size_bytes": 1000 * GB,
        "free_bytes": 1000 * GB,
        "mounts": (f"/mnt/{serial.lower()}",),
        "health": Health.GOOD,
        "encryption": Encryption.UNLOCKED,
    }
    return Drive(**{**facts, **changes})


def need(**changes: Any) -> DriveNeed:
    facts: dict[str, Any] = {
        "need_bytes": 10 * GB,
        "sources": ("/srv/office",),
        "account": AZURE,
        "route": Route.IMPORT_EXPORT,
    }
    return DriveNeed(**{**facts, **changes})


def found(
    subject: Drive, wanted: DriveNeed | None = None, among: Sequence[Drive] = (SYSTEM,)
) -> dict[FindingCode, Severity]:
    return {f.code: f.severity for f in fitness(subject, wanted or need(), (*among, subject))}


def test_a_good_empty_sata_drive_has_nothing_against_it() -> None:
    assert found(drive()) == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"is_system": True}, FindingCode.DRIVE_IS_SYSTEM),
        ({"read_only": True}, FindingCode.DRIVE_READ_ONLY),
        ({"encryption": Encryption.LOCKED, "mounts": ()}, FindingCode.DRIVE_LOCKED),
        ({"mounts": ()}, FindingCode.DRIVE_NOT_MOUNTED),
        ({"has_medium": False, "mounts": (), "free_bytes": 0}, FindingCode.DRIVE_NO_MEDIUM),
        ({"health": Health.FAILING}, FindingCode.DRIVE_FAILING),
        ({"offline": True, "mounts": (), "free_bytes": 0}, FindingCode.DRIVE_OFFLINE),
        (
            {"partition_style": PartitionStyle.NONE, "mounts": (), "free_bytes": 0},
            FindingCode.DRIVE_NOT_INITIALISED,
        ),
        ({"file_system": "RAW", "free_bytes": 0}, FindingCode.DRIVE_NOT_FORMATTED),
        ({"forbidden_by": "write-protect", "read_only": True}, FindingCode.DRIVE_FORBIDDEN),
        ({"repository_id": "ff"}, FindingCode.DRIVE_HAS_OTHER_BACKUP),
        ({"bus": Bus.NVME}, FindingCode.DRIVE_NOT_SATA),
        ({"bus": Bus.SAS}, FindingCode.DRIVE_NOT_SATA),
        ({"logical_sector_bytes": 4096}, FindingCode.DRIVE_SECTORS_4096),
        ({"free_bytes": 64 * 2**20 - 1}, FindingCode.DRIVE_TOO_SMALL),
    ],
)
def test_what_forbids_a_drive_is_one_blocker(changes: dict[str, Any], code: FindingCode) -> None:
    assert found(drive(**changes)) == {code: Severity.BLOCKER}


@pytest.mark.parametrize("bus", [Bus.SATA, Bus.USB, Bus.FOLDER, Bus.LOOP])
def test_a_drive_whose_serial_was_made_here_never_goes_into_an_import_job(bus: Bus) -> None:
    made = drive(serial="DISK-1BC776B4F618", serial_made=True, bus=bus)
    found = {finding.code: finding for finding in fitness(made, need())}
    finding = found[FindingCode.DRIVE_SERIAL_MADE]
    assert finding.severity is Severity.BLOCKER
    assert finding.parameters == {"serial": "DISK-1BC776B4F618"}


@pytest.mark.parametrize(
    "wanted",
    [
        need(account="/srv/account"),
        need(account="http://127.0.0.1:10000/devstoreaccount1"),
        need(route=Route.DATA_BOX_DISK),
        need(route=None),
    ],
)
def test_a_made_serial_does_not_matter_where_no_import_job_takes_the_drive(
    wanted: DriveNeed,
) -> None:
    for bus in (Bus.SATA, Bus.FOLDER, Bus.LOOP):
        assert FindingCode.DRIVE_SERIAL_MADE not in found(drive(serial_made=True, bus=bus), wanted)


def test_a_made_serial_is_a_warning_while_the_destination_is_open() -> None:
    made = found(drive(serial_made=True), need(account=""))
    assert made[FindingCode.DRIVE_SERIAL_MADE] is Severity.WARNING
    # A folder may well stay practice.
    folder = found(drive(serial_made=True, bus=Bus.FOLDER), need(account=""))
    assert FindingCode.DRIVE_SERIAL_MADE not in folder


def test_sixty_four_mebibytes_are_just_enough() -> None:
    assert found(drive(free_bytes=64 * 2**20)) == {}


def test_unknown_health_is_only_a_note_and_only_for_real_disks() -> None:
    assert found(drive(health=Health.UNKNOWN)) == {FindingCode.DRIVE_HEALTH_UNKNOWN: Severity.NOTE}
    network = drive(health=Health.UNKNOWN, bus=Bus.NETWORK)
    assert FindingCode.DRIVE_HEALTH_UNKNOWN not in found(network)


def test_files_on_a_drive_are_a_warning_that_names_the_first_folders() -> None:
    findings = fitness(drive(first_folders=("Photos", "Old")), need())
    assert [f.code for f in findings] == [FindingCode.DRIVE_HAS_FILES]
    assert findings[0].severity is Severity.WARNING
    assert findings[0].parameters["folders"] == ("Photos", "Old")


def test_a_drive_with_this_backup_goes_on_even_when_it_is_full() -> None:
    mine = drive(repository_id="ab12", free_bytes=0, first_folders=("landing",))
    assert found(mine, need(repository_id="ab12")) == {
        FindingCode.DRIVE_HAS_THIS_BACKUP: Severity.NOTE
    }


def test_two_plans_without_a_repository_are_not_the_same_backup() -> None:
    assert found(drive(repository_id=""), need(repository_id="")) == {}


# ------------------------------------------------------------ places


@pytest.mark.parametrize("source", ["/mnt/a", "/mnt/a/", "/mnt/a/office", "/mnt", "/"])
def test_a_drive_that_holds_the_source_or_is_mounted_in_it_is_blocked(source: str) -> None:
    assert found(drive(), need(sources=("/srv/x", source))) == {
        FindingCode.DRIVE_HOLDS_SOURCE: Severity.BLOCKER
    }


@pytest.mark.parametrize("source", ["/mnt/ab", "/srv", "/mnt/b/x"])
def test_a_source_beside_the_drive_does_not_matter(source: str) -> None:
    assert found(drive(), need(sources=(source,))) == {}


def test_the_longest_mount_decides_which_drive_holds_a_source() -> None:
    outer, inner = drive("O", mounts=("/mnt",)), drive("I", mounts=("/mnt/i",))
    wanted = need(sources=("/mnt/i/office",))
    assert FindingCode.DRIVE_HOLDS_SOURCE in found(inner, wanted, (SYSTEM, outer))
    assert FindingCode.DRIVE_HOLDS_SOURCE not in found(outer, wanted, (SYSTEM, inner))


def test_the_system_drive_holds_what_no_other_mount_holds() -> None:
    codes = {f.code for f in fitness(SYSTEM, need(), (SYSTEM, drive()))}
    assert {FindingCode.DRIVE_IS_SYSTEM, FindingCode.DRIVE_HOLDS_SOURCE} <= codes


def test_any_of_several_mounts_can_hold_the_source() -> None:
    twice = drive(mounts=("/mnt/a", "/srv/office"))
    assert FindingCode.DRIVE_HOLDS_SOURCE in found(twice)


@pytest.mark.parametrize(
    ("source", "held"),
    [
        ("e:/projects", True),
        ("E:", True),
        ("\\\\?\\E:\\Projects", True),
        ("C:\\mount\\usb\\x", True),
        ("C:\\MOUNT", True),
        ("D:\\E", False),
        ("C:\\mount2", False),
        ("\\\\server\\E$\\x", False),
    ],
)
def test_windows_letters_and_mount_folders_are_compared_as_windows_does(
    source: str, held: bool
) -> None:
    system = drive("S", mounts=("C:\\",), is_system=True)
    usb = drive("E", mounts=("E:\\", "C:\\mount\\usb\\"))
    codes = found(usb, need(sources=(source,)), (system,))
    assert (FindingCode.DRIVE_HOLDS_SOURCE in codes) == held


def test_posix_paths_differ_by_case() -> None:
    assert found(drive(mounts=("/mnt/A",)), need(sources=("/mnt/a/x",))) == {}


def test_the_folder_that_stands_for_the_account_must_be_elsewhere() -> None:
    wanted = need(account="/mnt/a/account")
    assert found(drive(), wanted) == {FindingCode.DRIVE_HOLDS_ACCOUNT: Severity.BLOCKER}
    assert found(drive("B"), wanted, (SYSTEM, drive())) == {}
    inside = drive("P", bus=Bus.FOLDER, mounts=("/mnt/a/account/drive",))
    assert FindingCode.DRIVE_HOLDS_ACCOUNT in found(inside, wanted)


def test_an_account_url_lies_on_no_drive() -> None:
    assert found(drive(mounts=("/https:",)), need(account=AZURE)) == {}


def test_a_practice_folder_beside_the_source_is_fine_and_said_to_be_practice() -> None:
    folder = drive("F", bus=Bus.FOLDER, mounts=("/srv/practice/one",), health=Health.UNKNOWN)
    wanted = need(sources=("/srv/practice/office",), account="/srv/practice/account")
    assert found(folder, wanted) == {FindingCode.DRIVE_PRACTICE: Severity.NOTE}


def test_a_drive_that_shares_its_disk_with_a_source_is_a_warning() -> None:
    office = drive("O", mounts=("/srv",), device="/dev/sdb")
    folder = drive("F", bus=Bus.FOLDER, mounts=("/srv-drive",), device="/dev/sdb")
    assert found(folder, need(), (SYSTEM, office))[FindingCode.DRIVE_SAME_DISK] is Severity.WARNING
    elsewhere = drive("G", mounts=("/g",), device="/dev/sdc")
    assert found(elsewhere, need(), (SYSTEM, office)) == {}


# ------------------------------------------------------------ the Import/Export service

ODD: dict[str, Any] = {"logical_sector_bytes": 4096, "removable": True}


@pytest.mark.parametrize("bus", [Bus.FOLDER, Bus.LOOP, Bus.NETWORK, Bus.USB, Bus.NVME, Bus.SATA])
@pytest.mark.parametrize("account", ["/elsewhere/account", "http://127.0.0.1:10000/devstore"])
def test_the_service_rules_do_not_count_for_practice(bus: Bus, account: str) -> None:
    odd = drive(bus=bus, **ODD)
    codes = found(odd, need(account=account))
    assert Severity.BLOCKER not in codes.values()
    assert FindingCode.DRIVE_SECTORS_4096 not in codes
    assert FindingCode.DRIVE_USB_ONLY not in codes


@pytest.mark.parametrize("bus", [Bus.FOLDER, Bus.LOOP, Bus.NETWORK])
def test_what_is_no_disk_is_not_asked_for_its_sectors(bus: Bus) -> None:
    assert FindingCode.DRIVE_SECTORS_4096 not in found(drive(bus=bus, **ODD))


def test_the_service_rules_do_not_count_on_a_data_box_route() -> None:
    layout = recognise("E:", ("BlockBlob", "PageBlob"), ())
    disk = drive(bus=Bus.USB, layout=layout, manifest="DriveManifest.xml", **ODD)
    assert found(disk, need(route=Route.DATA_BOX_DISK)) == {}
    assert found(drive(bus=Bus.USB, **ODD), need(route=None)) == {}


def test_an_adapter_that_shows_large_sectors_is_blocked_and_explained() -> None:
    assert found(drive(bus=Bus.USB, logical_sector_bytes=4096)) == {
        FindingCode.DRIVE_ADAPTER_4096: Severity.BLOCKER,
        FindingCode.DRIVE_USB_ONLY: Severity.WARNING,
    }


def test_a_serial_that_only_the_adapter_told_is_to_be_compared_with_the_label() -> None:
    asked = drive(bus=Bus.USB, serial_of_adapter=True)
    assert found(asked)[FindingCode.DRIVE_SERIAL_OF_ADAPTER] is Severity.WARNING
    made = found(drive(bus=Bus.USB, serial_of_adapter=True, serial_made=True))
    assert FindingCode.DRIVE_SERIAL_OF_ADAPTER not in made  # there is nothing to compare
    assert FindingCode.DRIVE_SERIAL_OF_ADAPTER not in found(asked, need(account="/elsewhere"))


def test_a_drive_without_bitlocker_is_blocked_for_a_datacenter_and_not_for_practice() -> None:
    open_ = drive(encryption=Encryption.NONE)
    assert found(open_) == {FindingCode.DRIVE_NOT_ENCRYPTED: Severity.BLOCKER}
    assert found(open_, need(account="")) == {FindingCode.DRIVE_NOT_ENCRYPTED: Severity.WARNING}
    assert found(open_, need(account="/elsewhere/account")) == {}
    assert found(drive(encryption=Encryption.UNKNOWN)) == {}


def test_a_manifest_left_over_is_blocked_unless_a_copy_of_this_plan_was_here_before() -> None:
    left = drive(manifest="DriveManifest.xml")
    findings = fitness(left, need())
    assert [(f.code, f.severity) for f in findings] == [
        (FindingCode.DRIVE_HAS_MANIFEST, Severity.BLOCKER)
    ]
    assert findings[0].parameters == {"name": "DriveManifest.xml"}
    assert found(left, need(begun=("A",))) == {}
    assert found(left, need(begun=("/mnt/a/",))) == {}
    assert found(left, need(begun=("B",))) == {FindingCode.DRIVE_HAS_MANIFEST: Severity.BLOCKER}
    packs = drive(manifest="DriveManifest.xml", repository_id="ab")
    assert found(packs, need(repository_id="ab")) == {
        FindingCode.DRIVE_HAS_THIS_BACKUP: Severity.NOTE
    }
    assert found(left, need(account="/elsewhere/account")) == {}


def test_a_usb_stick_is_sent_back_and_therefore_blocked() -> None:
    assert found(drive(bus=Bus.USB, removable=True)) == {
        FindingCode.DRIVE_USB_ONLY: Severity.BLOCKER
    }


def test_while_the_destination_is_open_the_service_rules_only_warn() -> None:
    codes = found(drive(bus=Bus.NVME, logical_sector_bytes=4096), need(account=""))
    assert codes
    assert set(codes.values()) == {Severity.WARNING}


def test_a_virtual_disk_is_a_warning() -> None:
    assert found(drive(bus=Bus.VIRTUAL)) == {FindingCode.DRIVE_VIRTUAL: Severity.WARNING}


def test_the_eleventh_drive_is_blocked_and_the_tenth_is_not() -> None:
    drives = [drive(f"D{number}") for number in range(12)]
    chosen = tuple(item.mounts[0] + "/" for item in drives[:11])
    judged = judge_all(drives, need(chosen=chosen))
    assert [item.usable for item in judged] == [True] * 10 + [False, False]
    assert judged[10].findings[0].code is FindingCode.DRIVE_ELEVENTH
    by_serial = judge_all(drives, need(chosen=tuple(d.serial for d in drives[2:])))
    assert [item.usable for item in by_serial] == [False, False] + [True] * 10


# ------------------------------------------------------------ all together


def test_a_single_usable_drive_is_told_whether_it_holds_everything() -> None:
    judged = judge_all([SYSTEM, drive()], need(need_bytes=2000 * GB))
    small = judged[1].findings[-1]
    assert small.code is FindingCode.DRIVE_TOO_SMALL
    assert small.severity is Severity.WARNING
    assert small.parameters["need_bytes"] == 2000 * GB
    assert judged[1].usable
    two = judge_all([SYSTEM, drive(), drive("B")], need(need_bytes=2000 * GB))
    assert [len(item.findings) for item in two[1:]] == [0, 0]


def test_judging_keeps_the_order_and_puts_blockers_first() -> None:
    bad = drive("B", first_folders=("x",), read_only=True, health=Health.UNKNOWN)
    judged = judge_all([bad, drive()], need())
    assert [item.drive.serial for item in judged] == ["B", "A"]
    assert [f.severity for f in judged[0].findings] == [
        Severity.BLOCKER,
        Severity.WARNING,
        Severity.NOTE,
    ]


def test_no_drives_give_no_judgements() -> None:
    assert judge_all([], need()) == ()


def test_a_single_drive_with_this_backup_or_with_just_enough_room_is_not_too_small() -> None:
    mine = drive(repository_id="ab", free_bytes=GB)
    (judged,) = judge_all([mine], need(repository_id="ab", need_bytes=2 * GB))
    assert [f.code for f in judged.findings] == [FindingCode.DRIVE_HAS_THIS_BACKUP]
    (exact,) = judge_all([drive()], need(need_bytes=room_bytes(drive())))
    assert exact.findings == ()


def test_a_drive_is_judged_even_when_it_is_not_among_the_others() -> None:
    findings = fitness(drive(), need(sources=("/mnt/a/office",)), [SYSTEM])
    assert [f.code for f in findings] == [FindingCode.DRIVE_HOLDS_SOURCE]
    assert fitness(drive(), need(), [SYSTEM]) == ()


def test_one_windows_mount_makes_all_paths_windows_paths() -> None:
    share = drive("N", bus=Bus.NETWORK, mounts=("//server/backup",))
    letter = drive("E", mounts=("E:\\",))
    wanted = need(sources=("//SERVER/Backup/office",))
    assert FindingCode.DRIVE_HOLDS_SOURCE in found(share, wanted, (letter,))
    assert FindingCode.DRIVE_HOLDS_SOURCE not in found(share, wanted, ())


@pytest.mark.parametrize(
    ("disk_sector_bytes", "code"),
    [
        (0, FindingCode.DRIVE_ADAPTER_4096),
        (512, FindingCode.DRIVE_ADAPTER_4096),
        (4096, FindingCode.DRIVE_SECTORS_4096),
    ],
)
def test_the_adapter_is_named_unless_the_disk_itself_has_large_sectors(
    disk_sector_bytes: int, code: FindingCode
) -> None:
    odd = drive(bus=Bus.USB, logical_sector_bytes=4096, disk_sector_bytes=disk_sector_bytes)
    assert found(odd)[code] is Severity.BLOCKER


@pytest.mark.parametrize("bus", [Bus.SCSI, Bus.SAN, Bus.CARD, Bus.NVME, Bus.SAS])
def test_only_sata_drives_are_taken(bus: Bus) -> None:
    assert found(drive(bus=bus))[FindingCode.DRIVE_NOT_SATA] is Severity.BLOCKER


@pytest.mark.parametrize("bus", [Bus.RAID, Bus.SPACES])
def test_a_volume_made_of_several_disks_cannot_be_shipped_but_practised_with(bus: Bus) -> None:
    assert found(drive(bus=bus)) == {FindingCode.DRIVE_POOLED: Severity.BLOCKER}
    assert found(drive(bus=bus), need(account="/elsewhere")) == {}


def on_windows(**changes: Any) -> Drive:
    whole = Volume("v", ("E:\\",), file_system="NTFS")
    facts = {"mounts": ("E:\\",), "file_system": "NTFS", "volumes": (whole,)}
    return drive(**{**facts, **changes})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"file_system": "exFAT"}, FindingCode.DRIVE_NOT_NTFS),
        ({"file_system": ""}, FindingCode.DRIVE_NOT_NTFS),
        ({"mounts": ("C:\\mount\\usb\\",)}, FindingCode.DRIVE_NO_LETTER),
        ({"dynamic": True}, FindingCode.DRIVE_DYNAMIC),
    ],
)
def test_what_the_service_cannot_read_of_a_windows_drive_is_blocked(
    changes: dict[str, Any], code: FindingCode
) -> None:
    system = drive("S", mounts=("D:\\",), is_system=True)
    assert found(on_windows(), among=(system,)) == {}
    assert found(on_windows(**changes), among=(system,)) == {code: Severity.BLOCKER}
    assert found(on_windows(**changes), need(account="/elsewhere"), (system,)) == {}


def test_only_the_first_data_volume_is_read() -> None:
    boot = Volume("b", (), file_system="FAT32")
    first, second = (Volume(name, (f"{name}:\\",), file_system="NTFS") for name in "EF")
    three = (boot, first, second)
    (finding,) = fitness(on_windows(mounts=("E:\\", "F:\\"), volumes=three), need(), ())
    assert (finding.code, finding.severity) == (
        FindingCode.DRIVE_SEVERAL_VOLUMES,
        Severity.WARNING,
    )
    assert finding.parameters == {"volumes": 2, "mount": "E:\\", "here": "E:\\"}
    (finding,) = fitness(on_windows(mounts=("F:\\", "E:\\"), volumes=three), need(), ())
    assert (finding.code, finding.severity) == (FindingCode.DRIVE_SECOND_VOLUME, Severity.BLOCKER)
    assert finding.parameters == {"volumes": 2, "mount": "E:\\", "here": "F:\\"}


def test_a_large_volume_without_a_letter_in_front_is_the_first_data_volume() -> None:
    second = Volume("f", ("F:\\",), file_system="NTFS")
    for size, expected in ((GB - 1, []), (GB, [FindingCode.DRIVE_SECOND_VOLUME])):
        hidden = Volume("h", (), label="Old", file_system="NTFS", size_bytes=size)
        findings = fitness(on_windows(mounts=("F:\\",), volumes=(hidden, second)), need(), ())
        assert [finding.code for finding in findings] == expected
    assert findings[0].parameters["mount"] == "Old"


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        ((HealthSign(Sign.PENDING, 3),), FindingCode.DRIVE_BAD_SECTORS),
        ((HealthSign(Sign.MEDIA_ERRORS, 2),), FindingCode.DRIVE_MEDIA_ERRORS),
        ((HealthSign(Sign.WORN, 104),), FindingCode.DRIVE_WORN),
        ((HealthSign(Sign.HOT),), FindingCode.DRIVE_HOT),
    ],
)
def test_what_a_drive_counts_against_itself_is_a_warning(
    signs: tuple[HealthSign, ...], expected: FindingCode
) -> None:
    assert found(drive(health=Health.DOUBTFUL, signs=signs)) == {expected: Severity.WARNING}


def test_bad_sectors_are_one_finding_with_three_counts() -> None:
    signs = (HealthSign(Sign.REALLOCATED, 63), HealthSign(Sign.PENDING, 529))
    (finding,) = fitness(drive(health=Health.DOUBTFUL, signs=signs), need())
    assert finding.parameters == {"reallocated": 63, "pending": 529, "uncorrectable": 0}


def test_a_failing_drive_says_what_it_says_of_itself() -> None:
    signs = (HealthSign(Sign.REALLOCATED, 9), HealthSign(Sign.SPARE, 2))
    findings = fitness(drive(health=Health.FAILING, signs=signs), need())
    assert [finding.code for finding in findings] == [
        FindingCode.DRIVE_FAILING,
        FindingCode.DRIVE_BAD_SECTORS,
    ]
    assert findings[0].parameters == {"reason": "spare"}
    (bare,) = fitness(drive(health=Health.FAILING), need())
    assert bare.parameters == {"reason": "verdict"}


def test_an_open_key_and_a_conversion_are_warnings() -> None:
    assert found(drive(encryption=Encryption.SUSPENDED)) == {
        FindingCode.DRIVE_KEY_OPEN: Severity.WARNING
    }
    assert found(drive(encryption=Encryption.CONVERTING)) == {
        FindingCode.DRIVE_CONVERTING: Severity.WARNING
    }
