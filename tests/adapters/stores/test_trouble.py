"""What the answers of Linux and Windows mean on a drive and in a folder account."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from offline_backup_gui.adapters.stores.read_back import _is_medium, is_read_from_medium
from offline_backup_gui.adapters.stores.trouble import Kind, Place
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from tests.adapters.stores.contract import code_of


def place(kind: Kind = Kind.DRIVE, *, present: bool = True) -> Place:
    return Place(kind, "E:", lambda: present)


@pytest.mark.parametrize(
    ("number", "on_drive", "in_account"),
    [
        (errno.ENOSPC, ErrorCode.DRIVE_FULL, ErrorCode.ACCOUNT_FULL),
        (errno.EROFS, ErrorCode.DRIVE_READ_ONLY, ErrorCode.ACCOUNT_REFUSED),
        (errno.EACCES, ErrorCode.DRIVE_READ_ONLY, ErrorCode.ACCOUNT_REFUSED),
        (errno.ENODEV, ErrorCode.DRIVE_GONE, ErrorCode.ACCOUNT_UNREACHABLE),
        (errno.EIO, ErrorCode.DRIVE_FAILING, ErrorCode.ACCOUNT_UNREACHABLE),
        (errno.ENOENT, ErrorCode.OBJECT_MISSING, ErrorCode.OBJECT_MISSING),
        (errno.ELOOP, ErrorCode.PATH_NOT_PLAIN, ErrorCode.PATH_NOT_PLAIN),
        (errno.EXDEV, ErrorCode.DRIVE_FAILING, ErrorCode.ACCOUNT_UNREACHABLE),
    ],
)
def test_an_answer_of_linux_is_understood(
    number: int, on_drive: ErrorCode, in_account: ErrorCode
) -> None:
    for kind, code in ((Kind.DRIVE, on_drive), (Kind.ACCOUNT, in_account)):
        with pytest.raises(BackupError) as caught, place(kind).watched("one"):
            raise OSError(number, os.strerror(number))
        assert code_of(caught) is code
        assert isinstance(caught.value.__cause__, OSError)
        if code not in (ErrorCode.OBJECT_MISSING, ErrorCode.PATH_NOT_PLAIN):
            assert caught.value.parameters["path"] == "E:"
            assert caught.value.parameters["reason"] == os.strerror(number)


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOENT])
def test_a_defect_on_a_drive_that_left_means_that_it_left(number: int) -> None:
    with pytest.raises(BackupError) as caught, place(present=False).watched("one"):
        raise OSError(number, os.strerror(number))
    assert code_of(caught) is ErrorCode.DRIVE_GONE


@pytest.mark.parametrize(
    ("winerror", "code"),
    [
        (2, ErrorCode.OBJECT_MISSING),
        (5, ErrorCode.DRIVE_READ_ONLY),
        (19, ErrorCode.DRIVE_READ_ONLY),
        (21, ErrorCode.DRIVE_GONE),
        (55, ErrorCode.DRIVE_GONE),
        (112, ErrorCode.DRIVE_FULL),
        (1117, ErrorCode.DRIVE_FAILING),
        (1167, ErrorCode.DRIVE_GONE),
        (99999, ErrorCode.DRIVE_FAILING),
    ],
)
def test_an_answer_of_windows_is_understood(winerror: int, code: ErrorCode) -> None:
    error = OSError(errno.EINVAL, "The device is not ready")
    error.winerror = winerror  # type: ignore[attr-defined]
    with pytest.raises(BackupError) as caught, place().watched("one"):
        raise error
    assert code_of(caught) is code


def test_trouble_that_is_already_understood_passes_unchanged() -> None:
    original = BackupError(ErrorCode.DRIVE_FULL, drive="E:")
    with pytest.raises(BackupError) as caught, place().watched("one"):
        raise original
    assert caught.value is original


_MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:30 / /mnt/memory rw - tmpfs tmpfs rw
31 22 0:31 / /mnt/share rw - cifs //server/share rw
32 22 8:17 / /mnt/fuse rw shared:3 - fuseblk /dev/sdb1 rw
33 22 7:0 / /mnt/loop rw - ext4 /dev/loop0 rw
34 22 7:1 / /mnt/direct rw - ext4 /dev/loop1 rw
35 22 8:33 / /mnt/an\\040Ümlaut rw - exfat /dev/sdc1 rw
36 30 8:49 / /mnt/memory/disk rw - xfs /dev/sdd1 rw
37 22 8:65 / /mnt/covered rw - xfs /dev/sde1 rw
38 37 0:38 / /mnt/covered rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/branch", True),
        ("/mnt/memory/branch", False),
        ("/mnt/memory/disk/branch", True),
        ("/mnt/memory-not/branch", True),
        ("/mnt/share", False),
        ("/mnt/fuse/branch", False),
        ("/mnt/loop/branch", False),
        ("/mnt/direct/branch", True),
        ("/mnt/an Ümlaut/branch", True),
        ("/mnt/covered/branch", False),
    ],
)
def test_only_reads_that_reach_a_medium_count_as_past_the_cache(
    tmp_path: Path, path: str, expected: bool
) -> None:
    for name, direct in (("loop0", "0\n"), ("loop1", "1\n")):
        (tmp_path / name / "loop").mkdir(parents=True)
        (tmp_path / name / "loop" / "dio").write_text(direct)
    assert _is_medium(_MOUNTS, path, tmp_path) is expected


def test_memory_is_not_a_medium() -> None:
    assert not is_read_from_medium(Path("/dev/shm"))
