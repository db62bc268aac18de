"""The devices that can be had: size, fees with their date, and why one cannot be ordered."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from offline_backup_gui.domain.orders import Offer
from offline_backup_gui.domain.prices import Fee
from offline_backup_gui.ui.widgets.boxes import ChoiceCard, ChoiceGroup, Columns, unit
from offline_backup_gui.ui.widgets.texts import chip, text
from offline_backup_gui.words import Words

Priced = tuple[Offer, tuple[Fee, ...]]


class OfferList(QWidget):
    """One card for each model; only those that Azure enables can be chosen."""

    chosen = Signal(str)  # model

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._offers: tuple[Priced, ...] = ()
        self._group: ChoiceGroup | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(unit(self) // 2)
        self._cards = Columns((), letters=30)
        column.addWidget(self._cards)
        self._note = text(words.text("order.price-note"), "small")
        column.addWidget(self._note)
        self.hide()

    @property
    def offers(self) -> tuple[Priced, ...]:
        """Give what is shown."""
        return self._offers

    def show_offers(self, offers: Sequence[Priced], model: str) -> None:
        """Show the offers with one of them chosen; the only one that can be had chooses itself."""
        self._offers = tuple(offers)
        cards = [self._card(offer, fees) for offer, fees in offers]
        self._cards.set_widgets(cards)
        self._group = ChoiceGroup(cards, self)
        self._group.changed.connect(lambda index: self.chosen.emit(self._offers[index][0].model))
        models = [offer.model for offer, _ in offers]
        enabled = [offer.model for offer, _ in offers if offer.enabled]
        if model in enabled:
            self._group.select(models.index(model))
        elif len(enabled) == 1:
            self._group.select(models.index(enabled[0]))
            self.chosen.emit(enabled[0])
        self.setVisible(bool(offers))

    def _card(self, offer: Offer, fees: Sequence[Fee]) -> ChoiceCard:
        words = self._words
        card = ChoiceCard(words.term("device-model", offer.model))
        if offer.usable_tb:
            usable = words.number(offer.usable_tb, 0 if offer.usable_tb >= 10 else 1)
            card.add(text(words.text("order.usable", size=usable)))
        card.add(text(words.text("order.azure-name", name=offer.model), "small"))
        if not offer.enabled:
            reason = offer.reason or words.text("order.not-offered")
            card.add(chip(words.text("order.not-offered-chip")))
            card.add(text(reason, "subdued"))
            card.radio.setAccessibleDescription(reason)
        for fee in fees if offer.enabled else ():
            card.add(text(self._fee(fee), "small"))
        card.column.addStretch(1)
        card.set_available(offer.enabled)
        return card

    def _fee(self, fee: Fee) -> str:
        words = self._words
        kind = words.term("fee", fee.kind)
        if fee.amount is None:
            return words.text("order.fee-unknown", kind=kind)
        return words.text(
            "order.fee",
            kind=kind,
            amount=words.number(fee.amount, 2),
            currency=fee.currency,
            source=fee.source,
            date=fee.date,
        )
