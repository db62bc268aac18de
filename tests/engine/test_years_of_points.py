"""Years of increments: points are held one at a time, and are not fetched over the line again."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from offline_backup_gui.domain.book import NotedPoint
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import ObjectInfo
from offline_backup_gui.engine import points as points_module
from offline_backup_gui.engine.increment import Increment, IncrementOrder
from offline_backup_gui.engine.lanes import PACK_MAX_BYTES, VAULT_PACK_BYTES, vault_pack_bytes
from offline_backup_gui.engine.points import open_point, read_chain
from offline_backup_gui.engine.remembering import remember_points
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.point import MAX_ROWS, PackRow, Point, head_of, seal
from tests.engine.made_points import point_of
from tests.engine.office import Office
from tests.fakes import MemoryStore
from tests.trees import write

RING = Keyring(bytes(range(16)), bytes(range(32)))
PACKS = 4000
POINTS = 20
VAST = 80 * 10**12


def _id(number: int) -> str:
    return f"20261101t{number:06d}z-{number:016x}"


class PointsMadeOnDemand(MemoryStore):
    """A vault of many points, each of which names many packs; none of them stays in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._rows = [
            PackRow(number.to_bytes(16, "big"), 1 << 20, number.to_bytes(32, "big"), bytes(16), "")
            for number in range(PACKS)
        ]
        self._heads = [b""]
        for number in range(1, POINTS + 1):
            self._heads.append(head_of(self._data(number)))

    def _data(self, number: int) -> bytes:
        name = self.keep_dir / _id(number)
        if not name.exists():
            name.write_bytes(seal(RING, self._point(number)))
        return name.read_bytes()

    keep_dir: Path

    def _point(self, number: int) -> Point:
        previous = _id(number - 1) if number > 1 else ""
        return point_of(_id(number), number, previous, self._heads[number - 1], self._rows)

    def objects(self, prefix: str = "") -> Iterator[ObjectInfo]:
        for number in range(1, POINTS + 1):
            name = f"points/{_id(number)}"
            if name.startswith(prefix):
                yield ObjectInfo(name, len(self._data(number)))

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        number = int(name[-16:], 16)
        return self._data(number)[offset : None if length is None else offset + length]


@pytest.fixture
def vast(tmp_path: Path) -> PointsMadeOnDemand:
    PointsMadeOnDemand.keep_dir = tmp_path
    return PointsMadeOnDemand()


def test_a_chain_holds_no_more_than_one_point_at_a_time(vast: PointsMadeOnDemand) -> None:
    tracemalloc.start()
    try:
        chain = read_chain(RING, vast)
        kept_bytes, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(chain.points) == POINTS
    assert not chain.damaged
    assert not chain.missing
    one_bytes = PACKS * 300  # a row with its hashes
    assert kept_bytes < one_bytes
    assert peak_bytes < 4 * one_bytes
    assert len(chain.points[-1].open(RING).packs) == PACKS


def test_a_book_takes_points_and_lists_them_without_their_bytes(
    tmp_path: Path, vast: PointsMadeOnDemand
) -> None:
    office = Office(tmp_path / "state", ())
    assert remember_points(RING, office.book, vast) == POINTS
    tracemalloc.start()
    try:
        listed = office.book.points()
        kept_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert listed[:1] == [NotedPoint(1, _id(1), done=True)]
    assert kept_bytes < 100_000
    assert len(open_point(RING, office.book.point(listed[7])).packs) == PACKS


def test_a_point_that_changed_since_the_chain_was_read_is_damage(vast: PointsMadeOnDemand) -> None:
    head = read_chain(RING, vast).points[3]
    path = vast.keep_dir / head.point_id
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(BackupError) as refused:
        head.open(RING)
    assert refused.value.code is ErrorCode.OBJECT_DAMAGED


def test_a_point_is_read_from_another_drive_when_the_first_was_pulled() -> None:
    point = point_of(_id(1), 1)
    first, second = MemoryStore(), MemoryStore()
    data = seal(RING, point)
    first.objects_by_name[f"points/{_id(1)}"] = data
    second.objects_by_name[f"points/{_id(1)}"] = data
    (head,) = read_chain(RING, first, second).points
    first.gone = True
    assert head.open(RING) == point


class Watched(MemoryStore):
    """An account that tells MD5s; every object that is read is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.was_read: list[str] = []

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        self.was_read.append(name)
        return super().read(name, offset, length)


def _run(office: Office, vault: MemoryStore) -> str:
    order = IncrementOrder("plan", office._sources(), office.key_files)
    return Increment(office.context, office.keyring, office.book, vault, order).run().point.point_id


def test_an_increment_does_not_fetch_older_points_and_mends_what_is_gone_or_damaged(
    tmp_path: Path,
) -> None:
    source = tmp_path / "office"
    source.mkdir()
    office, vault = Office(tmp_path / "state", (source,)), Watched()
    points = []
    for number in range(4):
        write(bytes(source / f"file {number}"), b"of that day %d" % number)
        points.append(f"points/{_run(office, vault)}")
    good = dict(vault.objects_by_name)
    vault.was_read.clear()
    _run(office, vault)
    assert not set(vault.was_read) & set(points)

    del vault.objects_by_name[points[0]], vault.md5_by_name[points[0]]
    wrong = bytes([good[points[1]][0] ^ 1]) + good[points[1]][1:]
    vault.objects_by_name[points[1]] = wrong
    vault.md5_by_name[points[1]] = hashlib.md5(wrong, usedforsecurity=False).digest()
    del vault.md5_by_name[points[2]]
    vault.objects_by_name[points[2]] = wrong
    _run(office, vault)
    assert {name: vault.objects_by_name[name] for name in points} == {
        name: good[name] for name in points
    }
    chain = read_chain(office.keyring, vault)
    assert (len(chain.points), chain.damaged, chain.missing) == (6, (), ())


def test_packs_grow_with_the_vault_so_that_a_point_can_name_all_of_them() -> None:
    assert vault_pack_bytes(0) == VAULT_PACK_BYTES
    assert vault_pack_bytes(VAST) == PACK_MAX_BYTES
    stored = packs = 0
    while stored < VAST:  # an increment of a hundredth each day
        grown = max(stored // 100, 1 << 30)
        packs += grown // vault_pack_bytes(stored) + 2
        stored += grown
    assert packs < MAX_ROWS // 2


def test_a_backup_that_grew_as_large_as_one_can_says_so_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "office"
    source.mkdir()
    write(bytes(source / "file"), b"of the first day")
    office, vault = Office(tmp_path / "state", (source,)), MemoryStore()
    first = _run(office, vault)
    monkeypatch.setattr(points_module, "MAX_ROWS", 3)
    write(bytes(source / "file"), b"of the second day")
    with pytest.raises(BackupError) as refused:
        _run(office, vault)
    assert refused.value.code is ErrorCode.REPOSITORY_FULL
    assert [name for name in vault.objects_by_name if name.startswith("points/")] == [
        f"points/{first}"
    ]
    monkeypatch.undo()
    _run(office, vault)
    assert len(read_chain(office.keyring, vault).points) == 2
