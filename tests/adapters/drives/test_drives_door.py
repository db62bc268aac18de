"""Letting go of drives."""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from offline_backup_gui.adapters.drives import windows_bytes as ioctl
from offline_backup_gui.adapters.drives.linux_door import LinuxReleaser, users_of
from offline_backup_gui.adapters.drives.win32_devices import RealDevices, Veto
from offline_backup_gui.adapters.drives.windows_door import WindowsReleaser
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from tests.adapters.drives.fake_win32 import FakeDevice, FakeLetter, FakeWin32, on_disk
from tests.adapters.drives.recordings import windows
from tests.drive_fixtures import MountedDrive, loop_drives, tmpfs_drives
from tests.fakes import FakeClock

__all__ = ["loop_drives", "tmpfs_drives"]
MIB = 1 << 20


def test_a_released_drive_is_unmounted_and_its_data_is_on_it(
    loop_drives: Callable[[int], MountedDrive],
) -> None:
    drive = loop_drives(8 * MIB)
    (drive.mount / "pack").write_bytes(b"x" * MIB)
    assert LinuxReleaser().release(str(drive.mount)) == ()
    assert not drive.is_mounted()
    drive.plug_in()
    assert (drive.mount / "pack").read_bytes() == b"x" * MIB


def test_a_drive_in_use_stays_and_the_finding_names_who_holds_it(
    loop_drives: Callable[[int], MountedDrive],
) -> None:
    drive = loop_drives(8 * MIB)
    with (drive.mount / "open").open("wb"):
        (finding,) = LinuxReleaser().release(str(drive.mount))
    assert drive.is_mounted()
    assert finding.code is FindingCode.DRIVE_IN_USE
    assert finding.parameters["drive"] == str(drive.mount)
    programs = finding.parameters["programs"]
    assert isinstance(programs, tuple)
    assert [name for name in programs if name.endswith(f"({os.getpid()})")]
    assert LinuxReleaser().release(str(drive.mount)) == ()


def test_memory_and_folders_are_flushed_and_never_unmounted(
    tmpfs_drives: Callable[[int], MountedDrive], tmp_path: Path
) -> None:
    drive = tmpfs_drives(MIB)
    (drive.mount / "pack").write_bytes(b"x")
    for mount in (drive.mount, tmp_path):
        assert LinuxReleaser().release(str(mount)) == ()
    assert (drive.mount / "pack").read_bytes() == b"x"


def test_a_folder_on_a_drive_does_not_release_the_drive(
    loop_drives: Callable[[int], MountedDrive],
) -> None:
    drive = loop_drives(8 * MIB)
    (drive.mount / "folder").mkdir()
    assert LinuxReleaser().release(str(drive.mount / "folder")) == ()
    assert drive.is_mounted()


def test_a_drive_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackupError) as caught:
        LinuxReleaser().release(str(tmp_path / "gone"))
    assert caught.value.code is ErrorCode.DRIVE_GONE


