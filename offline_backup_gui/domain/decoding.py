"""Reading JSON and MessagePack into types: every decoder is made here, one at a time.

msgspec works a type out when it first decodes one, and keeps it before it is whole. A second
thread that decodes the same type in that moment reads through a null pointer and ends the program
(msgspec 0.22.0, `StructInfo` in `_core.c`). Once worked out, a type serves any number of threads.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

# Working a type out may run a finaliser that reads something, too.
_one_at_a_time = threading.RLock()
_json: dict[tuple[object, bool], msgspec.json.Decoder[Any]] = {}
_msgpack: dict[object, msgspec.msgpack.Decoder[Any]] = {}


def json_decoder(kind: type[T], *, strict: bool = True) -> msgspec.json.Decoder[T]:
    """Give the one decoder of JSON into `kind`; without `strict` texts may stand for numbers."""
    known = _json.get((kind, strict))
    if known is None:
        with _one_at_a_time:
            known = _json[kind, strict] = msgspec.json.Decoder(kind, strict=strict)
    return known


def msgpack_decoder(kind: type[T]) -> msgspec.msgpack.Decoder[T]:
    """Give the one decoder of MessagePack into `kind`."""
    known = _msgpack.get(kind)
    if known is None:
        with _one_at_a_time:
            known = _msgpack[kind] = msgspec.msgpack.Decoder(kind)
    return known


def converted(data: object, kind: type[T]) -> T:
    """Read what JSON or TOML became in Python into `kind`; msgspec.ValidationError if it is not."""
    json_decoder(kind)
    return msgspec.convert(data, kind)
