"""What an office believes over the months: rotation, rollback, its clock, kills, many files."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from installer.release.repository import packed
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.updates import Place, PlaceKind
from offline_backup_gui.formats import update_file
from tests.adapters.updates.vendor import NOW, Office, Vendor, setup_of


@pytest.fixture
def vendor(tmp_path: Path) -> Vendor:
    made = Vendor(tmp_path / "repository")
    made.release("1.1.0")
    return made


@pytest.fixture
def office(vendor: Vendor, tmp_path: Path) -> Office:
    return Office(tmp_path / "office", vendor.root)


def _refused(office: Office, place: Place) -> ErrorCode:
    before = office.state()
    with pytest.raises(BackupError) as caught:
        office.desk.take(place, lambda _size: None)
    assert office.state() == before
    return caught.value.code


def _folder(vendor: Vendor) -> Place:
    return Place(PlaceKind.FOLDER, str(vendor.folder))


def _file(path: Path) -> Place:
    return Place(PlaceKind.FILE, str(path))


def test_a_release_from_a_share_is_taken_and_started(vendor: Vendor, office: Office) -> None:
    sizes: list[int] = []
    release = office.desk.take(_folder(vendor), sizes.append)
    assert (release.version, release.notes_in("de")) == ("1.1.0", "Neues.")
    assert sizes[-1] == release.size_bytes == len(setup_of("1.1.0"))
    office.desk.start()
    path, started = office.started[0]
    assert started == release
    assert path.read_bytes() == setup_of("1.1.0")
    office.desk.discard()
    assert office.desk.ready() is None


def test_a_look_at_a_share_leaves_the_setup_where_it_is(vendor: Vendor, office: Office) -> None:
    setup = next((vendor.folder / "targets").iterdir())
    setup.write_bytes(b"nobody asked for this")
    assert office.desk.look(_folder(vendor)).version == "1.1.0"
    assert _refused(office, _folder(vendor)) is ErrorCode.UPDATE_NOT_GENUINE


def test_an_older_state_of_a_share_is_refused(vendor: Vendor, office: Office) -> None:
    old = shutil.copytree(vendor.folder, vendor.folder.with_name("old"))
    vendor.release("1.2.0")
    office.desk.take(_folder(vendor), lambda _size: None)
    code = _refused(office, Place(PlaceKind.FOLDER, str(old)))
    assert code is ErrorCode.UPDATE_ROLLED_BACK


def test_an_older_update_file_is_refused(vendor: Vendor, office: Office, tmp_path: Path) -> None:
    old = vendor.update_file(tmp_path / "old.update")
    vendor.release("1.2.0")
    office.take(vendor.update_file(tmp_path / "new.update"))
    assert _refused(office, _file(old)) is ErrorCode.UPDATE_ROLLED_BACK


def test_an_older_snapshot_under_a_new_timestamp_is_refused(
    vendor: Vendor, office: Office, tmp_path: Path
) -> None:
    """Who holds the online key alone can offer old releases for new; the office knows better."""
    first = shutil.copytree(vendor.folder, tmp_path / "thief")
    vendor.release("1.2.0")
    office.desk.take(_folder(vendor), lambda _size: None)
    thief = Vendor.__new__(Vendor)
    thief.__dict__.update(vars(vendor), folder=first)
    for _ in range(5):
        thief.repository.refresh(vendor.keys)
    assert _refused(office, _folder(thief)) is ErrorCode.UPDATE_ROLLED_BACK


def test_every_kind_of_key_can_be_replaced(vendor: Vendor, office: Office, tmp_path: Path) -> None:
    office.desk.take(_folder(vendor), lambda _size: None)
    for number, role in enumerate(("root", "targets", "snapshot", "timestamp", "root"), start=2):
        vendor.rotate(role)
        vendor.release(f"1.{number}.0")
        path = vendor.update_file(tmp_path / f"{number}.update")
        assert office.take(path).version == f"1.{number}.0"
    fresh = Office(tmp_path / "fresh", vendor.root)
    assert fresh.take(path).version == "1.6.0"


def test_a_program_built_with_a_newer_root_takes_older_roots_along(
    vendor: Vendor, tmp_path: Path
) -> None:
    vendor.rotate("root")
    vendor.rotate("targets")
    vendor.release("1.2.0")
    root = (vendor.folder / "metadata" / "3.root.json").read_bytes()
    path = vendor.update_file(tmp_path / "carried.update")
    assert Office(tmp_path / "new", root).take(path).version == "1.2.0"
    # The second root means nothing to this office; a changed one is no part of a good file.
    members = vendor.members()
    members["metadata/2.root.json"] = members["metadata/2.root.json"].replace(
        b"ed25519", b"ed25518", 1
    )
    path.write_bytes(packed(members))
    assert _refused(Office(tmp_path / "other", root), _file(path)) is ErrorCode.UPDATE_NOT_GENUINE


def test_a_clock_that_was_put_back_is_noticed(vendor: Vendor, office: Office) -> None:
    office.later(days=20)
    office.desk.take(_folder(vendor), lambda _size: None)
    put_back = Office(office.folder.parent, vendor.root)
    put_back.later(days=19)
    assert _refused(put_back, _folder(vendor)) is ErrorCode.UPDATE_CLOCK_WRONG
    put_back.later(hours=23.5)
    assert put_back.desk.look(_folder(vendor)).version == "1.1.0"


def test_a_clock_that_ran_ahead_for_days_can_be_forgotten_by_an_administrator(
    vendor: Vendor, office: Office
) -> None:
    """The sentence of the refusal names the file."""
    wrong = Office(office.folder.parent, vendor.root)
    wrong.later(days=40)
    assert wrong.desk.look(_folder(vendor)).version == "1.1.0"
    right = Office(office.folder.parent, vendor.root)
    assert _refused(right, _folder(vendor)) is ErrorCode.UPDATE_CLOCK_WRONG
    (office.folder / "seen.json").unlink()
    assert right.desk.look(_folder(vendor)).version == "1.1.0"


def test_a_clock_of_the_far_future_is_not_believed_for_ever(vendor: Vendor, office: Office) -> None:
    wrong = Office(office.folder.parent, vendor.root)
    wrong.later(days=9000)
    assert _refused(wrong, _folder(vendor)) is ErrorCode.UPDATE_EXPIRED
    assert office.desk.take(_folder(vendor), lambda _size: None).version == "1.1.0"


def test_the_vendor_can_freshen_a_release(vendor: Vendor, office: Office, tmp_path: Path) -> None:
    office.later(days=70)
    assert _refused(office, _folder(vendor)) is ErrorCode.UPDATE_EXPIRED
    vendor.now = NOW + timedelta(days=65)
    vendor.repository.refresh(vendor.keys)
    assert office.desk.look(_folder(vendor)).version == "1.1.0"


def test_what_waited_too_long_is_not_started(vendor: Vendor, office: Office) -> None:
    office.desk.take(_folder(vendor), lambda _size: None)
    office.later(days=70)
    with pytest.raises(BackupError) as caught:
        office.desk.start()
    assert caught.value.code is ErrorCode.UPDATE_EXPIRED
    assert office.started == []


@pytest.mark.parametrize("step", ["root_history", "timestamp", "snapshot", "targets"])
def test_trust_that_a_kill_left_half_renewed_is_fine_again(
    vendor: Vendor, office: Office, tmp_path: Path, step: str
) -> None:
    """Whatever was written when the kill came is new, whatever came after it is old."""
    office.desk.take(_folder(vendor), lambda _size: None)
    old = shutil.copytree(office.folder / "trusted", tmp_path / "old")
    first = vendor.update_file(tmp_path / "first.update")
    vendor.rotate("root")
    vendor.release("1.2.0")
    office.desk.take(_folder(vendor), lambda _size: None)
    order = ["root_history", "timestamp", "snapshot", "targets"]
    for name in order[order.index(step) + 1 :]:
        shutil.copyfile(old / f"{name}.json", office.folder / "trusted" / f"{name}.json")
    if step != "root_history":
        assert _refused(office, _file(first)) is ErrorCode.UPDATE_ROLLED_BACK
    left = office.folder / "work-killed"
    (left / "alone").mkdir(parents=True)
    (left / "alone" / "half").write_bytes(b"half")
    assert office.desk.take(_folder(vendor), lambda _size: None).version == "1.2.0"
    assert not left.exists()


def test_two_looks_at_once_do_not_meet(vendor: Vendor, office: Office) -> None:
    """The second comes while the first one reads its setup."""
    codes: list[ErrorCode] = []

    def meanwhile(_size: int) -> None:
        with pytest.raises(BackupError) as caught:
            office.desk.look(_folder(vendor))
        codes.append(caught.value.code)

    office.desk.take(_folder(vendor), meanwhile)
    assert set(codes) == {ErrorCode.UPDATE_BUSY}


def test_a_place_that_is_not_there_is_told(office: Office, tmp_path: Path) -> None:
    for place in (
        Place(PlaceKind.FOLDER, str(tmp_path / "nowhere")),
        _file(tmp_path / "nowhere.update"),
        _file(tmp_path),
    ):
        assert _refused(office, place) is ErrorCode.UPDATE_UNREACHABLE


def test_an_empty_share_holds_no_update(office: Office, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code = _refused(office, Place(PlaceKind.FOLDER, str(tmp_path / "empty")))
    assert code is ErrorCode.UPDATE_FILE_DAMAGED


def test_the_place_is_remembered_and_there_is_none_at_first(office: Office) -> None:
    assert office.desk.source() == ""
    office.desk.set_source("https://updates.example")
    assert office.desk.source() == "https://updates.example"
    (office.folder / "place.json").write_bytes(b"{")
    assert office.desk.source() == ""


def test_the_update_file_has_the_shape_that_is_written_down(vendor: Vendor) -> None:
    data = packed(vendor.members())
    name, size = update_file.parse_header(data[: update_file.BLOCK])
    assert name == "metadata/1.root.json"
    assert data[update_file.BLOCK : update_file.BLOCK + size].startswith(b'{"signatures":[')
    assert len(data) % update_file.BLOCK == 0
