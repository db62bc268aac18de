"""Unlocking: the passkey goes from the order or the keyboard to the tool, never onto the screen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLabel, QLineEdit

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import JobRef
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.services import Services
from offline_backup_gui.ui.azure.asking import Asking
from offline_backup_gui.ui.azure.fields import pile
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.devices.clipboard import SecretClip
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, WrappingCheck, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.speech import announce
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Message, Words


class PasskeyCard(Card):
    """Nothing is kept unless that is ticked; then it lies with the secrets of this computer."""

    def __init__(self, services: Services, words: Words, bridge: Bridge) -> None:
        super().__init__(words.text("device-desk.unlock-title"), "key")
        self._services, self._words, self._bridge = services, words, bridge
        self._ref: JobRef | None = None
        self._name, self._kept, self._signed_in = "", False, False
        self._clip = SecretClip()
        self._asking = Asking(bridge, self)
        self._asking.changed.connect(self._show)
        self.add(text(words.text("device.unlock-how"), "subdued"))
        self.from_order = self._button("cloud", "from-order", self.take_from_order)
        self.from_kept = self._button("copy", "from-kept", self._take_kept)
        self.add(pile((self.from_order, self.from_kept)))
        self._why = text(words.text("device-desk.no-order"), "small")
        self.add(self._why)
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setMaximumWidth(self.fontMetrics().averageCharWidth() * 44)
        self.field.textEdited.connect(lambda _text: self._show())
        label = QLabel(words.text("device-desk.passkey"))
        label.setBuddy(self.field)
        self.field.setAccessibleName(plain(label.text()))
        self.add(label)
        self.add(self.field)
        self.keep = WrappingCheck(words.text("device-desk.keep"))
        self.add(self.keep)
        self.copy = self._button("copy", "copy-passkey", self._take_typed)
        self.clear_button = self._button("remove", "take-off", self.take_off)
        self.forget = self._button("remove", "forget", self._forget)
        self.stop_button = self._button("stop", "stop", self._asking.stop)
        self.add(pile((self.copy, self.clear_button, self.forget, self.stop_button)))
        self.column.setSpacing(unit(self) // 2)
        self.notices = NoticeList(words)
        self.add(self.notices)
        self._show()

    def _button(self, icon: str, key: str, does: Callable[[], None]) -> IconButton:
        label = self._words.text(f"device-desk.{key}")
        button = IconButton(icon, label)
        button.setAccessibleName(plain(label))
        button.clicked.connect(lambda: does())
        return button

    def show_order(self, ref: JobRef | None, name: str) -> None:
        """Know the order, and the name under which a passkey is kept where there is none."""
        self._ref, name = ref, ref.name if ref else name
        if name != self._name:
            self._name, self._kept = name, False
            self.look()
        self._show()

    def left(self) -> None:
        """Leave nothing behind: not on the clipboard, not in the field."""
        self._asking.stop()
        self.field.clear()
        self.take_off()

    def look(self) -> None:
        """Find out whether a passkey is kept, and whether somebody is signed in."""
        services, name = self._services, self._name

        def ask() -> tuple[bool, bool]:
            kept = bool(name) and bool(services.devices.passkey(name))
            return kept, services.azure.signed_in() is not None

        def seen(answer: tuple[bool, bool]) -> None:
            if name == self._name:
                self._kept, self._signed_in = answer
                self._show()

        self._bridge.call(self, ask, seen, lambda _error: None)

    def _show(self) -> None:
        typed, busy = bool(self.field.text().strip()), self._asking.busy
        may_ask = self._ref is not None and self._signed_in
        self.from_order.setEnabled(may_ask and not busy)
        self._why.setVisible(not may_ask)
        self.from_kept.setVisible(self._kept)
        self.forget.setVisible(self._kept)
        self.copy.setEnabled(typed)
        self.stop_button.setVisible(busy)
        self.clear_button.setVisible(self._clip.there)

    # ------------------------------------------------------------ doing

    def take_from_order(self) -> None:
        """Ask Azure for the passkey of the order; Azure notes in its log that it was asked."""
        ref, services = self._ref, self._services
        if ref is None:
            return

        def ask(control: Control) -> str:
            found = services.orders.credentials(ref, control)
            keys = {one.secret for one in found if one.what == "passkey"}
            if not keys:
                raise BackupError(ErrorCode.ORDER_NOT_FOUND, name=ref.name)
            return ";".join(sorted(keys))

        self._asking.ask(ask, self._hand_over, self.notices.show_trouble)

    def _take_typed(self) -> None:
        self._hand_over(self.field.text().strip())
        self.field.clear()
        self._show()

    def _take_kept(self) -> None:
        devices, name = self._services.devices, self._name
        self._bridge.call(
            self, lambda: devices.passkey(name), self._on_clip, self.notices.show_trouble
        )

    def _hand_over(self, passkey: str) -> None:
        self._on_clip(passkey)
        if not self.keep.box.isChecked() or not self._name:
            return
        devices, name = self._services.devices, self._name

        def kept(lasting: bool) -> None:
            self._kept = True
            if not lasting:
                said = Message(self._words.text("device.passkey-session"), "", "")
                self.notices.show_message(said, Status.CAUTION)
            self._show()

        self._bridge.call(
            self, lambda: devices.keep_passkey(name, passkey), kept, self.notices.show_trouble
        )

    def _on_clip(self, passkey: str) -> None:
        self._clip.put(passkey)
        title = self._words.text("device-desk.on-clipboard")
        why = self._words.text("device-desk.on-clipboard-why")
        self.notices.show_message(Message(title, why, ""), Status.GOOD)
        announce(self, title)
        self._show()

    def take_off(self) -> None:
        """Take the passkey off the clipboard."""
        self._clip.take_off()
        self.notices.clear()
        self._show()

    def _forget(self) -> None:
        devices, name = self._services.devices, self._name

        def done(_none: None) -> None:
            self._kept = False
            said = self._words.text("device-desk.forgotten")
            self.notices.show_message(Message(said, "", ""), Status.GOOD)
            self._show()

        self._bridge.call(
            self, lambda: devices.forget_passkey(name), done, self.notices.show_trouble
        )
