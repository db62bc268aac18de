from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.sizing import Group, parse_group, parse_size, size

sizes = st.integers(0, 10**15)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("7200000000000", 7_200_000_000_000),
        ("7e12", 7_000_000_000_000),
        ("7.2E+12", 7_200_000_000_000),
        ("7.2 TB", 7_200_000_000_000),
        ("7.2tb", 7_200_000_000_000),
        (" 1 TiB ", 2**40),
        ("1.5 KiB", 1536),
    ],
)
def test_sizes_are_read_as_people_write_them(text: str, expected: int) -> None:
    assert parse_size(text) == expected


@pytest.mark.parametrize(
    "text", ["", "-1", "1.5", "7,2 TB", "big", "1e99", "nan", "inf", "7 XB", "0x10", "1_000", "٣"]
)
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(BackupError) as caught:
        parse_size(text)
    assert caught.value.code is ErrorCode.PLAN_VALUE_WRONG


def test_groups_are_read_with_their_names() -> None:
    assert parse_group("A=7e12") == Group("A", 7_000_000_000_000)
    assert parse_group("Mail = night=1 GB") == Group("Mail = night", 10**9)


@pytest.mark.parametrize("text", ["A", "=5", "A=", "A=-5", " =1"])
def test_what_is_no_group_is_refused(text: str) -> None:
    with pytest.raises(BackupError):
        parse_group(text)


@given(sizes, st.integers(0, 1000))
def test_growth_never_loses_a_byte(amount: int, percent: int) -> None:
    judged = size(Group("g", amount), percent).judged_bytes
    assert judged * 100 >= amount * (100 + percent)
    assert (judged - 1) * 100 < amount * (100 + percent)


@given(sizes)
def test_without_growth_the_given_size_is_judged(amount: int) -> None:
    assert size(Group("g", amount)).judged_bytes == amount


@given(st.integers(1, 10**15), st.integers(1, 10**15))
def test_compression_never_makes_anything_fit(amount: int, limit: int) -> None:
    sizing = size(Group("g", amount))
    assert sizing.fits(limit) == (amount <= limit)
    assert sizing.fits_if_compressed(limit) or not sizing.fits(limit)


def test_the_documented_ten_to_twenty_percent_are_expected_to_be_saved() -> None:
    sizing = size(Group("g", 1000))
    assert (sizing.saved_least_bytes, sizing.saved_most_bytes) == (100, 200)


@pytest.mark.parametrize("percent", [-1, 1001])
def test_absurd_growth_is_refused(percent: int) -> None:
    with pytest.raises(BackupError):
        size(Group("g", 1), percent)


def test_the_largest_size_is_an_exabyte() -> None:
    assert parse_size("1e18") == 10**18
    with pytest.raises(BackupError):
        parse_size("1000000000000000001")
