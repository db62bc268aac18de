"""Security descriptors taken apart and compared by what they mean.

Source: SECURITY_INFORMATION and MS-DTYP 2.4.4 (ACE). Malformed descriptors are a ValueError.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from offline_backup_gui.adapters.files.sddl import (
    DACL_PRESENT,
    SACL_PRESENT,
    entries_at,
    header_of,
    sid_text,
)

OWNER, GROUP, DACL, SACL, LABEL, ATTRIBUTE, SCOPE = 0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x40
# Kinds of entries of the audit list that are asked for and set by a part of their own.
_PART_BY_NUMBER = {0x11: LABEL, 0x12: ATTRIBUTE, 0x13: SCOPE}
PART_NAMES = {
    LABEL: "label",
    ATTRIBUTE: "resource attributes",
    SCOPE: "central access policy",
    SACL: "audit list",
}
_DACL_FLAGS, _SACL_FLAGS = 0x1400, 0x2800  # "protected" and "was inherited"


class Parts(NamedTuple):
    """A descriptor taken apart, so that two that mean the same are equal.

    `listed` is None without an access control list, which lets everybody in. `audits` has the
    entries of the audit list by part: Windows puts the kinds into an order of its own.
    """

    owner: str
    group: str
    flags: int
    listed: tuple[bytes, ...] | None
    audits: dict[int, tuple[bytes, ...]]


@lru_cache(maxsize=1024)
def parts_of(descriptor: bytes) -> Parts:
    """Take a self-relative descriptor apart."""
    control, owner, group, sacl, dacl = header_of(descriptor)
    audits: dict[int, tuple[bytes, ...]] = {}
    for ace in entries_at(descriptor, sacl) if control & SACL_PRESENT and sacl else ():
        part = _PART_BY_NUMBER.get(ace[0], SACL)
        audits[part] = (*audits.get(part, ()), ace)
    flags = _DACL_FLAGS | (_SACL_FLAGS if SACL in audits else 0)
    listed = tuple(entries_at(descriptor, dacl)) if control & DACL_PRESENT and dacl else None
    return Parts(
        sid_text(descriptor, owner)[0] if owner else "",
        sid_text(descriptor, group)[0] if group else "",
        control & flags,
        listed,
        audits,
    )


def same(found: bytes, wanted: bytes, *, whole: bool) -> bool:
    """Say whether rights are what they were; not `whole` looks at the access control list only."""
    try:
        one, other = parts_of(found), parts_of(wanted)
    except ValueError:
        return False
    if whole:
        return one == other
    return (one.listed, one.flags & _DACL_FLAGS) == (other.listed, other.flags & _DACL_FLAGS)
