"""The card of the overview that leads to the device of a backup, as long as it is here."""

from __future__ import annotations

from PySide6.QtCore import Signal

from offline_backup_gui.domain.device_steps import device_of
from offline_backup_gui.domain.shipment import StageName, Tracking
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.tracking import view
from offline_backup_gui.ui.widgets.boxes import Card, row
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Words


class DeviceCard(Card):
    """One sentence and one button."""

    wanted = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__(words.text("device-desk.card-title"), "drive-usb")
        self._words = words
        self._why = text("", "subdued")
        self.add(self._why)
        self.button = IconButton("chevron-right", words.text("device-desk.card-open"))
        self.button.setAccessibleName(plain(self.button.text()))
        self.button.clicked.connect(self.wanted)
        self.add(row(self.button, 1))

    def show_backup(self, backup: view.Backup) -> None:
        """Be there for a device of Microsoft that has not come back to the datacenter."""
        tracking = backup.tracking
        self.setVisible(tracking is not None and _is_here(backup, tracking))
        key = "card-why" if view.by_agent(backup) else "card-why-copy"
        self._why.setText(self._words.text(f"device-desk.{key}"))


def _is_here(backup: view.Backup, tracking: Tracking) -> bool:
    device = device_of(backup.plan.route) is not None and not backup.practice
    return device and not view.done(tracking, StageName.RECEIVED)
