"""Page 4: where the backup goes: chosen by a sign-in, a given account, later, or practice."""

from __future__ import annotations

from enum import IntEnum

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import Finding, FindingCode
from offline_backup_gui.domain.plan import DeploymentModel, Draft
from offline_backup_gui.services.world import AccountSecret
from offline_backup_gui.ui.azure.asking import Asking
from offline_backup_gui.ui.azure.places import PlacePicker
from offline_backup_gui.ui.azure.sign_in import SignInPanel
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, ChoiceCard, ChoiceGroup, Columns, row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import plain, set_property, text
from offline_backup_gui.ui.wizard.facts import Facts, Step, provisional_plan
from offline_backup_gui.ui.wizard.judging import container_name_fits, problems
from offline_backup_gui.ui.wizard.page import Desk, Page
from offline_backup_gui.ui.wizard.pages.account_card import AccountCard
from offline_backup_gui.words import Message


class Way(IntEnum):
    """The choices, in the order of their cards."""

    SIGN_IN = 0
    ACCOUNT = 1
    LATER = 2
    PRACTICE = 3


_SHOWN_AT_THE_FIELDS = frozenset(
    {
        FindingCode.CONTAINER_NAME_NOT_ALLOWED,
        FindingCode.CONTAINERS_EQUAL,
        FindingCode.DESTINATION_MISSING,
    }
)


