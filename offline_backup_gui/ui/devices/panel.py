"""All that is done with a device of Microsoft from the parcel that comes to the one that goes."""

from __future__ import annotations

from msgspec import Struct
from PySide6.QtWidgets import QVBoxLayout, QWidget

from offline_backup_gui.domain.agent_rules import is_agent
from offline_backup_gui.domain.agents import AgentsFound
from offline_backup_gui.domain.device_layout import Device
from offline_backup_gui.domain.device_steps import device_of
from offline_backup_gui.domain.orders import JobRef
from offline_backup_gui.domain.plan import DeploymentModel, Route
from offline_backup_gui.services import Services
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.devices.check_card import CheckCard
from offline_backup_gui.ui.devices.passkey_card import PasskeyCard
from offline_backup_gui.ui.devices.places import PlacesCard
from offline_backup_gui.ui.devices.ship_card import ShipCard
from offline_backup_gui.ui.devices.writing_card import WritingCard
from offline_backup_gui.ui.widgets.boxes import unit
from offline_backup_gui.words import Words


class Errand(Struct, frozen=True):
    """Whose device it is: route and maker of the data, the order; `name` stands in for an order."""

    route: Route | None
    model: DeploymentModel | None = None
    ref: JobRef | None = None
    name: str = ""


class DevicePanel(QWidget):
    """Cards in the order in which they are needed; `unlocking` is left out at the very end."""

    def __init__(
        self, services: Services, words: Words, bridge: Bridge, *, unlocking: bool = True
    ) -> None:
        super().__init__()
        self._errand = Errand(None)
        self._unlocking, self._visible = unlocking, False
        self.passkey = PasskeyCard(services, words, bridge)
        self.places = PlacesCard(services, words, bridge)
        self.writing = WritingCard(services, words, bridge)
        self.check = CheckCard(services, words, bridge)
        self.ship = ShipCard(services, words, bridge)
        self.places.changed.connect(self._show_places)
        self.check.checked.connect(self.ship.show_checked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(unit(self) * 3 // 4)
        for card in (self.passkey, self.places, self.writing, self.check, self.ship):
            column.addWidget(card)
        self.hide()

    def show_errand(self, errand: Errand) -> None:
        """Show what this device needs; nothing for drives of one's own."""
        device = device_of(errand.route)
        self.setVisible(device is not None)
        if device is None:
            return
        self._errand = errand
        self.passkey.setVisible(self._unlocking and device is Device.DISK)
        self.passkey.show_order(errand.ref, errand.name)
        self.writing.setVisible(is_agent(errand.model))
        self.ship.show_device(device, errand.name)
        self._show_places()

    def show_agents(self, found: AgentsFound | None) -> None:
        """Know what the agent said when it was asked elsewhere."""
        self.writing.hear(found)

    def entered(self) -> None:
        """Look for devices, and watch the agent where there is one."""
        if device_of(self._errand.route) is None:
            return
        self._visible = True
        self.places.look()
        self.passkey.look()
        if is_agent(self._errand.model):
            self.writing.entered()

    def left(self) -> None:
        """Watch no more, and take the passkey away; a check goes on."""
        self._visible = False
        self.writing.left()
        self.passkey.left()

    def _show_places(self) -> None:
        chosen = self.places.chosen
        self.check.show_places(chosen)
        if self._visible and is_agent(self._errand.model):
            self.writing.show_places(chosen, self._errand.model)
