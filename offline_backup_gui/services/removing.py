"""Removes the sample folders that practice made, read-only files included."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path


def remove_tree(folder: Path) -> None:
    """Remove a folder and everything in it; OSError when something stays."""
    shutil.rmtree(folder, onerror=_writable_first)


def _writable_first(remove: Callable[[str], object], path: str, _info: object) -> None:
    """Try once more: Windows does not remove what carries the read-only attribute."""
    if os.name != "nt" or remove not in (os.unlink, os.rmdir):
        raise  # as it came: this is called while the library handles it
    os.chmod(path, stat.S_IWRITE)
    remove(path)
