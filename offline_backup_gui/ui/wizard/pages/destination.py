"""Page 4: where the backup goes: practice, a storage account, or to be filled in later."""

from __future__ import annotations

from enum import IntEnum

from msgspec.structs import replace
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.plan import Draft
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, ChoiceCard, ChoiceGroup, Columns, row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import chip, plain, set_property, text
from offline_backup_gui.ui.wizard.flow import Facts, Step, container_name_fits, problems
from offline_backup_gui.ui.wizard.page import Desk, Page
from offline_backup_gui.words import Message


class Way(IntEnum):
    """The choices, in the order of their cards."""

    PRACTICE = 0
    ACCOUNT = 1
    LATER = 2
    SIGN_IN = 3


_SHOWN_AT_THE_FIELDS = frozenset(
    {
        FindingCode.CONTAINER_NAME_NOT_ALLOWED,
        FindingCode.CONTAINERS_EQUAL,
        FindingCode.DESTINATION_MISSING,
    }
)


class DestinationPage(Page):
    """Account and containers; the secret goes straight into the secret store."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._practice_account = ""
        cards = [self._card(way) for way in Way]
        self._group = ChoiceGroup(cards, self)
        self._group.changed.connect(lambda _index: self._chosen())
        self.column.addWidget(Columns(cards, letters=36))
        self._account_card = self._build_account()
        self.column.addWidget(self._account_card)
        self.column.addWidget(self._build_containers())
        self._notices = NoticeList(self.words)
        self.column.addWidget(self._notices)
        self.column.addStretch(1)

    # ------------------------------------------------------------ building

    def _card(self, way: Way) -> ChoiceCard:
        key = way.name.lower().replace("_", "-")
        card = ChoiceCard(self.say(f"destination.{key}"))
        available = way is not Way.SIGN_IN
        card.add(text(self.say(f"destination.{key}-why"), "body" if available else "subdued"))
        if way is Way.PRACTICE:
            self._folder = text("", "subdued")
            card.add(self._folder)
        card.column.addStretch(1)
        if not available:
            reason = self.say("destination.sign-in-later")
            card.add(chip(reason))
            card.radio.setAccessibleDescription(reason)
        card.set_available(available)
        return card

    def _build_account(self) -> Card:
        card = Card(self.say("destination.account"), "cloud")
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(unit(self) // 2)
        form.setHorizontalSpacing(unit(self))
        self._address = QLineEdit()
        self._address.setPlaceholderText(self.say("destination.address-hint"))
        self._address.textEdited.connect(lambda _text: self.edited.emit())
        self._kind = QComboBox()
        for kind in ("sas", "connection-string"):
            self._kind.addItem(self.say(f"destination.{kind}"), kind)
        self._secret = QLineEdit()
        self._secret.setEchoMode(QLineEdit.EchoMode.Password)
        self._secret.setPlaceholderText(self.say("destination.secret-hint"))
        self._secret.textEdited.connect(self._secret_edited)
        self._form_row(form, "address", self._address)
        self._form_row(form, "secret-kind", self._kind)
        self._form_row(form, "secret", self._secret)
        card.add(form)
        self._keep = IconButton("key", self.say("destination.keep"))
        self._keep.setEnabled(False)
        self._keep.clicked.connect(self._keep_secret)
        card.add(row(self._keep, 1))
        self._answer = NoticeList(self.words)
        card.add(self._answer)
        card.add(text(self.say("destination.request-title"), "strong"))
        self._request = text("", "subdued")
        card.add(self._request)
        copy = IconButton("copy", self.say("destination.request-copy"), "quiet")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._request.text()))
        card.add(row(copy, 1))
        return card

    def _form_row(self, form: QFormLayout, key: str, field: QWidget) -> None:
        label = QLabel(self.say(f"destination.{key}"))
        label.setBuddy(field)
        field.setAccessibleName(plain(label.text()))
        form.addRow(label, field)

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
        if not self._practice_account:
            self.desk.bridge.call(
                self, self.desk.services.planning.practice_account, self._know_practice_folder
            )
        way: Way | None = None
        if draft.practice:
            way, self._practice_account = Way.PRACTICE, draft.account
        elif draft.destination_later:
            way = Way.LATER
        elif draft.account:
            way = Way.ACCOUNT
        if way is not None or self._group.selected() is None:
            self._group.select(way)
        if not draft.practice and draft.account != self._address.text():
            self._address.setText(draft.account)
        for key, value in (("landing", draft.landing), ("vault", draft.vault)):
            if value != self._names[key].text():
                self._names[key].setText(value)
            if not value and not self._names[key].text():
                self._names[key].setText(f"{key}-{_office(draft.name)}")
        self._show_way()

    def read(self, draft: Draft) -> Draft:
        """Give the draft with account and containers."""
        way = self._group.selected()
        account = ""
        if way == Way.PRACTICE:
            account = self._practice_account
        elif way == Way.ACCOUNT:
            account = self._address.text().strip().rstrip("/")
        return replace(
            draft,
            practice=way == Way.PRACTICE,
            destination_later=way == Way.LATER,
            account=account,
            landing=self._names["landing"].text().strip(),
            vault=self._names["vault"].text().strip(),
        )

    def show_facts(self, draft: Draft, facts: Facts) -> None:
        """Say of each name whether Azure takes it, and what else speaks against the choice."""
        self._show_way()
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
        self._request.setText(
            self.say("destination.request", landing=names["landing"], vault=names["vault"])
        )
        told_below = problems(Step.DESTINATION, draft, facts)
        self._notices.show_findings([f for f in told_below if f.code not in _SHOWN_AT_THE_FIELDS])

    # ------------------------------------------------------------ doing

    def _chosen(self) -> None:
        self._show_way()
        self.edited.emit()

    def _show_way(self) -> None:
        self._account_card.setVisible(self._group.selected() == Way.ACCOUNT)

    def _know_practice_folder(self, account: str) -> None:
        first = not self._practice_account
        self._practice_account = self._practice_account or account
        self._folder.setText(self.say("destination.practice-folder", path=self._practice_account))
        if first and self._group.selected() == Way.PRACTICE:
            self.edited.emit()

    def _keep_secret(self) -> None:
        account, secret = self._address.text().strip(), self._secret.text().strip()
        planning = self.desk.services.planning
        by_sas = self._kind.currentData() == "sas"
        self._keep.setEnabled(False)
        self._answer.show_message(Message(self.say("destination.keeping"), "", ""), Status.NOW)

        def keep() -> None:
            if by_sas:
                planning.keep_access(account, sas=secret)
            else:
                planning.keep_access(account, connection_string=secret)

        self.desk.bridge.call(self, keep, lambda _none: self._kept(), self._refused)

    def _secret_edited(self, typed: str) -> None:
        self._keep.setEnabled(bool(typed.strip()))

    def _kept(self) -> None:
        self._secret.clear()
        self._answer.show_message(Message(self.say("destination.kept"), "", ""), Status.GOOD)
        self.edited.emit()

    def _refused(self, error: BackupError) -> None:
        self._keep.setEnabled(True)
        self._answer.show_trouble(error)


def _office(name: str) -> str:
    """Make a part of a container name from the plan's name."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)
    return "-".join(part for part in kept.lower().split("-") if part)[:40] or "office"
