"""The whole way on engine level: three real drives, landing, vault, increments, restores."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from offline_backup_gui.engine.catalogue import read_catalogue
from offline_backup_gui.engine.restore_order import RestoreOrder, RestoreOutcome
from offline_backup_gui.engine.restoring import Restoring
from offline_backup_gui.engine.unlocking import unlock
from offline_backup_gui.formats.recovery_code import lines_of
from tests.drive_fixtures import MountedDrive, tmpfs_drives
from tests.engine.office import ENTROPY, Office
from tests.trees import MARKER, Awkward, awkward_tree, change_tree, compare_trees, noise, write

__all__ = ["tmpfs_drives"]

MIB = 1 << 20


def assert_same(source: Path, restored: Path, awkward: Awkward, outcome: RestoreOutcome) -> None:
    assert outcome.differences == {}
    assert compare_trees(source, restored / source.name, awkward.left_out) == []


def copy_of(source: Path, target: Path) -> None:
    """Copy a tree with everything, to compare with after the original changed."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def test_everything_comes_back_over_three_drives_vault_and_two_increments(
    tmp_path: Path, tmpfs_drives: Callable[[int], MountedDrive]
) -> None:
    source = tmp_path / "office"
    awkward = awkward_tree(source)
    drives = [tmpfs_drives(size * MIB).mount for size in (40, 30, 50)]
    office = Office(tmp_path / "state", (source,))

    first = office.copy(drives)

    assert {line.path for line in first.point.left_out} == {
        bytes(source) + name for name in awkward.left_out
    }
    assert not first.point.complete
    assert all(drive.objects > 5 for drive in first.drives)
    for mount in drives:
        check = office.check(mount)
        assert check.good
        assert check.unlisted == []
        assert list(mount.rglob("*.part")) == []
    before = tmp_path / "before" / source.name
    before.parent.mkdir()
    copy_of(source, before)

    received = office.receive(drives)
    assert (received.damaged, received.missing) == ([], [])
    arrival = office.arrival()
    assert arrival.complete
    assert arrival.arrived == arrival.expected
    assert office.to_vault().incomplete == []

    change_tree(source, 10)
    second = office.increment()
    assert 0 < second.sent_bytes < 3 * MIB
    change_tree(source, 20)
    third = office.increment()
    assert third.point.sequence == 3

    to = tmp_path / "restored"
    outcome = office.restore([office.vault], to / "old", first.point.point_id)
    assert_same(before, to / "old", awkward, outcome)
    outcome = office.restore([office.vault], to / "new")
    assert_same(source, to / "new", awkward, outcome)
    outcome = office.restore([office.store(mount) for mount in drives], to / "drives")
    assert_same(before, to / "drives", awkward, outcome)
    shutil.rmtree(to)


def small_office(source: Path) -> None:
    """Make a tree that needs three small drives, of files that are told apart easily."""
    awkward_tree(source, large=False)
    for number in range(20):
        write(bytes(source) + b"/sizes/block %d" % number, noise(1000 + number, MIB + number))


def packed_files(office: Office, drives: list[Path], home: str) -> set[bytes]:
    """Name the files that need a chunk of a pack that travels on one drive only."""
    library = office.library([office.store(mount) for mount in drives])
    point = library.point(None)
    packs = {row.pack_id for row in point.packs if row.drive_id == home}
    names = set()
    for listing in read_catalogue(point, library.chunk):
        for entry in listing.entries:
            chunks = {listing.chunks[number] for number in entry.extents[0::3] if number >= 0}
            if any(library.pack_of(chunk) in packs for chunk in chunks):
                names.add(os.path.join(b"/" + listing.path if listing.path else b"", entry.name))
    return {b"/" + name.lstrip(b"/") for name in names}


