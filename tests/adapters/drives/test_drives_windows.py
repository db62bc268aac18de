"""Letters and disks of a Windows computer put together, on recorded answers."""

from __future__ import annotations

import struct
import threading
from dataclasses import replace

import pytest

from offline_backup_gui.adapters.drives import windows_bytes as ioctl
from offline_backup_gui.adapters.drives import windows_envelopes as envelope
from offline_backup_gui.adapters.drives.win32 import Answer, VolumeText
from offline_backup_gui.adapters.drives.windows import WindowsDriveSource
from offline_backup_gui.adapters.drives.windows_disks import HealthMemory
from offline_backup_gui.adapters.drives.windows_registry import Needed
from offline_backup_gui.domain.drive import Bus, Drive, Encryption, Health, Volume
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from tests.adapters.drives.fake_win32 import (
    NOT_READY,
    WRITE_PROTECTED,
    FakeDevice,
    FakeLetter,
    FakeWin32,
    on_disk,
)
from tests.adapters.drives.recordings import windows

TB = 10**12


def branch_server() -> FakeWin32:
    """Make a server: system RAID, SATA data disk, stick, locked USB disk, empty reader, share."""
    return FakeWin32(
        by_letter={
            "C": on_disk(0, "", 0x1111, TB, TB // 2),
            "D": on_disk(1, "DATA", 0x2222, 8 * TB, TB),
            "E": FakeLetter(kind=5),
            "F": on_disk(2, "ROOM", 0x3333, 64 * 10**9, 60 * 10**9, kind=2),
            "G": on_disk(4, "", 0, 0, 0),
            "H": FakeLetter(
                kind=2,
                text=VolumeText(code=NOT_READY),
                volume=FakeDevice({"number": struct.pack("<3I", 7, 5, 0)}),
            ),
            "Z": FakeLetter(
                kind=4,
                text=VolumeText("", 0, "NTFS"),
                space=(100 * TB, 99 * TB),
                dos_device=r"\Device\LanmanRedirector\;Z:000\databox\Contoso_BlockBlob",
            ),
        },
        disks={
            0: FakeDevice(windows("raid")),
            1: FakeDevice(windows("sata-512e")),
            2: FakeDevice(windows("usb-stick")),
            4: FakeDevice(windows("usb-sata-4096")),
            5: FakeDevice(windows("card-reader"), {ioctl.IOCTL_STORAGE_CHECK_VERIFY2: NOT_READY}),
            6: FakeDevice(windows("sata-failing"), {ioctl.IOCTL_DISK_IS_WRITABLE: WRITE_PROTECTED}),
        },
    )


def listed(computer: FakeWin32) -> dict[str, Drive]:
    drives = WindowsDriveSource(computer, time_limit_s=5).drives()
    return {drive.device.removeprefix("\\\\.\\") or drive.model: drive for drive in drives}


def test_a_stick_is_told_in_full() -> None:
    assert listed(branch_server())["PhysicalDrive2"] == Drive(
        serial="60A44C413DF8F4311A5A0F4B",
        model="Kingston DataTraveler 3.0",
        bus=Bus.USB,
        size_bytes=64_023_257_088,
        free_bytes=60 * 10**9,
        mounts=("F:\\",),
        device="\\\\.\\PhysicalDrive2",
        file_system="NTFS",
        label="ROOM",
        removable=True,
        hot_plug=True,
        volumes=(
            Volume(
                "\\\\?\\Volume{F}\\",
                ("F:\\",),
                "ROOM",
                "NTFS",
                64 * 10**9,
                60 * 10**9,
            ),
        ),
    )


def test_every_disk_letter_and_share_is_listed_and_discs_are_not() -> None:
    drives = listed(branch_server())
    assert {name: drive.mounts for name, drive in drives.items()} == {
        "PhysicalDrive0": ("C:\\",),
        "PhysicalDrive1": ("D:\\",),
        "PhysicalDrive2": ("F:\\",),
        "PhysicalDrive4": ("G:\\",),
        "PhysicalDrive5": (),
        "PhysicalDrive6": (),
        "\\\\databox\\Contoso_BlockBlob": ("Z:\\",),
    }


def test_the_disk_windows_runs_from_is_the_system_drive() -> None:
    drives = listed(branch_server())
    assert [name for name, drive in drives.items() if drive.is_system] == ["PhysicalDrive0"]


def test_every_disk_of_a_spanned_system_volume_is_a_system_drive() -> None:
    computer = branch_server()
    computer.by_letter["C"].volume = FakeDevice({"extents": windows("spanned")["extents"]})
    drives = listed(computer)
    assert drives["PhysicalDrive2"].is_system
    assert not drives["PhysicalDrive1"].is_system


def test_a_locked_bitlocker_volume_is_told_as_locked() -> None:
    computer = branch_server()
    computer.by_letter["G"].text = VolumeText(code=0x80310000)
    disk = listed(computer)["PhysicalDrive4"]
    assert disk.encryption is Encryption.LOCKED
    assert disk.logical_sector_bytes == 4096


def test_an_empty_card_reader_has_no_medium() -> None:
    assert not listed(branch_server())["PhysicalDrive5"].has_medium


def test_a_failing_write_protected_disk_without_letter_is_listed_with_both() -> None:
    disk = listed(branch_server())["PhysicalDrive6"]
    assert (disk.health, disk.read_only, disk.mounts) == (Health.FAILING, True, ())


def test_a_share_is_a_network_drive_and_its_letters_are_one_drive() -> None:
    computer = branch_server()
    computer.by_letter["Y"] = FakeLetter(
        kind=4, dos_device=r"\Device\LanmanRedirector\;Y:000\DATABOX\contoso_blockblob"
    )
    drives = [drive for drive in listed(computer).values() if drive.bus is Bus.NETWORK]
    assert [drive.mounts for drive in drives] == [("Z:\\", "Y:\\")]


def test_two_letters_on_one_disk_are_one_drive_with_the_roomier_first() -> None:
    computer = branch_server()
    computer.by_letter["S"] = on_disk(1, "MORE", 0x4444, TB, 2 * TB)
    disk = listed(computer)["PhysicalDrive1"]
    assert (disk.mounts, disk.label, disk.free_bytes) == (("S:\\", "D:\\"), "MORE", 2 * TB)


def test_disks_without_a_serial_are_told_apart_by_their_volumes() -> None:
    computer = branch_server()
    computer.disks = {
        0: FakeDevice(windows("virtual")),
        1: FakeDevice(windows("virtual")),
        2: FakeDevice(windows("virtual")),
    }
    drives = list(listed(computer).values())
    serials = [drive.serial for drive in drives]
    assert serials[:3] == ["VOL-00001111", "VOL-00002222", "VOL-00003333"]
    assert all(drive.serial_made for drive in drives[:3])


def test_disks_that_share_a_serial_are_told_apart() -> None:
    computer = branch_server()
    computer.disks[7] = FakeDevice(windows("usb-stick"))
    drives = listed(computer)
    assert drives["PhysicalDrive7"].serial == "60A44C413DF8F4311A5A0F4B-PhysicalDrive7"
    assert drives["PhysicalDrive2"].serial == "60A44C413DF8F4311A5A0F4B-PhysicalDrive2"
    assert drives["PhysicalDrive7"].serial_made
    assert drives["PhysicalDrive2"].serial_made
    assert not listed(branch_server())["PhysicalDrive2"].serial_made


def test_wine_without_extents_and_length_still_gives_its_drive() -> None:
    computer = FakeWin32(
        {
            "C": FakeLetter(
                text=VolumeText("", 0x43000000, "NTFS"),
                space=(TB, TB),
                volume=FakeDevice(windows("wine")),
            )
        },
        {0: FakeDevice(windows("wine"))},
    )
    (drive,) = listed(computer).values()
    assert (drive.mounts, drive.is_system, drive.size_bytes) == (("C:\\",), True, 82_252_800_000)
    assert (drive.bus, drive.serial) == (Bus.UNKNOWN, "VOL-43000000")


def test_a_letter_whose_disk_is_not_told_is_a_drive_of_its_own() -> None:
    computer = branch_server()
    computer.by_letter["R"] = FakeLetter(
        kind=6, text=VolumeText("RAM", 0xABCD, "NTFS"), space=(TB, TB)
    )
    drive = listed(computer)["R:"]
    assert (drive.bus, drive.serial, drive.mounts) == (Bus.VIRTUAL, "VOL-0000ABCD", ("R:\\",))
    assert drive.serial_made


@pytest.mark.parametrize(("number", "names_disks"), [(9, True), (9, False), (312, True)])
def test_a_disk_of_any_number_is_listed_before_it_has_a_volume(
    number: int, names_disks: bool
) -> None:
    computer = branch_server()
    computer.disks[number] = FakeDevice(windows("usb-sata-4096"))
    computer.names_disks = names_disks
    assert listed(computer)[f"PhysicalDrive{number}"].model == "ASMT 2115"


@pytest.mark.parametrize("device", ["\\??\\C:\\folder", "\\Device\\Floppy0"])
def test_a_letter_of_a_folder_and_a_floppy_drive_are_no_drives_and_not_waited_for(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    computer = branch_server()
    before = listed(computer)
    asked = threading.Event()
    asked.set()
    monkeypatch.setattr(asked, "wait", asked.clear)
    letter = FakeLetter(kind=2, dos_device=device, hangs=asked)
    computer.by_letter["S"] = replace(letter, text=VolumeText("System", 1, "NTFS"))
    assert listed(computer) == before
    assert asked.is_set()  # nobody asked for its medium


def test_a_hanging_letter_does_not_take_the_others_along() -> None:
    computer = branch_server()
    hangs = computer.by_letter["F"].hangs = threading.Event()
    try:
        source = WindowsDriveSource(computer, time_limit_s=0.2)
        first = {drive.device: drive for drive in source.drives()}
        second = {drive.device: drive for drive in source.drives()}
    finally:
        hangs.set()
    assert first == second
    assert first["\\\\.\\PhysicalDrive1"].mounts == ("D:\\",)
    assert first["\\\\.\\PhysicalDrive2"].mounts == ()


def test_without_an_answer_about_windows_own_drive_nothing_is_listed() -> None:
    computer = branch_server()
    hangs = computer.by_letter["C"].hangs = threading.Event()
    try:
        with pytest.raises(BackupError) as caught:
            WindowsDriveSource(computer, time_limit_s=0.1).drives()
    finally:
        hangs.set()
    assert caught.value.code is ErrorCode.DRIVES_UNANSWERED


def test_every_handle_is_closed_again() -> None:
    computer = branch_server()
    listed(computer)
    devices = [*computer.disks.values(), computer.by_letter["F"].volume]
    assert all(device.opened for device in devices if device)
    assert [device.closed for device in devices if device] == [
        device.opened for device in devices if device
    ]


def test_hostile_answers_do_not_upset_the_listing() -> None:
    computer = branch_server()
    junk = struct.pack("<I", 0xFFFFFFFF) * 64
    computer.disks[2] = FakeDevice(dict.fromkeys(windows("sata-512e"), junk))
    assert listed(computer)["PhysicalDrive2"].mounts == ("F:\\",)


# ------------------------------------------------------------ volumes, system disks, policies


def test_a_volume_in_a_folder_and_one_without_any_mount_belong_to_their_disk() -> None:
    computer = branch_server()
    computer.by_name["folder"] = on_disk(1, "ARCHIVE", 0x5555, TB, 3 * TB)
    computer.by_name["folder"].mounts = ("C:\\mount\\archive\\",)
    computer.by_name["recovery"] = on_disk(1, "Recovery", 0x6666, TB, 9 * TB)
    disk = listed(computer)["PhysicalDrive1"]
    assert disk.mounts == ("C:\\mount\\archive\\", "D:\\")
    assert (disk.label, disk.free_bytes) == ("ARCHIVE", 3 * TB)
    assert [(volume.label, volume.mounts) for volume in disk.volumes] == [
        ("DATA", ("D:\\",)),
        ("ARCHIVE", ("C:\\mount\\archive\\",)),
        ("Recovery", ()),
    ]


def test_a_volume_with_a_letter_and_a_folder_is_asked_once_and_its_letter_comes_first() -> None:
    computer = branch_server()
    computer.by_letter["D"].mounts = ("C:\\mount\\data\\",)
    drives = [drive for drive in listed(computer).values() if "D:\\" in drive.mounts]
    assert [drive.mounts for drive in drives] == [("D:\\", "C:\\mount\\data\\")]


def test_disks_that_windows_starts_from_or_pages_to_are_system_drives() -> None:
    computer = branch_server()
    computer.by_name["esp"] = on_disk(6, "", 0x7777, TB, 0)
    computer.by_name["esp"].dos_device = "\\Device\\HarddiskVolume9"
    computer.needed = Needed("\\Device\\HarddiskVolume9", "D")
    drives = listed(computer)
    assert [name for name, drive in drives.items() if drive.is_system] == [
        "PhysicalDrive0",
        "PhysicalDrive1",
        "PhysicalDrive6",
    ]


def test_a_policy_that_forbids_writing_names_itself_on_the_drives_it_covers() -> None:
    computer = branch_server()
    computer.forbidden = frozenset({"removable-write"})
    forbidden = {name for name, drive in listed(computer).items() if drive.forbidden_by}
    assert forbidden == {"PhysicalDrive2", "PhysicalDrive4", "PhysicalDrive5"}
    computer.forbidden = frozenset({"bitlocker-fixed"})
    drives = listed(computer)
    assert drives["PhysicalDrive1"].forbidden_by == "bitlocker-fixed"
    assert drives["PhysicalDrive0"].forbidden_by == ""  # the system drive is no choice anyway


def test_twins_with_a_partition_table_are_told_apart_by_it_and_not_by_their_port() -> None:
    computer = branch_server()
    for number, disk_id in ((2, "aa"), (7, "bb")):
        layout = struct.pack("<II", 1, 0) + bytes.fromhex(disk_id * 16) + bytes(24)
        computer.disks[number] = FakeDevice({**windows("usb-stick"), "layout": layout})
    drives = listed(computer)
    assert drives["PhysicalDrive2"].serial == "60A44C413DF8F4311A5A0F4B-aaaaaaaa"
    assert drives["PhysicalDrive7"].serial == "60A44C413DF8F4311A5A0F4B-bbbbbbbb"


def test_an_unformatted_volume_is_told_as_raw() -> None:
    computer = branch_server()
    computer.by_letter["G"].text = VolumeText(code=1005)
    assert listed(computer)["PhysicalDrive4"].file_system == "RAW"


# ------------------------------------------------------------ asking for health, and not too often


def _asked_for_verdict(disk: FakeDevice) -> int:
    return disk.sent.count(ioctl.IOCTL_STORAGE_PREDICT_FAILURE)


def test_health_is_asked_when_a_disk_appears_and_again_only_after_a_while() -> None:
    now = [0.0]
    computer = branch_server()
    memory = HealthMemory(600, lambda: now[0])
    source = WindowsDriveSource(computer, time_limit_s=5, memory=memory)
    for at, asked in ((0, 1), (599, 1), (600, 2)):
        now[0] = at
        healths = {drive.device[-1:]: drive.health for drive in source.drives()}
        assert healths["1"] is Health.GOOD
        assert _asked_for_verdict(computer.disks[1]) == asked


def test_another_disk_with_the_same_number_is_asked_at_once() -> None:
    computer = branch_server()
    source = WindowsDriveSource(computer, time_limit_s=5)
    source.drives()
    computer.disks[1] = FakeDevice(windows("sata-failing"))
    drives = {drive.device[-1:]: drive for drive in source.drives()}
    assert drives["1"].health is Health.FAILING


def test_a_disk_that_does_not_answer_about_its_health_is_listed_and_not_asked_again() -> None:
    computer = branch_server()
    hangs = threading.Event()

    class Silent(FakeDevice):
        def control(self, code: int, question: bytes = b"", answer_bytes: int = 0) -> Answer:
            if code == ioctl.IOCTL_STORAGE_PREDICT_FAILURE:
                hangs.wait()
            return super().control(code, question, answer_bytes)

    computer.disks[1] = Silent(windows("sata-512e"))
    source = WindowsDriveSource(computer, time_limit_s=1)
    try:
        for _ in range(2):
            drives = {drive.device[-1:]: drive for drive in source.drives()}
            assert drives["1"].health is Health.UNKNOWN
            assert drives["1"].mounts == ("D:\\",)
    finally:
        hangs.set()


def test_an_empty_reader_is_not_asked_for_its_health() -> None:
    computer = branch_server()
    listed(computer)
    assert envelope.IOCTL_SCSI_PASS_THROUGH not in computer.disks[5].sent
    assert envelope.IOCTL_SCSI_PASS_THROUGH not in computer.disks[2].sent  # nor is a stick
    assert envelope.IOCTL_SCSI_PASS_THROUGH in computer.disks[4].sent
