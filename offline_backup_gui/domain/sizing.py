"""How much there will be to carry: sizes as given, growth until the copy, expected compression.

What counts against a limit: for the agents Azure counts the data after MARS compression (azure
documents: typically 10 to 20 %), for Standalone the bytes stored on the drives. Neither is known
before the copy, so both are judged by the size given, with growth added. What compression is
expected to save is said beside it and never makes anything fit.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.published import MARS_DATA_BOX, Origin

COMPRESSION_LEAST_PERCENT = 10
COMPRESSION_MOST_PERCENT = 20
COMPRESSION_ORIGIN: Origin = MARS_DATA_BOX
GROWTH_MOST_PERCENT = 1_000
SIZE_MOST_BYTES = 10**18

_UNITS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "pb": 10**15,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
    "pib": 2**50,
}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:[eE]\+?[0-9]{1,2})?)\s*([A-Za-z]*)")


class Group(Struct, frozen=True):
    """What one limit applies to: a server (MARS, Standalone) or a protection group (MABS, DPM)."""

    name: str
    size_bytes: int

    def __post_init__(self) -> None:
        if not 0 <= self.size_bytes <= SIZE_MOST_BYTES:
            raise BackupError(ErrorCode.PLAN_VALUE_WRONG, key="size", value=str(self.size_bytes))


class Sizing(Struct, frozen=True):
    """One group's size: as given, with growth, and what compression may save of it (bytes)."""

    group: Group
    judged_bytes: int
    saved_least_bytes: int
    saved_most_bytes: int

    def fits(self, limit_bytes: int) -> bool:
        """Say whether the size with growth stays within the limit; equal to it fits."""
        return self.judged_bytes <= limit_bytes

    def fits_if_compressed(self, limit_bytes: int) -> bool:
        """Say whether it would fit if compression saved the least that is expected."""
        return self.judged_bytes - self.saved_least_bytes <= limit_bytes


def size(group: Group, growth_percent: int = 0) -> Sizing:
    """Size a group: growth is rounded up to the next byte, savings are rounded down.

    Raises PLAN_VALUE_WRONG when the growth is below 0 or absurd.
    """
    if not 0 <= growth_percent <= GROWTH_MOST_PERCENT:
        raise BackupError(ErrorCode.PLAN_VALUE_WRONG, key="growth", value=str(growth_percent))
    judged = -(-group.size_bytes * (100 + growth_percent) // 100)
    return Sizing(
        group=group,
        judged_bytes=judged,
        saved_least_bytes=judged * COMPRESSION_LEAST_PERCENT // 100,
        saved_most_bytes=judged * COMPRESSION_MOST_PERCENT // 100,
    )


def parse_size(text: str) -> int:
    """Read a size in bytes: "7200000000000", "7.2e12", "7.2 TB" (decimal) or "7 TiB" (binary).

    Raises PLAN_VALUE_WRONG when it is no size, or not a whole number of bytes.
    """
    found = _SIZE.fullmatch(text.strip())
    factor = _UNITS.get(found[2].lower()) if found else None
    if found is None or factor is None:
        raise BackupError(ErrorCode.PLAN_VALUE_WRONG, key="size", value=text)
    try:
        number = Decimal(found[1]) * factor
    except InvalidOperation as trouble:
        raise BackupError(ErrorCode.PLAN_VALUE_WRONG, key="size", value=text) from trouble
    if number > SIZE_MOST_BYTES or number != number.to_integral_value():
        raise BackupError(ErrorCode.PLAN_VALUE_WRONG, key="size", value=text)
    return int(number)


def parse_group(text: str) -> Group:
    """Read "NAME=SIZE", as `--groups` takes it; the name may itself hold "="."""
    name, sign, number = text.rpartition("=")
    if not sign or not name.strip():
        raise BackupError(ErrorCode.PLAN_VALUE_WRONG, key="groups", value=text)
    return Group(name.strip(), parse_size(number))
