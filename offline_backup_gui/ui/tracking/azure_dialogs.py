"""Dialogs about Azure: signing in, answering a job, another address, a pickup, calling off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from offline_backup_gui.domain.geography import Geography
from offline_backup_gui.domain.job_answers import ERASES, Question
from offline_backup_gui.domain.order_fields import OrderFields, flaws
from offline_backup_gui.domain.orders import Pickup
from offline_backup_gui.services.azure import Azure
from offline_backup_gui.ui.azure.order_form import OrderForm
from offline_backup_gui.ui.azure.sign_in import SignInPanel
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.tracking.dialogs import Sheet, moment_field, moment_in
from offline_backup_gui.ui.widgets.boxes import ChoiceCard, ChoiceGroup, WrappingCheck
from offline_backup_gui.ui.widgets.texts import text
from offline_backup_gui.words import Words

_PICKUP_WITHIN_DAYS = 60


class SignInDialog(Sheet):
    """Signs in, or shows who is; closes by itself once somebody came in."""

    signed_in = Signal()

    def __init__(self, azure: Azure, bridge: Bridge, words: Words, parent: QWidget) -> None:
        super().__init__(
            words,
            words.text("azure-dialog.sign-in"),
            words.text("azure-dialog.sign-in-why"),
            parent,
        )
        self.hint.hide()
        self.panel = SignInPanel(azure, words, bridge)
        self.panel.changed.connect(self._changed)
        self.add_part(self.panel)
        self.close_button = self.add_buttons(
            words.text("azure-dialog.close"), words.text("parcel.cancel")
        )
        self.finished.connect(lambda _result: self.panel.stop())
        self._first = True
        self.panel.look()

    def _changed(self, signed: bool) -> None:
        first, self._first = self._first, False
        if signed and not first:
            self.signed_in.emit()
            self.accept()


class AnswerDialog(Sheet):
    """One answer of those that Azure takes; the one that erases wants a tick."""

    entered = Signal(str)  # Azure's word

    def __init__(self, words: Words, name: str, asked: Question, parent: QWidget) -> None:
        title = words.text("azure-dialog.answer", name=name)
        super().__init__(words, title, words.text("azure-dialog.answer-why"), parent)
        self._asked = asked
        if asked.serials:
            disks = words.text("azure-dialog.answer-disks", serials=", ".join(asked.serials))
            self.add_part(text(disks))
        self.cards = [self._card(answer) for answer in asked.answers]
        for card in self.cards:
            self.add_part(card)
        self.group = ChoiceGroup(self.cards, self)
        self.group.changed.connect(lambda _index: self._check())
        self.consent = WrappingCheck(words.text("azure-dialog.erase-consent"))
        self.consent.toggled.connect(lambda _on: self._check())
        self.add_part(self.consent)
        self.hint.hide()
        self.send_button = self.add_buttons(
            words.text("azure-dialog.send"), words.text("parcel.cancel")
        )
        self.accepted.connect(lambda: self.entered.emit(self.answer()))
        self._check()

    def _card(self, answer: str) -> ChoiceCard:
        words = self.words
        card = ChoiceCard(words.text(f"azure-dialog.{answer}.title"))
        card.add(text(words.text(f"azure-dialog.{answer}.why")))
        card.add(text(words.text("azure-job.azure-word", word=answer), "small"))
        return card

    def answer(self) -> str:
        """Give Azure's word of the chosen answer, "" while none is."""
        chosen = self.group.selected()
        return "" if chosen is None else self._asked.answers[chosen]

    def _check(self) -> None:
        erases = self.answer() == ERASES
        self.consent.setVisible(erases)
        self.send_button.setEnabled(
            bool(self.answer()) and (not erases or self.consent.box.isChecked())
        )


class AddressDialog(Sheet):
    """Another address for devices that have not left."""

    entered = Signal(object)  # OrderFields

    def __init__(self, words: Words, name: str, geography: Geography, parent: QWidget) -> None:
        title = words.text("azure-dialog.address", name=name)
        super().__init__(words, title, words.text("azure-dialog.address-why"), parent)
        self.address = OrderForm(words, geography)
        self.address.edited.connect(self._check)
        self.add_part(self.address)
        self.hint.hide()
        self.send_button = self.add_buttons(
            words.text("azure-dialog.address-send"), words.text("parcel.cancel")
        )
        self.accepted.connect(lambda: self.entered.emit(self.fields()))
        self._check()

    def fields(self) -> OrderFields:
        """Give what was filled in."""
        return self.address.read(OrderFields())

    def _check(self) -> None:
        self.address.show_flaws(self.fields())
        self.send_button.setEnabled(not any(flaws(self.fields())))


class PickupDialog(Sheet):
    """When and where the carrier may fetch devices."""

    entered = Signal(object)  # Pickup

    def __init__(self, words: Words, name: str, now: datetime, parent: QWidget) -> None:
        title = words.text("azure-dialog.pickup", name=name)
        super().__init__(words, title, words.text("azure-dialog.pickup-why"), parent)
        self._now = now
        tomorrow = (now.astimezone() + timedelta(days=1)).replace(hour=9, minute=0)
        self.start = moment_field(tomorrow)
        self.end = moment_field(tomorrow + timedelta(hours=8))
        for field in (self.start, self.end):
            field.setMaximumDateTime(field.dateTime().addDays(_PICKUP_WITHIN_DAYS))
            field.dateTimeChanged.connect(self._check)
        self.place = QLineEdit()
        self.place.textChanged.connect(self._check)
        self.add_row(words.text("azure-dialog.pickup-from"), self.start)
        self.add_row(words.text("azure-dialog.pickup-until"), self.end)
        self.add_row(words.text("azure-dialog.pickup-place"), self.place)
        self.hint.setText(words.text("azure-dialog.pickup-hint"))
        self.send_button = self.add_buttons(
            words.text("azure-dialog.pickup-send"), words.text("parcel.cancel")
        )
        self.accepted.connect(lambda: self.entered.emit(self.pickup()))
        self._check()

    def pickup(self) -> Pickup:
        """Give what was entered."""
        start, end = (moment_in(field).astimezone(UTC) for field in (self.start, self.end))
        return Pickup(start, end, self.place.text().strip())

    def _check(self) -> None:
        wanted = self.pickup()
        whole = self._now < wanted.start < wanted.end and bool(wanted.place)
        self.send_button.setEnabled(whole)
        self.hint.setVisible(not whole)


class CancelDialog(Sheet):
    """Calls an order off, with the reason that Azure asks for; keeping it is the default."""

    entered = Signal(str)

    def __init__(self, words: Words, name: str, parent: QWidget) -> None:
        title = words.text("azure-dialog.cancel", name=name)
        super().__init__(words, title, words.text("azure-dialog.cancel-why"), parent)
        self.reason = QLineEdit()
        self.reason.textChanged.connect(self._check)
        self.add_row(words.text("azure-dialog.cancel-reason"), self.reason)
        self.hint.setText(words.text("azure-dialog.cancel-hint"))
        self.send_button = self.add_buttons(
            words.text("azure-dialog.cancel-send"), words.text("azure-dialog.cancel-keep")
        )
        self.send_button.setDefault(False)
        self.send_button.setAutoDefault(False)
        self.accepted.connect(lambda: self.entered.emit(self.reason.text().strip()))
        self._check()

    def _check(self) -> None:
        said = bool(self.reason.text().strip())
        self.send_button.setEnabled(said)
        self.hint.setVisible(not said)
