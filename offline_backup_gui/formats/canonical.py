"""One JSON form for unencrypted records: sorted keys, no spaces, so that every bit counts."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from offline_backup_gui.domain.errors import BackupError, ErrorCode

T = TypeVar("T")


def canonical(value: object) -> bytes:
    """Encode as JSON with sorted keys, no spaces, and one line feed at the end."""
    return msgspec.json.encode(value, order="sorted") + b"\n"


def strict(data: bytes, kind: type[T], name: str) -> T:
    """Decode a record; FORMAT_DAMAGED unless the bytes are exactly its canonical form.

    A record whose bytes differ from its canonical form was not written by this program as it is
    now: a flipped bit in white space or in the order of keys is found as well.
    """
    try:
        value = msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BackupError(ErrorCode.FORMAT_DAMAGED, name=name, why=str(error)) from error
    if canonical(value) != data:
        raise BackupError(ErrorCode.FORMAT_DAMAGED, name=name, why="not canonical")
    return value
