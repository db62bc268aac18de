"""How values are written into `state.db`: JSON, with names that are no UTF-8 kept as they are."""

from __future__ import annotations

import json
from typing import TypeVar, cast

import msgspec

from offline_backup_gui.domain.decoding import converted, json_decoder
from offline_backup_gui.domain.errors import BackupError, ErrorCode

STATE_NAME = "state.db"
T = TypeVar("T")


def written(value: object) -> bytes:
    """Give a value as JSON. Names that are no UTF-8 are kept as Python holds them."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value)).encode("ascii")


def read(data: object, kind: type[T]) -> T:
    """Read what `written` gave; STATE_NOT_USABLE when it is something else."""
    try:
        return json_decoder(kind).decode(cast(bytes, data))
    except msgspec.MsgspecError as error:
        if b"\\ud" not in cast(bytes, data):
            raise _not_understood(error) from error
    try:
        return converted(json.loads(cast(bytes, data)), kind)
    except (msgspec.MsgspecError, ValueError) as error:
        raise _not_understood(error) from error


def _not_understood(error: Exception) -> BackupError:
    return BackupError(ErrorCode.STATE_NOT_USABLE, path=STATE_NAME, why=str(error))
