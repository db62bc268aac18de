"""Serial numbers: whether one tells drives apart, and what to use when a drive has none."""

from __future__ import annotations

import hashlib


def is_telling(serial: str) -> bool:
    """Say whether a serial tells drives apart; cheap bridges all answer with the same filler."""
    return len(set(serial) - {" ", "."}) > 1 and serial.upper() not in {"0123456789ABCDEF", "NONE"}


def made_serial(kind: str, identity: str) -> str:
    """Make a short serial out of what identifies a drive that has none of its own."""
    digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{kind}-{digest[:12].upper()}"
