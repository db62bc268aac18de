"""Counts notes of (key, nonce) pairs and finds repeated ones, within a bound of memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.robustness.nonce_crowd import NOTE_BYTES

_PILES = 256  # by the first byte of a note: ten million notes make piles of 600 KiB
_READ_BYTES = 1 << 20
_PILE_BYTES = 64 << 10


@dataclass
class Count:
    """How many notes of each kind there are, and how many pairs came more than once."""

    kinds: Counter[int] = field(default_factory=Counter)
    repeated: int = 0


def count(files: Iterable[Path], folder: Path) -> Count:
    """Sort the notes of all files into piles in a folder, then look at each pile."""
    folder.mkdir()
    found = Count()
    piles = [bytearray() for _ in range(_PILES)]

    def put_away(number: int) -> None:
        with open(folder / f"{number}", "ab") as file:
            file.write(piles[number])
        piles[number].clear()

    for path in files:
        with path.open("rb") as notes:
            while part := notes.read(_READ_BYTES):
                found.kinds.update(part[NOTE_BYTES - 1 :: NOTE_BYTES])
                for at in range(0, len(part), NOTE_BYTES):
                    piles[part[at]] += part[at : at + NOTE_BYTES]
                for number, pile in enumerate(piles):
                    if len(pile) >= _PILE_BYTES:
                        put_away(number)
    del found.kinds[0]  # room that was not used
    for number in range(_PILES):
        put_away(number)
        path = folder / f"{number}"
        content = path.read_bytes()
        path.unlink()
        pairs = [
            content[at : at + NOTE_BYTES - 1]
            for at in range(0, len(content), NOTE_BYTES)
            if content[at + NOTE_BYTES - 1]
        ]
        found.repeated += len(pairs) - len(set(pairs))
    return found
