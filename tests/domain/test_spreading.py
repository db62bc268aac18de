from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.drive import Bus, Drive
from offline_backup_gui.domain.findings import FindingCode, Severity
from offline_backup_gui.domain.spreading import reserve_bytes, room_bytes, spread

GB = 10**9
frees = st.lists(st.integers(0, 2**44), max_size=12)


def drives(*free: int) -> list[Drive]:
    return [
        Drive(str(number), "Disk", Bus.SATA, amount, amount, ())
        for number, amount in enumerate(free)
    ]


@given(st.integers(0, 2**46), frees)
def test_every_byte_is_planned_or_said_to_be_missing(size: int, free: list[int]) -> None:
    plan = spread(size, drives(*free))
    planned = sum(share.planned_bytes for share in plan.shares)
    assert planned + plan.missing_bytes == size
    assert all(0 <= share.planned_bytes <= share.room_bytes for share in plan.shares)
    assert bool(plan.findings) == (size > plan.room_bytes)


@given(st.integers(0, 2**46), frees)
def test_a_smaller_drive_carries_less_only_when_it_is_full(size: int, free: list[int]) -> None:
    shares = spread(size, drives(*free)).shares
    most = max((share.planned_bytes for share in shares), default=0)
    for share in shares:
        assert share.planned_bytes in (share.room_bytes, most) or (most - share.planned_bytes <= 1)


def test_equal_drives_carry_equal_shares() -> None:
    plan = spread(90 * GB, drives(100 * GB, 100 * GB, 100 * GB))
    assert [share.planned_bytes for share in plan.shares] == [30 * GB] * 3


def test_a_full_drive_leaves_the_rest_to_the_others() -> None:
    small, large = spread(90 * GB, drives(10 * GB, 100 * GB)).shares
    assert small.planned_bytes == small.room_bytes
    assert large.planned_bytes == 90 * GB - small.room_bytes


def test_the_exact_room_fits_and_one_byte_more_is_missing() -> None:
    two = drives(10 * GB, 20 * GB)
    room = sum(room_bytes(item) for item in two)
    assert not spread(room, two).findings
    (finding,) = spread(room + 1, two).findings
    assert finding.code is FindingCode.DRIVES_TOGETHER_TOO_SMALL
    assert finding.severity is Severity.WARNING
    assert finding.parameters["missing_bytes"] == 1
    assert finding.parameters["room_bytes"] == room


def test_without_drives_everything_is_missing() -> None:
    assert spread(5, []).missing_bytes == 5
    assert spread(0, []).findings == ()


def test_the_reserve_is_a_hundredth_within_bounds() -> None:
    assert reserve_bytes(64 * 2**20) == 4 * 2**20
    assert reserve_bytes(50 * GB) == GB // 2
    assert reserve_bytes(8 * 10**12) == 2**30
