"""Folders that stand for drives."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from offline_backup_gui.adapters.drives import folder
from offline_backup_gui.adapters.drives.folder import (
    FolderDriveSource,
    FolderMark,
    create_folder_drive,
    folder_drive,
    read_mark,
)
from offline_backup_gui.adapters.stores.practice import MARKER
from offline_backup_gui.domain.drive import Bus
from offline_backup_gui.domain.errors import BackupError, ErrorCode


def test_a_folder_drive_has_the_size_it_was_given_and_what_lies_in_it_takes_room(
    tmp_path: Path,
) -> None:
    drive = create_folder_drive(str(tmp_path / "one"), 1_000_000, "Practice 1")
    assert (drive.bus, drive.size_bytes, drive.free_bytes) == (Bus.FOLDER, 1_000_000, 1_000_000)
    assert drive.label == "Practice 1"
    (tmp_path / "one/inner").mkdir()
    (tmp_path / "one/inner/pack").write_bytes(bytes(300_000))
    assert folder_drive(str(tmp_path / "one")).free_bytes == 700_000
    (tmp_path / "one/pack").write_bytes(bytes(900_000))
    assert folder_drive(str(tmp_path / "one")).free_bytes == 0


def test_a_folder_without_a_limit_has_the_room_of_what_it_lies_on(tmp_path: Path) -> None:
    drive = create_folder_drive(str(tmp_path))
    facts = os.statvfs(tmp_path)
    assert drive.size_bytes == facts.f_blocks * facts.f_frsize
    assert 0 < drive.free_bytes <= drive.size_bytes


def test_making_it_again_changes_the_size_and_keeps_the_serial(tmp_path: Path) -> None:
    first = create_folder_drive(str(tmp_path), 10)
    second = create_folder_drive(str(tmp_path), 20)
    assert second.serial == first.serial
    assert (first.serial_made, second.serial_made) == (True, True)
    assert second.size_bytes == 20
    assert os.listdir(tmp_path) == [MARKER]


def test_two_folders_have_two_serials_with_and_without_markers(tmp_path: Path) -> None:
    marked = [create_folder_drive(str(tmp_path / name)).serial for name in ("a", "b")]
    for name in ("c", "d"):
        (tmp_path / name).mkdir()
    plain = [folder_drive(str(tmp_path / name)).serial for name in ("c", "d")]
    assert len({*marked, *plain}) == 4
    assert [folder_drive(str(tmp_path / name)).serial for name in ("c", "d")] == plain
    assert folder_drive(str(tmp_path / "c")).serial_made


def test_a_marked_folder_keeps_its_serial_when_it_is_moved(tmp_path: Path) -> None:
    serial = create_folder_drive(str(tmp_path / "a")).serial
    (tmp_path / "a").rename(tmp_path / "b")
    assert folder_drive(str(tmp_path / "b")).serial == serial


@pytest.mark.parametrize(
    "marker",
    [
        b"",
        b"not json",
        b"[" * 60_000,
        b"[]",
        b"{}",
        b'{"serial": "A"}' + b" " * 70_000,
    ],
)
def test_a_marker_that_makes_no_sense_counts_as_none(tmp_path: Path, marker: bytes) -> None:
    (tmp_path / MARKER).write_bytes(marker)
    assert read_mark(str(tmp_path)) is None
    assert folder_drive(str(tmp_path)).serial.startswith("FOLDER-")


@pytest.mark.parametrize("serial", [7, "../../etc", "", "A" * 100, None])
def test_a_serial_that_makes_no_sense_is_replaced_and_the_size_kept(
    tmp_path: Path, serial: object
) -> None:
    (tmp_path / MARKER).write_text(json.dumps({"serial": serial, "size_bytes": 5000}))
    drive = folder_drive(str(tmp_path))
    assert drive.serial.startswith("FOLDER-")
    assert drive.size_bytes == 5000


@pytest.mark.parametrize("size", [-1, True, "7", 1.5, None])
def test_a_size_that_makes_no_sense_is_no_limit(tmp_path: Path, size: object) -> None:
    text = json.dumps({"serial": "A1", "size_bytes": size, "label": ["no"]})
    (tmp_path / MARKER).write_text(text)
    assert read_mark(str(tmp_path)) == FolderMark("A1")


def test_a_marker_that_is_a_link_or_a_pipe_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text('{"serial": "STOLEN"}')
    for name in ("link", "pipe"):
        (tmp_path / name).mkdir()
    (tmp_path / "link" / MARKER).symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pipe" / MARKER)
    assert read_mark(str(tmp_path / "link")) is None
    assert read_mark(str(tmp_path / "pipe")) is None


def test_links_on_a_drive_take_no_room_of_what_they_lead_to(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(100_000))
    create_folder_drive(str(tmp_path / "drive"), 50_000)
    (tmp_path / "drive/link").symlink_to(tmp_path / "big")
    assert folder_drive(str(tmp_path / "drive")).free_bytes > 49_000


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "gone", tmp_path / "file"):
        (tmp_path / "file").touch()
        with pytest.raises(BackupError) as caught:
            folder_drive(str(path))
        assert caught.value.code is ErrorCode.DRIVE_NOT_FOUND


def test_a_folder_that_goes_while_it_is_looked_at_is_gone_and_not_write_protected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "drive"
    create_folder_drive(str(place), 1_000_000)

    def pull(path: str) -> FolderMark | None:
        place.rename(tmp_path / "drawer")
        return read_mark(path)

    monkeypatch.setattr(folder, "read_mark", pull)
    with pytest.raises(BackupError) as caught:
        folder_drive(str(place))
    assert caught.value.code is ErrorCode.DRIVE_NOT_FOUND


def test_a_place_that_takes_no_marker_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BackupError) as caught:
        create_folder_drive(str(tmp_path / "file/below"))
    assert caught.value.code is ErrorCode.TARGET_NOT_WRITABLE


def test_the_source_lists_the_callers_folders_of_the_moment_without_the_vanished(
    tmp_path: Path,
) -> None:
    paths = [str(tmp_path / "b"), str(tmp_path / "gone"), str(tmp_path / "a")]
    twice = f"{tmp_path}/b/"
    source = FolderDriveSource(lambda: [*paths, twice])
    for name in ("a", "b"):
        create_folder_drive(str(tmp_path / name))
    assert [drive.mount for drive in source.drives()] == [paths[0], paths[2]]
    paths.pop()
    assert [drive.mount for drive in source.drives()] == [paths[0]]
