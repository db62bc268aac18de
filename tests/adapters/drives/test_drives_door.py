"""Letting go of drives."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from offline_backup_gui.adapters.drives.linux_door import LinuxReleaser, users_of
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from tests.drive_fixtures import MountedDrive, loop_drives, tmpfs_drives

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
