"""Where a path of the admin really leads, as far as the system can say."""

from __future__ import annotations

import os


def real_place(path: str) -> str:
    """Give a path with every link followed; as it is written where nobody can follow it.

    Windows asks the drive, which may answer anything but "not there".
    """
    try:
        return os.path.realpath(path)
    except OSError:
        return os.path.abspath(path)
