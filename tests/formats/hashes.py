"""The two hashes a record lists."""

from __future__ import annotations

import hashlib

from blake3 import blake3


def md5_of(data: bytes) -> bytes:
    """Give the hash Azure stores with an object."""
    return hashlib.md5(data, usedforsecurity=False).digest()


def blake3_of(data: bytes) -> bytes:
    """Give the strong hash."""
    return blake3(data).digest()
