"""Getting a device on its way: what is to be done, in order, each with a tick that is kept."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout

from offline_backup_gui.domain.device_layout import Device
from offline_backup_gui.domain.device_steps import ship_steps
from offline_backup_gui.services import Services
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, WrappingCheck, clear, row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import chip, set_property, text
from offline_backup_gui.words import Words


class ShipCard(Card):
    """The checklist; its check is the one above, and ticks itself when nothing was found."""

    def __init__(self, services: Services, words: Words, bridge: Bridge) -> None:
        super().__init__(words.text("wizard.ship.device-title"), "truck")
        self._services, self._words, self._bridge = services, words, bridge
        self._device: Device | None = None
        self._name = ""  # of the backup, under which ticks are kept
        self._showing = False
        self.ticks: dict[str, WrappingCheck] = {}
        self._done = chip("")
        lead = text(words.text("device-desk.ship-why"), "subdued")
        head = row(lead, self._done, spacing=unit(self))
        head.setStretch(0, 1)
        self.add(head)
        self._list = QVBoxLayout()
        self._list.setSpacing(unit(self) // 2)
        self.add(self._list)
        self.told = NoticeList(words)
        self.add(self.told)
        self.hide()

    def show_device(self, device: Device | None, name: str = "") -> None:
        """Show the steps of a device; none for drives of one's own. `name` is the backup's."""
        self.setVisible(device is not None)
        if device is None or (device is self._device and name == self._name):
            return
        if device is not self._device:
            self._device = device
            self._show_steps(device)
        self._name = name
        if name:
            devices = self._services.devices
            self._bridge.call(
                self, lambda: devices.ticked(name), lambda found: self._tick(name, found)
            )

    def _show_steps(self, device: Device) -> None:
        clear(self._list)
        self.ticks = {}
        for number, key in enumerate(ship_steps(device), 1):
            here = f"{key}-here"  # where the window itself can do what a command does elsewhere
            sentence = self._words.text(here if self._words.has(here) else key)
            tick = WrappingCheck(f"{number}. {sentence}")
            tick.toggled.connect(lambda _on: self._ticked())
            self.ticks[key] = tick
            self._list.addWidget(tick)
        self._count()

    def show_checked(self, good: bool) -> None:
        """Tick the check, or take the tick back."""
        for key, tick in self.ticks.items():
            if key.endswith("-validate"):
                tick.box.setChecked(good)

    def _tick(self, name: str, found: frozenset[str]) -> None:
        """Show what was done before this window was opened."""
        if name != self._name:
            return
        self._showing = True
        for key, tick in self.ticks.items():
            tick.box.setChecked(tick.box.isChecked() or key in found)
        self._showing = False
        self._count()

    def _ticked(self) -> None:
        self._count()
        if self._showing or not self._name:
            return
        devices, name = self._services.devices, self._name
        done = frozenset(key for key, tick in self.ticks.items() if tick.box.isChecked())
        self._bridge.call(
            self,
            lambda: devices.keep_ticks(name, done),
            lambda _none: None,
            self.told.show_trouble,
        )

    def _count(self) -> None:
        done = sum(tick.box.isChecked() for tick in self.ticks.values())
        told = self._words.text("device-desk.ticked", done=done, all=len(self.ticks))
        self._done.setText(told)
        whole = done == len(self.ticks)
        set_property(self._done, "status", (Status.GOOD if whole else Status.QUIET).value)
