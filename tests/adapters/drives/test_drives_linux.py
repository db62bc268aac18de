"""Real drives of this computer: loop devices, memory, and a listing that does not come."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from offline_backup_gui.adapters.drives.linux import LinuxDriveSource, disk_facts, memory, shares
from offline_backup_gui.adapters.drives.lsblk import DiskFacts
from offline_backup_gui.adapters.drives.mounts import Usage, parse_mountinfo
from offline_backup_gui.domain.drive import Bus, Drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from tests.adapters.drives.recordings import computer
from tests.drive_fixtures import MountedDrive, loop_drives, tmpfs_drives

__all__ = ["loop_drives", "tmpfs_drives"]
MIB = 1 << 20

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="needs Linux, whose drives these are"
)


def at(mount: Path) -> Drive:
    found = [drive for drive in LinuxDriveSource().drives() if str(mount) in drive.mounts]
    assert len(found) == 1
    return found[0]


def test_a_real_loop_drive_is_listed_with_its_room(
    loop_drives: Callable[[int], MountedDrive],
) -> None:
    drive = loop_drives(32 * MIB)
    found = at(drive.mount)
    assert (found.bus, found.file_system, found.device) == (Bus.LOOP, "ext4", drive.device())
    assert found.size_bytes == 32 * MIB
    assert 0 < found.free_bytes < 32 * MIB
    assert not found.is_system
    (drive.mount / "data").write_bytes(bytes(4 * MIB))
    os.sync()
    assert at(drive.mount).free_bytes <= found.free_bytes - 4 * MIB


def test_a_loop_drive_is_the_same_after_it_was_pulled_and_plugged_in(
    loop_drives: Callable[[int], MountedDrive],
) -> None:
    drive, other = loop_drives(8 * MIB), loop_drives(8 * MIB)
    serial = at(drive.mount).serial
    assert at(other.mount).serial != serial
    drive.pull()
    assert all(str(drive.mount) not in one.mounts for one in LinuxDriveSource().drives())
    drive.plug_in()
    assert at(drive.mount).serial == serial


def test_a_real_read_only_drive_is_told_as_such(
    loop_drives: Callable[[int], MountedDrive],
) -> None:
    drive = loop_drives(8 * MIB)
    assert not at(drive.mount).read_only
    drive.set_read_only()
    assert at(drive.mount).read_only


def test_mounted_memory_counts_as_a_folder_and_another_one_is_another_drive(
    tmpfs_drives: Callable[[int], MountedDrive],
) -> None:
    drive = tmpfs_drives(4 * MIB)
    found = at(drive.mount)
    assert (found.bus, found.size_bytes, found.free_bytes) == (Bus.FOLDER, 4 * MIB, 4 * MIB)
    drive.pull()
    drive.plug_in()
    assert at(drive.mount).serial != found.serial


def test_this_computers_own_root_lies_on_a_system_drive_if_on_any() -> None:
    holding = [drive for drive in LinuxDriveSource().drives() if "/" in drive.mounts]
    assert all(drive.is_system for drive in holding)


USAGE = {
    "/mnt/databox": Usage(80 * 10**12, 70 * 10**12, "01"),
    "/mnt/practice": Usage(300 * MIB, 200 * MIB, "02"),
    "/mnt/sandbox": Usage(4096, 0, "03"),
    "/tmp": Usage(10**9, 10**9, "04"),
    "/run/user/1000": Usage(10**9, 10**9, "05"),
}


def test_network_shares_are_drives_by_the_name_of_the_share() -> None:
    found = shares(parse_mountinfo(computer("branch-server").mountinfo), USAGE)
    assert [(drive.model, drive.bus, drive.mounts, drive.free_bytes) for drive in found] == [
        (
            "//192.0.2.10/contoso_BlockBlob",
            Bus.NETWORK,
            ("/mnt/databox",),
            70 * 10**12,
        ),
        # The filer did not answer in time: it is named, and has no room.
        ("filer.example:/export/archive", Bus.NETWORK, ("/mnt/archive",), 0),
    ]
    assert [drive.serial_made for drive in found] == [True, True]


def test_the_systems_own_memory_is_no_drive() -> None:
    found = memory(parse_mountinfo(computer("branch-server").mountinfo), USAGE)
    assert [(drive.mounts, drive.serial_made) for drive in found] == [(("/mnt/practice",), True)]


def test_sysfs_tells_the_state_and_the_file_behind_a_loop_device(tmp_path: Path) -> None:
    for path, text in {
        "block/sda/device/state": "offline\n",
        "block/loop0/loop/backing_file": "/srv/a b.img\n",
        "block/vda/ro": "0\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text)
    assert disk_facts(tmp_path) == {
        "sda": DiskFacts(state="offline"),
        "loop0": DiskFacts(backing_file="/srv/a b.img"),
        "vda": DiskFacts(),
    }
    assert disk_facts(tmp_path / "nothing") == {}


def unanswered(command: Sequence[str], time_limit_s: float = 5) -> LinuxDriveSource:
    source = LinuxDriveSource(command=command, time_limit_s=time_limit_s)
    with pytest.raises(BackupError) as caught:
        source.drives()
    assert caught.value.code is ErrorCode.DRIVES_UNANSWERED
    return source


def test_a_listing_that_is_missing_or_ends_badly_is_told_as_unanswered() -> None:
    unanswered(["/no/such/lsblk"])
    unanswered(["false"])
    unanswered(["echo", "no listing"])


def test_a_listing_that_hangs_is_given_up() -> None:
    begin = time.monotonic()
    source = unanswered(["sleep", "1000"], time_limit_s=0.3)
    assert time.monotonic() - begin < 5
    stuck = source._lsblk._stuck
    assert isinstance(stuck, subprocess.Popen)
    stuck.wait()  # it was killed; only in a dead driver would it stay


def test_a_listing_is_not_started_while_an_earlier_one_still_hangs(tmp_path: Path) -> None:
    started = tmp_path / "started"
    source = LinuxDriveSource(command=["touch", str(started)])
    with subprocess.Popen(["sleep", "1000"]) as hangs:
        source._lsblk._stuck = hangs
        with pytest.raises(BackupError) as caught:
            source.drives()
        hangs.kill()
    assert caught.value.code is ErrorCode.DRIVES_UNANSWERED
    assert not started.exists()
    with pytest.raises(BackupError):
        source.drives()  # the earlier one ended, so this one ran; its answer is no listing
    assert started.exists()
