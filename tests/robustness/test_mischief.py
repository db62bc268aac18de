"""Objects cut short, exchanged, doubled or put back to the past are found and named."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.engine.arrival import expected_objects
from offline_backup_gui.formats.canonical import checked
from offline_backup_gui.formats.point import head_of
from offline_backup_gui.formats.record import drive_record_name, read_drive_record
from tests.robustness.promises import Effort, Promise
from tests.robustness.rot_judge import Restores, found_without_the_key
from tests.robustness.rotting import (
    PLACES,
    Backup,
    digest,
    fingerprint_of,
    make_backup,
    memory_folder,
    parts_of,
)

PROMISES = (
    Promise(
        "mischief",
        "Objects that were cut short, exchanged with another, doubled under another's name or put"
        " back to an older true version are found and named.",
        "{truncated} truncated, {swapped} swapped, {duplicated} duplicated, {replayed} replayed:"
        " {unfound} not found, {wrong} wrong files in {restores} restores",
    ),
)


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backup]:
    with memory_folder(tmp_path_factory.mktemp("rot")) as base:
        yield make_backup(base)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    # Flushing the whole computer after each of many small restores proves nothing here.
    monkeypatch.setattr(os, "sync", lambda: None)


Changes = dict[str, bytes | None]


def truncated(backup: Backup, place: str, chooser: random.Random) -> Changes:
    """Cut an object anywhere, at the border of a part, or let it grow by what follows nothing."""
    name = chooser.choice(backup.names(place))
    data = backup.read(place, name)
    borders = [*(part.end for part in parts_of(name, data)[:-1]), 0, len(data) - 1]
    at = chooser.choice([*borders, *(chooser.randrange(len(data)) for _ in range(6))])
    return {name: data + chooser.randbytes(at % 70 + 1) if at % 9 == 4 else data[:at]}


def swapped(backup: Backup, place: str, chooser: random.Random) -> Changes:
    """Exchange two objects, often of the same kind, which look most alike."""
    names = backup.names(place)
    first = chooser.choice(names)
    alike = [name for name in names if name != first and name[:5] == first[:5]]
    second = chooser.choice(alike or [name for name in names if name != first])
    return {first: backup.read(place, second), second: backup.read(place, first)}


def duplicated(backup: Backup, place: str, chooser: random.Random) -> Changes:
    """Put an object's bytes under another's name."""
    ((first, data), _) = swapped(backup, place, chooser).items()
    return {first: data}


def replayed(backup: Backup, place: str, chooser: random.Random) -> Changes:
    """Put older true versions back, one or several at once, and forgotten objects; take some."""
    changes: Changes = {}
    older = [name for name in sorted(backup.old) if backup.old[name]]
    for name in chooser.sample(older, chooser.randint(1, 3)):
        changes[name] = chooser.choice(backup.old[name])
    if chooser.random() < 0.4:
        packs_and_points = [n for n in backup.names(place) if n.startswith(("packs/", "points/"))]
        changes |= dict.fromkeys(chooser.sample(packs_and_points, chooser.randint(1, 2)))
    return changes


def test_truncated_swapped_duplicated_and_replayed_objects_are_found_and_named(
    backup: Backup, effort: Effort
) -> None:
    each = effort.pick(short=24, long=1_000)
    restores, unfound = Restores(backup), []
    luck = effort.chooser("which are restored")
    for make in (truncated, swapped, duplicated, replayed):
        chooser = effort.chooser(make.__name__)
        for number in range(each):
            place = PLACES[number % 3]
            changes = make(backup, place, chooser)
            case = (effort.seed, make.__name__, number, place, shown(changes))
            with backup.changed(place, changes):
                if not all_found(backup, place, changes):
                    unfound.append(case)
                if place == "vault" and luck.randrange(effort.pick(short=1, long=4)) == 0:
                    restores.one(case)
            if number % 200 == 0:
                print(f"{make.__name__} {number}, {len(unfound)} unfound", flush=True)
    assert unfound == []
    assert restores.wrong == []
    assert restores.refused > 0
    assert restores.partial > 0
    effort.note(
        "mischief",
        truncated=each,
        swapped=each,
        duplicated=each,
        replayed=each,
        unfound=len(unfound),
        restores=restores.done,
        wrong=len(restores.wrong),
    )


def shown(changes: Changes) -> dict[str, str]:
    return {name: "gone" if data is None else digest(data) for name, data in changes.items()}


def all_found(backup: Backup, place: str, changes: Changes) -> bool:
    """Say whether everything changed is named, and nothing else is.

    In the account the book names exactly what changed. On a drive the record does; an older
    record of the same drive is a true one, which the fingerprint on the packing slip tells.
    """
    found = found_without_the_key(backup, place)
    if place != "drive":
        # A forgotten pack that nothing lists is no part of the backup, and harms nobody there.
        expected = expected_objects(backup.office.book, backup.office.key_files)
        return found == {name for name in changes if name in expected}
    records = [name for name in changes if name.startswith("drives/")]
    if not records:
        return found == set(changes)
    (name,) = records
    data = changes[name]
    assert data is not None
    try:
        return fingerprint_of(data, name) != backup.fingerprint
    except BackupError:
        return name in found


def test_a_drive_put_back_to_an_older_copy_is_told_by_its_fingerprint_and_by_the_book(
    backup: Backup, tmp_path: Path
) -> None:
    """Every object is true then, so nothing on the drive itself can tell."""
    record_name = next(name for name in backup.names("drive") if name.startswith("drives/"))
    for older in backup.old[record_name]:
        record = read_drive_record(older, record_name)
        if not record.sealed:
            continue
        assert record.check != backup.fingerprint
        listed = {line.name: line for line in record.objects}
        changes: Changes = {record_name: older}
        for name in backup.names("drive"):
            if name not in listed and name != record_name:
                changes[name] = None
            for data in backup.old[name]:
                if name in listed and head_of(data).hex() == listed[name].blake3:
                    changes[name] = data
        with backup.changed("drive", changes):
            assert backup.office.check(backup.drive).good
        with backup.changed("landing", changes):
            assert found_without_the_key(backup, "landing") == set(changes)


def test_a_middle_point_that_is_gone_is_named_by_the_key_and_the_newest_by_the_head(
    backup: Backup,
) -> None:
    office = backup.office
    points = office.book.points()
    whole = office.library([office.vault]).chain
    assert (whole.damaged, whole.missing) == ((), ())
    for point in points[:-1]:
        with backup.changed("vault", {f"points/{point.point_id}": None}):
            assert office.library([office.vault]).chain.missing == (point.point_id,)
    newest = points[-1]
    with backup.changed("vault", {f"points/{newest.point_id}": None}):
        chain = office.library([office.vault]).chain
    # A true account of before: the anchor is outside, on the packing slip and in the book.
    assert (chain.damaged, chain.missing) == ((), ())
    assert chain.points[-1].head != head_of(office.book.point(newest).data)


def test_a_damaged_point_is_named_and_an_older_one_comes_back_when_asked_for(
    backup: Backup, tmp_path: Path
) -> None:
    office = backup.office
    *_, first, second = (point.point_id for point in office.book.points())
    name = f"points/{second}"
    wrong = bytearray(backup.read("vault", name))
    wrong[97] ^= 1
    with backup.changed("vault", {name: bytes(wrong)}):
        for asked in (None, second, second[:-3]):
            with pytest.raises(BackupError) as caught:
                office.restore([office.vault], tmp_path / "to", asked)
            assert caught.value.code is ErrorCode.OBJECT_DAMAGED
            assert caught.value.parameters["name"] == name
        outcome = office.restore([office.vault], tmp_path / "to", first)
    assert outcome.differences == {}
    assert outcome.point.sequence == max(backup.files) - 1


def test_a_forged_record_is_found_with_the_key(backup: Backup) -> None:
    # Somebody without the key can compute the check value, but not the tag.
    name = next(name for name in backup.names("drive") if name.startswith("drives/"))
    record = read_drive_record(backup.read("drive", name), name)
    with backup.changed("drive", {name: checked(replace(record, label="another"))}):
        assert backup.office.check(backup.drive, keyed=False).good
        check = backup.office.check(backup.drive)
    assert check.damaged == [drive_record_name(record.drive_id)]
