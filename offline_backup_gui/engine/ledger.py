"""The exception ledger: everything that was chosen and is not in the backup, with the reason."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

from offline_backup_gui.domain.book import Reason
from offline_backup_gui.formats.point import LeftOut


class Ledger:
    """Collects from many threads; the same path and reason count once.

    `places` says where sources were read; the ledger calls every file by its own name.
    """

    def __init__(self, places: Mapping[bytes, bytes] | None = None) -> None:
        self._roots = {place.rstrip(b"\\"): root for root, place in (places or {}).items()}
        self._lock = threading.Lock()
        self._lines: dict[tuple[bytes, str], LeftOut] = {}

    def add(self, path: bytes, reason: Reason, detail: str = "") -> None:
        """Note one path that is left out, or not surely right."""
        path = self._own_name(path)
        with self._lock:
            self._lines[path, reason.value] = LeftOut(path, reason.value, detail)

    def _own_name(self, path: bytes) -> bytes:
        for place, root in self._roots.items():
            if path == place:
                return root
            if path.startswith(place) and path[len(place) : len(place) + 1] in (b"/", b"\\"):
                return os.path.join(root, path[len(place) + 1 :].replace(b"\\", b"/"))
        return path

    def __len__(self) -> int:
        return len(self._lines)

    def lines(self) -> list[LeftOut]:
        """Give the ledger sorted by path."""
        with self._lock:
            return sorted(self._lines.values(), key=lambda line: (line.path, line.reason))
