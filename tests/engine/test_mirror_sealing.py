"""Drives with files as they are get their manifest and seal last, and only what is true in them."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.drive_manifest import BlobKind, Disposition, ManifestBlob
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.formats.drive_manifest import ManifestReader
from offline_backup_gui.formats.mirror import SEAL, read_seal
from tests.engine.hooks import AtCall
from tests.engine.test_mirroring import MIB, SIZES, Pulled, Staging, copies, flip

PAGES = {
    "Volume-1.BaseBlob": 9 * MIB + 512,
    "Ordner/Volume 2.AIBBlob": 4 * MIB,
    "Ordner/tief/größer & <neu>.dat": 4 * MIB + 1024,
    "empty": 0,
}


@pytest.fixture
def two(tmp_path: Path) -> Staging:
    return Staging(tmp_path, drives=2)


@pytest.fixture
def pages(tmp_path: Path) -> Staging:
    """A staging location as an agent leaves it: lengths in pages, two drives."""
    made = Staging(tmp_path, drives=2)
    for name in SIZES:
        (made.root / name).unlink()
    made.fill({name.replace("<neu>", "neu"): size for name, size in PAGES.items()})
    made.kind = BlobKind.PAGE
    return made


def manifest(mount: Path) -> Iterator[ManifestBlob]:
    """Read a drive's manifest; every fault is one too many."""
    faults: list[object] = []
    yield from ManifestReader(io.BytesIO((mount / "DriveManifest.xml").read_bytes()), faults.append)
    assert faults == []


@pytest.mark.parametrize("kind", list(BlobKind))
def test_the_manifests_list_every_file_once_with_the_hashes_of_its_bytes(
    pages: Staging, kind: BlobKind
) -> None:
    pages.kind = kind
    sealed = pages.sealed()
    listed: dict[str, bytes] = {}
    for mount, one in zip(pages.mounts, sealed, strict=True):
        for blob in manifest(mount):
            assert blob.kind is kind
            assert blob.disposition is Disposition.OVERWRITE
            assert blob.container == "seed"
            data = (mount / blob.file_path[1:].replace("\\", "/")).read_bytes()
            assert blob.length == len(data)
            end = 0
            for piece in blob.pieces:
                assert piece.offset == end
                end += piece.length
                assert hashlib.md5(data[piece.offset : end]).digest() == piece.md5
            assert end == len(data)
            listed[blob.name] = data
        text = (mount / "DriveManifest.xml").read_bytes()
        assert hashlib.md5(text).hexdigest().upper() == one.seal.manifest_md5
        assert f"<DriveId>S-{mount.name}</DriveId>".encode() in text
        assert read_seal((mount / "seed" / SEAL).read_bytes()) == one.seal
    assert listed == pages.there()


def test_a_second_run_leaves_manifest_and_seal_alone(two: Staging) -> None:
    first = two.sealed()
    before = [(mount / "DriveManifest.xml").stat().st_mtime_ns for mount in two.mounts]
    assert two.sealed() == first
    assert [(mount / "DriveManifest.xml").stat().st_mtime_ns for mount in two.mounts] == before


def test_a_manifest_that_was_changed_is_written_anew(two: Staging) -> None:
    first = two.sealed()
    path = two.mounts[0] / "DriveManifest.xml"
    good = path.read_bytes()
    flip(path)()
    assert two.sealed()[0].seal.manifest_md5 == first[0].seal.manifest_md5
    assert path.read_bytes() == good


def test_a_drive_that_gets_another_file_has_no_seal_while_it_is_written(two: Staging) -> None:
    two.sealed()
    two.fill({"new 1": 3 * MIB, "new 2": 3 * MIB})

    def look() -> None:
        for mount in two.mounts:
            assert not (mount / "DriveManifest.xml").exists()
            assert not (mount / "seed" / SEAL).exists()
        raise Pulled

    with pytest.raises(Pulled):
        two.sealed(AtCall(2, look, operation="write", name="new"))
    two.sealed()
    names = {blob.name for mount in two.mounts for blob in manifest(mount)}
    assert names == set(two.there())


def test_a_drive_that_carries_nothing_is_not_sealed(two: Staging) -> None:
    for name in SIZES:
        (two.root / name).unlink()
    two.fill({"only": 5})
    (one,) = two.sealed()
    assert one.seal.files == 1
    assert [(mount / "DriveManifest.xml").exists() for mount in two.mounts].count(True) == 1


