"""Drives that fill up, are pulled, switched to read-only or prepared by somebody hostile."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from offline_backup_gui.adapters.stores.drive import FolderDriveStore, Medium
from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.adapters.stores.practice import MARKER, make_practice_drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from tests.adapters.stores.contract import code_of, names, put
from tests.adapters.stores.mounts import (
    make_read_only,
    mounted_ext4,
    mounted_memory,
    needs_root,
    unmount,
)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    with mounted_memory(tmp_path / "drive", "4m") as mount:
        yield mount


@needs_root
def test_a_full_drive_says_so_and_keeps_what_is_finished(small: Path) -> None:
    store = FolderDriveStore(small, "branch")
    put(store, "packs/aa/one", b"x" * 1_000_000)
    writer = store.create("packs/aa/two")
    writer.write(b"y" * 2_000_000)
    with pytest.raises(BackupError) as caught:
        writer.write(b"y" * 2_000_000)
    assert code_of(caught) is ErrorCode.DRIVE_FULL
    assert caught.value.parameters["drive"] == str(small)
    assert caught.value.parameters["reason"] == os.strerror(errno.ENOSPC)
    writer.abort()
    assert names(store) == ["packs/aa/one"]
    assert store.room_bytes() > 2_900_000
    put(store, "packs/aa/three", b"z" * 1_000_000)


@needs_root
def test_nothing_is_written_to_the_folder_below_a_pulled_drive(small: Path) -> None:
    store = FolderDriveStore(small, "branch")
    put(store, "one", b"x")
    writer = store.create("two")
    writer.write(b"y" * 100_000)
    assert store.is_present()
    unmount(small)
    assert not store.is_present()
    writer.write(b"y" * 100_000)
    attempts = (
        writer.commit,
        lambda: store.create("three"),
        lambda: store.read("one"),
        lambda: list(store.objects()),
        lambda: store.delete("one"),
        store.room_bytes,
        store.capacity_bytes,
        store.sweep,
        lambda: store.read_back("one"),
    )
    for attempt in attempts:
        with pytest.raises(BackupError) as caught:
            attempt()
        assert code_of(caught) is ErrorCode.DRIVE_GONE
    assert list(small.iterdir()) == []


@needs_root
def test_another_drive_at_the_same_path_is_not_this_drive(small: Path) -> None:
    store = FolderDriveStore(small, "branch")
    put(store, "one", b"x")
    unmount(small)
    with mounted_memory(small, "4m"):
        assert not store.is_present()
        with pytest.raises(BackupError) as caught:
            store.create("two")
        assert code_of(caught) is ErrorCode.DRIVE_GONE
        assert list(small.iterdir()) == []


@needs_root
def test_a_read_only_drive_says_so_and_can_still_be_read(small: Path) -> None:
    store = FolderDriveStore(small, "branch")
    put(store, "one", b"x")
    make_read_only(small)
    for attempt in (lambda: store.create("two"), lambda: store.delete("one")):
        with pytest.raises(BackupError) as caught:
            attempt()
        assert code_of(caught) is ErrorCode.DRIVE_READ_ONLY
    assert store.read("one") == b"x"
    with store.read_back("one") as reader:
        assert reader.read_into(memoryview(bytearray(10))) == 1


def test_a_drive_that_is_not_connected_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(BackupError) as caught:
        FolderDriveStore(tmp_path / "nowhere", "branch")
    assert code_of(caught) is ErrorCode.DRIVE_NOT_FOUND
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupError) as caught:
        FolderDriveStore(tmp_path / "file", "branch")
    assert code_of(caught) is ErrorCode.DRIVE_NOT_FOUND


def test_a_drive_whose_device_left_sysfs_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderDriveStore(tmp_path, "branch")
    here = Medium.at(tmp_path)
    unplugged = Medium(here.device, here.file_system_id, "/sys/dev/block/gone")
    monkeypatch.setattr(store, "_medium", unplugged)
    assert not store.is_present()


def test_a_container_that_was_never_written_is_empty(tmp_path: Path) -> None:
    store = FolderDriveStore(tmp_path, "branch")
    assert names(store) == []
    store.delete("one")
    assert list(tmp_path.iterdir()) == []


def test_a_container_name_azure_refuses_is_refused_on_drives(tmp_path: Path) -> None:
    for name in ("..", "A", "no_underscore", "x", "a--b", "-ab", "ab-"):
        with pytest.raises(BackupError) as caught:
            FolderDriveStore(tmp_path, name)
        assert code_of(caught) is ErrorCode.CONTAINER_NAME_NOT_ALLOWED


def test_a_practice_drive_is_as_large_as_it_says(tmp_path: Path) -> None:
    make_practice_drive(tmp_path, 10_000)
    (tmp_path / "older").write_bytes(b"x" * 1_000)
    store = FolderDriveStore(tmp_path, "branch")
    assert (store.capacity_bytes(), store.room_bytes()) == (10_000, 9_000)
    put(store, "one", b"x" * 4_000)
    put(store, "one", b"x" * 3_000, replace=True)
    assert store.room_bytes() == 6_000
    writer = store.create("two")
    writer.write(b"x" * 6_000)
    assert store.room_bytes() == 0
    with pytest.raises(BackupError) as caught:
        writer.write(b"x")
    assert code_of(caught) is ErrorCode.DRIVE_FULL
    writer.abort()
    assert store.room_bytes() == 6_000
    store.delete("one")
    assert store.room_bytes() == 9_000
    assert FolderDriveStore(tmp_path, "branch").room_bytes() == 9_000


@pytest.mark.parametrize(
    "marker", ["", "[]", '{"size_bytes": -1}', '{"size_bytes": "9"}', "[" * 9999]
)
def test_a_senseless_practice_marker_is_ignored(tmp_path: Path, marker: str) -> None:
    (tmp_path / MARKER).write_text(marker)
    assert FolderDriveStore(tmp_path, "branch").room_bytes() > 1_000_000


def test_planted_links_and_devices_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    mount = tmp_path / "drive"
    mount.mkdir()
    store = FolderDriveStore(mount, "branch")
    put(store, "packs/aa/good", b"good")
    root = mount / "branch" / "packs"
    (root / "bb").symlink_to(outside)
    (root / "aa" / "linked").symlink_to(outside / "secret")
    (root / "aa" / "folder").mkdir()
    os.mkfifo(root / "aa" / "pipe")
    os.symlink("/nowhere", root / "aa" / "dangling")

    assert names(store) == ["packs/aa/good"]
    for name in ("bb/secret", "aa/linked", "aa/pipe", "aa/folder", "aa/dangling", "aa/good/x"):
        for attempt in (store.read, store.read_back):
            with pytest.raises(BackupError) as caught:
                attempt("packs/" + name)
            assert code_of(caught) is ErrorCode.OBJECT_MISSING
    with pytest.raises(BackupError) as caught:
        store.create("packs/bb/new")
    assert code_of(caught) is ErrorCode.PATH_NOT_PLAIN
    with pytest.raises(BackupError) as caught:
        store.delete("packs/bb/secret")
    assert code_of(caught) is ErrorCode.PATH_NOT_PLAIN
    with pytest.raises(BackupError) as caught:
        put(store, "packs/aa/linked", b"new")
    assert code_of(caught) is ErrorCode.OBJECT_EXISTS
    put(store, "packs/aa/linked", b"replaced", replace=True)
    store.delete("packs/aa/dangling")
    assert (outside / "secret").read_bytes() == b"secret"
    assert sorted(os.listdir(outside)) == ["secret"]
    assert store.read("packs/aa/linked") == b"replaced"


def test_a_linked_container_or_part_file_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    mount = tmp_path / "drive"
    mount.mkdir()
    (mount / "branch").symlink_to(outside)
    store = FolderDriveStore(mount, "branch")
    for attempt in (lambda: names(store), lambda: store.create("one")):
        with pytest.raises(BackupError) as caught:
            attempt()
        assert code_of(caught) is ErrorCode.PATH_NOT_PLAIN
    (mount / "branch").unlink()
    (mount / "branch").mkdir()
    (mount / "branch" / ".one.part").symlink_to(outside / "target")
    put(store, "one", b"x")
    assert list(outside.iterdir()) == []


def test_planted_links_are_not_followed_where_folders_cannot_be_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("offline_backup_gui.adapters.stores.held._HAS_DESCRIPTORS", False)
    test_planted_links_and_devices_are_not_followed(tmp_path)


_KILLED_WRITER = """
import sys
from pathlib import Path
from offline_backup_gui.adapters.stores.drive import FolderDriveStore
store = FolderDriveStore(Path(sys.argv[1]), "branch")
writer = store.create("packs/aa/one")
writer.write(b"x" * 1_000_000)
print("written", flush=True)
sys.stdin.read()
"""


def test_what_a_killed_writer_left_is_invisible_and_swept(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED_WRITER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    folder = tmp_path / "branch" / "packs" / "aa"
    assert len(list(folder.iterdir())) == 1
    store = FolderDriveStore(tmp_path, "branch")
    assert names(store) == []
    put(store, "packs/aa/one", b"second try")
    assert [path.name for path in folder.iterdir()] == ["one"]

    (folder / ".two.part").write_bytes(b"left")
    assert store.sweep() == 1
    assert store.sweep() == 0
    assert names(store) == ["packs/aa/one"]


def test_the_later_of_two_writers_of_a_name_wins_and_the_other_is_told(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    first, second = store.create("one"), store.create("one")
    first.write(b"first")
    second.write(b"second")
    with pytest.raises(BackupError) as caught:
        first.commit()
    assert code_of(caught) is ErrorCode.OBJECT_EXISTS


@needs_root
def test_reading_back_from_memory_does_not_claim_to_be_past_the_cache(small: Path) -> None:
    store = FolderDriveStore(small, "branch")
    put(store, "one", b"0123456789" * 1000)
    with store.read_back("one") as reader:
        buffer = bytearray(20_000)
        assert reader.read_into(memoryview(buffer)) == 10_000
        assert buffer[:10_000] == b"0123456789" * 1000
        assert not reader.past_cache


@needs_root
def test_reading_back_from_ext4_gives_the_bytes_of_the_medium(tmp_path: Path) -> None:
    data = os.urandom(5 * 1024 * 1024 + 1234)
    with mounted_ext4(tmp_path / "drive", tmp_path / "image", 24) as mount:
        store = FolderDriveStore(mount, "branch")
        put(store, "packs/aa/one", data)
        with store.read_back("packs/aa/one") as reader:
            back = bytearray(len(data) + 100)
            view = memoryview(back)
            done = reader.read_into(view[:1000])
            assert done == 1000
            while count := reader.read_into(view[done : done + 777_777]):
                done += count
        assert bytes(back[:done]) == data
