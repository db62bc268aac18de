"""The recovery code as people type it from paper."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.formats.recovery_code import (
    ALPHABET,
    ENTROPY_BYTES,
    entropy_of,
    lines_of,
    new_entropy,
    wrong_line,
)
from tests.formats.hostile import code_of, refusal

CODES = st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES)
ENTROPY = bytes(range(7, 27))
LINES = lines_of(ENTROPY)


def text(lines: Iterable[str]) -> str:
    return "\n".join(lines)


@given(entropy=CODES)
def test_a_code_comes_back(entropy) -> None:
    assert entropy_of(text(lines_of(entropy))) == entropy


def test_a_code_is_four_lines_of_eight_letters_and_a_check_letter() -> None:
    assert [[len(part) for part in line.split("-")] for line in LINES] == [[4, 4, 1]] * 4


def test_the_printed_form_never_changes() -> None:
    assert lines_of(bytes(20)) == ("0000-0000-7", "0000-0000-E", "0000-0000-N", "0000-0000-W")
    assert LINES == GOLDEN


GOLDEN = ("0W40-J2GB-W", "1G6G-W3RG-J", "2491-650N-Z", "2RBH-G68T-M")


def test_every_single_wrong_letter_names_its_line() -> None:
    tried = 0
    for number, line in enumerate(LINES):
        for at, letter in enumerate(line):
            if letter == "-":
                continue
            for other in ALPHABET:
                if other == letter:
                    continue
                typed = [*LINES]
                typed[number] = line[:at] + other + line[at + 1 :]
                assert wrong_line(text(typed)) == number + 1
                assert wrong_line("".join(typed)) == number + 1
                tried += 1
    assert tried == 36 * 31


@given(entropy=CODES, number=st.integers(0, 3), at=st.integers(0, 8), shift=st.integers(1, 31))
def test_a_wrong_letter_in_any_code_names_its_line(entropy, number, at, shift) -> None:
    typed = [line.replace("-", "") for line in lines_of(entropy)]
    letter = ALPHABET[(ALPHABET.index(typed[number][at]) + shift) % 32]
    typed[number] = typed[number][:at] + letter + typed[number][at + 1 :]
    assert wrong_line(text(typed)) == number + 1


@given(entropy=CODES)
def test_lines_in_another_order_are_found(entropy) -> None:
    lines = lines_of(entropy)
    for order in itertools.permutations(range(4)):
        typed = text(lines[index] for index in order)
        first = next((n + 1 for n, index in enumerate(order) if index != n), None)
        assert wrong_line(typed) == first


@given(entropy=CODES, number=st.integers(0, 3), at=st.integers(0, 8))
def test_a_letter_left_out_names_its_own_line(entropy, number, at) -> None:
    typed = [line.replace("-", "") for line in lines_of(entropy)]
    typed[number] = typed[number][:at] + typed[number][at + 1 :]
    assert wrong_line(text(typed)) == number + 1


@given(entropy=CODES, number=st.integers(0, 3), letter=st.sampled_from(ALPHABET))
def test_a_letter_too_many_names_its_own_line(entropy, number, letter) -> None:
    typed = [*lines_of(entropy)]
    typed[number] += letter
    assert wrong_line(text(typed)) == number + 1


@given(entropy=CODES)
def test_most_swaps_of_neighbours_are_found(entropy) -> None:
    for number, line in enumerate(line.replace("-", "") for line in lines_of(entropy)):
        for at in range(7):
            one, two = ALPHABET.index(line[at]), ALPHABET.index(line[at + 1])
            typed = [*lines_of(entropy)]
            typed[number] = line[:at] + line[at + 1] + line[at] + line[at + 2 :]
            found = wrong_line(text(typed))
            assert found == (None if (one - two) % 16 == 0 else number + 1)


@pytest.mark.parametrize(
    "typed",
    [
        text(LINES),
        text(LINES).lower(),
        "".join(LINES),
        " ".join(LINES),
        "  " + text(LINES) + "\n\n",
        text(line.replace("-", " ") for line in LINES),
        text(line.replace("-", "") for line in LINES),
        text(line.replace("-", "–") for line in LINES),
        text(line.replace("-", "\u2011") for line in LINES),
        text(" - ".join(line) for line in LINES),
        "\r\n\r\n".join(LINES),
        text(LINES).replace("-", "\t"),
        text(LINES).replace("-", "\u00a0"),
        "\ufeff" + text(LINES),
    ],
)
def test_case_spaces_and_dashes_do_not_count(typed) -> None:
    assert entropy_of(typed) == ENTROPY


@given(entropy=CODES)
def test_letters_that_look_alike_are_read_as_meant(entropy) -> None:
    typed = text(lines_of(entropy))
    for meant, read in (("0", "O"), ("0", "o"), ("1", "I"), ("1", "l"), ("1", "L"), ("1", "i")):
        assert entropy_of(typed.replace(meant, read)) == entropy
    assert entropy_of(typed.replace("V", "U")) == entropy


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("", 1),
        (LINES[0], 2),
        (text(LINES[:3]), 4),
        (text([*LINES, LINES[0]]), 4),
        ("".join(LINES) + "0", 4),
        (text([LINES[0], "?" * 9, *LINES[2:]]), 2),
        ("ß" * 36, 1),
        ("０" * 36, 1),
        ("\0" * 36, 1),
        ("x" * 100_000, 1),
    ],
)
def test_what_is_no_code_names_the_first_wrong_line(typed, line) -> None:
    with pytest.raises(BackupError) as caught:
        entropy_of(typed)
    assert caught.value.code is ErrorCode.RECOVERY_CODE_WRONG
    assert caught.value.parameters == {"line": line}


@given(typed=st.text(max_size=200))
def test_anything_typed_gives_a_code_or_a_line(typed) -> None:
    assert code_of(lambda: entropy_of(typed)) in (None, ErrorCode.RECOVERY_CODE_WRONG)
    assert (refusal(lambda: entropy_of(typed)) is None) == (wrong_line(typed) is None)


def test_a_new_code_is_a_new_one() -> None:
    assert len({new_entropy() for _ in range(100)}) == 100
