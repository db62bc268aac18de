"""One JSON form for records anybody may read: sorted keys, no spaces, a check value in front.

The check value finds rot and slips of the hand without a key. Forgery is found by the keyed tag of
a record, or by the key that a slot wraps.
"""

from __future__ import annotations

import re
import struct
from datetime import datetime
from typing import TypeVar

import msgspec
from blake3 import blake3

from offline_backup_gui.domain.decoding import json_decoder
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.formats import FORMAT_VERSION

MAX_RECORD_BYTES = 64 << 20

# "check" is the first key of every record in sorted order, today and in every later version, so
# that a damaged record can be told from a newer one without knowing any of its other keys.
_FRAME = struct.Struct("10s64s1s")  # {"check":" and 64 hexadecimal digits and "
_START, _END = b'{"check":"', b'"'


class _Version(msgspec.Struct, frozen=True):
    """As much of a record as every later version will have, too."""

    format: int


R = TypeVar("R", bound=msgspec.Struct)


def canonical(value: object) -> bytes:
    """Encode as JSON with sorted keys, no spaces, and one line feed at the end."""
    return msgspec.json.encode(value, order="sorted") + b"\n"


def checked(record: msgspec.Struct) -> bytes:
    """Give the bytes of a record with its field `check` filled in."""
    value = _check_of(canonical(msgspec.structs.replace(record, check="0" * 64)))
    return canonical(msgspec.structs.replace(record, check=value))


def _check_of(data: bytes) -> str:
    """Give BLAKE3 of a record without the 64 digits of its check value."""
    hasher = blake3(data[:10])
    hasher.update(data[_FRAME.size - 1 :])
    return hasher.hexdigest()


def strict(data: bytes, kind: type[R], name: str) -> R:
    """Decode a record; FORMAT_DAMAGED unless the bytes are exactly what this program writes.

    An intact record of a later version is FORMAT_NEWER. Every flipped bit is found.
    """
    try:
        _check_frame(data, name)
        version = json_decoder(_Version).decode(data).format
        if version > FORMAT_VERSION:
            raise BackupError(ErrorCode.FORMAT_NEWER, name=name, version=min(version, 1 << 31))
        if version < 1:
            raise damaged(name, "version")
        value = json_decoder(kind).decode(data)
        if canonical(value) != data:
            raise damaged(name, "not canonical")
    except (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError) as error:
        raise damaged(name, type(error).__name__) from error
    return value


def _check_frame(data: bytes, name: str) -> None:
    if not _FRAME.size < len(data) <= MAX_RECORD_BYTES:
        raise damaged(name, "size")
    start, check, end = _FRAME.unpack_from(data)
    if start != _START or end != _END or check != _check_of(data).encode():
        raise damaged(name, "check")


def is_time(text: str) -> bool:
    """Say whether a text is a time as it stands in records and points, of a day that exists."""
    if not _TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text[:-1])
    except ValueError:
        return False
    return True


def damaged(name: str, why: str) -> BackupError:
    """Give the trouble with an object whose bytes cannot be what was written."""
    return BackupError(ErrorCode.FORMAT_DAMAGED, name=name, why=why)


HEX_32 = re.compile(r"[0-9a-f]{32}")
HEX_64 = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
