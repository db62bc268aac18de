"""The chain of restore points: gaps, exchanged points and forks are seen."""

import msgspec

from offline_backup_gui.engine.points import read_chain
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.point import Point, head_of, object_name, seal
from tests.engine.made_points import point_of
from tests.fakes import MemoryStore

RING = Keyring(bytes(range(16)), bytes(range(32)))


def _point(number: int, previous: tuple[Point, bytes] | None) -> tuple[Point, bytes]:
    point = point_of(
        f"202611{20 + number}t000000z-{number:016x}",
        number,
        previous[0].point_id if previous else "",
        head_of(previous[1]) if previous else b"",
    )
    return point, seal(RING, point)


def _store(*points: tuple[Point, bytes]) -> MemoryStore:
    store = MemoryStore()
    for point, data in points:
        writer = store.create(object_name(point.point_id))
        writer.write(data)
        writer.commit()
    return store


def test_a_whole_chain_is_read_oldest_first_from_several_stores():
    first = _point(1, None)
    second = _point(2, first)
    chain = read_chain(RING, _store(first), _store(first, second))
    assert [point.sequence for point in chain.points] == [1, 2]
    assert not chain.damaged
    assert not chain.missing


def test_a_point_that_was_taken_away_is_missing():
    first = _point(1, None)
    chain = read_chain(RING, _store(_point(2, first)))
    assert chain.missing == (first[0].point_id,)


def test_a_point_that_was_sealed_again_is_damaged():
    first = _point(1, None)
    second = _point(2, first)
    again = first[0], seal(RING, msgspec.structs.replace(first[0], files=7))
    chain = read_chain(RING, _store(again, second))
    assert chain.damaged == (object_name(first[0].point_id),)


def test_the_later_of_two_points_after_the_same_one_is_damaged():
    first = _point(1, None)
    chain = read_chain(RING, _store(first, _point(2, first), _point(3, first)))
    assert chain.damaged == (object_name("20261123t000000z-0000000000000003"),)
