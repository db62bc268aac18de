"""Whole files are dealt to drives: nothing too much, the drives end together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.dealing import deal


def loads(sizes: list[int], drives: list[int], count: int) -> list[int]:
    return [
        sum(size for size, to in zip(sizes, drives, strict=True) if to == drive)
        for drive in range(count)
    ]


@given(st.lists(st.integers(0, 1000), max_size=30), st.lists(st.integers(0, 5000), min_size=1))
def test_no_drive_gets_more_than_it_has_room_for(sizes: list[int], rooms: list[int]) -> None:
    drives = deal(sizes, rooms)
    if drives is None:
        # With room for the largest file left on every drive, a way is always found.
        assert sum(sizes) > sum(max(0, room - max(sizes)) for room in rooms)
        return
    assert len(drives) == len(sizes)
    for load, room in zip(loads(sizes, drives, len(rooms)), rooms, strict=True):
        assert load <= room


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=40), st.integers(1, 5))
def test_drives_with_room_end_together(sizes: list[int], count: int) -> None:
    drives = deal(sizes, [10**9] * count)
    assert drives is not None
    dealt = loads(sizes, drives, count)
    assert max(dealt) - min(dealt) <= max(sizes)


def test_drives_are_filled_to_the_brim_where_even_shares_do_not_fit() -> None:
    assert deal([6, 4, 4], [8, 6]) == [1, 0, 0]


def test_what_fits_nowhere_is_told() -> None:
    assert deal([5, 5], [6, 4]) is None
    assert deal([1], []) is None
    assert deal([], []) == []
