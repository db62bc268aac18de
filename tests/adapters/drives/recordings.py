"""Reads what systems answered."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).with_name("recordings")


@dataclass(frozen=True)
class Computer:
    """What one Linux computer answered."""

    lsblk: str
    mountinfo: str
    swaps: str


def computer(name: str) -> Computer:
    return Computer(
        *(
            os.fsdecode((_FOLDER / f"{name}.{ending}").read_bytes())
            for ending in ("lsblk.json", "mountinfo", "swaps")
        )
    )


def windows(name: str) -> dict[str, bytes]:
    """Give the answers of one Windows device, by what was asked."""
    with (_FOLDER / "windows.toml").open("rb") as file:
        return {asked: bytes.fromhex(text) for asked, text in tomllib.load(file)[name].items()}
