"""A folder that stands for a drive of limited size: the marker file that says so."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from pathlib import Path

MARKER = ".offline-backup-drive.json"
_MARKER_MAX_BYTES = 4096


def practice_size(mount: Path) -> int | None:
    """Give the size in bytes a practice drive pretends to have; None for any other folder.

    The marker may lie on a hostile drive: it is read with a bound and can only make room smaller.
    """
    marker = mount / MARKER
    try:
        if not stat.S_ISREG(os.lstat(marker).st_mode):
            return None
        with marker.open("rb") as file:
            content = json.loads(file.read(_MARKER_MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    size = content.get("size_bytes") if isinstance(content, dict) else None
    return size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None


def make_practice_drive(mount: Path, size_bytes: int) -> None:
    """Make the folder if needed and let it stand for a drive of `size_bytes`."""
    mount.mkdir(parents=True, exist_ok=True)
    part = mount / (MARKER + ".part")
    part.write_text(json.dumps({"size_bytes": size_bytes}) + "\n", encoding="utf-8")
    os.replace(part, mount / MARKER)


def used_bytes(mount: Path) -> int:
    """Add up the files below a practice drive, the marker left out; OSError when it is gone."""
    total = 0
    folders = [os.fspath(mount)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    elif entry.name != MARKER:
                        total += entry.stat(follow_symlinks=False).st_size
    return total