def test_a_file_that_is_gone_from_the_source_leaves_the_drives_as_well(two: Staging) -> None:
    two.sealed()
    (two.root / "Ordner/tief/small.xml").unlink()
    two.sealed()
    assert two.arrived() == two.there()
    names = {blob.name for mount in two.mounts for blob in manifest(mount)}
    assert names == set(two.there())


def test_a_file_that_changes_after_it_was_copied_is_copied_again(two: Staging) -> None:
    path = two.root / "Volume-1.BaseBlob"
    newer = bytes(7 * MIB)

    def change() -> None:
        path.write_bytes(newer)

    hook = AtCall(1, change, operation="read_back", name=path.name)
    two.sealed(hook)
    assert hook.acted
    assert two.arrived() == two.there()
    lengths = {blob.name: blob.length for mount in two.mounts for blob in manifest(mount)}
    assert lengths[path.name] == 7 * MIB


def test_a_file_that_comes_while_the_others_are_copied_travels_too(two: Staging) -> None:
    two.sealed(AtCall(1, lambda: two.fill({"late": 700}), operation="read_back"))
    assert "late" in {blob.name for mount in two.mounts for blob in manifest(mount)}
    assert two.arrived() == two.there()


@pytest.mark.parametrize("kind", list(BlobKind))
def test_a_file_that_changes_after_every_copy_is_listed(pages: Staging, kind: BlobKind) -> None:
    pages.kind = kind
    path, count = pages.root / "Volume-1.BaseBlob", 0

    def hook(operation: str, name: str, _label: str) -> None:
        nonlocal count
        if operation == "read_back" and name == path.name:
            count += 1
            os.utime(path, ns=(count, count))

    outcome = pages.run(hook)
    assert [(line.path, line.reason) for line in outcome.left_out] == [
        (os.fsencode(path), "changed-while-read")
    ]
    # An older state of a document is worth having; of an agent's data it is not.
    listed = {file.name for files in outcome.files for file in files}
    assert (path.name in listed) is (kind is BlobKind.BLOCK)


def test_a_source_that_goes_away_ends_the_run_and_drops_nothing(two: Staging) -> None:
    away = two.base / "away"

    def take_away() -> None:
        two.root.rename(away)

    hook = AtCall(1, take_away, operation="read_back")
    with pytest.raises(BackupError) as caught:
        two.sealed(hook)
    assert caught.value.code is ErrorCode.SOURCE_MISSING
    away.rename(two.root)
    calls: list[str] = []
    two.sealed(copies(calls))
    assert calls == []
    assert two.arrived() == two.there()


def empty(root: Path) -> None:
    """Leave of a source what a clean-up leaves: its folders."""
    for path in root.rglob("*"):
        if path.is_file():
            path.unlink()


def on_drives(staging: Staging) -> dict[Path, bytes]:
    """Give every file of the drives, records and manifests among them."""
    paths = (path for mount in staging.mounts for path in mount.rglob("*"))
    return {path: path.read_bytes() for path in paths if path.is_file()}


def test_a_source_that_was_emptied_is_told_and_the_drives_stay_as_they_are(two: Staging) -> None:
    two.sealed()
    before = on_drives(two)
    empty(two.root)
    with pytest.raises(BackupError) as caught:
        two.sealed()
    assert caught.value.code is ErrorCode.PLAN_BLOCKED
    assert caught.value.parameters == {
        "finding": FindingCode.SOURCE_EMPTY,
        "path": str(two.root),
    }
    assert on_drives(two) == before


def test_a_source_that_is_emptied_during_the_copy_drops_nothing(two: Staging) -> None:
    there = two.there()
    hook = AtCall(1, lambda: empty(two.root), operation="read_back")
    with pytest.raises(BackupError) as caught:
        two.sealed(hook)
    assert hook.acted
    assert caught.value.parameters["finding"] == FindingCode.SOURCE_EMPTY
    assert two.arrived() == there


def test_the_source_is_never_changed(pages: Staging) -> None:
    def seen() -> dict[str, tuple[int, int, int, int]]:
        found = {}
        for path in [pages.root, *sorted(pages.root.rglob("*"))]:
            info = path.stat()
            found[str(path)] = (info.st_mtime_ns, info.st_ctime_ns, info.st_size, info.st_mode)
        return found

    before, data = seen(), pages.there()
    with pytest.raises(Pulled):
        pages.sealed(AtCall(3, lambda: raise_pulled(), operation="write"))
    pages.sealed()
    assert seen() == before
    assert pages.there() == data


def raise_pulled() -> None:
    raise Pulled


