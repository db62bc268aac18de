"""Where there are no shadow copies: files are read as they lie there, as on Linux always."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from offline_backup_gui.domain.ports import ShadowView
from offline_backup_gui.domain.shadow import ShadowPlaces


class LiveView:
    """Nothing stands still and nothing has to be given back."""

    def __init__(self, found: ShadowPlaces | None = None) -> None:
        self.found = found or ShadowPlaces()

    def whole(self) -> bool:
        """Say that nothing was lost: there is nothing to lose."""
        return True

    def release(self) -> None:
        """Do nothing."""


class NoShadowCopies:
    """Never takes one, and finds nothing to tell about that."""

    def take(self, sources: Sequence[str], checkpoint: Callable[[], None]) -> ShadowView:
        """Read everything live."""
        del sources, checkpoint
        return LiveView()
