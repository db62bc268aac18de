"""How often Azure itself is asked: now and then, at once by a button, rarely while it fails."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, QTimer, Signal

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.services.following import Following
from offline_backup_gui.ui.azure.asking import Asking
from offline_backup_gui.ui.bridge import Bridge

EVERY_MS = 15 * 60_000  # stages last hours; a look costs one request for each order
RETRY_MS = 60_000
LONGEST_MS = 60 * 60_000


class AzurePace(QObject):
    """Asks about every backup in turn, beside the window; what fails leaves the last look."""

    looked = Signal()

    def __init__(self, following: Following, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._following = following
        self._asking = Asking(bridge, self)
        self._failed = 0
        self.troubles: Mapping[PlanId, BackupError] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.ask)

    @property
    def busy(self) -> bool:
        """Say whether Azure is being asked."""
        return self._asking.busy

    @property
    def next_ms(self) -> int:
        """Give the pause until the next look."""
        if not self._failed:
            return EVERY_MS
        return int(min(RETRY_MS * 2 ** (self._failed - 1), LONGEST_MS))

    def ask(self) -> None:
        """Ask now, unless it is being asked."""
        if not self._asking.busy:
            self._timer.stop()
            self._asking.ask(self._following.look_at_all, self._answered, self._refused)

    def stop(self) -> None:
        """Ask no more; what is under way ends within a second."""
        self._timer.stop()
        self._asking.stop()

    def _answered(self, found: Mapping[PlanId, BackupError | None]) -> None:
        self.troubles = {plan_id: trouble for plan_id, trouble in found.items() if trouble}
        self._failed = self._failed + 1 if self.troubles else 0
        self._timer.start(self.next_ms)
        self.looked.emit()

    def _refused(self, _error: BackupError) -> None:
        # The state itself did not answer; the look at it says so.
        self._failed += 1
        self._timer.start(self.next_ms)
        self.looked.emit()
