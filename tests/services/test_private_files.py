"""Files that open a backup: written whole, closed, and told where nothing closes them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.services.private_files import left_open, replace_private, write_private
from tests.services.branch import PASSPHRASE, Branch


class Flat:
    """A file system without rights."""

    def create(self, path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)

    def is_closed(self, path: Path) -> bool:
        return False


def test_a_kit_is_closed_under_its_final_name_and_nothing_of_it_stays_elsewhere(
    tmp_path: Path,
) -> None:
    branch = Branch(tmp_path)
    kept = {path.name for path in branch.world.folder.iterdir()}
    protection, path = branch.services.protection, tmp_path / "kit.pdf"
    kit = protection.new_kit(protection.create(PASSPHRASE))
    path.write_bytes(b"an old one")
    path.chmod(0o644)
    protection.save_kit(kit, "Graz", path)
    assert path.read_bytes().startswith(b"%PDF")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert protection.left_open([path]) == []
    assert not [one for one in tmp_path.iterdir() if one.name.endswith(".part")]
    new = {one.name for one in branch.world.folder.iterdir()} - kept
    assert not any(name.startswith("kit-") for name in new)


def test_a_place_without_rights_is_told(tmp_path: Path) -> None:
    branch = Branch(tmp_path, private_files=Flat())
    path = write_private(branch.world, tmp_path / "key.txt", b"471207")
    (finding,) = left_open(branch.world, [path])
    assert finding.parameters == {"path": str(path)}
    assert path.read_bytes() == b"471207"


def test_nothing_is_replaced_and_half_a_file_never_stays(tmp_path: Path) -> None:
    branch, path = Branch(tmp_path), tmp_path / "key.txt"
    write_private(branch.world, path, b"1")
    with pytest.raises(BackupError) as caught:
        write_private(branch.world, path, b"2")
    assert caught.value.code is ErrorCode.TARGET_EXISTS
    assert path.read_bytes() == b"1"
    for write in (write_private, replace_private):
        with pytest.raises(BackupError) as caught:
            write(branch.world, tmp_path / "none" / "key.txt", b"2")
        assert caught.value.code is ErrorCode.TARGET_NOT_WRITABLE
    (tmp_path / "folder").mkdir()
    with pytest.raises(BackupError):
        replace_private(branch.world, tmp_path / "folder", b"2")
    assert not [one for one in tmp_path.iterdir() if one.name.endswith(".part")]
