"""Where things lie while the Windows program is built; everything made here is ignored by git."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "offline_backup_gui"
RESOURCES = ROOT / "resources"
LOCK = ROOT / "requirements.lock"
HERE = ROOT / "installer" / "windows"


@dataclass(frozen=True)
class Places:
    """The folders of one build."""

    build: Path = ROOT / "build"
    dist: Path = ROOT / "dist"

    @property
    def downloads(self) -> Path:
        """Give the folder of what came from package registries; its content is checked by hash."""
        return self.build / "downloads"

    @property
    def stage(self) -> Path:
        """Give the folder that becomes the installation folder."""
        return self.build / "stage"

    @property
    def layers(self) -> Path:
        """Give the folder that remembers from what each layer of the stage was made."""
        return self.build / "layers"

    @property
    def objects(self) -> Path:
        """Give the folder of everything in between."""
        return self.build / "objects"


def version() -> str:
    """Give the version of the program, as three numbers."""
    text = (PROGRAM / "__init__.py").read_text()
    found = re.search(r'^__version__ = "(\d+\.\d+\.\d+)"$', text, re.MULTILINE)
    if found is None:
        raise SystemExit("offline_backup_gui/__init__.py names no version of three numbers.")
    return found[1]
