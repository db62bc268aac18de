"""When the list of drives is asked for anew: at a fixed pace, and sooner after a hint."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from offline_backup_gui.domain.ports import DriveHints

LIST_EVERY_MS = 2_000
LOOK_EVERY_MS = 250


class DrivePoll(QObject):
    """Calls back while running; the first time at once. Hints are heard only while it runs."""

    def __init__(
        self, hints: Callable[[], DriveHints], on_list: Callable[[], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._make_hints = hints
        self._hints: DriveHints | None = None
        self._on_list = on_list
        self._waited_ms = 0
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self.tick)

    def start(self) -> None:
        """Begin, and list at once."""
        if self._timer.isActive():
            return
        self._hints = self._make_hints()
        self._timer.start()
        self._list()

    def stop(self) -> None:
        """Fall silent, and hear nothing more."""
        self._timer.stop()
        if self._hints is not None:
            self._hints.close()
            self._hints = None

    def tick(self) -> None:
        """Look whether it is time, or a hint is due."""
        self._waited_ms += LOOK_EVERY_MS
        hinted = self._hints is not None and self._hints.due()
        if hinted or self._waited_ms >= LIST_EVERY_MS:
            self._list()

    def _list(self) -> None:
        self._waited_ms = 0
        self._on_list()