def test_a_missing_drive_costs_exactly_the_files_that_were_on_it(
    tmp_path: Path, tmpfs_drives: Callable[[int], MountedDrive]
) -> None:
    source = tmp_path / "office"
    small_office(source)
    drives = [tmpfs_drives(20 * MIB).mount for _ in range(3)]
    office = Office(tmp_path / "state", (source,))
    outcome = office.copy(drives)
    lost = packed_files(office, drives, outcome.drives[1].home)
    assert 0 < len(lost) < 300

    stores = [office.store(mount) for mount in (drives[0], drives[2])]
    restored = office.restore(stores, tmp_path / "to")

    top = bytes(tmp_path / "to" / source.name)
    assert {path[len(top) :] for path in restored.differences} == lost
    assert set(restored.differences.values()) == {"pack-missing"}
    # Only what stands in the target is counted as restored.
    assert restored.files == outcome.point.files - len(lost)
    left_out = frozenset({b"/specials/socket", b"/specials/null"})
    differences = compare_trees(source, tmp_path / "to" / source.name, left_out | lost)
    assert differences == []
    assert not any(os.path.lexists(top + name) for name in lost)


def test_the_recovery_code_alone_opens_any_drive_and_the_vault(
    tmp_path: Path, tmpfs_drives: Callable[[int], MountedDrive]
) -> None:
    source = tmp_path / "office"
    awkward = awkward_tree(source, large=False)
    drive = tmpfs_drives(30 * MIB).mount
    office = Office(tmp_path / "state", (source,))
    office.copy([drive])
    office.receive([drive])
    office.to_vault()
    code = "\n".join(lines_of(ENTROPY))

    for number, store in enumerate((office.store(drive), office.vault)):
        stranger = Office(tmp_path / f"stranger-{number}", ())
        keyring = unlock(store, passphrase=None, recovery_code=code.lower())
        library = stranger.library([store], keyring)
        order = RestoreOrder(bytes(tmp_path / f"to-{number}"))
        outcome = Restoring(stranger.context, library, library.point(None), order).run()
        assert_same(source, tmp_path / f"to-{number}", awkward, outcome)


def test_only_what_was_asked_for_comes_back(
    tmp_path: Path, tmpfs_drives: Callable[[int], MountedDrive]
) -> None:
    source = tmp_path / "office"
    awkward_tree(source, large=False)
    drive = tmpfs_drives(30 * MIB).mount
    office = Office(tmp_path / "state", (source,))
    office.copy([drive])

    def restored(
        number: int, include: tuple[str, ...] = (), paths: tuple[bytes, ...] = ()
    ) -> set[str]:
        to = tmp_path / f"to-{number}"
        office.restore([office.store(drive)], to, include=include, paths=paths)
        return {str(path.relative_to(to)) for path in to.rglob("*") if not path.is_dir()}

    assert restored(1, include=("sizes/many/1?.txt",)) == {
        f"office/sizes/many/1{digit}.txt" for digit in range(10)
    }
    assert restored(2, include=("office/links/one/",)) == {
        "office/links/one/file",
        "office/links/one/large",
        "office/links/one/empty",
    }
    assert restored(3, paths=(b"office/links/two/three",)) == {"office/links/two/three/same again"}
    assert restored(4, include=("*.none",)) == set()
    assert restored(5, paths=(b"office/names/\xff\xfe\x80 not utf-8",)) == {
        os.fsdecode(b"office/names/\xff\xfe\x80 not utf-8")
    }


def test_nothing_of_the_sources_is_readable_without_the_key(
    tmp_path: Path, tmpfs_drives: Callable[[int], MountedDrive]
) -> None:
    source = tmp_path / "Lohnbuero"
    small_office(source)
    drives = [tmpfs_drives(20 * MIB).mount for _ in range(3)]
    office = Office(tmp_path / "state", (source,))
    office.copy(drives)
    office.receive(drives)
    office.to_vault()
    change_tree(source, 10)
    office.increment()

    words = [MARKER, "Lohnbuero", "gebucht", "several names", "block 7", "at the bottom"]
    forms = [
        form
        for word in words
        for form in (word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be"))
    ]
    forms += [noise(1007, 64), bytes(tmp_path), base64.b64encode(MARKER.encode())[:20]]
    seen = 0
    for top in (*drives, tmp_path / "state" / "account"):
        for path in top.rglob("*"):
            name = str(path.relative_to(top)).encode()
            data = path.read_bytes() if path.is_file() else b""
            seen += len(data)
            assert [form for form in forms if form in data or form in name] == []
    assert seen > 50 * MIB
