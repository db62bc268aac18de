"""The parts of practice: office, comparison, scan, denial; and that each of them can say no."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from offline_backup_gui.adapters.denial import denied
from offline_backup_gui.app import build_services
from offline_backup_gui.domain.errors import BackupError, ErrorCode, Stopped
from offline_backup_gui.domain.findings import blocks
from offline_backup_gui.services import byte_scan, sample_office, tree_compare
from offline_backup_gui.services.planning import plan_of
from offline_backup_gui.services.practice import Practice, PracticeOrder, Step
from offline_backup_gui.services.practice_result import Claim, PracticeResult, Proof
from offline_backup_gui.services.world import AccountSecret

SMALL = 4_000_000


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> sample_office.Office:
    return sample_office.make(tmp_path_factory.mktemp("made") / "office", "seed", SMALL)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Give an office that a test may change."""
    return sample_office.make(tmp_path / "own", "seed", SMALL).folder


def listed(folder: Path) -> tree_compare.Listing:
    skip = {os.fsencode(sample_office.LOCKED), os.fsencode(sample_office.SOCKET)}
    return tree_compare.listing(os.fsencode(folder), skip)


# --- the office


def test_the_same_seed_makes_the_same_office(office: sample_office.Office, tmp_path: Path) -> None:
    again = sample_office.make(tmp_path / "again", "seed", SMALL)

    assert tree_compare.compare(listed(office.folder), listed(again.folder)) == []
    assert (again.files, again.size_bytes) == (office.files, office.size_bytes)


def test_another_seed_makes_another_office(office: sample_office.Office, tmp_path: Path) -> None:
    other = sample_office.make(tmp_path / "other", "another seed", SMALL)

    assert tree_compare.compare(listed(office.folder), listed(other.folder)) != []


def test_the_office_has_what_backups_stumble_over(office: sample_office.Office) -> None:
    items = listed(office.folder)

    assert office.not_made == []
    assert b"Odd names/new\nline.txt" in items
    assert items[os.fsencode(sample_office.IMAGE)].sparse
    assert len(items[b"Links/price list.txt"].names) == 3
    assert items[b"Links/to nowhere"].kind == "symlink"
    assert max(len(path) for path in items) > 1000
    assert office.locked is not None
    assert office.locked.stat().st_mode & 0o777 == 0
    assert SMALL * 0.9 < office.data_bytes < SMALL * 2


def test_a_round_of_changes_is_the_same_for_the_same_seed(
    office: sample_office.Office, tmp_path: Path
) -> None:
    folders = [sample_office.make(tmp_path / name, "seed", SMALL).folder for name in ("a", "b")]

    done = [sample_office.change(folder, "seed", 1) for folder in folders]

    assert done[0] == done[1]
    changed = tree_compare.compare(listed(office.folder), listed(folders[0]))
    assert {"contents", "size", "missing", "unexpected", "time"} <= {d.what for d in changed}
    first, second = (
        {path: item.contents for path, item in listed(folder).items()} for folder in folders
    )
    assert first == second


# --- the comparison


def _append(folder: Path) -> None:
    with (folder / sample_office.LOG).open("ab") as file:
        file.write(b"x")


def _flip(folder: Path) -> None:
    path = folder / sample_office.DATABASE
    info = path.stat()
    with path.open("r+b") as file:
        file.seek(100_000)
        byte = file.read(1)[0]
        file.seek(100_000)
        file.write(bytes([byte ^ 1]))
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))


def _fill_hole(folder: Path) -> None:
    path = folder / sample_office.IMAGE
    info = path.stat()
    data = path.read_bytes()
    path.write_bytes(data)
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))


def _touch(folder: Path) -> None:
    info = (folder / sample_office.LOG).stat()
    os.utime(folder / sample_office.LOG, ns=(info.st_atime_ns, info.st_mtime_ns + 1))


def _break_hard_link(folder: Path) -> None:
    path = folder / "Links" / "price list.txt"
    parent, info, data = path.parent.stat(), path.stat(), path.read_bytes()
    path.unlink()
    path.write_bytes(data)
    path.chmod(info.st_mode)
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    os.utime(path.parent, ns=(parent.st_atime_ns, parent.st_mtime_ns))


def _retarget(folder: Path) -> None:
    path = folder / "Links" / "to nowhere"
    parent, info = path.parent.stat(), path.lstat()
    path.unlink()
    path.symlink_to("elsewhere")
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns), follow_symlinks=False)
    os.utime(path.parent, ns=(parent.st_atime_ns, parent.st_mtime_ns))


def _file_for_folder(folder: Path) -> None:
    (folder / "Empty" / "New folder").rmdir()
    (folder / "Empty" / "New folder").write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (_append, "size"),
        (_flip, "contents"),
        (_fill_hole, "sparse"),
        (_touch, "time"),
        (lambda folder: (folder / sample_office.LOG).chmod(0o600), "mode"),
        (lambda folder: os.setxattr(folder / sample_office.LOG, "user.x", b"1"), "attributes"),
        (_break_hard_link, "hard-link"),
        (_retarget, "contents"),
        (_file_for_folder, "kind"),
        (lambda folder: (folder / sample_office.LOG).unlink(), "missing"),
        (lambda folder: (folder / "Logs" / "new").mkdir(), "unexpected"),
    ],
    ids=[
        "appended",
        "flipped",
        "filled",
        "touched",
        "mode",
        "attribute",
        "unlinked",
        "retargeted",
        "kind",
        "deleted",
        "added",
    ],
)
def test_the_comparison_sees_every_kind_of_difference(
    own: Path, spoil: Callable[[Path], None], what: str
) -> None:
    before = listed(own)

    spoil(own)

    assert what in {difference.what for difference in tree_compare.compare(before, listed(own))}


