"""Files that hold no secret are there whole or not at all, on a full disk too."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.services.plain_files import replace_all, replace_file, write_new


def full(_handle: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "form.toml"
    write_new(path, b"one")
    with pytest.raises(BackupError) as caught:
        write_new(path, b"two")
    assert caught.value.code is ErrorCode.TARGET_EXISTS
    assert (path.read_bytes(), names(tmp_path)) == (b"one", ["form.toml"])


@pytest.mark.parametrize("write", [write_new, replace_file])
def test_a_full_disk_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Any
) -> None:
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises((BackupError, OSError)) as caught:
        write(tmp_path / "form.toml", b"x" * 5000)
    if isinstance(caught.value, BackupError):
        assert caught.value.code is ErrorCode.TARGET_NOT_WRITABLE
        assert caught.value.parameters["reason"] == os.strerror(errno.ENOSPC)
    assert names(tmp_path) == []


def test_a_full_disk_leaves_the_file_before_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "answers.json"
    replace_file(path, b"before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, b"after")
    assert (path.read_bytes(), names(tmp_path)) == (b"before", ["answers.json"])


def test_of_several_files_all_are_written_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"a.txt": b"a", "b.txt": b"b"}
    assert names(replace_all(tmp_path / "there", files)[0].parent) == ["a.txt", "b.txt"]
    (tmp_path / "taken" / "b.txt").mkdir(parents=True)
    with pytest.raises(BackupError) as caught:
        replace_all(tmp_path / "taken", files)
    assert caught.value.code is ErrorCode.TARGET_NOT_WRITABLE
    assert names(tmp_path / "taken") == ["b.txt"]


def test_where_no_second_name_is_possible_a_new_file_gets_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))  # as FAT answers

    monkeypatch.setattr(os, "link", never)
    write_new(tmp_path / "form.toml", b"one")
    with pytest.raises(BackupError) as caught:
        write_new(tmp_path / "form.toml", b"two")
    assert caught.value.code is ErrorCode.TARGET_EXISTS
    assert (tmp_path / "form.toml").read_bytes() == b"one"
    assert names(tmp_path) == ["form.toml"]


@pytest.mark.parametrize("path", ["missing/form.toml", "null\0byte"])
def test_a_place_that_takes_nothing_is_named(tmp_path: Path, path: str) -> None:
    with pytest.raises(BackupError) as caught:
        write_new(tmp_path / path, b"x")
    assert caught.value.code is ErrorCode.TARGET_NOT_WRITABLE
