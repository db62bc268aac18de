"""Getting a device on its way: what is to be done, in order, each with a tick."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout

from offline_backup_gui.domain.device_layout import Device
from offline_backup_gui.domain.device_steps import ship_steps
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, WrappingCheck, clear, row, unit
from offline_backup_gui.ui.widgets.texts import chip, set_property, text
from offline_backup_gui.words import Words


class ShipCard(Card):
    """The checklist; its check is the one above, and ticks itself when nothing was found."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.text("wizard.ship.device-title"), "truck")
        self._words = words
        self._device: Device | None = None
        self.ticks: dict[str, WrappingCheck] = {}
        self._done = chip("")
        lead = text(words.text("device-desk.ship-why"), "subdued")
        head = row(lead, self._done, spacing=unit(self))
        head.setStretch(0, 1)
        self.add(head)
        self._list = QVBoxLayout()
        self._list.setSpacing(unit(self) // 2)
        self.add(self._list)
        self.hide()

    def show_device(self, device: Device | None) -> None:
        """Show the steps of a device; none for drives of one's own."""
        self.setVisible(device is not None)
        if device is None or device is self._device:
            return
        self._device = device
        clear(self._list)
        self.ticks = {}
        for number, key in enumerate(ship_steps(device), 1):
            here = f"{key}-here"  # where the window itself can do what a command does elsewhere
            sentence = self._words.text(here if self._words.has(here) else key)
            tick = WrappingCheck(f"{number}. {sentence}")
            tick.toggled.connect(lambda _on: self._count())
            self.ticks[key] = tick
            self._list.addWidget(tick)
        self._count()

    def show_checked(self, good: bool) -> None:
        """Tick the check, or take the tick back."""
        for key, tick in self.ticks.items():
            if key.endswith("-validate"):
                tick.box.setChecked(good)

    def _count(self) -> None:
        done = sum(tick.box.isChecked() for tick in self.ticks.values())
        told = self._words.text("device-desk.ticked", done=done, all=len(self.ticks))
        self._done.setText(told)
        whole = done == len(self.ticks)
        set_property(self._done, "status", (Status.GOOD if whole else Status.QUIET).value)
