"""Values out of foreign JSON, each read as what it should be or not at all."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

# Names of fields that hold, or may hold, something that opens a drive or an account.
_SECRET = re.compile(
    r"(?<!di)sas|passkey|password|secret|bitlocker|recoverykey|accountkey|token", re.I
)
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


_PASSWORD = re.compile(r"\b\d{6}(?:-\d{6}){7}\b")  # a recovery password of BitLocker
_KEY_IN_TEXT = re.compile(r"\b((?:Account|SharedAccess)Key=)[^;\s]+", re.I)
_SIGNED = re.compile(r"[?&](?:[^\s?&=]+=[^\s&]*&)*sig=", re.I)
_HIDDEN = "***"
_DEEPEST = 64  # levels; Azure's bodies have ten at most
# Below these the names are serial numbers or words of the office's own, which may look like ours.
_NAMED_BY_PEOPLE = frozenset({"importDiskDetailsCollection", "tags"})


def unsecret(found: Mapping[str, object]) -> dict[str, object]:
    """Copy an object without what opens a drive or an account.

    Left out, at any depth, are texts and numbers of fields by whose names secrets travel,
    signatures in links, keys within a text, and what is nested deeper than 64 levels.
    """
    return _object(found, 0, named_by_people=False)


def _object(found: Mapping[str, object], depth: int, *, named_by_people: bool) -> dict[str, object]:
    kept = {}
    for name, value in found.items():
        secret = _SECRET.search(name) is not None and not (
            named_by_people and isinstance(value, dict)
        )
        if secret and not isinstance(value, bool) and value is not None:
            continue
        inner = _plain(value, depth + 1, named_by_people=name in _NAMED_BY_PEOPLE)
        if inner is not _TOO_DEEP:
            kept[_encodable(name)] = inner
    return kept


_TOO_DEEP = object()


def _plain(value: object, depth: int, *, named_by_people: bool = False) -> object:
    if isinstance(value, str):
        return _text(value)
    if not isinstance(value, dict | list):
        return value
    if depth > _DEEPEST:
        return _TOO_DEEP
    if isinstance(value, dict):
        return _object(value, depth, named_by_people=named_by_people)
    inner = [_plain(one, depth + 1) for one in value]
    return [one for one in inner if one is not _TOO_DEEP]


def _text(value: str) -> str:
    """Take signatures and keys out of a text; a link keeps what comes before its question mark."""
    if "sig=" in value.lower():
        value = " ".join(
            word.partition("?")[0] if _SIGNED.search(word) else word for word in value.split(" ")
        )
    value = _KEY_IN_TEXT.sub(rf"\1{_HIDDEN}", _PASSWORD.sub(_HIDDEN, value))
    return _encodable(value)


def _encodable(text: str) -> str:
    """Half a character, as JSON may hold it, cannot be stored or printed."""
    return text.encode("utf-8", "replace").decode()


def leaves(found: Mapping[str, object]) -> dict[str, str]:
    """Give each value of an object by its path (a.b[0]["c.d"]), as a text.

    Nulls, empty texts, empty lists and empty objects say nothing and have no line.
    """
    told: dict[str, str] = {}
    waiting: list[tuple[str, object]] = [("", found)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            steps = [(f"{path}{_step(name, path)}", one) for name, one in value.items()]
            waiting += reversed(steps)
        elif isinstance(value, list):
            waiting += reversed([(f"{path}[{n}]", one) for n, one in enumerate(value)])
        elif isinstance(value, str):
            if value.strip():
                told[path] = value
        elif value is not None:
            told[path] = json.dumps(value)
    return told


def _step(name: str, path: str) -> str:
    if re.fullmatch(r"[\w-]+", name):
        return f".{name}" if path else name
    return f"[{json.dumps(name, ensure_ascii=False)}]"
