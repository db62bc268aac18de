"""What opens the storage account: a signature, a connection string, or a key by the sign-in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QWidget

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.services.world import AccountSecret
from offline_backup_gui.ui.azure.asking import Asking
from offline_backup_gui.ui.azure.fields import narrow, pile
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.ui.wizard.page import Desk
from offline_backup_gui.words import Message


class AccountCard(Card):
    """Address and secret; the secret goes straight into the secret store, never into the plan."""

    edited = Signal()

    def __init__(self, desk: Desk) -> None:
        self._desk, self._words = desk, desk.words
        super().__init__(desk.words.text("wizard.destination.access-title"), "cloud")
        self._account_id = ""
        self._asking = Asking(desk.bridge, self)
        form = self._form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(unit(self) // 2)
        form.setHorizontalSpacing(unit(self))
        self.address = QLineEdit()
        self.address.setPlaceholderText(self._say("address-hint"))
        self.address.textEdited.connect(lambda _text: self.edited.emit())
        self.kind = narrow(QComboBox())
        for kind in ("sas", "connection-string"):
            self.kind.addItem(self._say(kind), kind)
        self.secret = QLineEdit()
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.secret.setPlaceholderText(self._say("secret-hint"))
        self.secret.textEdited.connect(self._secret_edited)
        self._add_row("address", self.address)
        self._add_row("secret-kind", self.kind)
        self._add_row("secret", self.secret)
        self.add(form)
        self.keep_button = IconButton("key", self._say("keep"))
        self.keep_button.setEnabled(False)
        self.keep_button.clicked.connect(self._keep_secret)
        self.key_button = IconButton("key", self._say("take-key"))
        self.key_button.clicked.connect(self._take_key)
        self.add(pile((self.keep_button, self.key_button)))
        self.answer, self.findings = NoticeList(self._words), NoticeList(self._words)
        self.add(self.answer)
        self.add(self.findings)
        self.add(text(self._say("request-title"), "strong"))
        self._request = text("", "subdued")
        self.add(self._request)
        copy = IconButton("copy", self._say("request-copy"), "quiet")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._request.text()))
        self.add(row(copy, 1))

    def _say(self, key: str, **parameters: str) -> str:
        return self._words.text(f"wizard.destination.{key}", **parameters)

    def _add_row(self, key: str, field: QWidget) -> None:
        label = QLabel(self._say(key))
        label.setBuddy(field)
        field.setAccessibleName(plain(label.text()))
        self._form.addRow(label, field)

    # ------------------------------------------------------------ showing

    def show_account(self, address: str, account_id: str) -> None:
        """Show the account; `account_id` is "" when it was typed and not chosen from a list."""
        if address != self.address.text():
            self.address.setText(address)
            self.look()
        self._account_id = account_id
        self._form.setRowVisible(self.address, not account_id)
        self.key_button.setVisible(bool(account_id))

    def show_names(self, landing: str, vault: str) -> None:
        """Word the request for the two containers."""
        self._request.setText(self._say("request", landing=landing, vault=vault))

    def account(self) -> str:
        """Give the address."""
        return self.address.text().strip().rstrip("/")

    def look(self) -> None:
        """Judge what is kept for the account: when it ends, what it allows beyond the need."""
        account = self.account()
        destination = self._desk.services.destination
        if account.startswith("https://"):
            self._desk.bridge.call(
                self, lambda: destination.secret_findings(account), self._judged, self._refused
            )

    def _judged(self, found: Sequence[Finding]) -> None:
        self.findings.show_findings(found)

    # ------------------------------------------------------------ doing

    def _secret_edited(self, typed: str) -> None:
        self.keep_button.setEnabled(bool(typed.strip()))

    def _keep_secret(self) -> None:
        account, secret = self.account(), self.secret.text().strip()
        planning = self._desk.services.planning
        given = (
            AccountSecret(sas=secret)
            if self.kind.currentData() == "sas"
            else AccountSecret(connection_string=secret)
        )
        self._begin()

        def keep(_control: Control) -> tuple[Finding, ...]:
            planning.keep_access(account, sas=given.sas, connection_string=given.connection_string)
            return self._desk.services.destination.secret_findings(account, given)

        self._asking.ask(keep, self._kept, self._refused)

    def _take_key(self) -> None:
        account, account_id = self.account(), self._account_id
        destination = self._desk.services.destination
        self._begin()

        def keep(control: Control) -> tuple[Finding, ...]:
            return destination.keep_key(account, account_id, control)

        self._asking.ask(keep, self._kept, self._refused)

    def _begin(self) -> None:
        self.keep_button.setEnabled(False)
        self.key_button.setEnabled(False)
        self.findings.clear()
        self.answer.show_message(Message(self._say("keeping"), "", ""), Status.NOW)

    def _kept(self, found: Sequence[Finding]) -> None:
        self.secret.clear()
        self.key_button.setEnabled(True)
        self.answer.show_message(Message(self._say("kept"), "", ""), Status.GOOD)
        self.findings.show_findings(found)
        self.edited.emit()

    def _refused(self, error: BackupError) -> None:
        self.keep_button.setEnabled(bool(self.secret.text().strip()))
        self.key_button.setEnabled(True)
        self.answer.show_trouble(error)
