"""The line below the backups: the installed version, or that a newer one is there."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.services.updates import Offer, Updates
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.updates.dialog import UpdatesDialog
from offline_backup_gui.words import Words


class UpdateLine(QWidget):
    """Looks once when it opens, if a place is set or something waits; tells nobody of trouble."""

    def __init__(self, updates: Updates, bridge: Bridge, words: Words) -> None:
        super().__init__()
        self._updates, self._bridge, self._words = updates, bridge, words
        self.button = IconButton("note", "", "quiet")
        self.button.clicked.connect(self.open)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.button)
        self.show_offer(Offer(updates.installed, None))
        bridge.call(self, self._look, self.show_offer, self._silent)

    def _look(self) -> Offer:
        waiting = self._updates.waiting()
        return self._updates.check() if not waiting.newer and self._updates.source() else waiting

    def _silent(self, _error: BackupError) -> None:
        """Say nothing: whoever wants to know opens the dialog, which says it."""

    def show_offer(self, offer: Offer) -> None:
        """Show what is known."""
        newer = offer.newer and offer.release is not None
        key = "update.line-newer" if newer else "update.line"
        version = offer.release.version if newer and offer.release else offer.installed
        label = self._words.text(key, version=version)
        self.button.setText(label)
        self.button.setAccessibleName(label)
        self.button.set_icon_name("refresh" if newer else "note")

    def open(self) -> UpdatesDialog:
        """Open the dialog."""
        dialog = UpdatesDialog(self._updates, self._bridge, self._words, self.window())
        dialog.found.connect(self.show_offer)
        dialog.open()
        return dialog
