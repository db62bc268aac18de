"""Subscription, storage account and vault, chosen from the lists that a sign-in sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.geography import Geography
from offline_backup_gui.domain.order_fields import AzurePlace
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.subscription import StorageAccount, Subscription, Vault
from offline_backup_gui.services.azure import Azure
from offline_backup_gui.ui.azure.asking import Asking
from offline_backup_gui.ui.azure.fields import narrow
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Message, Words


class Holdings(Struct, frozen=True):
    """What one subscription holds that a backup may go to."""

    accounts: Sequence[StorageAccount]
    vaults: Sequence[Vault]


class PlacePicker(QWidget):
    """Two or three lists below one another; what was chosen before stays chosen."""

    edited = Signal()  # the admin chose
    refused = Signal(object)  # BackupError

    def __init__(self, azure: Azure, words: Words, bridge: Bridge, geography: Geography) -> None:
        super().__init__()
        self._azure, self._words, self._geography = azure, words, geography
        self._asking = Asking(bridge, self)
        self._asking.changed.connect(self._show_busy)
        self._place = AzurePlace()
        self._accounts: Sequence[StorageAccount] = ()
        self._preferred = ("", "")  # subscription and account an agent was told
        self._listed = ""  # the subscription whose lists are shown
        self._loaded = self._wants_vault = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(unit(self) // 2)
        self._form = QFormLayout()
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setVerticalSpacing(unit(self) // 2)
        self._form.setHorizontalSpacing(unit(self))
        self.subscription = self._box("subscription", self._subscription_chosen)
        self.account = self._box("account", self._account_chosen)
        self.vault = self._box("vault", self._vault_chosen)
        column.addLayout(self._form)
        self.region = text("", "body")
        column.addWidget(self.region)
        self.busy = text(words.text("azure-place.loading"), "small")
        self.stop_button = IconButton("stop", words.text("azure-place.stop"), "quiet")
        self.stop_button.clicked.connect(self._asking.stop)
        self.again_button = IconButton("refresh", words.text("azure-place.again"), "quiet")
        self.again_button.clicked.connect(self.load)
        column.addLayout(row(self.busy, self.stop_button, self.again_button, 1))
        self.notices = NoticeList(words)
        column.addWidget(self.notices)
        self._show_busy()

    def _box(self, key: str, chosen: Callable[[], None]) -> QComboBox:
        box = narrow(QComboBox())
        label = QLabel(self._words.text(f"azure-place.{key}"))
        label.setBuddy(box)
        box.setAccessibleName(plain(label.text()))
        box.activated.connect(lambda _index: chosen())
        self._form.addRow(label, box)
        return box

    # ------------------------------------------------------------ what is chosen

    @property
    def place(self) -> AzurePlace:
        """Give what is chosen."""
        return self._place

    def show_place(self, place: AzurePlace, *, vault: bool) -> None:
        """Show what was chosen before; `vault` says that an agent's vault is wanted too."""
        self._wants_vault = vault
        self._form.setRowVisible(self.vault, vault)
        if place != self._place:
            self._place = place
            self._show_choice()

    def prefer(self, subscription: str, account: str) -> None:
        """Know what is chosen by itself where nothing was: what an agent was told."""
        self._preferred = (subscription.lower(), account.lower())

    def chosen_account(self) -> StorageAccount | None:
        """Give the account that is chosen, once the lists are there."""
        return next((a for a in self._accounts if a.resource_id == self._place.account_id), None)

    # ------------------------------------------------------------ asking

    def load(self) -> None:
        """Ask for the lists."""
        azure, wanted = self._azure, self._place.subscription
        preferred = self._preferred[0]
        self.notices.clear()

        def ask(control: Control) -> tuple[Sequence[Subscription], str, Holdings]:
            found = azure.subscriptions(control)
            known = [one.subscription_id for one in found]
            told = next((one for one in known if one.lower() == preferred), "")
            alone = known[0] if len(known) == 1 else ""
            chosen = wanted if wanted in known else told or alone
            return found, chosen, self._holdings(chosen, control)

        self._asking.ask(ask, self._know, self._lost)

    def load_once(self) -> None:
        """Ask unless the lists are there or under way."""
        if not self._loaded and not self._asking.busy:
            self.load()

    def forget(self) -> None:
        """Show no lists: nobody is signed in."""
        self._asking.stop()
        self._loaded, self._listed, self._accounts = False, "", ()
        for box in (self.subscription, self.account, self.vault):
            box.clear()
        self.notices.clear()

    def stop(self) -> None:
        """Wait no longer."""
        self._asking.stop()

    def _holdings(self, subscription: str, control: Control) -> Holdings:
        if not subscription:
            return Holdings((), ())
        directory = self._azure.directory(control)
        vaults = directory.vaults(subscription) if self._wants_vault else ()
        return Holdings(directory.storage_accounts(subscription), vaults)

    def _know(self, found: tuple[Sequence[Subscription], str, Holdings]) -> None:
        subscriptions, chosen, holdings = found
        self._loaded = True
        self.subscription.clear()
        for one in subscriptions:
            self.subscription.addItem(f"{one.name} ({one.subscription_id})", one.subscription_id)
        if not subscriptions:
            self._say_empty("no-subscription")
        new = chosen != self._place.subscription
        if new and chosen:
            self._place = AzurePlace(subscription=chosen)
        self._know_holdings(chosen, holdings)

    def _know_holdings(self, subscription: str, holdings: Holdings) -> None:
        self._listed, self._accounts = subscription, holdings.accounts
        self.account.clear()
        for account in holdings.accounts:
            label = f"{account.name}  ·  {self._region_name(account.region)}  ·  {account.kind}"
            self.account.addItem(label, account.resource_id)
        self.vault.clear()
        for vault in holdings.vaults:
            label = f"{vault.name}  ·  {self._region_name(vault.region)}"
            self.vault.addItem(label, vault.resource_id)
        if subscription and not holdings.accounts:
            self._say_empty("no-account")
        self._show_choice()
        # What is alone needs no choice, and saying so again changes nothing.
        names = [account.name.lower() for account in holdings.accounts]
        told = names.index(self._preferred[1]) if self._preferred[1] in names else -1
        place = 0 if len(names) == 1 else told
        if place >= 0 and not self._place.account_id:
            self.account.setCurrentIndex(place)
            self._account_chosen()

    def _say_empty(self, key: str) -> None:
        title = self._words.text(f"azure-place.{key}")
        do = self._words.text(f"azure-place.{key}-do")
        self.notices.show_message(Message(title, "", do), Status.CAUTION)

    def _lost(self, error: BackupError) -> None:
        self.notices.show_trouble(error)
        self.refused.emit(error)

    # ------------------------------------------------------------ choosing

    def _subscription_chosen(self) -> None:
        subscription = str(self.subscription.currentData() or "")
        if subscription in ("", self._listed):
            return
        self._place = AzurePlace(subscription=subscription)
        self.notices.clear()
        self._asking.ask(
            lambda control: self._holdings(subscription, control),
            lambda found: self._know_holdings(subscription, found),
            self._lost,
        )
        self.edited.emit()

    def _account_chosen(self) -> None:
        chosen = str(self.account.currentData() or "")
        account = next((a for a in self._accounts if a.resource_id == chosen), None)
        if account is not None:
            self._place = replace(self._place, account_id=chosen, region=account.region)
            self._show_choice()
            self.edited.emit()

    def _vault_chosen(self) -> None:
        self._place = replace(self._place, vault_id=str(self.vault.currentData() or ""))
        self.edited.emit()

    # ------------------------------------------------------------ showing

    def _show_choice(self) -> None:
        for box, value in (
            (self.subscription, self._place.subscription),
            (self.account, self._place.account_id),
            (self.vault, self._place.vault_id),
        ):
            box.setCurrentIndex(box.findData(value) if value else -1)
        self.region.setText(self._region_words())
        self.region.setVisible(bool(self._place.region))

    def _region_words(self) -> str:
        words, region = self._words, self._geography.region(self._place.region)
        if region is None:
            return words.text("azure-place.region-unknown", region=self._place.region)
        country = words.term("country", region.country)
        if country == region.country:
            country = self._geography.country_names.get(region.country, country)
        return words.text("azure-place.region", region=region.name, country=country)

    def _region_name(self, name: str) -> str:
        region = self._geography.region(name)
        return region.name if region else name

    def _show_busy(self) -> None:
        busy = self._asking.busy
        self.busy.setVisible(busy)
        self.stop_button.setVisible(busy)
        self.again_button.setVisible(not busy)
        for box in (self.subscription, self.account, self.vault):
            box.setEnabled(not busy)
