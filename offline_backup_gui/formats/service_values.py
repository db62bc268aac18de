"""Values out of foreign JSON, each read as what it should be or not at all."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

# Names of fields that hold, or may hold, something that opens a drive or an account.
_SECRET = re.compile(r"sas|passkey|password|secret|bitlocker|recoverykey|accountkey|token", re.I)
# .NET writes seven digits of a second, Python reads six at most.
_TIME = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(\.\d+)?\s*(Z|z|[+-]\d\d:?\d\d)?")


class Fields:
    """A JSON object of somebody else: a field of another type counts as not given."""

    def __init__(self, found: object) -> None:
        self._found: Mapping[str, object] = found if isinstance(found, dict) else {}

    def names(self) -> tuple[str, ...]:
        """Name every field."""
        return tuple(self._found)

    def has(self, name: str) -> bool:
        """Say whether there is such a field."""
        return name in self._found

    def raw(self, name: str) -> object:
        """Give a field as it came."""
        return self._found.get(name)

    def text(self, name: str) -> str:
        """Give a string, "" when there is none."""
        value = self._found.get(name)
        return value.strip() if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Give the strings of a list."""
        value = self._found.get(name)
        items = value if isinstance(value, list) else []
        return tuple(one for one in items if isinstance(one, str) and one)

    def strings(self) -> tuple[str, ...]:
        """Give every string of this object."""
        return tuple(one for one in self._found.values() if isinstance(one, str) and one)

    def number(self, name: str) -> float | None:
        """Give a finite number; a string that is one counts."""
        value = self._found.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return None
        return number if math.isfinite(number) else None

    def count(self, name: str) -> int | None:
        """Give a whole number that is not below zero."""
        value = self._found.get(name)
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        return value if whole and isinstance(value, int) else None

    def flag(self, name: str) -> bool:
        """Say whether a field is true."""
        return self._found.get(name) is True

    def moment(self, name: str) -> datetime | None:
        """Give a time in UTC."""
        return moment(self._found.get(name))

    def inner(self, name: str) -> Fields:
        """Give an object inside, an empty one when there is none."""
        return Fields(self._found.get(name))

    def list(self, name: str) -> tuple[Fields, ...]:
        """Give the objects of a list."""
        value = self._found.get(name)
        items = value if isinstance(value, list) else []
        return tuple(Fields(one) for one in items if isinstance(one, dict))


def moment(value: object) -> datetime | None:
    """Read a time with any offset as UTC; None for no time, the year 1 and what is no time.

    A time without an offset is UTC, as Azure means it.
    """
    if not isinstance(value, str):
        return None
    found = _TIME.fullmatch(value.strip())
    if found is None:
        return None
    whole, part, offset = found.groups()
    offset = "+00:00" if offset is None or offset in "Zz" else offset
    try:
        at = datetime.fromisoformat(f"{whole}{(part or '')[:7]}{offset}")
        return at.astimezone(UTC) if at.year > 1 else None
    except (ValueError, OverflowError):
        return None


def unsecret(found: dict[str, object]) -> dict[str, object]:
    """Leave out, at any depth, fields by whose names secrets travel, and signatures in links."""
    kept = {}
    for name, value in found.items():
        if not _SECRET.search(name):
            kept[name] = _unsecret_value(value)
    return kept


def _unsecret_value(value: object) -> object:
    if isinstance(value, dict):
        return unsecret(value)
    if isinstance(value, list):
        return [_unsecret_value(one) for one in value]
    if isinstance(value, str) and "?" in value and "sig=" in value:
        return value.partition("?")[0]
    return value
