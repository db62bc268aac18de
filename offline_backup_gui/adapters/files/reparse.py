"""REPARSE_DATA_BUFFER: where links lead, read and made. Malformed ones are a ValueError.

Source: MS-FSCC 2.1.2 (Reparse Point Data Structures); the layout of an AppExecLink is not
documented and was taken from what Windows writes.
"""

from __future__ import annotations

import struct

from offline_backup_gui.adapters.files.windows_bytes import (
    TAG_APP_EXEC_LINK,
    TAG_LX_SYMLINK,
    TAG_MOUNT_POINT,
    TAG_SYMLINK,
    name_bytes,
)

MAX_BYTES = 16 << 10
_HEADER = struct.Struct("<IHH")
_NAMES = struct.Struct("<HHHH")
_RELATIVE = 1
_NT_PREFIX = "\\??\\"


def tag_of(data: bytes) -> int:
    """Give the tag; the length must be what it says."""
    if len(data) < _HEADER.size:
        raise ValueError("reparse point")
    tag, length, _ = _HEADER.unpack_from(data)
    if length != len(data) - _HEADER.size or len(data) > MAX_BYTES:
        raise ValueError("reparse point")
    return int(tag)


def target_of(data: bytes) -> bytes:
    """Give where a link leads, as the catalogue keeps names; never empty."""
    tag, body = tag_of(data), data[_HEADER.size :]
    if tag == TAG_SYMLINK:
        text = _two_names(body, _NAMES.size + 4)
    elif tag == TAG_MOUNT_POINT:
        text = _two_names(body, _NAMES.size)
    elif tag == TAG_LX_SYMLINK:
        if len(body) < 4 or b"\0" in body[4:]:
            raise ValueError("reparse point")
        return _not_empty(body[4:])
    elif tag == TAG_APP_EXEC_LINK:
        text = [*_utf16(body[4:]).split("\0"), "", "", ""][2]
    else:
        raise ValueError("no link")
    return _not_empty(name_bytes(text.partition("\0")[0]))


def is_volume(data: bytes) -> bool:
    """Say whether a mount point mounts a volume rather than leading to a folder."""
    return tag_of(data) == TAG_MOUNT_POINT and target_of(data).lower().startswith(
        (b"\\\\?\\volume{", b"volume{")
    )


def _not_empty(target: bytes) -> bytes:
    if not target:
        raise ValueError("reparse point")
    return target


def _utf16(data: bytes) -> str:
    if len(data) % 2:
        raise ValueError("reparse point")
    return data.decode("utf-16-le", "surrogatepass")


def _two_names(body: bytes, start: int) -> str:
    """Give the name for people, or the one for Windows when there is no other."""
    if len(body) < start:
        raise ValueError("reparse point")
    sub_at, sub_length, print_at, print_length = _NAMES.unpack_from(body)
    names = []
    for at, length in ((print_at, print_length), (sub_at, sub_length)):
        if start + at + length > len(body) or at % 2:
            raise ValueError("reparse point")
        names.append(_utf16(body[start + at : start + at + length]))
    return names[0] or names[1].removeprefix(_NT_PREFIX)


def symlink(target: str) -> bytes:
    """Make a symbolic link from a path as people write it; "/" becomes "\\"."""
    shown = target.replace("/", "\\")
    rooted = shown.startswith("\\\\") or shown[1:3] == ":\\"
    if shown.startswith("\\\\?\\"):
        real = _NT_PREFIX + shown[4:]
    elif shown.startswith("\\\\"):
        real = _NT_PREFIX + "UNC\\" + shown[2:]
    else:
        real = _NT_PREFIX + shown if rooted else shown
    first = real.encode("utf-16-le", "surrogatepass")
    second = shown.encode("utf-16-le", "surrogatepass")
    flags = 0 if rooted else _RELATIVE
    body = _NAMES.pack(0, len(first), len(first), len(second)) + struct.pack("<I", flags)
    body += first + second
    data = _HEADER.pack(TAG_SYMLINK, len(body), 0) + body
    if not shown or "\0" in shown or len(data) > MAX_BYTES:
        raise ValueError("reparse point")
    return data
