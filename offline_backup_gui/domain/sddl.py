"""Security descriptors as Windows writes them in text (SDDL), taken apart; pure.

Grammar: "Security Descriptor String Format" and "ACE Strings" of the Windows documentation.
"""

from __future__ import annotations

import re

from msgspec import Struct

# Access masks of the two-letter words, as sddl.h and winnt.h give them.
_RIGHTS = {
    "GA": 0x10000000,
    "GX": 0x20000000,
    "GW": 0x40000000,
    "GR": 0x80000000,
    "RC": 0x00020000,
    "SD": 0x00010000,
    "WD": 0x00040000,
    "WO": 0x00080000,
    "CC": 0x1,
    "DC": 0x2,
    "LC": 0x4,
    "SW": 0x8,
    "RP": 0x10,
    "WP": 0x20,
    "DT": 0x40,
    "LO": 0x80,
    "CR": 0x100,
    "FA": 0x001F01FF,
    "FR": 0x00120089,
    "FW": 0x00120116,
    "FX": 0x001200A0,
    "KA": 0x000F003F,
    "KR": 0x00020019,
    "KW": 0x00020006,
    "KX": 0x00020019,
}
_KINDS = frozenset({"A", "D", "OA", "OD", "XA", "XD", "ZA"})
_MARKS = re.compile(r"(?:OI|CI|NP|IO|ID|SA|FA|CR|TP)*")
_WHO = re.compile(r"[A-Z]{2}|S-1-(?:0x[0-9A-Fa-f]+|\d+)(?:-\d+){0,15}")
_FLAGS = re.compile(r"(?:P|AR|AI|NO_ACCESS_CONTROL)*")
_LONGEST = 200_000


class Ace(Struct, frozen=True):
    """One line of an access list: allow or deny, its marks, an access mask, and for whom."""

    allows: bool
    marks: frozenset[str]
    mask: int
    who: str


class Descriptor(Struct, frozen=True):
    """Owner, group and access list; no list at all (None) lets everybody in."""

    owner: str = ""
    group: str = ""
    aces: tuple[Ace, ...] | None = None
    protected: bool = False


def parse_sddl(text: str) -> Descriptor:
    """Take a descriptor apart; ValueError when it is none."""
    if len(text) > _LONGEST:
        raise ValueError("longer than any descriptor")
    owner = group = ""
    aces: tuple[Ace, ...] | None = None
    protected = False
    seen: set[str] = set()
    for part, value in _parts(text):
        if part in seen:
            raise ValueError(f"{part}: twice")
        seen.add(part)
        if part == "O":
            owner = _who(value)
        elif part == "G":
            group = _who(value)
        elif part == "D":
            protected, aces = _list(value)
    return Descriptor(owner, group, aces, protected)


def _parts(text: str) -> list[tuple[str, str]]:
    """Cut at "O:", "G:", "D:" and "S:" that stand outside of brackets."""
    found: list[tuple[str, str]] = []
    depth = start = 0
    for place, letter in enumerate(text):
        if letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
            if depth < 0:
                raise ValueError("a bracket is closed that was never opened")
        elif letter == ":" and not depth:
            if place == 0 or text[place - 1] not in "OGDS":
                raise ValueError(f"not a part: {text[max(0, place - 8) : place]!r}")
            if found:
                found[-1] = (found[-1][0], text[start : place - 1])
            elif place != 1:
                raise ValueError("something stands before the first part")
            found.append((text[place - 1], ""))
            start = place + 1
    if depth or not found:
        raise ValueError("not a whole descriptor")
    found[-1] = (found[-1][0], text[start:])
    return found


def _list(text: str) -> tuple[bool, tuple[Ace, ...] | None]:
    head, _, rest = text.partition("(")
    if not _FLAGS.fullmatch(head):
        raise ValueError(f"marks of a list: {head[:20]!r}")
    if "NO_ACCESS_CONTROL" in head:
        return False, None
    aces: list[Ace] = []
    depth, start = 1, 0
    for place, letter in enumerate(rest):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and letter == ")":
            aces.append(_ace(rest[start:place]))
            start = place + 2
        elif depth == 0:
            raise ValueError("something stands between two entries")
    return "P" in head.replace("NO_ACCESS_CONTROL", ""), tuple(aces)


def _ace(text: str) -> Ace:
    fields = text.split(";", 6)
    if len(fields) < 6 or fields[0] not in _KINDS or not _MARKS.fullmatch(fields[1]):
        raise ValueError(f"not an entry: {text[:80]!r}")
    # A condition only narrows what is allowed, so it counts as allowed here.
    return Ace(
        not fields[0].endswith("D"),
        frozenset(fields[1][place : place + 2] for place in range(0, len(fields[1]), 2)),
        _mask(fields[2]),
        _who(fields[5]),
    )


def _mask(text: str) -> int:
    if re.fullmatch(r"0[xX][0-9A-Fa-f]{1,8}", text):
        return int(text, 16)
    if re.fullmatch(r"\d{1,10}", text):
        return int(text) & 0xFFFFFFFF
    mask = 0
    for place in range(0, len(text), 2):
        word = text[place : place + 2]
        if word not in _RIGHTS:
            raise ValueError(f"not a right: {word!r}")
        mask |= _RIGHTS[word]
    return mask


def _who(text: str) -> str:
    if not _WHO.fullmatch(text):
        raise ValueError(f"not an account: {text[:60]!r}")
    return text
