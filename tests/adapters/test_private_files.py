"""Files with secrets: closed from their first moment, and honest where nothing can close them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from offline_backup_gui.adapters.private_files import PosixPrivate, WindowsPrivate
from offline_backup_gui.domain.sddl import parse_sddl

ME = "S-1-5-21-0-0-0-1000"


class StandIn:
    """Windows' side: real files, with descriptors as text beside them.

    `gives` is what a file system makes of the wish: NTFS keeps it, FAT has no list at all, a share
    may add what its server likes.
    """

    def __init__(self, gives: str | None = None, owner: str = "BA") -> None:
        self.descriptors: dict[str, str] = {}
        self._gives, self._owner = gives, owner

    def make_file(self, path: str, sddl: str) -> int:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        self.descriptors[path] = f"O:{self._owner}G:SY{self._gives or sddl}"
        return handle

    def read(self, path: str) -> str:
        if path not in self.descriptors:
            raise OSError("Windows error 50")
        return self.descriptors[path]

    def me(self) -> str:
        return ME


def test_on_windows_only_system_administrators_and_the_owner_open_a_file(tmp_path: Path) -> None:
    system, path = StandIn(), tmp_path / "key.txt"
    os.close(WindowsPrivate(system).create(path))
    made = parse_sddl(system.descriptors[str(path)])
    assert made.protected  # what the folder gives to Users does not come down
    assert {ace.who for ace in made.aces or ()} == {"SY", "BA", ME}
    assert WindowsPrivate(system).is_closed(path)
    with pytest.raises(FileExistsError):
        WindowsPrivate(system).create(path)


@pytest.mark.parametrize(
    "gives",
    [
        "D:NO_ACCESS_CONTROL",  # FAT and exFAT
        "D:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)",  # inherited: Users read
        "D:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;WD)",  # a share that lets everybody read
        "D:(A;;FA;;;S-1-5-21-9-9-9-513)",
    ],
)
def test_what_a_file_system_made_of_it_is_read_back(tmp_path: Path, gives: str) -> None:
    private, path = WindowsPrivate(StandIn(gives)), tmp_path / "key.txt"
    os.close(private.create(path))
    assert not private.is_closed(path)


def test_a_foreign_owner_or_rights_that_cannot_be_read_are_no_promise(tmp_path: Path) -> None:
    private, path = WindowsPrivate(StandIn(owner="S-1-5-21-9-9-9-1001")), tmp_path / "key.txt"
    os.close(private.create(path))
    assert not private.is_closed(path)
    assert not private.is_closed(tmp_path / "never asked")


def test_elsewhere_modes_say_it(tmp_path: Path) -> None:
    private, path = PosixPrivate(), tmp_path / "key.txt"
    before = os.umask(0)
    try:
        os.close(private.create(path))
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert private.is_closed(path)
    path.chmod(0o640)  # what a FAT volume shows whatever was asked for
    assert not private.is_closed(path)
