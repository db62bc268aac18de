"""The exception ledger: everything that was chosen and is not in the backup, with the reason."""

from __future__ import annotations

import threading

from offline_backup_gui.domain.book import Reason
from offline_backup_gui.formats.point import LeftOut


class Ledger:
    """Collects from many threads; the same path and reason count once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: dict[tuple[bytes, str], LeftOut] = {}

    def add(self, path: bytes, reason: Reason, detail: str = "") -> None:
        """Note one path that is left out, or not surely right."""
        with self._lock:
            self._lines[path, reason.value] = LeftOut(path, reason.value, detail)

    def __len__(self) -> int:
        return len(self._lines)

    def lines(self) -> list[LeftOut]:
        """Give the ledger sorted by path."""
        with self._lock:
            return sorted(self._lines.values(), key=lambda line: (line.path, line.reason))
