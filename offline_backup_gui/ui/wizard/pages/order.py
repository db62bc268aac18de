"""Page 6 for Data Box: order the devices here, or in the portal with everything to copy."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtCore import Signal

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.order_fields import flaws
from offline_backup_gui.domain.orders import KeptOrder, Verdict
from offline_backup_gui.domain.plan import Draft
from offline_backup_gui.ui.azure.asking import Asking
from offline_backup_gui.ui.azure.fields import pile
from offline_backup_gui.ui.azure.offers import OfferList, Priced
from offline_backup_gui.ui.azure.order_form import OrderForm
from offline_backup_gui.ui.azure.sign_in import SignInPanel
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, WrappingCheck, row
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.ui.wizard.facts import Facts, need_bytes
from offline_backup_gui.ui.wizard.page import Desk, Page
from offline_backup_gui.ui.wizard.pages.order_place import OrderPlace
from offline_backup_gui.ui.wizard.pages.ordered import OrderedCard
from offline_backup_gui.ui.wizard.pages.portal_order import OrderWay, PortalCard
from offline_backup_gui.words import Message


class OrderPage(Page):
    """Asks only what the order needs; one button orders, and only after its consent."""

    ordered = Signal(object)  # KeptOrder
    overview_wanted = Signal(object)  # PlanId

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._draft = Draft()
        self._ordered, self._model = False, ""
        self._asking = Asking(desk.bridge, self)
        self._asking.changed.connect(self._show_parts)
        self.done = OrderedCard(desk)
        self.done.overview_wanted.connect(self.overview_wanted)
        self.sign_in = SignInPanel(desk.services.azure, self.words, desk.bridge)
        self.sign_in.changed.connect(self._signed_in)
        self.place = OrderPlace(desk)
        self.place.edited.connect(self.edited)
        self.place.refused.connect(self._refused)
        self._form_card = Card(self.words.text("order.form-title"), "building")
        self.form = OrderForm(self.words, desk.geography)
        self.form.edited.connect(self.edited)
        self._form_card.add(self.form)
        self.portal = PortalCard(desk, OrderWay(desk.services.ordering))
        self.portal.ordered.connect(self.ordered)
        for part in (self.done, self.sign_in, self.place, self._form_card):
            self.column.addWidget(part)
        self.column.addWidget(self._build_devices())
        self.column.addWidget(self.portal)
        self.column.addStretch(1)
        self._show_parts()

    def _build_devices(self) -> Card:
        words = self.words
        self._devices = card = Card(words.text("order.devices-title"), "drive")
        self.offers = OfferList(words)
        self.offers.chosen.connect(self._model_chosen)
        self.offers_button = self._button("refresh", "order.show-offers", self.show_offers)
        self.check_button = self._button("eye", "order.check", self.check)
        self.stop_button = self._button("stop", "azure-place.stop", self.stop)
        self.notices = NoticeList(words)
        self.consent = WrappingCheck(words.text("order.consent"))
        self.consent.toggled.connect(lambda _on: self._show_parts())
        self.order_button = self._button("check", "order.place", self.order, "primary")
        self.order_button.setObjectName("place-order")
        self._waiting = text("", "small")
        card.add(self.offers)
        card.add(pile((self.offers_button, self.check_button, self.stop_button)))
        card.add(self._waiting)
        card.add(self.notices)
        card.add(self.consent)
        card.add(row(self.order_button, 1))
        return card

    def _button(self, icon: str, key: str, does: Callable[[], None], kind: str = "") -> IconButton:
        label = self.words.text(key)
        button = IconButton(icon, label, kind) if kind else IconButton(icon, label)
        button.setAccessibleName(plain(label))
        button.clicked.connect(does)
        return button

    # ------------------------------------------------------------ draft

    def show_draft(self, draft: Draft) -> None:
        """Show what was filled in."""
        self._draft = draft
        order, self._model = draft.order, draft.order.model
        if not order.country and draft.country:
            order = replace(order, country=draft.country)
        self.place.show_draft(draft)
        self.form.show_fields(order)

    def read(self, draft: Draft) -> Draft:
        """Give the draft with name, place, address and contact."""
        order = replace(self.form.read(draft.order), model=self._model)
        return self.place.read(replace(draft, order=order))

    def show_facts(self, draft: Draft, facts: Facts) -> None:
        """Show the order there is, or what is wrong with the fields."""
        changed = (draft.order.country, draft.azure, draft.route) != (
            self._draft.order.country,
            self._draft.azure,
            self._draft.route,
        )
        self._draft, self._ordered = draft, facts.ordered
        if changed:
            self.offers.show_offers((), "")
        self.form.show_flaws(draft.order)
        self.portal.show_draft(draft)
        self.done.show_order(facts.order if facts.ordered else None)
        self._show_parts()

    def entered(self) -> None:
        """Look who is signed in, and read what was proposed in the fields."""
        self.sign_in.look()
        self.edited.emit()

    def left(self) -> None:
        """Wait for nothing more."""
        self.stop()
        self.place.stop()
        self.sign_in.stop()

    # ------------------------------------------------------------ showing

    def _show_parts(self) -> None:
        signed, busy = self.sign_in.signed_in is not None, self._asking.busy
        open_ = not self._ordered
        self.done.setVisible(self._ordered)
        self.sign_in.setVisible(open_)
        for part in (self.place, self._form_card):
            part.setVisible(open_)
        self._devices.setVisible(open_ and signed)
        self.portal.setVisible(open_)
        self.place.show_signed_in(signed)
        self.stop_button.setVisible(busy)
        self._waiting.setVisible(busy)
        complete = self._complete()
        self.offers_button.setEnabled(not busy and self._may_list())
        self.check_button.setEnabled(not busy and complete)
        self.order_button.setEnabled(
            not busy and complete and self.consent.box.isChecked() and bool(self._draft.order.model)
        )

    def _may_list(self) -> bool:
        draft = self._draft
        asked = (draft.azure.subscription, draft.azure.region, draft.order.group)
        return all(asked) and bool(draft.order.country)

    def _complete(self) -> bool:
        draft = self._draft
        return (
            self._may_list()
            and bool(draft.name.strip() and draft.azure.account_id)
            and not any(flaws(draft.order))
        )

    def _signed_in(self, signed: bool) -> None:
        self.place.know_signed_in(signed)
        self._show_parts()

    def _say_waiting(self, key: str) -> None:
        self.notices.clear()
        self._waiting.setText(self.words.text(key))

    # ------------------------------------------------------------ asking

    def stop(self) -> None:
        """Wait no longer; an order that was on its way is looked for before the next one."""
        self._asking.stop()

    def show_offers(self) -> None:
        """Ask for the devices and their prices."""
        draft, ordering = self._draft, self.desk.services.ordering
        self._say_waiting("order.asking-offers")
        self._asking.ask(
            lambda control: ordering.offers(draft, control), self._know_offers, self._refused
        )

    def _know_offers(self, found: tuple[Priced, ...]) -> None:
        if not found:
            title = self.words.text("order.no-offers")
            message = Message(title, "", self.words.text("order.no-offers-do"))
            self.notices.show_message(message, Status.CAUTION)
        self.offers.show_offers(found, self._draft.order.model)

    def _model_chosen(self, model: str) -> None:
        self._model = model
        self.edited.emit()

    def check(self) -> None:
        """Let Azure judge address, account and availability; nothing is ordered."""
        draft, ordering = self._draft, self.desk.services.ordering
        self.form.touch_all()
        self._say_waiting("order.asking-check")
        self._asking.ask(
            lambda control: ordering.check(draft, need_bytes(draft), control),
            self._know_verdicts,
            self._refused,
        )

    def _know_verdicts(self, found: tuple[Verdict, ...]) -> None:
        words = self.words
        bad = [one for one in found if not one.good]
        if not bad:
            good = Message(words.text("order.check-good"), "", "")
            self.notices.show_message(good, Status.GOOD)
            return
        told = "\n".join(f"{one.what}: {one.reason or one.verdict}" for one in bad)
        title, do = words.text("order.check-bad"), words.text("order.check-bad-do")
        self.notices.show_message(Message(title, told, do), Status.OBSTACLE)

    # ------------------------------------------------------------ ordering

    def order(self) -> None:
        """Place the order; a name makes one order only, however often this is done."""
        draft, ordering = self._draft, self.desk.services.ordering
        if not (self._complete() and self.consent.box.isChecked()):
            return
        self._say_waiting("order.placing")
        self._asking.ask(
            lambda control: ordering.place(draft, need_bytes(draft), control),
            self._placed,
            self._refused,
        )

    def _placed(self, found: tuple[KeptOrder, bool]) -> None:
        self.ordered.emit(found[0])

    def _refused(self, error: BackupError) -> None:
        if not self.sign_in.need_again(error):
            self.notices.show_trouble(error)
        self._show_parts()
