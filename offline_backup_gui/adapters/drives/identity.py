"""What tells drives apart and real from made-up: serial numbers and model names."""

from __future__ import annotations

import hashlib

_VIRTUAL_MODELS = ("qemu", "vmware", "virtual disk", "vbox")


def is_telling(serial: str) -> bool:
    """Say whether a serial tells drives apart; cheap bridges all answer with the same filler."""
    return len(set(serial) - {" ", "."}) > 1 and serial.upper() not in {"0123456789ABCDEF", "NONE"}


def made_serial(kind: str, identity: str) -> str:
    """Make a short serial out of what identifies a drive that has none of its own."""
    digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{kind}-{digest[:12].upper()}"


def is_virtual_model(name: str) -> bool:
    """Say whether a maker and model name a hypervisor's disk; those claim to be SAS or SATA."""
    return any(model in name.lower() for model in _VIRTUAL_MODELS)
