"""Which whole file goes onto which drive, when files must not be split."""

from __future__ import annotations

from collections.abc import Sequence


def deal(sizes: Sequence[int], rooms: Sequence[int]) -> list[int] | None:
    """Give the drive of each file; None when no way is found. Sizes and rooms in bytes.

    The largest file first, each onto the drive that has least to write so far, so that the drives
    end together. Where that leaves no room for a file, the drives are filled one after the other.
    """
    return _dealt(sizes, rooms, evenly=True) or _dealt(sizes, rooms, evenly=False)


def _dealt(sizes: Sequence[int], rooms: Sequence[int], *, evenly: bool) -> list[int] | None:
    left, dealt = list(rooms), [0] * len(rooms)
    drives = [-1] * len(sizes)
    for index in sorted(range(len(sizes)), key=lambda index: (-sizes[index], index)):
        fitting = [drive for drive in range(len(rooms)) if left[drive] >= sizes[index]]
        if not fitting:
            return None
        load = dealt if evenly else left
        drive = min(fitting, key=lambda drive: (load[drive], drive))
        left[drive] -= sizes[index]
        dealt[drive] += sizes[index]
        drives[index] = drive
    return drives
