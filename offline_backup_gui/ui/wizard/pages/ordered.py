"""The order there is: its name, Azure's newest word, and how to go on when the devices come."""

from __future__ import annotations

from PySide6.QtCore import Signal

from offline_backup_gui.domain.orders import KeptOrder, OrderState
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.widgets.boxes import Card, row
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.ui.wizard.page import Desk


class OrderedCard(Card):
    """The end of the first act; days lie between it and the second."""

    overview_wanted = Signal(object)  # PlanId

    def __init__(self, desk: Desk, group: str = "order") -> None:
        """`group` has the sentences: "order" or "import-job"."""
        super().__init__(desk.words.text(f"{group}.done-title"), "circle-check")
        self._group = group
        self._words = desk.words
        self._order: KeptOrder | None = None
        self.told = text("", "strong")
        self._status = text("", "subdued")
        self.add(self.told)
        self.add(self._status)
        self.add(text(desk.words.text(f"{group}.done-why")))
        label = desk.words.text("order.to-overview")
        self.overview_button = IconButton("home", label)
        self.overview_button.setAccessibleName(plain(label))
        self.overview_button.clicked.connect(self._leave)
        self.add(row(self.overview_button, 1))

    def show_order(self, order: KeptOrder | None) -> None:
        """Show an order; None shows nothing new."""
        if order is None:
            return
        self._order, words = order, self._words
        by_hand = order.state is OrderState.BY_HAND
        key = f"{self._group}.noted" if by_hand else f"{self._group}.placed"
        self.told.setText(words.text(key, name=order.ref.name, at=order.at))
        status = order.typed[-1].status if order.typed else ""
        status = order.found.status if order.found else status
        self._status.setText(words.text("order.azure-status", status=status) if status else "")
        self._status.setVisible(bool(status))

    def _leave(self) -> None:
        if self._order is not None and self._order.plan_id is not None:
            self.overview_wanted.emit(self._order.plan_id)