def test_a_drive_of_another_plan_is_refused(two: Staging) -> None:
    two.sealed()
    before = {path: path.read_bytes() for path in two.mounts[0].rglob("*") if path.is_file()}
    order = two.order
    two.order = lambda: replace(order(), mirror_id="cd" * 16, plan="other")  # type: ignore[method-assign]
    with pytest.raises(BackupError) as caught:
        two.sealed()
    assert caught.value.code is ErrorCode.PLAN_BLOCKED
    assert caught.value.parameters["finding"] == FindingCode.DRIVE_HAS_OTHER_BACKUP
    assert {p: p.read_bytes() for p in two.mounts[0].rglob("*") if p.is_file()} == before


def test_a_folder_with_files_of_somebody_is_refused(two: Staging) -> None:
    mine = two.mounts[1] / "seed" / "one"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(BackupError) as caught:
        two.sealed()
    assert caught.value.parameters["finding"] == FindingCode.DRIVE_FOLDER_TAKEN
    assert mine.read_text() == "mine"


def test_an_exchanged_mark_is_not_believed(two: Staging) -> None:
    two.sealed()
    flip(two.mounts[0] / "seed" / ".offline-backup-mirror" / "owner.json")()
    with pytest.raises(BackupError) as caught:
        two.sealed()
    assert caught.value.code is ErrorCode.FORMAT_DAMAGED


def test_a_pulled_drive_that_is_back_takes_part_again(two: Staging) -> None:
    pulled, gone = str(two.mounts[0]), False

    def hook(operation: str, name: str, label: str) -> None:
        nonlocal gone
        if label == pulled and operation == "write" and name in SIZES and not gone:
            gone = True
            raise BackupError(ErrorCode.DRIVE_GONE, drive=label, path=label)

    sealed = two.sealed(hook)
    assert gone
    told = [code for code in two.codes() if code in set(FindingCode)]
    assert told == [FindingCode.DRIVE_GONE, FindingCode.DRIVE_BACK]
    assert {one.mount for one in sealed} == set(map(str, two.mounts))
    assert two.arrived() == two.there()


def test_an_empty_place_is_not_taken_for_the_drive_that_was_pulled(two: Staging) -> None:
    place = two.mounts[0]

    def hook(operation: str, name: str, label: str) -> None:
        away = two.base / "pulled"
        if label == str(place) and operation == "write" and name in SIZES and not away.exists():
            place.rename(two.base / "pulled")
            place.mkdir()
            raise BackupError(ErrorCode.DRIVE_GONE, drive=label, path=label)

    with pytest.raises(BackupError) as caught:
        two.sealed(hook)
    assert caught.value.code is ErrorCode.DRIVE_GONE
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("number", range(1, 9))
def test_a_run_that_dies_while_sealing_is_sealed_by_the_next(two: Staging, number: int) -> None:
    two.run()
    count = number

    def hook(operation: str, _name: str, _label: str) -> None:
        nonlocal count
        count -= operation in ("create", "write", "commit", "committed")
        if count <= 0:
            raise Pulled

    try:
        two.sealed(hook)
    except Pulled:
        for mount in two.mounts:
            if (mount / "seed" / SEAL).exists():
                list(manifest(mount))
    two.sealed()
    names = {blob.name for mount in two.mounts for blob in manifest(mount)}
    assert names == set(two.there())


@pytest.mark.parametrize("torn", ["killed before the seal", "seal gone", "seal damaged"])
def test_no_file_changes_under_a_manifest_whose_seal_is_missing(two: Staging, torn: str) -> None:
    if torn == "killed before the seal":
        with pytest.raises(Pulled):
            two.sealed(AtCall(1, raise_pulled, operation="create", name=SEAL))
    else:
        two.sealed()
        for mount in two.mounts:
            seal = mount / "seed" / SEAL
            flip(seal)() if torn == "seal damaged" else seal.unlink()
    assert (two.mounts[0] / "DriveManifest.xml").exists()
    two.fill({"new 1": 3 * MIB, "new 2": 3 * MIB})
    begun: list[str] = []

    def hook(operation: str, name: str, label: str) -> None:
        if operation == "create" and name.startswith("new"):
            assert not (Path(label) / "DriveManifest.xml").exists()
            assert not (Path(label) / "seed" / SEAL).exists()
            begun.append(name)

    two.sealed(hook)
    assert sorted(begun) == ["new 1", "new 2"]
    names = {blob.name for mount in two.mounts for blob in manifest(mount)}
    assert names == set(two.there())
