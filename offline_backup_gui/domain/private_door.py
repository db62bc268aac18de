"""How files that open a backup or its drives are made: for their owner and administrators alone."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class PrivateFiles(Protocol):
    """Makes closed files. OSError when the system refuses."""

    def create(self, path: Path) -> int:
        """Make a new file, closed from its first moment, and give its descriptor for writing.

        FileExistsError when something is there. A file system without rights (FAT, many a share)
        makes it all the same: `is_closed` says so.
        """

    def is_closed(self, path: Path) -> bool:
        """Say whether nobody but owner, system and administrators may open a file, as read back."""