class DestinationPage(Page):
    """Account and containers, and what Azure says about them while there is time to mend it."""

    checked = Signal(object)  # tuple[Finding, ...] about the account in Azure

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._practice_account = ""
        self._draft = Draft()
        self._asking = Asking(desk.bridge, self)
        self._asking.changed.connect(self._show_checking)
        cards = [self._card(way) for way in Way]
        self._group = ChoiceGroup(cards, self)
        self._group.changed.connect(lambda _index: self._chosen())
        self.column.addWidget(Columns(cards, letters=36))
        self.sign_in = SignInPanel(desk.services.azure, self.words, desk.bridge)
        self.sign_in.changed.connect(self._signed_in)
        self.column.addWidget(self.sign_in)
        self.column.addWidget(self._build_place())
        self.account_card = AccountCard(desk)
        self.account_card.edited.connect(self.edited)
        self.column.addWidget(self.account_card)
        self._containers = self._build_containers()
        self.column.addWidget(self._containers)
        self._notices = NoticeList(self.words)
        self.column.addWidget(self._notices)
        self.column.addStretch(1)

    # ------------------------------------------------------------ building

    def _card(self, way: Way) -> ChoiceCard:
        key = way.name.lower().replace("_", "-")
        card = ChoiceCard(self.say(f"destination.{key}"))
        card.add(text(self.say(f"destination.{key}-why"), "body"))
        if way is Way.PRACTICE:
            self._folder = text("", "subdued")
            card.add(self._folder)
        card.column.addStretch(1)
        return card

    def _build_place(self) -> Card:
        self._place_card = card = Card(self.say("destination.place-title"), "cloud")
        azure = self.desk.services.azure
        self.picker = PlacePicker(azure, self.words, self.desk.bridge, self.desk.geography)
        self.picker.edited.connect(self._place_chosen)
        self.picker.refused.connect(self.sign_in.need_again)
        card.add(self.picker)
        self.check_button = IconButton("refresh", self.say("destination.check"))
        self.check_button.clicked.connect(self.check)
        self._stop_button = IconButton("stop", self.words.text("azure-place.stop"), "quiet")
        self._stop_button.clicked.connect(self._asking.stop)
        card.add(row(self.check_button, self._stop_button, 1))
        self.check_answer = NoticeList(self.words)
        card.add(self.check_answer)
        return card

    def _build_containers(self) -> Card:
        card = Card(self.say("destination.containers-title"), "parcel")
        self._names: dict[str, QLineEdit] = {}
        self._verdicts: dict[str, QLabel] = {}
        cells = []
        for key in ("landing", "vault"):
            field, verdict = QLineEdit(), text("", "small")
            field.textEdited.connect(lambda _text: self.edited.emit())
            label = QLabel(self.say(f"destination.{key}"))
            label.setBuddy(field)
            field.setAccessibleName(plain(label.text()))
            cell = QWidget()
            column = QVBoxLayout(cell)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(unit(self) // 4)
            for item in (label, field, verdict, text(self.say(f"destination.{key}-why"), "small")):
                column.addWidget(item)
            column.addStretch(1)
            self._names[key], self._verdicts[key] = field, verdict
            cells.append(cell)
        card.add(Columns(cells, letters=34))
        return card

    # ------------------------------------------------------------ draft

    def show_draft(self, draft: Draft) -> None:
        """Show the destination; container names are proposed when there are none yet."""
        self._draft = draft
        if not self._practice_account:
            self.desk.bridge.call(
                self, self.desk.services.planning.practice_account, self._know_practice_folder
            )
        way = self._way_of(draft)
        if way is not None or self._group.selected() is None:
            self._group.select(way)
        agent = draft.deployment_model not in (None, DeploymentModel.STANDALONE)
        if draft.azure.listed or not self.picker.place.listed:
            self.picker.show_place(draft.azure, vault=agent)
        if not draft.practice:
            self.account_card.show_account(
                draft.account, draft.azure.account_id if draft.azure.listed else ""
            )
        for key, value in (("landing", draft.landing), ("vault", draft.vault)):
            if value != self._names[key].text():
                self._names[key].setText(value)
            if not value and not self._names[key].text():
                self._names[key].setText(f"{key}-{_office(draft.name)}")
        self._show_way()

    def _way_of(self, draft: Draft) -> Way | None:
        if draft.practice:
            self._practice_account = draft.account
            return Way.PRACTICE
        if draft.destination_later:
            return Way.LATER
        if draft.azure.listed:
            return Way.SIGN_IN
        return Way.ACCOUNT if draft.account else None

    def read(self, draft: Draft) -> Draft:
        """Give the draft with account and containers."""
        way = self._group.selected()
        account, azure, region = "", replace(draft.azure, listed=False), draft.region
        if way == Way.PRACTICE:
            account = self._practice_account
        elif way == Way.ACCOUNT:
            account = self.account_card.account()
        elif way == Way.SIGN_IN:
            azure = replace(self.picker.place, listed=True)
            account = self._address_of(draft)
            known = self.desk.geography.region(azure.region)
            region = known.name if known else region
        return replace(
            draft,
            practice=way == Way.PRACTICE,
            destination_later=way == Way.LATER,
            account=account,
            azure=azure,
            region=region,
            landing=self._names["landing"].text().strip(),
            vault=self._names["vault"].text().strip(),
        )

    def _address_of(self, draft: Draft) -> str:
        """Give the address of the chosen account, from the list or as it was known before."""
        account = self.picker.chosen_account()
        if account is not None:
            return account.blob_address.rstrip("/")
        same = draft.azure.listed and draft.azure.account_id == self.picker.place.account_id
        return draft.account if same else ""

    def show_facts(self, draft: Draft, facts: Facts) -> None:
        """Say of each name whether Azure takes it, and what else speaks against the choice."""
        self._draft = draft
        self._show_way()
        if self._group.selected() == Way.SIGN_IN:
            self.account_card.show_account(draft.account, draft.azure.account_id)
        # What is proposed stands in the fields before it is in the draft.
        names = {key: field.text().strip() for key, field in self._names.items()}
        equal = bool(names["landing"]) and names["landing"] == names["vault"]
        for key, name in names.items():
            if not container_name_fits(name):
                told, status = "name-bad", Status.OBSTACLE
            elif equal:
                told, status = "name-equal", Status.OBSTACLE
            else:
                told, status = "name-good", Status.GOOD
            verdict = self._verdicts[key]
            verdict.setText(self.say(f"destination.{told}"))
            set_property(verdict, "status", status.value)
        self.account_card.show_names(names["landing"], names["vault"])
        told_below = problems(Step.DESTINATION, draft, facts)
        # Findings of Azure stand beside the account they are about.
        self._notices.show_findings(
            [
                f
                for f in told_below
                if f.code not in _SHOWN_AT_THE_FIELDS and f not in facts.destination
            ]
        )

    def entered(self) -> None:
        """Look who is signed in, and what opens the account."""
        if self._group.selected() == Way.SIGN_IN:
            self.sign_in.look()
        self.account_card.look()

    def left(self) -> None:
        """Wait for nothing more."""
        self._asking.stop()
        self.picker.stop()
        self.sign_in.stop()

    # ------------------------------------------------------------ choosing

    def _chosen(self) -> None:
        self._show_way()
        if self._group.selected() == Way.SIGN_IN:
            self.sign_in.look()
        self.edited.emit()

    def _show_way(self) -> None:
        way = self._group.selected()
        by_list, signed = way == Way.SIGN_IN, self.sign_in.signed_in is not None
        self.sign_in.setVisible(by_list)
        self._place_card.setVisible(by_list and signed)
        chosen = by_list and signed and bool(self.picker.place.account_id)
        self.account_card.setVisible(way == Way.ACCOUNT or chosen)
        self.check_button.setVisible(chosen and not self._asking.busy)

    def _signed_in(self, signed: bool) -> None:
        if signed:
            self.picker.load_once()
        else:
            self._asking.stop()
            self.picker.forget()
        self._show_way()

    def _place_chosen(self) -> None:
        self.edited.emit()
        self.check()

    # ------------------------------------------------------------ checking

    def check(self) -> None:
        """Ask Azure what stands in the way of the chosen account."""
        plan, country = provisional_plan(self._draft), self._draft.country
        self.checked.emit(())
        self.check_answer.clear()
        if not plan.destination.account:
            return
        destination = self.desk.services.destination
        self._asking.ask(
            lambda control: destination.check(
                plan, AccountSecret(), country=country, control=control
            ),
            self._judged,
            self._not_judged,
        )

    def _judged(self, found: tuple[Finding, ...]) -> None:
        mine = tuple(f for f in found if f.code not in _SHOWN_AT_THE_FIELDS)
        if mine:
            self.check_answer.show_findings(mine)
        else:
            good = Message(self.say("destination.check-good"), "", "")
            self.check_answer.show_message(good, Status.GOOD)
        self.checked.emit(mine)

    def _not_judged(self, error: BackupError) -> None:
        if not self.sign_in.need_again(error):
            self.check_answer.show_trouble(error)
        self._show_way()

    def _show_checking(self) -> None:
        busy = self._asking.busy
        self._stop_button.setVisible(busy)
        waiting = Message(self.say("destination.checking"), "", "")
        if busy:
            self.check_answer.show_message(waiting, Status.NOW)
        elif self.check_answer.shows(waiting):
            self.check_answer.clear()
        self._show_way()

    # ------------------------------------------------------------ practice

    def _know_practice_folder(self, account: str) -> None:
        first = not self._practice_account
        self._practice_account = self._practice_account or account
        self._folder.setText(self.say("destination.practice-folder", path=self._practice_account))
        if first and self._group.selected() == Way.PRACTICE:
            self.edited.emit()


def _office(name: str) -> str:
    """Make a part of a container name from the plan's name."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)
    return "-".join(part for part in kept.lower().split("-") if part)[:40] or "office"
