"""What the admin does at Azure from the overview: sign in, answer, move, fetch, cancel, follow."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from offline_backup_gui.domain.agent_seed import AgentLink
from offline_backup_gui.domain.job_answers import Question, question
from offline_backup_gui.domain.order_fields import OrderFields
from offline_backup_gui.domain.orders import JobRef, Pickup, PickupAnswer
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.services.ordering import address_of, contact_of
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.tracking.azure_dialogs import (
    AddressDialog,
    AnswerDialog,
    CancelDialog,
    PickupDialog,
    SignInDialog,
)
from offline_backup_gui.ui.tracking.deeds import Deeds
from offline_backup_gui.ui.tracking.vault_dialog import VaultDialog
from offline_backup_gui.words import Message


class AzureDeeds(QObject):
    """Dialogs first; what is sent goes beside the window, and the next look shows the outcome."""

    ask_wanted = Signal()  # Azure is to be asked now

    def __init__(self, deeds: Deeds) -> None:
        super().__init__(deeds)
        self._deeds = deeds
        card = deeds.detail.azure
        card.sign_in_wanted.connect(self.ask_sign_in)
        card.answer_wanted.connect(self.ask_answer)
        card.address_wanted.connect(self.ask_address)
        card.pickup_wanted.connect(self.ask_pickup)
        card.cancel_wanted.connect(self.ask_cancel)
        deeds.detail.agent.link_wanted.connect(self.ask_vault)
        deeds.detail.sign_in_wanted.connect(self.ask_sign_in)

    def ask_sign_in(self) -> None:
        """Show who is signed in, or the ways in."""
        deeds = self._deeds
        dialog = SignInDialog(deeds.services.azure, deeds.bridge, deeds.words, deeds.window)
        dialog.signed_in.connect(self.ask_wanted)
        deeds.open(dialog)

    def _asked(self) -> tuple[JobRef, Question] | None:
        backup = self._deeds.shown()
        tracking = backup.tracking if backup else None
        if backup is None or backup.ref is None or tracking is None or tracking.job is None:
            return None
        asked = question(tracking.job.job)
        return None if asked is None else (backup.ref, asked)

    def ask_answer(self) -> None:
        """Ask which answer Azure gets."""
        found = self._asked()
        if found is None:
            self._deeds.detail.show_azure()
            return
        ref, asked = found
        dialog = AnswerDialog(self._deeds.words, ref.name, asked, self._deeds.window)
        dialog.entered.connect(lambda answer: self.send(ref, asked, answer))
        self._deeds.open(dialog)

    def send(self, ref: JobRef, asked: Question, answer: str) -> None:
        """Send an answer: for the disks that wait, else for the whole job."""
        orders, words = self._deeds.services.orders, self._deeds.words
        by_serial = dict.fromkeys(asked.serials, answer)

        def deed(_plan_id: PlanId, control: Control) -> None:
            orders.answer(ref, "" if by_serial else answer, by_serial, control)

        self._deeds.do_at_azure(
            deed, lambda: self._done(words.text("azure-dialog.sent", name=ref.name))
        )

    def ask_address(self) -> None:
        """Ask where the devices go instead."""
        backup = self._deeds.shown()
        if backup is None or backup.ref is None:
            return
        ref, geography = backup.ref, self._deeds.services.world.geography
        dialog = AddressDialog(self._deeds.words, ref.name, geography, self._deeds.window)
        dialog.entered.connect(lambda fields: self.move(ref, fields))
        self._deeds.open(dialog)

    def move(self, ref: JobRef, fields: OrderFields) -> None:
        """Send the devices elsewhere."""
        orders, words = self._deeds.services.orders, self._deeds.words

        def deed(_plan_id: PlanId, control: Control) -> None:
            orders.change_address(ref, address_of(fields), contact_of(fields), control)

        self._deeds.do_at_azure(
            deed, lambda: self._done(words.text("azure-dialog.moved", name=ref.name))
        )

    def ask_pickup(self) -> None:
        """Ask when and where the carrier may fetch the devices."""
        backup = self._deeds.shown()
        if backup is None or backup.ref is None:
            return
        ref, deeds = backup.ref, self._deeds
        dialog = PickupDialog(deeds.words, ref.name, deeds.now(), deeds.window)
        dialog.entered.connect(lambda pickup: self.fetch(ref, pickup))
        deeds.open(dialog)

    def fetch(self, ref: JobRef, pickup: Pickup) -> None:
        """Let the carrier come."""
        orders, words = self._deeds.services.orders, self._deeds.words
        told: list[PickupAnswer] = []

        def deed(_plan_id: PlanId, control: Control) -> None:
            told.append(orders.book_pickup(ref, pickup, control))

        def done() -> None:
            answer = told[0]
            number, at = answer.confirmation or "–", answer.ready_by or "–"
            self._done(words.text("azure-dialog.pickup-booked", number=number, at=at))

        self._deeds.do_at_azure(deed, done)

    def ask_cancel(self) -> None:
        """Ask why the order is called off; that is the question whether it is, too."""
        backup = self._deeds.shown()
        if backup is None or backup.ref is None:
            return
        ref, deeds = backup.ref, self._deeds
        dialog = CancelDialog(deeds.words, ref.name, deeds.window)
        dialog.entered.connect(lambda reason: self.cancel(ref, reason))
        deeds.open(dialog)

    def cancel(self, ref: JobRef, reason: str) -> None:
        """Call the order off."""
        orders, words = self._deeds.services.orders, self._deeds.words

        def deed(_plan_id: PlanId, control: Control) -> None:
            orders.cancel(ref, reason, control)
            orders.show(ref, control)

        self._deeds.do_at_azure(
            deed, lambda: self._done(words.text("azure-dialog.cancelled", name=ref.name))
        )

    def ask_vault(self) -> None:
        """Ask into which vault the agent's backup goes, and under which name of a server."""
        backup, deeds = self._deeds.shown(), self._deeds
        if backup is None:
            return
        services, plan_id = deeds.services, backup.plan.plan_id

        def show(link: AgentLink | None) -> None:
            dialog = VaultDialog(
                services.azure, deeds.bridge, deeds.words, link, deeds.window, asks=backup.signed_in
            )
            dialog.entered.connect(self.follow)
            deeds.open(dialog)

        deeds.bridge.call(self, lambda: services.agents.linked(plan_id), show)

    def follow(self, link: AgentLink) -> None:
        """Look for the seed in a vault from now on."""
        agents = self._deeds.services.agents
        self._deeds.do(lambda plan_id: agents.link(plan_id, link), self.ask_wanted.emit)

    def _done(self, sentence: str) -> None:
        self._deeds.detail.tell(Message(sentence, "", ""), Status.GOOD)
        self.ask_wanted.emit()
