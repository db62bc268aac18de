"""The recovery code: 160 random bits as four lines of eight letters and a check letter."""

from __future__ import annotations

import os
import re
import string

from offline_backup_gui.domain.errors import BackupError, ErrorCode

# Crockford's base 32: no I, L, O, U, so that nothing is misread from paper.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LINES = 4
ENTROPY_BYTES = 20
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
# Word processors turn a hyphen into dashes of other lengths; none of them is a letter.
_NOT_A_LETTER = re.compile(r"[\s\-\u00ad\u200b\u2010-\u2015\u2212\ufeff]")
LINE_LETTERS = 9
_CAPITALS = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


def _check(line: str, number: int) -> str:
    """Give the check letter of a line; it finds every single wrong letter.

    Weights are odd, hence invertible modulo 32: any one wrong letter changes the sum, and all but
    one in 32 swaps of neighbours do. The line number is part of it, so exchanged lines show too.
    """
    total = 7 * number
    for position, letter in enumerate(line):
        total += (2 * position + 1) * ALPHABET.index(letter)
    return ALPHABET[total % 32]


def new_entropy() -> bytes:
    """Draw the 20 bytes of a fresh recovery code."""
    return os.urandom(ENTROPY_BYTES)


def lines_of(entropy: bytes) -> tuple[str, ...]:
    """Give the printed lines, such as "7K3M-9QXA-T" (eight letters and the check letter)."""
    value = int.from_bytes(entropy, "big")
    letters = "".join(ALPHABET[(value >> (5 * place)) & 31] for place in reversed(range(32)))
    lines = []
    for number in range(1, LINES + 1):
        part = letters[8 * (number - 1) : 8 * number]
        lines.append(f"{part[:4]}-{part[4:]}-{_check(part, number)}")
    return tuple(lines)


def _clean(text: str) -> str:
    # Letters such as ß grow when they become capitals, so each is looked at by itself.
    letters = _NOT_A_LETTER.sub("", text).translate(_CAPITALS)
    return letters.translate(_READ_AS)


def _typed_lines(text: str) -> list[str]:
    """Give the letters of each line; a code typed in one go is cut at every ninth letter.

    Four lines stay four lines, so that a letter left out of one does not blame the next.
    """
    lines = [line for line in map(_clean, text.splitlines()) if line]
    if len(lines) == LINES:
        return lines
    letters = "".join(lines)
    cut = [letters[at : at + LINE_LETTERS] for at in range(0, LINES * LINE_LETTERS, LINE_LETTERS)]
    cut[-1] += letters[LINES * LINE_LETTERS :]
    return cut


def wrong_line(text: str) -> int | None:
    """Give the number (from 1) of the first line that cannot be right, or None.

    Accepts the code over several lines or in one; case, spaces and dashes do not count.
    """
    for number, line in enumerate(_typed_lines(text), 1):
        if len(line) != LINE_LETTERS or any(letter not in ALPHABET for letter in line):
            return number
        if _check(line[:-1], number) != line[-1]:
            return number
    return None


def entropy_of(text: str) -> bytes:
    """Give the 20 bytes of a typed code; RECOVERY_CODE_WRONG names the first wrong line."""
    number = wrong_line(text)
    if number is not None:
        raise BackupError(ErrorCode.RECOVERY_CODE_WRONG, line=number)
    value = 0
    for line in _typed_lines(text):
        for letter in line[:-1]:
            value = value << 5 | ALPHABET.index(letter)
    return value.to_bytes(ENTROPY_BYTES, "big")
