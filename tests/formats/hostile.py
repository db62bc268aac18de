"""What the tests of the formats share: fixed keys, records with a right check value, refusals."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
from blake3 import blake3

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.formats.keys import Keyring

REPOSITORY_ID = bytes(range(16))
MASTER = bytes(range(100, 132))
KEYRING = Keyring(REPOSITORY_ID, MASTER)
OTHER_REPOSITORY = Keyring(bytes(16), MASTER)
OTHER_KEY = Keyring(REPOSITORY_ID, bytes(32))


def refusal(action: Callable[..., object], *arguments: object) -> BackupError | None:
    """Give the BackupError of an action, None when it went through; anything else is a bug."""
    try:
        action(*arguments)
    except BackupError as error:
        return error
    return None


def code_of(action: Callable[..., object], *arguments: object) -> ErrorCode | None:
    error = refusal(action, *arguments)
    return None if error is None else error.code


def accepted_flips(data: bytes, read: Callable[[bytes], object]) -> list[int]:
    """Flip every single bit; give the numbers of the bits whose flip went unnoticed."""
    unnoticed = []
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        if refusal(read, bytes(flipped)) is None:
            unnoticed.append(bit)
    return unnoticed


def accepted_cuts(data: bytes, read: Callable[[bytes], object]) -> list[int]:
    """Cut at every length, and add a byte; give the lengths that went unnoticed."""
    return [length for length in range(len(data)) if refusal(read, data[:length]) is None] + [
        len(data) + 1 for more in (b"\0", b"\n", b" ", b"}") if refusal(read, data + more) is None
    ]


def with_check(rest: bytes) -> bytes:
    """Give a record as an attacker without a key makes it: any text behind a right check value."""
    return b'{"check":"' + blake3(b'{"check":"' + rest).hexdigest().encode() + rest


def changed(record: bytes, **values: object) -> bytes:
    """Change values of a record and make its check value right again; no key is needed."""
    fields = msgspec.json.decode(record)
    for name, value in values.items():
        inner, key = fields, name
        if "__" in name:
            outer, key = name.split("__")
            inner = fields[outer]
        inner[key] = value
    text = msgspec.json.encode(fields, order="sorted") + b"\n"
    return with_check(text[74:])


@contextmanager
def little_memory(limit_bytes: int) -> Iterator[None]:
    """Hold what runs inside to a peak of so many bytes."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < limit_bytes