# --- the scan


def test_the_scan_sees_names_contents_and_markers_of_an_open_copy(own: Path) -> None:
    wanted = byte_scan.needles(os.fsencode(own), [])

    found = byte_scan.scan(byte_scan.blocks_of_tree(os.fsencode(own), 64), wanted)

    assert {needle.what for needle in found.found} == {"marker", "name", "contents"}


def test_the_scan_leaves_out_what_it_is_told_to(tmp_path: Path) -> None:
    needle = byte_scan.Needle("marker", b"inside")
    locked = tmp_path / "locked"
    locked.write_bytes(b"inside")
    top = os.fsencode(tmp_path)

    with_it = byte_scan.scan(byte_scan.blocks_of_tree(top, 20), [needle])
    without = byte_scan.scan(byte_scan.blocks_of_tree(top, 20, {os.fsencode(locked)}), [needle])

    assert with_it.found == (needle,)
    assert without.found == ()


def test_the_scan_sees_what_lies_across_two_blocks(tmp_path: Path) -> None:
    needle = byte_scan.Needle("marker", b"across the border")
    at = (4 << 20) - 5
    (tmp_path / "pack").write_bytes(bytes(at) + needle.data + bytes(100))

    found = byte_scan.scan(byte_scan.blocks_of_tree(os.fsencode(tmp_path), 20), [needle])

    assert found.found == (needle,)


def test_the_scan_sees_what_lies_across_two_blocks_of_an_account(tmp_path: Path) -> None:
    needle = byte_scan.Needle("marker", b"across the border")
    account = build_services(tmp_path / "state").world.open_account(str(tmp_path / "account"))
    container = account.container("landing", create=True)
    writer = container.create("packs/00/aa")
    writer.write(bytes((4 << 20) - 5) + needle.data + bytes(100))
    writer.commit()

    found = byte_scan.scan(byte_scan.blocks_of_store(container, 20), [needle])

    assert found.found == (needle,)


# --- a file nobody may read


def test_a_denied_file_is_unreadable_for_root_too_and_only_meanwhile(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.write_bytes(b"secret")
    locked.chmod(0)

    with denied(locked, tmp_path) as refused:
        assert refused
        with pytest.raises(PermissionError):
            locked.read_bytes()

    if os.geteuid() == 0:
        assert locked.read_bytes() == b"secret"


# --- the run around it


def test_practice_does_not_begin_in_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"mine")

    with pytest.raises(BackupError) as caught:
        Practice(build_services).run(PracticeOrder(tmp_path))

    assert caught.value.code is ErrorCode.TARGET_NOT_EMPTY
    assert os.listdir(tmp_path) == ["mine"]


def test_practice_leaves_nothing_behind_when_it_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    practice = Practice(build_services)

    def stop_at_copy(step: Step) -> None:
        if step is Step.COPY:
            practice.stop()

    with pytest.raises(Stopped):
        practice.run(on_step=stop_at_copy, size_bytes=SMALL)

    assert os.listdir(tmp_path) == []


def test_a_running_copy_of_practice_is_stopped(tmp_path: Path) -> None:
    practice = Practice(build_services)
    seen: list[Step] = []

    def on_event(_: object) -> None:
        practice.stop()

    from offline_backup_gui.services.watching import Watch

    with pytest.raises(Stopped):
        practice.run(PracticeOrder(tmp_path, SMALL), Watch(on_event=on_event), seen.append)

    assert seen[-1] is Step.COPY


def test_a_claim_that_is_not_proved_spoils_the_result() -> None:
    result = PracticeResult("", kept=False)
    result.proofs = [Proof(claim, True, {}) for claim in Claim]
    assert result.good

    result.proofs[3] = Proof(Claim.ARRIVED, False, {})
    assert not result.good
    assert result.as_json()["outcome"] == "failed"

    result.proofs = result.proofs[:3]
    assert not result.good


def test_the_window_gets_a_draft_that_lacks_only_what_a_person_must_give(
    tmp_path: Path,
) -> None:
    services = build_services(tmp_path / "state")

    practice = Practice(build_services)
    draft = practice.draft(services, tmp_path / "practice")
    again = practice.draft(services, tmp_path / "practice")

    assert draft == again
    assert draft.practice
    assert not draft.repository_id
    assert len(draft.drives) == 3
    listed = services.world.drive_source.drives()
    drives = [drive for drive in listed if drive.mount in draft.drives]
    assert len({drive.size_bytes for drive in drives}) == 3
    assert not blocks(services.planning.check(plan_of(draft)))


# --- drives in hand


def test_verifying_a_place_without_a_backup_says_so(tmp_path: Path) -> None:
    checks = build_services(tmp_path / "state").checks
    (tmp_path / "empty").mkdir()

    with pytest.raises(BackupError) as none:
        checks.verify([str(tmp_path / "empty")])
    with pytest.raises(BackupError) as gone:
        checks.receive([str(tmp_path / "gone")], str(tmp_path / "into"), AccountSecret())

    assert none.value.code is ErrorCode.REPOSITORY_NOT_FOUND
    assert gone.value.code is ErrorCode.DRIVE_NOT_FOUND
    assert not (tmp_path / "into").exists()
