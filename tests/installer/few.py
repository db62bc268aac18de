"""An installation of a few files: enough for setup, MSI and audit, and quick to pack."""

from __future__ import annotations

import shutil
from pathlib import Path

from installer.windows.digest import size_bytes
from installer.windows.launchers import LAUNCHERS
from installer.windows.stage import Staged


def few_files(staged: Staged, tree: Path, content: str = "first") -> Staged:
    """Give a stage whose folders hold one file each, beside the real launchers."""
    for folder in ("runtime", "lib/deep", "app", "licenses"):
        (tree / folder).mkdir(parents=True)
        (tree / folder / "file.txt").write_text(f"{folder} {content}")
    for name in ("qt.conf", *(one.file_name for one in LAUNCHERS)):
        shutil.copyfile(staged.folder / name, tree / name)
    return Staged(tree, "0" * 64, size_bytes(tree))
