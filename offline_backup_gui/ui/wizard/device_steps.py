"""The steps until a device of Microsoft leaves, as a card of the last page."""

from __future__ import annotations

from offline_backup_gui.domain.device_steps import device_of, ship_steps
from offline_backup_gui.domain.plan import Route
from offline_backup_gui.ui.widgets.boxes import Card
from offline_backup_gui.ui.widgets.texts import text
from offline_backup_gui.words import Words


class StepsCard(Card):
    """Numbered steps; hidden for drives of one's own."""

    def __init__(self, words: Words) -> None:
        super().__init__(words.text("wizard.ship.device-title"), "truck")
        self._words = words
        self.steps = text("")
        self.add(self.steps)
        self.hide()

    def show_route(self, route: Route | None) -> None:
        """Show the steps of a route."""
        device = device_of(route)
        self.setVisible(device is not None)
        if device is not None:
            steps = [self._words.text(key) for key in ship_steps(device)]
            lines = [f"{number}. {step}" for number, step in enumerate(steps, 1)]
            self.steps.setText("\n\n".join(lines))
