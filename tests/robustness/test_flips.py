"""One bit flipped anywhere is found and named, and never restored as good."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import ObjectStore
from offline_backup_gui.engine.restoring import RestoreOutcome
from offline_backup_gui.formats.canonical import checked
from offline_backup_gui.formats.record import drive_record_name, read_drive_record
from tests.engine.office import CONTAINER, Office
from tests.trees import noise, prose, write

SEED = 20261123
ON_THE_DRIVE = 250
IN_THE_VAULT = 300
RESTORED = 60
DAMAGE = {
    ErrorCode.OBJECT_DAMAGED,
    ErrorCode.FORMAT_DAMAGED,
    ErrorCode.FORMAT_NEWER,
    ErrorCode.OBJECT_MISSING,
    ErrorCode.REPOSITORY_DIFFERENT,
    ErrorCode.REPOSITORY_NOT_FOUND,
    ErrorCode.POINT_NOT_FOUND,
}


@dataclass
class Repository:
    office: Office
    source: Path
    drive: Path
    files: dict[bytes, bytes]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    base = tmp_path_factory.mktemp("flips")
    source, drive = base / "source", base / "drive"
    drive.mkdir()
    os.makedirs(source / "folder" / "empty")
    for number in range(12):
        write(bytes(source) + b"/%d.txt" % number, prose(number, 3000))
        write(bytes(source) + b"/folder/%d.bin" % number, noise(number, 2000))
    write(bytes(source) + b"/large", noise(99, 1_200_000))
    os.symlink("large", source / "link")
    office = Office(base / "state", (source,))
    office.copy([drive])
    write(bytes(source) + b"/0.txt", b"changed")
    office.copy([drive])  # a second session: more packs, two points
    office.receive([drive])
    office.to_vault()
    files = {
        bytes(path.relative_to(source)): path.read_bytes()
        for path in source.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    return Repository(office, source, drive, files)


def objects_in(top: Path) -> list[Path]:
    return [
        path
        for path in sorted(top.rglob("*"))
        if path.is_file() and ".properties" not in path.parts
    ]


def spots(chooser: random.Random, files: list[Path], count: int) -> Iterator[tuple[Path, int]]:
    """Choose bits: the ends of every file first, where headers and trailers are, then anywhere."""
    for path in files:
        size = path.stat().st_size
        for byte in {0, 9, size // 2, size - 1, size - 40, size - 100}:
            if 0 <= byte < size:
                yield path, byte * 8 + chooser.randrange(8)
                count -= 1
    for _ in range(count):
        path = chooser.choice(files)
        yield path, chooser.randrange(path.stat().st_size * 8)


@contextmanager
def flipped(path: Path, bit: int) -> Iterator[None]:
    def flip() -> None:
        with path.open("r+b") as file:
            file.seek(bit // 8)
            byte = file.read(1)[0]
            file.seek(bit // 8)
            file.write(bytes([byte ^ 1 << bit % 8]))

    flip()
    try:
        yield
    finally:
        flip()


def test_a_flipped_bit_on_a_drive_is_found_and_named_without_the_key(
    repository: Repository,
) -> None:
    top = repository.drive / CONTAINER
    files = objects_in(top)
    kinds = {path.relative_to(top).parts[0] for path in files}
    assert kinds == {"drives", "keys", "packs", "points", "repository.json"}
    unfound = []
    for path, bit in spots(random.Random(SEED), files, ON_THE_DRIVE):
        name = str(path.relative_to(top))
        with flipped(path, bit):
            check = repository.office.check(repository.drive, keyed=False)
        if name not in check.damaged + check.missing:
            unfound.append((name, bit))
    assert unfound == []
    assert repository.office.check(repository.drive, keyed=True).good


def test_a_flipped_bit_in_the_landing_container_is_found_and_named(repository: Repository) -> None:
    office = repository.office
    top = office.base / "account" / "landing"
    unfound = []
    for path, bit in spots(random.Random(SEED + 1), objects_in(top), IN_THE_VAULT):
        name = str(path.relative_to(top))
        with flipped(path, bit):
            arrival = office.arrival()
        if arrival.damaged != [name] or arrival.complete:
            unfound.append((name, bit))
    assert unfound == []
    assert office.arrival().complete


def restore(
    office: Office, store: ObjectStore, to: Path
) -> tuple[RestoreOutcome | None, ErrorCode | None]:
    try:
        return office.restore([store], to), None
    except BackupError as error:
        return None, error.code


def test_a_flipped_bit_in_the_vault_is_never_restored_as_good(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = repository.office
    # Flushing the whole computer after each of many small restores proves nothing here.
    monkeypatch.setattr(os, "sync", lambda: None)
    top = office.base / "account" / "vault"
    packs_and_points = [
        path for path in objects_in(top) if path.relative_to(top).parts[0] in ("packs", "points")
    ]
    whole = 0
    for number, (path, bit) in enumerate(
        spots(random.Random(SEED + 2), packs_and_points, RESTORED)
    ):
        to = tmp_path / str(number)
        with flipped(path, bit):
            outcome, trouble = restore(office, office.vault, to)
        if outcome is None:
            assert trouble in DAMAGE, (path, bit)
            continue
        assert_honest(repository, outcome, to / repository.source.name)
        assert outcome.point.sequence == 2  # never an older point in the place of a damaged one
        whole += not outcome.differences
    # Bits in what the newest point does not need harm nothing; many others do.
    assert whole < RESTORED - 10


def assert_honest(repository: Repository, outcome: RestoreOutcome, top: Path) -> None:
    """Every file is right, or it is missing and named."""
    for name, data in repository.files.items():
        path = os.path.join(bytes(top), name)
        if path in outcome.differences:
            assert not os.path.exists(path), name
        else:
            assert Path(os.fsdecode(path)).read_bytes() == data, name


def test_a_damaged_point_is_named_and_an_older_one_comes_back_when_asked_for(
    repository: Repository, tmp_path: Path
) -> None:
    office = repository.office
    top = office.base / "account" / "vault" / "points"
    first, second = (point.point_id for point in office.book.points())
    with flipped(top / second, 777):
        for asked in (None, second, second[:-3]):
            with pytest.raises(BackupError) as caught:
                office.restore([office.vault], tmp_path / "to", asked)
            assert caught.value.code is ErrorCode.OBJECT_DAMAGED
            assert caught.value.parameters["name"] == f"points/{second}"
        outcome = office.restore([office.vault], tmp_path / "to", first)
    assert outcome.differences == {}
    assert outcome.point.sequence == 1


def test_an_older_object_put_in_the_place_of_another_is_found(repository: Repository) -> None:
    top = repository.drive / CONTAINER
    first, second = (top / "points" / p.point_id for p in repository.office.book.points())
    kept = second.read_bytes()
    try:
        second.write_bytes(first.read_bytes())
        check = repository.office.check(repository.drive)
        assert check.damaged == [f"points/{second.name}"]
        second.unlink()
        check = repository.office.check(repository.drive)
        assert check.missing == [f"points/{second.name}"]
    finally:
        second.write_bytes(kept)


def test_a_truncated_or_lengthened_object_is_found(repository: Repository) -> None:
    top = repository.drive / CONTAINER
    for path in objects_in(top):
        name, data = str(path.relative_to(top)), path.read_bytes()
        try:
            for wrong in (data[:-1], data + b"\0", b""):
                path.write_bytes(wrong)
                check = repository.office.check(repository.drive, keyed=False)
                assert name in check.damaged
        finally:
            path.write_bytes(data)


def test_a_forged_record_is_found_with_the_key(repository: Repository) -> None:
    # Somebody without the key can compute the check value, but not the tag.
    record_path = next((repository.drive / CONTAINER / "drives").iterdir())
    data = record_path.read_bytes()
    record = read_drive_record(data, f"drives/{record_path.name}")
    try:
        record_path.write_bytes(checked(replace(record, label="another")))
        assert repository.office.check(repository.drive, keyed=False).good
        check = repository.office.check(repository.drive)
        assert check.damaged == [drive_record_name(record.drive_id)]
    finally:
        record_path.write_bytes(data)
