"""One question to Azure at a time, beside the window, that a click ends at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.services.stop_flag import StopFlag
from offline_backup_gui.ui.bridge import Bridge

T = TypeVar("T")


class Asking(QObject):
    """Asks, and forgets the question when it is stopped or another one is asked.

    The window is free again at once; the work beside it ends at its next look at the control,
    within a second.
    """

    changed = Signal()  # whether something is being asked

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._flag: StopFlag | None = None

    @property
    def busy(self) -> bool:
        """Say whether an answer is awaited."""
        return self._flag is not None

    def ask(
        self,
        question: Callable[[Control], T],
        on_done: Callable[[T], None],
        on_error: Callable[[BackupError], None],
    ) -> None:
        """Ask; an older question is stopped and its answer not heard."""
        if self._flag is not None:
            self._flag.stop()
        flag = self._flag = StopFlag()

        def done(answer: T) -> None:
            if self._flag is flag:
                self._flag = None
                on_done(answer)
                self.changed.emit()

        def refused(error: BackupError) -> None:
            if self._flag is flag:
                self._flag = None
                on_error(error)
                self.changed.emit()

        self.changed.emit()
        self._bridge.call(self, lambda: question(flag), done, refused)

    def stop(self) -> None:
        """Wait no longer."""
        if self._flag is not None:
            self._flag.stop()
            self._flag = None
            self.changed.emit()
