"""All drives in one list, what lies on them, and which one a path means."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.adapters.drives.contents import Contents, contents_of, with_contents
from offline_backup_gui.adapters.drives.folder import create_folder_drive, folder_drive
from offline_backup_gui.adapters.drives.source import combined, drive_at, system_source
from offline_backup_gui.adapters.drives.watch import Changes, changes
from offline_backup_gui.domain.drive import Bus, Drive, Encryption
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from tests.drive_fixtures import MountedDrive, loop_drives, tmpfs_drives

__all__ = ["loop_drives", "tmpfs_drives"]
MIB = 1 << 20
ID = "0123456789abcdef0123456789abcdef"


class Listed:
    """A source that lists what it was given."""

    def __init__(self, *drives: Drive) -> None:
        self._drives = drives

    def drives(self) -> Sequence[Drive]:
        return self._drives


def disk(*mounts: Path, serial: str = "S1", device: str = "") -> Drive:
    places = tuple(str(mount) for mount in mounts)
    return Drive(serial, "Disk", Bus.USB, 100, 50, places, device=device)


def test_the_first_names_are_shown_folders_first_and_system_ones_left_out(tmp_path: Path) -> None:
    for name in ("lost+found", "$RECYCLE.BIN", "System Volume Information", ".Trash-0", "b", "a"):
        (tmp_path / name).mkdir()
    for name in ("1.txt", "2.txt", "3.txt", "4.txt"):
        (tmp_path / name).touch()
    assert contents_of(str(tmp_path)).first_folders == ("a", "b", "1.txt", "2.txt", "3.txt")


def test_names_that_are_not_text_are_shown_anyway(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/bad-\xff")
    assert contents_of(str(tmp_path)).first_folders == ("bad-\N{REPLACEMENT CHARACTER}",)


def test_a_repository_is_found_by_its_id_and_its_folder_is_not_foreign(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "photos").mkdir()
    (tmp_path / "landing/repository.json").write_text(json.dumps({"repository_id": ID}))
    assert contents_of(str(tmp_path)) == Contents(("photos",), ID)


@pytest.mark.parametrize("name", ["DriveManifest.xml", "drivemanifest.XML"])
def test_a_drive_manifest_of_an_import_job_is_noticed_by_its_name(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("<DriveManifest/>")
    (tmp_path / "photos").mkdir()
    assert contents_of(str(tmp_path)) == Contents(("photos",), "", manifest=name)
    assert with_contents(folder_drive(str(tmp_path))).manifest == name
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()  # a folder is none
    assert contents_of(str(tmp_path)) == Contents((name, "photos"), "")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"no json",
        b"[" * 65_000,
        b"[1]",
        b'{"repository_id": 5}',
        b'{"repository_id": "not hex at all"}',
        b'{"repository_id": "' + b"a" * 65 + b'"}',
        b'{"repository_id": "' + ID.encode() + b'"}' + b" " * 65_536,
        b"\xff\xfe\x00",
    ],
)
def test_a_hostile_repository_file_is_not_believed(tmp_path: Path, document: bytes) -> None:
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing/repository.json").write_bytes(document)
    assert contents_of(str(tmp_path)) == Contents(("landing",), "")


def test_links_and_pipes_are_not_followed_to_a_repository(tmp_path: Path) -> None:
    (tmp_path / "true").mkdir()
    (tmp_path / "true/repository.json").write_text(json.dumps({"repository_id": ID}))
    drive = tmp_path / "drive"
    for name in ("pipe", "link"):
        (drive / name).mkdir(parents=True)
    os.mkfifo(drive / "pipe/repository.json")
    (drive / "link/repository.json").symlink_to(tmp_path / "true/repository.json")
    (drive / "folder-link").symlink_to(tmp_path / "true")
    assert contents_of(str(drive)).repository_id == ""


def test_the_combined_list_tells_what_lies_on_each_drive(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (drive,) = combined(Listed(disk(tmp_path))).drives()
    assert drive == replace(disk(tmp_path), first_folders=("photos",))


def test_system_and_locked_drives_and_vanished_ones_are_not_looked_into(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    drives = [
        replace(disk(tmp_path), is_system=True),
        replace(disk(tmp_path, serial="S2"), encryption=Encryption.LOCKED, mounts=()),
        disk(tmp_path / "gone", serial="S3"),
    ]
    assert list(combined(Listed(*drives)).drives()) == drives


def test_what_an_earlier_source_lists_is_not_listed_again(tmp_path: Path) -> None:
    first = replace(disk(tmp_path / "a", serial="FD-1"), bus=Bus.FOLDER)
    later = [
        disk(tmp_path / "a", serial="MEM-1"),
        disk(tmp_path / "b", serial="S2", device="/dev/sdb"),
        disk(tmp_path / "c", serial="S3", device="/dev/sdb"),
    ]
    assert list(combined(Listed(first), Listed(*later)).drives()) == [first, later[1], later[2]]
    assert list(combined(Listed(first, later[1]), Listed(later[2])).drives()) == [first, later[1]]


def test_drives_without_mounts_are_all_listed() -> None:
    drives = [disk(serial="S1"), disk(serial="S2")]
    assert list(combined(Listed(drives[0]), Listed(drives[1])).drives()) == drives


def test_a_source_without_an_answer_is_not_hidden() -> None:
    class Silent:
        def drives(self) -> Sequence[Drive]:
            raise BackupError(ErrorCode.DRIVES_UNANSWERED, reason="test")

    with pytest.raises(BackupError):
        combined(Listed(disk()), Silent()).drives()


def test_a_path_means_the_drive_mounted_there_also_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "mount").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "mount")
    known = [disk(tmp_path / "other"), disk(tmp_path / "mount", serial="S2")]
    for path in ("mount", "link", "mount/"):
        assert drive_at(f"{tmp_path}/{path}", known) == known[1]


def test_the_meant_mount_of_a_drive_comes_first_with_its_own_room(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    found = drive_at(str(tmp_path / "b"), [disk(tmp_path / "a", tmp_path / "b")])
    assert found.mounts == (str(tmp_path / "b"), str(tmp_path / "a"))
    assert found.free_bytes > 50


def test_a_plain_folder_is_a_folder_drive_even_on_a_listed_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    found = drive_at(str(tmp_path / "folder"), [disk(tmp_path)])
    assert (found.bus, found.mounts) == (Bus.FOLDER, (str(tmp_path / "folder"),))


def test_a_path_without_anything_is_told(tmp_path: Path) -> None:
    with pytest.raises(BackupError) as caught:
        drive_at(str(tmp_path / "gone"), [])
    assert caught.value.code is ErrorCode.DRIVE_NOT_FOUND


def test_a_marker_on_a_real_disk_does_not_make_a_folder_of_it(tmp_path: Path) -> None:
    create_folder_drive(str(tmp_path), 5)
    assert drive_at(str(tmp_path), [disk(tmp_path)]).bus is Bus.USB


def test_marked_memory_keeps_the_limit_it_was_given(
    tmpfs_drives: Callable[[int], MountedDrive],
) -> None:
    mount = str(tmpfs_drives(4 * MIB).mount)
    made = create_folder_drive(mount, MIB)
    listed = [drive for drive in system_source(lambda: [mount]).drives() if mount in drive.mounts]
    assert listed == [made]
    unlimited = [drive for drive in system_source().drives() if mount in drive.mounts]
    assert unlimited[0].size_bytes == 4 * MIB
    assert drive_at(mount, unlimited).size_bytes == MIB


def test_a_real_loop_drive_is_found_by_its_path_with_its_contents(
    loop_drives: Callable[[int], MountedDrive],
) -> None:
    drive = loop_drives(8 * MIB)
    (drive.mount / "landing").mkdir()
    (drive.mount / "landing/repository.json").write_text(json.dumps({"repository_id": ID}))
    found = drive_at(str(drive.mount), system_source().drives())
    assert (found.bus, found.repository_id, found.first_folders) == (Bus.LOOP, ID, ())


def test_arrivals_and_departures_are_told_by_serial_and_mounts(tmp_path: Path) -> None:
    stays, goes = disk(tmp_path / "a", tmp_path / "b"), disk(tmp_path / "c", serial="S2")
    comes, moved = disk(serial="S3"), disk(tmp_path / "d", serial="S2")
    fuller = replace(stays, free_bytes=1, mounts=stays.mounts[::-1])
    assert changes([stays, goes], [fuller, comes]) == Changes((comes,), (goes,))
    assert changes([goes], [moved]) == Changes((moved,), (goes,))
    assert changes([stays], [fuller]) == Changes()


def test_a_real_drive_that_is_plugged_in_and_pulled_is_noticed(
    loop_drives: Callable[[int], MountedDrive],
) -> None:
    def mine(drives: Sequence[Drive]) -> list[str]:
        return [mount for drive in drives for mount in drive.mounts if mount == str(drive_mount)]

    source = system_source()
    before = source.drives()
    drive = loop_drives(8 * MIB)
    drive_mount = drive.mount
    during = source.drives()
    drive.pull()
    after = source.drives()
    assert mine(changes(before, during).arrived) == [str(drive_mount)]
    assert mine(changes(during, after).left) == [str(drive_mount)]
