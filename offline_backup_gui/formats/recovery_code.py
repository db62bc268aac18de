"""The recovery code: 160 random bits as four lines of eight letters and a check letter."""

from __future__ import annotations

import os

from offline_backup_gui.domain.errors import BackupError, ErrorCode

# Crockford's base 32: no I, L, O, U, so that nothing is misread from paper.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LINES = 4
ENTROPY_BYTES = 20
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V", "-": "", " ": ""})


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
    return text.upper().translate(_READ_AS).strip()


def wrong_line(text: str) -> int | None:
    """Give the number (from 1) of the first line that cannot be right, or None.

    Accepts the code over several lines or in one; case, spaces and dashes do not count.
    """
    letters = "".join(_clean(line) for line in text.splitlines())
    for number in range(1, LINES + 1):
        part = letters[9 * (number - 1) : 9 * number]
        if len(part) != 9 or any(letter not in ALPHABET for letter in part):
            return number
        if _check(part[:8], number) != part[8]:
            return number
    return LINES if len(letters) != 9 * LINES else None


def entropy_of(text: str) -> bytes:
    """Give the 20 bytes of a typed code; RECOVERY_CODE_WRONG names the first wrong line."""
    line = wrong_line(text)
    if line is not None:
        raise BackupError(ErrorCode.RECOVERY_CODE_WRONG, line=line)
    letters = "".join(_clean(line) for line in text.splitlines())
    value = 0
    for number in range(LINES):
        for letter in letters[9 * number : 9 * number + 8]:
            value = value << 5 | ALPHABET.index(letter)
    return value.to_bytes(ENTROPY_BYTES, "big")
