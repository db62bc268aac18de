"""The 48 digits of a recovery password: what can be one, and which group cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.bitlocker import (
    GROUP_MOST,
    check_digit,
    is_group,
    password_of,
    passwords_in,
    recovery_password,
    wrong_group,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode

KEYS = st.binary(min_size=16, max_size=16)
LARGEST = "-".join(["720885"] * 8)


def test_sixteen_bytes_are_eight_numbers_times_eleven() -> None:
    assert password_of(bytes(16)) == "-".join(["000000"] * 8)
    assert password_of(b"\xff" * 16) == LARGEST
    assert password_of(b"\x01\x00" + bytes(14)).startswith("000011-000000-")
    assert password_of(b"\x00\x01" + bytes(14)).startswith("002816-")


@given(KEYS)
def test_every_key_is_a_password_that_can_be_read_back_in_any_way_of_writing(key: bytes) -> None:
    password = password_of(key)
    groups = password.split("-")
    for typed in (password, " ".join(groups), "".join(groups), f"  {password}\n"):
        assert wrong_group(typed) is None
        assert recovery_password(typed, "S1") == password
    for group in groups:
        assert check_digit(group[:5]) == int(group[5])


@given(KEYS, st.integers(0, 47), st.integers(1, 9))
def test_one_wrong_digit_is_found_in_its_group(key: bytes, place: int, by: int) -> None:
    digits = list(password_of(key).replace("-", ""))
    digits[place] = str((int(digits[place]) + by) % 10)
    assert wrong_group("".join(digits)) == place // 6 + 1


@given(KEYS, st.integers(0, 46))
def test_two_neighbours_in_the_wrong_order_are_found(key: bytes, place: int) -> None:
    digits = list(password_of(key).replace("-", ""))
    if digits[place] == digits[place + 1] or place % 6 == 5:
        return
    digits[place], digits[place + 1] = digits[place + 1], digits[place]
    assert wrong_group("".join(digits)) == place // 6 + 1


def test_groups_beyond_sixteen_bits_are_refused_though_eleven_divides_them() -> None:
    assert is_group(f"{GROUP_MOST}")
    assert not is_group(f"{GROUP_MOST + 11}")
    assert GROUP_MOST == 65_535 * 11
    assert not is_group("00011")
    assert not is_group("\u0660\u0660\u0660\u0660\u0660\u0660")  # digits, of another script


def test_missing_and_superfluous_groups_have_a_number() -> None:
    groups = LARGEST.split("-")
    assert wrong_group("-".join(groups[:7])) == 8
    assert wrong_group("-".join([*groups, "000011"])) == 9
    assert wrong_group("") == 1
    with pytest.raises(BackupError) as caught:
        recovery_password("-".join(groups[:3]), "WD-1")
    assert caught.value.code is ErrorCode.BITLOCKER_KEY_WRONG
    assert caught.value.parameters == {"drive": "WD-1", "group": 4}


def test_passwords_are_found_in_text_and_nothing_that_only_looks_like_one() -> None:
    good = password_of(bytes(range(16)))
    wrong = good[:-1] + str((int(good[-1]) + 1) % 10)
    longer = f"{good}-000011"
    assert passwords_in(f"Kennwort:\r\n  {good}\r\n") == (good,)
    assert passwords_in(f"{good} {good} {LARGEST}") == (good, LARGEST)
    assert passwords_in(f"{wrong} 1{good} {good}7 {longer}") == ()


@given(st.text())
def test_any_text_may_be_searched(text: str) -> None:
    assert all(wrong_group(found) is None for found in passwords_in(text))
    assert wrong_group(text) is None or wrong_group(text) in range(1, 10)
