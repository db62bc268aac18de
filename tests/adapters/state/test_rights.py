"""The state folder: closed from its first moment, judged at every start, mended only when safe."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from offline_backup_gui.adapters.state.rights import WindowsRights, secure_folder
from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from tests.domain.test_folder_rights import CLOSED, PLAIN, USER, WINE

ME = "S-1-5-21-0-0-0-1000"


class StandIn:
    """Windows' side: real folders, with descriptors as text beside them."""

    def __init__(self, *, elevated: bool = True, keeps_protection: bool = True) -> None:
        self.descriptors: dict[str, str] = {}
        self.links: set[str] = set()
        self._elevated, self._keeps = elevated, keeps_protection
        self.written: list[str] = []

    def make(self, path: str, sddl: str) -> None:
        os.mkdir(path)
        self.descriptors[path] = sddl

    def read(self, path: str) -> str:
        return self.descriptors.get(path, CLOSED)

    def write(self, path: str, sddl: str) -> None:
        self.written.append(path)
        self.descriptors[path] = sddl if self._keeps else sddl.replace("PAI", "")

    def is_link(self, path: str) -> bool:
        return path in self.links

    def me(self) -> str:
        return ME

    def elevated(self) -> bool:
        return self._elevated


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "Offline Backup"


def refused(folder: Path, system: StandIn) -> str:
    before = dict(system.descriptors)
    with pytest.raises(BackupError) as not_safe:
        secure_folder(folder, WindowsRights(system))
    assert not_safe.value.code is ErrorCode.STATE_NOT_SAFE
    assert system.descriptors == before
    return str(not_safe.value.parameters["fault"])


def test_a_new_folder_is_closed_from_its_first_moment(folder: Path) -> None:
    system = StandIn()
    assert secure_folder(folder, WindowsRights(system)) == folder
    assert system.descriptors == {str(folder): CLOSED}
    assert not system.written
    secure_folder(folder, WindowsRights(system))
    assert not system.written


def test_without_administrators_rights_the_folder_is_open_to_its_owner_too(folder: Path) -> None:
    system = StandIn(elevated=False)
    secure_folder(folder, WindowsRights(system))
    assert system.descriptors[str(folder)].endswith(f"(A;OICI;FA;;;BA)(A;OICI;FA;;;{ME})")
    system.descriptors[str(folder)] = "O:" + ME + system.descriptors[str(folder)]
    secure_folder(folder, WindowsRights(system))
    assert not system.written


def test_a_folder_that_an_earlier_version_left_open_is_closed(folder: Path) -> None:
    system = StandIn()
    folder.mkdir()
    (folder / "state.db").touch()
    system.descriptors[str(folder)] = PLAIN
    secure_folder(folder, WindowsRights(system))
    assert system.descriptors[str(folder)] == CLOSED


def test_what_lay_in_an_open_folder_is_closed_too(folder: Path) -> None:
    """A file of Windows opens by its own list, whoever may enter the folder."""
    system = StandIn()
    inner = folder / "repositories"
    inner.mkdir(parents=True)
    (folder / "state.db").touch()
    (inner / "book.db").touch()
    for path in (folder, inner, folder / "state.db", inner / "book.db"):
        system.descriptors[str(path)] = PLAIN
    secure_folder(folder, WindowsRights(system))
    closed_file = CLOSED.replace("OICI", "")
    assert system.descriptors == {
        str(folder): CLOSED,
        str(inner): CLOSED,
        str(folder / "state.db"): closed_file,
        str(inner / "book.db"): closed_file,
    }
    # Last, so that a start that was cut short begins again.
    assert system.written[-1] == str(folder)


def test_a_folder_into_which_somebody_else_put_something_is_refused(folder: Path) -> None:
    system = StandIn()
    (folder / "repositories" / "x").mkdir(parents=True)
    planted = folder / "repositories" / "x" / "book.db"
    planted.touch()
    system.descriptors[str(folder)] = PLAIN
    system.descriptors[str(planted)] = f"O:{USER}G:DUD:(A;ID;FA;;;SY)"
    assert refused(folder, system) == "addable"
    system.descriptors[str(planted)] = "damaged"
    assert refused(folder, system) == "addable"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (CLOSED.replace("O:BA", f"O:{USER}"), "owner"),
        (CLOSED + "(A;OICI;FA;;;WD)", "changeable"),
        ("O:BAD:NO_ACCESS_CONTROL", "open"),
    ],
)
def test_a_folder_that_somebody_else_made_or_may_change_is_refused(
    folder: Path, text: str, fault: str
) -> None:
    system = StandIn()
    folder.mkdir()
    system.descriptors[str(folder)] = text
    assert refused(folder, system) == fault


def test_a_folder_behind_a_link_is_refused(folder: Path) -> None:
    system = StandIn()
    folder.mkdir()
    system.links.add(str(folder))
    assert refused(folder, system) == "link"


def test_rights_that_cannot_be_read_are_told(folder: Path) -> None:
    system = StandIn()
    folder.mkdir()
    system.descriptors[str(folder)] = "Zugriff verweigert"
    with pytest.raises(BackupError) as unusable:
        secure_folder(folder, WindowsRights(system))
    assert unusable.value.code is ErrorCode.STATE_NOT_USABLE


def test_a_file_system_that_forgets_the_mark_of_protection_is_good_enough(folder: Path) -> None:
    system = StandIn(keeps_protection=False)
    folder.mkdir()
    system.descriptors[str(folder)] = WINE + "(A;OICI;0x1200a9;;;WD)"
    secure_folder(folder, WindowsRights(system))
    assert system.written == [str(folder)]


# --- Linux, with real folders


def test_an_open_folder_is_closed_when_nothing_foreign_is_inside(folder: Path) -> None:
    folder.mkdir()
    (folder / "mine").touch()
    folder.chmod(0o777)
    secure_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_somebody_else_owns_is_refused_before_anything_is_opened(folder: Path) -> None:
    folder.mkdir()
    os.chown(folder, 1234, 1234)
    with pytest.raises(BackupError) as not_safe:
        StateStore(folder)
    assert not_safe.value.parameters == {"path": str(folder), "fault": "owner", "who": "1234"}
    assert not list(folder.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_planted_database_in_an_open_folder_is_refused(folder: Path) -> None:
    folder.mkdir()
    StateStore(folder).close()
    os.chown(folder / "state.db", 1234, 1234)
    folder.chmod(0o1777)
    with pytest.raises(BackupError) as not_safe:
        StateStore(folder)
    assert not_safe.value.parameters["fault"] == "addable"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_link_that_somebody_else_made_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "real")
    StateStore(folder).close()
    os.chown(folder, 1234, 1234, follow_symlinks=False)
    with pytest.raises(BackupError) as not_safe:
        StateStore(folder)
    assert not_safe.value.parameters["fault"] == "link"


def test_a_file_in_the_place_of_the_folder_is_told(folder: Path) -> None:
    folder.touch()
    with pytest.raises(BackupError) as unusable:
        secure_folder(folder)
    assert unusable.value.code is ErrorCode.STATE_NOT_USABLE
