"""What tells drives apart and real from made-up: serial numbers and model names."""

from __future__ import annotations

import hashlib
import re

_VIRTUAL_MODELS = ("qemu", "vmware", "virtual disk", "vbox")
# What bridges and card readers answer with when nobody gave them a number.
_FILLERS = frozenset({"0123456789ABCDEF", "NONE", "UNKNOWN", "N/A"})
_HEX_OF_20_BYTES = re.compile(r"[0-9A-Fa-f]{40}")
# Windows writes the EUI-64 or NGUID of an NVMe namespace like this: 0025_38B7_1140_0D1D.
_NVME_IDENTIFIER = re.compile(r"[0-9A-Fa-f]{4}(_[0-9A-Fa-f]{4}){3,7}\.?")
# Makers whose names begin a model; seen the other way round, each pair of letters is swapped.
_MAKERS = ("WDC ", "ST", "SAMSUNG", "TOSHIBA", "HGST", "HITACHI", "MAXTOR", "FUJITSU", "INTEL",
           "CRUCIAL", "KINGSTON", "MICRON", "SANDISK", "CT")  # fmt: skip


def is_telling(serial: str) -> bool:
    """Say whether a serial tells drives apart; cheap bridges all answer with the same filler."""
    if len(set(serial) - {" ", ".", "_", "-"}) <= 1 or serial.upper() in _FILLERS:
        return False
    return not (serial.isdigit() and serial in "01234567890123456789")


def clean_serial(raw: str, model: str = "") -> str:
    """Give a serial as it is printed on the drive, out of the odd forms that systems hand on.

    Padding goes; 40 hexadecimal digits of swapped letters (Windows' old ATA form) are read; an
    NVMe identifier loses its filler; letters that an old bridge swapped in pairs are put right,
    which only the swapped model shows.
    """
    serial = raw.strip(" \0")
    if _HEX_OF_20_BYTES.fullmatch(serial):
        letters = bytes.fromhex(serial)
        if all(32 <= byte < 127 for byte in letters):
            return " ".join(swapped(letters.decode("ascii")).split())
    if _NVME_IDENTIFIER.fullmatch(serial):
        return serial.replace("_", "").rstrip(".")
    if is_swapped(model):
        # Swapping needs the padding: without it the pairs would begin at the wrong letter.
        serial = swapped(raw if len(raw) % 2 == 0 else raw + " ").strip(" \0")
    return " ".join(serial.split())


def is_swapped(model: str) -> bool:
    """Say whether a model reads as one of a known maker only with its pairs of letters swapped."""
    straight, turned = model.strip().upper(), swapped(model).strip().upper()
    return not _names_a_maker(straight) and _names_a_maker(turned)


def _names_a_maker(model: str) -> bool:
    # Two letters alone would be found anywhere; Seagate and Crucial put a number after them.
    # TS512GSSD of Transcend reads ST15G2 when swapped, so two digits are not enough.
    return any(
        model.startswith(maker) and (len(maker) > 2 or model[2:5].isdigit()) for maker in _MAKERS
    )


def swapped(text: str) -> str:
    """Swap each pair of letters; an odd last one stays."""
    pairs = (text[place : place + 2][::-1] for place in range(0, len(text), 2))
    return "".join(pairs)


def made_serial(kind: str, identity: str) -> str:
    """Make a short serial out of what identifies a drive that has none of its own."""
    digest = hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{kind}-{digest[:12].upper()}"


def is_virtual_model(name: str) -> bool:
    """Say whether a maker and model name a hypervisor's disk; those claim to be SAS or SATA."""
    return any(model in name.lower() for model in _VIRTUAL_MODELS)
