"""What the tools of Windows print about disks, volumes and recovery passwords; pure functions.

The scripts are `adapters/drives/prepare_scripts`; manage-bde speaks the language of the system, so
that nothing of it counts but digits and codes. Nothing here raises anything but ValueError.
"""

from __future__ import annotations

import re
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from offline_backup_gui.domain.bitlocker import passwords_in
from offline_backup_gui.domain.decoding import json_decoder
from offline_backup_gui.domain.preparing import DiskIdentity, NewVolume

_MOST_BYTES = 1 << 16
_VOLUME = re.compile(
    r"\\\\\?\\Volume\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}\\"
)  # fmt: skip
_CODE = re.compile(r"0x[0-9A-Fa-f]{8}")
_Size = Annotated[str, Meta(pattern=r"^[0-9]{1,19}$")]


class _Disk(Struct, frozen=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(min_length=1, max_length=1000)]
    unique: Annotated[str, Meta(max_length=1000)]
    serial: Annotated[str, Meta(max_length=200)]
    size: _Size
    in_use: bool


class _Volume(Struct, frozen=True, forbid_unknown_fields=True):
    volume: str
    letter: Annotated[str, Meta(pattern=r"^[A-Z]$")]
    size: _Size


class _Trouble(Struct, frozen=True, forbid_unknown_fields=True):
    trouble: Annotated[str, Meta(max_length=500)]
    said: Annotated[str, Meta(max_length=4000)] = ""


CHANGED = "changed"


class Refused(Struct, frozen=True):
    """The script did not do it: CHANGED, or a name of PowerShell, and what Windows said."""

    kind: str
    said: str = ""


def parse_disk(raw: bytes) -> DiskIdentity | Refused:
    """Read the answer about a disk; ValueError when it is none."""
    found = _read(raw, _Disk)
    if isinstance(found, _Trouble):
        return Refused(found.trouble, found.said)
    return DiskIdentity(
        found.path, found.unique, int(found.size), found.serial.strip(), found.in_use
    )


def parse_new_volume(raw: bytes) -> NewVolume | Refused:
    """Read the answer about a drive that was erased; ValueError when it is none."""
    found = _read(raw, _Volume)
    if isinstance(found, _Trouble):
        return Refused(found.trouble, found.said)
    if not _VOLUME.fullmatch(found.volume):
        raise ValueError("not the name of a volume")
    return NewVolume(found.volume, f"{found.letter}:\\", int(found.size))


Found = TypeVar("Found", _Disk, _Volume)


def _read(raw: bytes, kind: type[Found]) -> Found | _Trouble:
    if len(raw) > _MOST_BYTES:
        raise ValueError("too long")
    text = raw.removeprefix(b"\xef\xbb\xbf").strip()
    try:
        return json_decoder(_Trouble).decode(text)
    except msgspec.DecodeError:
        return json_decoder(kind).decode(text)


def parse_recovery_password(raw: bytes) -> str:
    """Find the one recovery password in what manage-bde printed, in any language and code page.

    ValueError when there is none, or more than one: nobody could say which is new.
    """
    found = passwords_in(_text(raw))
    if len(found) != 1:
        raise ValueError(f"{len(found)} recovery passwords")
    return found[0]


def refusal_code(raw: bytes) -> str:
    """Give the code of Windows in what manage-bde printed, or nothing; never a password."""
    found = _CODE.search(_text(raw))
    return found.group() if found else ""


def _text(raw: bytes) -> str:
    # Digits are the same bytes in every code page of the console.
    if b"\0" in raw[:64]:
        return raw.decode("utf-16-le", "replace")
    return raw.decode("latin-1")
