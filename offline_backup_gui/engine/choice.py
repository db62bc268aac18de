"""Which files of a restore point are wanted: all, by patterns, or by their paths."""

from __future__ import annotations

from collections.abc import Sequence

from offline_backup_gui.engine.scan import matches, path_patterns


class Choice:
    """Decides which paths of a point are wanted."""

    def __init__(self, include: Sequence[str], paths: Sequence[bytes]) -> None:
        self._spec = path_patterns(include, "include")
        self._paths = tuple(path.rstrip(b"/") for path in paths)
        self._all = not include and not paths

    @property
    def everything(self) -> bool:
        """Say whether nothing is left out."""
        return self._all

    def wants(self, path: bytes, *, folder: bool) -> bool:
        """Say whether a file (or an empty folder) is wanted."""
        if self._all:
            return True
        if any(path == wanted or path.startswith(wanted + b"/") for wanted in self._paths):
            return True
        if self._spec is None:
            return False
        # A pattern may begin at the source's name or below it.
        inside = path.partition(b"/")[2]
        return matches(self._spec, path, folder=folder) or (
            bool(inside) and matches(self._spec, inside, folder=folder)
        )
