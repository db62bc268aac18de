"""What Windows lets a handle do, and which parts of a descriptor a caller asks for or sets.

Source: Generic Access Rights, CTL_CODE (its two bits of access) and SECURITY_INFORMATION in the
Windows documentation.
"""

from __future__ import annotations

import errno
import struct

from offline_backup_gui.adapters.files import win32

READ_DATA, WRITE_DATA, ANY_WRITE = 0x1, 0x2, 0x102  # the last: data or attributes
_READ_CONTROL, _WRITE_DAC, _WRITE_OWNER = win32.READ_CONTROL, win32.WRITE_DAC, win32.WRITE_OWNER
_GENERIC_READ, _GENERIC_WRITE = 0x120089, 0x120116
# What a control code needs: both bits of the first, one of the second.
_CONTROLS = {
    win32.SET_COMPRESSION: (READ_DATA | WRITE_DATA, 0),
    win32.QUERY_RANGES: (READ_DATA, 0),
    win32.SET_SPARSE: (0, ANY_WRITE),
    win32.SET_REPARSE_POINT: (0, ANY_WRITE),
    win32.GET_REPARSE_POINT: (0, 0),
}
# Entries of the audit list by the part they belong to; every other kind is an audit entry.
_PART_OF_KIND = {0x11: 0x10, 0x12: 0x20, 0x13: 0x40}
SACL_PARTS = 0x78


def trouble(code: int, number: int = errno.EINVAL) -> OSError:
    """Give what Windows would raise."""
    kind = PermissionError if code == 5 else OSError
    error = kind(errno.EACCES if code == 5 else number, f"Windows error {code}")
    error.winerror = code  # type: ignore[attr-defined]
    return error


def granted(access: int) -> int:
    """Give the rights of a handle; CreateFileW always adds the one to read attributes."""
    found = access | win32.READ_ATTRIBUTES
    found |= _GENERIC_READ if access & win32.GENERIC_READ else 0
    return found | (_GENERIC_WRITE if access & win32.GENERIC_WRITE else 0)


def need(has: int, every: int, one: int = 0) -> None:
    """Refuse what a handle was not opened for."""
    if has & every != every or (one and not has & one):
        raise trouble(5)


def need_for_control(has: int, code: int) -> None:
    """Refuse a control code whose access the handle has not."""
    need(has, *_CONTROLS[code])


def need_to_ask(has: int, parts: int) -> None:
    """Refuse to give parts of a descriptor."""
    need(has, _READ_CONTROL | (win32.ACCESS_SYSTEM_SECURITY if parts & 0x8 else 0))


def need_to_set(has: int, parts: int) -> None:
    """Refuse to set parts of a descriptor."""
    need(has, _WRITE_OWNER if parts & 0x13 else 0)
    need(has, _WRITE_DAC if parts & 0x24 else 0)
    need(has, win32.ACCESS_SYSTEM_SECURITY if parts & 0x48 else 0)


# --- audit lists


def aces(acl: bytes) -> list[bytes]:
    """Cut a list into its entries."""
    found, at = [], 8
    for _ in range(int.from_bytes(acl[4:6], "little")):
        length = int.from_bytes(acl[at + 2 : at + 4], "little")
        found.append(acl[at : at + length])
        at += length
    return found


def acl_of(entries: list[bytes]) -> bytes | None:
    """Make a list of entries; None of none."""
    body = b"".join(entries)
    head = struct.pack("<BBHHH", 2, 0, 8 + len(body), len(entries), 0)
    return head + body if entries else None


def only(acl: bytes, parts: int) -> bytes | None:
    """Give the entries of an audit list that belong to some parts."""
    return acl_of([ace for ace in aces(acl) if _PART_OF_KIND.get(ace[0], 0x8) & parts])


def merged(old: bytes | None, new: bytes | None, parts: int) -> bytes | None:
    """Put the entries of some parts in the place of those that were there."""
    kept = aces(old) if old else []
    kept = [ace for ace in kept if not _PART_OF_KIND.get(ace[0], 0x8) & parts]
    added = aces(only(new, parts) or b"\0" * 8) if new else []
    return acl_of(added + kept)  # the order among the kinds is no promise


# --- descriptors

Pieces = tuple[bytes, bytes, bytes | None, bytes | None, int]


def pieces(data: bytes) -> Pieces:
    """Cut a self-relative descriptor into owner, group, audit list, access list and control."""
    control = int.from_bytes(data[2:4], "little")
    owner, group, sacl, dacl = struct.unpack_from("<4I", data, 4)

    def sid(at: int) -> bytes:
        return data[at : at + 8 + 4 * data[at + 1]] if at else b""

    def acl(at: int) -> bytes | None:
        return data[at : at + int.from_bytes(data[at + 2 : at + 4], "little")] if at else None

    return sid(owner), sid(group), acl(sacl), acl(dacl), control


def assembled(
    owner: bytes, group: bytes, sacl: bytes | None, dacl: bytes | None, control: int
) -> bytes:
    """Put a self-relative descriptor together; what was asked for with it is not kept."""
    data, offsets = bytes(20), []
    for piece in (owner, group, sacl, dacl):
        offsets.append(len(data) if piece else 0)
        data += piece or b""
    control = control & ~0x310 | 0x8000 | (0x10 if sacl else 0)
    return struct.pack("<BBH4I", 1, 0, control, *offsets) + data[20:]