def system_in(folder: Path, mountinfo: str, disks: dict[str, str]) -> LinuxReleaser:
    """Make a computer of files: /proc/self/mountinfo and /sys/dev/block by number."""
    (folder / "proc/self").mkdir(parents=True)
    (folder / "proc/self/mountinfo").write_text(mountinfo)
    (folder / "sys/dev/block").mkdir(parents=True)
    for number, device in disks.items():
        (folder / "sys" / device).mkdir(parents=True)
        (folder / "sys" / device / "partition").touch()
        (folder / "sys/dev/block" / number).symlink_to(folder / "sys" / device)
    return LinuxReleaser(proc=folder / "proc", sysfs=folder / "sys")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put programs first on the path that note how they were called; give the note."""
    note, folder = tmp_path / "called", tmp_path / "bin"
    folder.mkdir()
    for name in ("umount", "udisksctl"):
        program = folder / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> {note}\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return note


def test_every_partition_is_unmounted_inner_first_before_the_usb_port_is_switched_off(
    tmp_path: Path, programs: Path
) -> None:
    drive = tmp_path / "drive"
    (drive / "inner").mkdir(parents=True)
    mountinfo = (
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"2 1 8:17 / {drive} rw - ext4 /dev/sdb1 rw\n"
        f"3 2 8:18 / {drive}/inner rw - ext4 /dev/sdb2 rw\n"
    )
    usb = "devices/pci0/usb2/2-1/block/sdb"
    releaser = system_in(
        tmp_path / "computer",
        mountinfo,
        {"8:1": "devices/ata1/block/sda/sda1", "8:17": f"{usb}/sdb1", "8:18": f"{usb}/sdb2"},
    )
    (tmp_path / "computer/sys/block").mkdir()
    (tmp_path / "computer/sys/block/sdb").symlink_to(tmp_path / "computer/sys" / usb)
    assert releaser.release(str(drive)) == ()
    assert programs.read_text().splitlines() == [
        f"umount -- {drive}/inner",
        f"umount -- {drive}",
        "udisksctl power-off --no-user-interaction -b /dev/sdb",
    ]


def test_a_partition_on_the_system_disk_is_not_unmounted(tmp_path: Path, programs: Path) -> None:
    mountinfo = f"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:2 / {tmp_path} rw - ext4 /dev/sda2 rw\n"
    disk = "devices/ata1/block/sda"
    releaser = system_in(
        tmp_path / "computer", mountinfo, {"8:1": f"{disk}/sda1", "8:2": f"{disk}/sda2"}
    )
    (finding,) = releaser.release(str(tmp_path))
    assert finding.code is FindingCode.DRIVE_IS_SYSTEM
    assert not programs.exists()


def test_programs_with_a_folder_or_file_on_a_drive_are_named(tmp_path: Path) -> None:
    for number, name, link, place in (
        (7, "bash", "cwd", "/mnt/a/folder"),
        (12, "cat", "fd/3", "/mnt/a"),
        (13, "other", "fd/3", "/mnt/ab"),
        (14, "pipe", "fd/4", "pipe:[123]"),
    ):
        process = tmp_path / str(number)
        (process / link).parent.mkdir(parents=True)
        (process / link).symlink_to(place)
        (process / "comm").write_text(f"{name}\n")
    assert users_of("/mnt/a", tmp_path) == ["bash (7)", "cat (12)"]


@dataclass
class FakeDevices:
    """A device manager with one interface for each disk number, and a veto to give."""

    numbers: tuple[int, ...] = ()
    veto: Veto | None = None
    ejected: list[str] = field(default_factory=list)
    volume: FakeDevice | None = None
    was_closed: bool = False

    def disk_interfaces(self) -> list[str]:
        return [f"\\\\.\\PhysicalDrive{number}" for number in self.numbers]

    def eject(self, interface: str) -> Veto | None:
        self.ejected.append(interface)
        self.was_closed = self.volume is not None and self.volume.closed == self.volume.opened
        return self.veto

    def listen(self, heard: Callable[[], None]) -> Callable[[], None]:
        return lambda: None


def windows_with(volume: FakeDevice | None, kind: int = 2) -> tuple[WindowsReleaser, FakeClock]:
    clock = FakeClock()
    letters = {"C": FakeLetter(), "F": FakeLetter(kind=kind, volume=volume)}
    computer = FakeWin32(letters, {})
    return WindowsReleaser(computer, clock, FakeDevices(), lambda mount: ["notepad.exe (7)"]), clock


def on_disk_two(devices: FakeDevices) -> tuple[WindowsReleaser, FakeWin32]:
    """Make a computer with F: and the folder C:\\mount on disk 2, and another disk 1."""
    disks = {number: FakeDevice({"number": struct.pack("<3I", 7, number, 0)}) for number in (1, 2)}
    letters = {"C": on_disk(0, "", 1, 0, 0), "F": on_disk(2, "", 2, 0, 0)}
    letters["F"].mounts = ("C:\\mount\\",)
    computer = FakeWin32(letters, disks)
    return WindowsReleaser(computer, FakeClock(), devices, lambda mount: []), computer


@pytest.mark.parametrize("mount", ["F:\\", "C:\\mount", "C:\\mount\\"])
def test_on_windows_the_enclosure_is_switched_off_after_the_volume_is_closed(mount: str) -> None:
    devices = FakeDevices((1, 2))
    releaser, computer = on_disk_two(devices)
    volume = computer.by_letter["F"].volume
    assert volume is not None
    devices.volume = volume
    assert releaser.release(mount) == ()
    assert devices.ejected == ["\\\\.\\PhysicalDrive2"]
    assert devices.was_closed


@pytest.mark.parametrize(
    ("veto", "programs"),
    [
        (Veto(3, "explorer.exe"), ("explorer.exe",)),
        (Veto(4, "VSS"), ("VSS",)),
        (Veto(5, "STORAGE\\Volume\\{1}"), ("?",)),
        (Veto(6, "USB\\VID_1"), ("?",)),
    ],
)
def test_on_windows_a_veto_says_who_holds_the_drive_when_it_knows(
    veto: Veto, programs: tuple[str, ...]
) -> None:
    releaser, _ = on_disk_two(FakeDevices((2,), veto))
    (finding,) = releaser.release("F:\\")
    assert finding.code is FindingCode.DRIVE_IN_USE
    assert finding.parameters["programs"] == programs


def test_on_windows_a_device_that_left_by_itself_and_one_that_cannot_be_ejected_are_released() -> (
    None
):
    for devices in (FakeDevices((2,), Veto(13, "")), FakeDevices((1,)), FakeDevices()):
        releaser, _ = on_disk_two(devices)
        assert releaser.release("F:\\") == ()


def test_on_windows_a_volume_over_several_disks_is_not_torn_apart() -> None:
    devices = FakeDevices((2, 5))
    releaser, computer = on_disk_two(devices)
    computer.by_letter["F"].volume = FakeDevice({"extents": windows("spanned")["extents"]})
    assert releaser.release("F:\\") == ()
    assert devices.ejected == []


def test_on_windows_a_drive_is_flushed_locked_dismounted_and_ejected_in_this_order() -> None:
    volume = FakeDevice()
    releaser, _ = windows_with(volume)
    assert releaser.release("f:/") == ()
    assert volume.sent == [
        ioctl.IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS,
        ioctl.FSCTL_LOCK_VOLUME,
        ioctl.FSCTL_DISMOUNT_VOLUME,
        ioctl.IOCTL_STORAGE_MEDIA_REMOVAL,
        ioctl.IOCTL_STORAGE_EJECT_MEDIA,
    ]
    assert (volume.flushed, volume.closed) == (1, 1)


def test_on_windows_a_lock_that_succeeds_later_is_waited_for() -> None:
    releaser, clock = windows_with(FakeDevice(locks_refused=3))
    assert releaser.release("F:\\") == ()
    assert clock.waits == [0.5, 0.5, 0.5]


def test_on_windows_a_drive_in_use_is_not_dismounted() -> None:
    volume = FakeDevice(locks_refused=1000)
    releaser, _ = windows_with(volume)
    (finding,) = releaser.release("F:")
    assert finding.code is FindingCode.DRIVE_IN_USE
    assert finding.parameters["programs"] == ("notepad.exe (7)",)
    assert ioctl.FSCTL_DISMOUNT_VOLUME not in volume.sent
    assert volume.closed == 1


def test_on_windows_a_hard_disk_that_cannot_be_ejected_is_released_all_the_same() -> None:
    volume = FakeDevice(refusals={ioctl.IOCTL_STORAGE_EJECT_MEDIA: 1})
    releaser, _ = windows_with(volume, kind=3)
    assert releaser.release("F:\\") == ()


@pytest.mark.parametrize("code", [1, 50])
@pytest.mark.parametrize("call", [ioctl.FSCTL_LOCK_VOLUME, ioctl.FSCTL_DISMOUNT_VOLUME])
def test_on_windows_a_volume_that_knows_no_locking_or_dismounting_is_released(
    call: int, code: int
) -> None:
    releaser, _ = windows_with(FakeDevice(refusals={call: code}))
    assert releaser.release("F:\\") == ()


def test_on_windows_a_dismount_that_is_refused_means_that_the_drive_is_in_use() -> None:
    releaser, _ = windows_with(FakeDevice(refusals={ioctl.FSCTL_DISMOUNT_VOLUME: 5}))
    (finding,) = releaser.release("F:\\")
    assert finding.code is FindingCode.DRIVE_IN_USE


def test_on_windows_folders_and_shares_need_no_release_and_the_system_drive_gets_none() -> None:
    releaser, _ = windows_with(FakeDevice())
    for mount in ("F:\\folder", "\\\\server\\share", "C:\\practice"):
        assert releaser.release(mount) == ()
    (finding,) = releaser.release("C:\\")
    assert finding.code is FindingCode.DRIVE_IS_SYSTEM
    network = FakeDevice()
    releaser, _ = windows_with(network, kind=4)
    assert releaser.release("F:\\") == ()
    assert network.sent == []


@pytest.mark.parametrize("mount", ["Q:\\", "F:\\"])
def test_on_windows_a_drive_that_is_gone_is_told(mount: str) -> None:
    releaser, _ = windows_with(None)
    with pytest.raises(BackupError) as caught:
        releaser.release(mount)
    assert caught.value.code is ErrorCode.DRIVE_GONE


@pytest.mark.skipif(sys.platform == "win32", reason="needs another system than Windows")
def test_windows_own_calls_can_be_imported_but_not_made_elsewhere() -> None:
    from offline_backup_gui.adapters.drives.win32 import RealWin32

    for calls in (RealWin32, RealDevices):
        with pytest.raises(RuntimeError):
            calls()
