"""BitLocker's recovery password: eight groups of six digits, each with a check digit. Pure.

Source: ProtectKeyWithNumericalPassword of Win32_EncryptableVolume (learn.microsoft.com, secprov):
each group is divisible by 11 and 720885 at most, because it is a number of 16 bits times 11.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence

from offline_backup_gui.domain.errors import BackupError, ErrorCode

GROUPS, GROUP_DIGITS = 8, 6
GROUP_MOST = 720_885  # 65,535 times 11
_DIGITS = re.compile(r"[0-9]{6}")
_APART = re.compile(r"[\s\-\u2010-\u2013]+")
# Groups may be told with hyphens alone; digits before or after would make it another number.
_IN_TEXT = re.compile(r"(?<![0-9-])[0-9]{6}(?:-[0-9]{6}){7}(?![0-9-])")


def wrong_group(typed: str) -> int | None:
    """Give the number (from 1) of the first group that cannot be right, or None when all can.

    Groups may be apart by hyphens or blanks, or not at all. A missing group is the first missing
    one, and one too many is group 9.
    """
    groups = _groups(typed)
    for number, group in enumerate(groups[:GROUPS], start=1):
        if not is_group(group):
            return number
    if len(groups) != GROUPS:
        return min(len(groups), GROUPS) + 1
    return None


def recovery_password(typed: str, drive: str) -> str:
    """Give 48 typed digits in the usual form; BITLOCKER_KEY_WRONG names group and drive."""
    wrong = wrong_group(typed)
    if wrong is not None:
        raise BackupError(ErrorCode.BITLOCKER_KEY_WRONG, drive=drive, group=wrong)
    return "-".join(_groups(typed))


def is_group(group: str) -> bool:
    """Say whether six digits can be one group of a recovery password."""
    return bool(_DIGITS.fullmatch(group)) and int(group) <= GROUP_MOST and int(group) % 11 == 0


def check_digit(digits: str) -> int | None:
    """Give the sixth digit to five others, or None where no digit would do."""
    first, second, third, fourth, fifth = map(int, digits)
    # The page named above prints the opposite signs; only these make 11 divide the group.
    rest = (first - second + third - fourth + fifth) % 11
    return rest if rest < 10 else None


def password_of(key: bytes) -> str:
    """Write the 16 bytes of a key as its recovery password."""
    numbers: Sequence[int] = struct.unpack("<8H", key)
    return "-".join(f"{number * 11:06d}" for number in numbers)


def passwords_in(text: str) -> tuple[str, ...]:
    """Find every recovery password in what a tool printed, in any language; each once.

    What only looks like one is passed over: its check digits are wrong.
    """
    found = (match.group() for match in _IN_TEXT.finditer(text))
    return tuple(dict.fromkeys(word for word in found if wrong_group(word) is None))


def _groups(typed: str) -> list[str]:
    plain = typed.strip()
    if re.fullmatch(r"[0-9]{48}", plain):
        return [plain[at : at + GROUP_DIGITS] for at in range(0, 48, GROUP_DIGITS)]
    return [part for part in _APART.split(plain) if part]
