"""Asks into which Recovery Services vault an agent's backup goes, and for its server's name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from offline_backup_gui.domain.agent_seed import AgentLink, vault_link
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.subscription import Vault
from offline_backup_gui.services.azure import Azure
from offline_backup_gui.ui.azure.asking import Asking
from offline_backup_gui.ui.azure.fields import narrow
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.tracking.dialogs import Sheet
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import text
from offline_backup_gui.words import Words


class VaultDialog(Sheet):
    """The vaults that a sign-in sees to choose from; without one a resource id is pasted."""

    entered = Signal(object)  # AgentLink

    def __init__(
        self,
        azure: Azure,
        bridge: Bridge,
        words: Words,
        link: AgentLink | None,
        parent: QWidget,
        *,
        asks: bool,
    ) -> None:
        super().__init__(words, words.text("seed.link-title"), words.text("seed.link-why"), parent)
        self._azure = azure
        self._asking = Asking(bridge, self)
        self._asking.changed.connect(self._show_busy)
        self.vault = narrow(QComboBox())
        self.vault.setEditable(True)
        self.vault.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.server = QLineEdit(link.server if link else "")
        self.add_row(words.text("seed.link-vault"), self.vault)
        self.add_row(words.text("seed.link-server"), self.server)
        self.vault.setCurrentText(link.vault_id if link else "")
        self.vault.editTextChanged.connect(self._check)
        self.server.textChanged.connect(self._check)
        self.busy = text(words.text("seed.link-loading"), "small")
        self.add_part(self.busy)
        self.notices = NoticeList(words)
        self.add_part(self.notices)
        self.hint.setText(words.text("seed.link-hint"))
        self.save_button = self.add_buttons(
            words.text("seed.link-save"), words.text("parcel.cancel")
        )
        self.accepted.connect(self._enter)
        self.finished.connect(lambda _result: self._asking.stop())
        if asks:
            self._asking.ask(self._list, self._know, self.notices.show_trouble)
        self._show_busy()
        self._check()

    def _list(self, control: Control) -> Sequence[Vault]:
        directory = self._azure.directory(control)
        found: list[Vault] = []
        for one in directory.subscriptions():
            found += directory.vaults(one.subscription_id)
        return found

    def _know(self, vaults: Sequence[Vault]) -> None:
        typed = self.vault.currentText()
        for vault in vaults:
            self.vault.addItem(f"{vault.name}  ·  {vault.region}", vault.resource_id)
        known = self.vault.findData(typed)
        self.vault.setCurrentIndex(known if known >= 0 else 0 if vaults and not typed else -1)
        if known < 0 and typed:
            self.vault.setCurrentText(typed)

    def link(self) -> AgentLink | None:
        """Give what was entered; None while it names no vault or no server."""
        said, place = self.vault.currentText().strip(), self.vault.currentIndex()
        listed = place >= 0 and self.vault.itemText(place).strip() == said
        try:
            return vault_link(
                str(self.vault.itemData(place)) if listed else said, self.server.text()
            )
        except BackupError:
            return None

    def _enter(self) -> None:
        link = self.link()
        if link is not None:
            self.entered.emit(link)

    def _check(self) -> None:
        whole = self.link() is not None
        self.save_button.setEnabled(whole)
        self.hint.setVisible(not whole)

    def _show_busy(self) -> None:
        self.busy.setVisible(self._asking.busy)
