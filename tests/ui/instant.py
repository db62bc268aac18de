"""A bridge without threads: every answer is there when the call returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject

from offline_backup_gui.domain.errors import BackupError, Stopped
from offline_backup_gui.ui.bridge import Bridge

T = TypeVar("T")


class InstantBridge(Bridge):
    """Runs everything at once in the caller's thread."""

    def call(
        self,
        owner: QObject,
        function: Callable[[], T],
        on_done: Callable[[T], None],
        on_error: Callable[[BackupError], None] | None = None,
    ) -> None:
        try:
            answer = function()
        except BackupError as error:
            if on_error is None:
                raise
            on_error(error)
        except Stopped:
            return
        else:
            on_done(answer)
