"""To whom an order belongs: its name, subscription, resource group and storage account."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QWidget

from offline_backup_gui.domain.order_fields import AzurePlace
from offline_backup_gui.domain.plan import AgentFields, Draft, Route
from offline_backup_gui.domain.subscription import ResourceGroup, ResourceId
from offline_backup_gui.ui.azure.asking import Asking
from offline_backup_gui.ui.azure.fields import narrow
from offline_backup_gui.ui.azure.places import PlacePicker
from offline_backup_gui.ui.widgets.boxes import Card, unit
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.ui.wizard.page import Desk

_STORAGE = "Microsoft.Storage/storageAccounts"


class OrderPlace(Card):
    """Lists when somebody is signed in, else the same four answers to type."""

    edited = Signal()
    refused = Signal(object)  # BackupError

    def __init__(self, desk: Desk, *, named: bool = True) -> None:
        """`named`: whether the name is asked here, or stands already."""
        super().__init__(desk.words.text("order.place-title"), "cloud")
        self._desk, self._words = desk, desk.words
        self._draft = Draft()
        self._signed = False
        self._asked = ""  # the subscription whose groups are listed
        self._asking = Asking(desk.bridge, self)
        self._form = QFormLayout()
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setVerticalSpacing(unit(self) // 2)
        self._form.setHorizontalSpacing(unit(self))
        self._named = named
        self.name = self._line("name")
        self.subscription, self.account = self._line("subscription"), self._line("account")
        self.region = narrow(QComboBox())
        self.region.addItem("", "")
        regions = desk.geography.regions.items()
        for key, region in sorted(regions, key=lambda item: item[1].name):
            self.region.addItem(region.name, key)
        self.region.activated.connect(lambda _index: self.edited.emit())
        self._add("region", self.region)
        self.group = narrow(QComboBox())
        self.group.setEditable(True)
        self.group.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.group.editTextChanged.connect(lambda _text: self._typed())
        self._add("group", self.group)
        self.picker = PlacePicker(desk.services.azure, desk.words, desk.bridge, desk.geography)
        self.picker.edited.connect(self._picked)
        self.picker.refused.connect(self.refused)
        self._chosen = text("", "subdued")
        self.add(self._chosen)
        self.add(self.picker)
        self.add(self._form)
        self._form.setRowVisible(self.name, named)
        self._showing = False

    def _line(self, key: str) -> QLineEdit:
        field = QLineEdit()
        field.textEdited.connect(lambda _text: self.edited.emit())
        self._add(key, field)
        return field

    def _add(self, key: str, field: QWidget) -> None:
        label = QLabel(self._words.text(f"order.field.{key}"))
        label.setBuddy(field)
        field.setAccessibleName(plain(label.text()))
        self._form.addRow(label, field)

    # ------------------------------------------------------------ draft

    def show_draft(self, draft: Draft) -> None:
        """Show the answers."""
        self._draft, azure = draft, draft.azure
        self._showing = True
        told = draft.agent if draft.route is Route.IMPORT_EXPORT else AgentFields()
        account = azure.account_id.rsplit("/", 1)[-1] or _account_in(draft.account)
        account = account or told.storage_account
        for field, value in (
            (self.name, draft.name),
            (self.subscription, azure.subscription or told.subscription_id),
            (self.account, account),
        ):
            if field.text() != value and not field.hasFocus():
                field.setText(value)
        region = self._desk.geography.region(azure.region or draft.region)
        key = "".join(region.name.split()).lower() if region else ""
        self.region.setCurrentIndex(max(0, self.region.findData(key)))
        if self.group.currentText() != draft.order.group:
            self.group.setEditText(draft.order.group or _group_in(azure.account_id))
        self.picker.prefer(told.subscription_id, told.storage_account)
        self.picker.show_place(azure, vault=False)
        self._showing = False
        self._show_ways()

    def read(self, draft: Draft) -> Draft:
        """Give the draft with name, place and group."""
        group = self.group.currentText().strip()
        name = self.name.text().strip() if self._named else draft.name
        draft = replace(draft, name=name, order=replace(draft.order, group=group))
        if draft.azure.listed:
            return draft
        if self._signed and self.picker.place.account_id:
            return replace(draft, azure=self.picker.place)
        subscription, name = self.subscription.text().strip(), self.account.text().strip()
        account = ResourceId(subscription, group, _STORAGE, name) if name else ""
        return replace(
            draft,
            azure=AzurePlace(
                subscription=subscription,
                account_id=str(account) if subscription and group else "",
                region=str(self.region.currentData() or ""),
            ),
        )

    # ------------------------------------------------------------ signed in or not

    def show_signed_in(self, signed: bool) -> None:
        """Show lists or lines."""
        if signed != self._signed:
            self._signed = signed
            self._show_ways()

    def know_signed_in(self, signed: bool) -> None:
        """Ask for the lists when somebody signed in, forget them when nobody is."""
        self.show_signed_in(signed)
        if not signed:
            self._asking.stop()
            self.picker.forget()
            self._asked = ""
        elif not self._draft.azure.listed:
            self.picker.load_once()
        self._ask_groups()

    def stop(self) -> None:
        """Wait no longer."""
        self._asking.stop()
        self.picker.stop()

    def _show_ways(self) -> None:
        listed = self._draft.azure.listed
        typed = not listed and not self._signed
        for field in (self.subscription, self.account, self.region):
            self._form.setRowVisible(field, typed)
        self.picker.setVisible(self._signed and not listed)
        self._chosen.setVisible(listed)
        if listed:
            azure = self._draft.azure
            name = azure.account_id.rsplit("/", 1)[-1]
            self._chosen.setText(
                self._words.text("order.chosen", account=name, subscription=azure.subscription)
            )

    def _picked(self) -> None:
        place = self.picker.place
        if place.account_id and not self.group.currentText():
            self.group.setEditText(_group_in(place.account_id))
        self._ask_groups()
        self.edited.emit()

    def _ask_groups(self) -> None:
        wanted = self.picker.place.subscription
        if not self._signed or not wanted or wanted == self._asked:
            return
        self._asked, azure = wanted, self._desk.services.azure
        self._asking.ask(
            lambda control: azure.directory(control).resource_groups(wanted),
            self._know_groups,
            self.refused.emit,
        )

    def _know_groups(self, found: Sequence[ResourceGroup]) -> None:
        kept = self.group.currentText()
        self._showing = True
        self.group.clear()
        self.group.addItems([one.name for one in found])
        self.group.setEditText(kept or _group_in(self.picker.place.account_id))
        self._showing = False
        self.edited.emit()

    def _typed(self) -> None:
        if not self._showing:
            self.edited.emit()


def _account_in(address: str) -> str:
    """Give the account's name in its address, as https://NAME.blob.core.windows.net has it."""
    host = address.removeprefix("https://").split("/", 1)[0]
    return host.split(".blob.", 1)[0] if ".blob." in host else ""


def _group_in(account_id: str) -> str:
    parts = account_id.split("/")
    return parts[4] if len(parts) > 4 else ""
