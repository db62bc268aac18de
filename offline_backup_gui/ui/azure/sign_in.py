"""Signing in to Azure: by a browser, by a code for another device, or as a service principal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from offline_backup_gui.domain.clouds import DeviceCode, SignIn, SignInMethod, SignInSecret
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.services.azure import Azure, program_secret_in
from offline_backup_gui.ui.azure.asking import Asking
from offline_backup_gui.ui.azure.fields import narrow, pile
from offline_backup_gui.ui.bridge import Bridge, Newest
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import mono, plain, text
from offline_backup_gui.words import Message, Words

CLOUDS = ("public", "government", "china")


class SignInPanel(Card):
    """Shows who is signed in, or how to; nothing else of the program ever asks a person."""

    changed = Signal(bool)  # whether somebody is signed in, as far as this computer remembers

    def __init__(self, azure: Azure, words: Words, bridge: Bridge) -> None:
        super().__init__(words.text("sign-in.card"), "key")
        self._azure, self._words, self._bridge = azure, words, bridge
        self._asking = Asking(bridge, self)
        self._asking.changed.connect(self._show)
        self._codes = Newest(self._show_code, self)
        self.signed_in: SignIn | None = None
        self._known = False
        self.notices = NoticeList(words)
        self.add(self._build_ways())
        self.add(self._build_waiting())
        self.add(self._build_signed())
        self.add(self.notices)
        self._show()

    # ------------------------------------------------------------ building

    def _say(self, key: str, **parameters: str) -> str:
        return self._words.text(f"sign-in.{key}", **parameters)

    def _column(self) -> tuple[QWidget, QVBoxLayout]:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(unit(self) // 2)
        return part, column

    def _build_ways(self) -> QWidget:
        self._ways, column = self._column()
        column.addWidget(text(self._say("lead"), "subdued"))
        self._form = QFormLayout()
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setVerticalSpacing(unit(self) // 2)
        self._form.setHorizontalSpacing(unit(self))
        self.method = narrow(QComboBox())
        for method in SignInMethod:
            self.method.addItem(self._say(method.value), method)
        self.method.currentIndexChanged.connect(lambda _index: self._show())
        self.cloud = narrow(QComboBox())
        for name in CLOUDS:
            self.cloud.addItem(self._say(f"cloud-{name}"), name)
        self.cloud.addItem(self._say("cloud-own"), "")
        self.cloud.activated.connect(self._cloud_chosen)
        self.cloud_file = ""
        self.tenant, self.client_id = QLineEdit(), QLineEdit()
        self.secret_file, self.password = QLineEdit(), QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.proxy = QLineEdit()
        self.proxy.setPlaceholderText("http://proxy.contoso.com:8080")
        choose = IconButton("folder", self._say("choose"), "quiet")
        choose.clicked.connect(self._choose_secret)
        self._file_row = QWidget()
        line = row(self.secret_file, choose)
        self._file_row.setLayout(line)
        self._add_row("method", self.method)
        self._add_row("cloud", self.cloud)
        self._add_row("tenant", self.tenant)
        self._add_row("client-id", self.client_id)
        self._add_row("secret-file", self.secret_file, self._file_row)
        self._add_row("password", self.password)
        self._add_row("proxy", self.proxy)
        column.addLayout(self._form)
        self.button = IconButton("key", self._say("button"), "primary")
        self.button.clicked.connect(self.sign_in)
        column.addLayout(row(self.button, 1))
        return self._ways

    def _add_row(self, key: str, field: QWidget, whole: QWidget | None = None) -> None:
        label = QLabel(self._say(key))
        label.setBuddy(field)
        field.setAccessibleName(plain(label.text()))
        self._form.addRow(label, whole or field)

    def _build_waiting(self) -> QWidget:
        self._waiting, column = self._column()
        self._told = text("", "strong")
        self.code = mono(text("", "figure"))
        self.code.setAccessibleName(self._say("code"))
        self.open_button = IconButton("chevron-right", self._say("open-page"))
        self.copy_button = IconButton("copy", self._say("copy-code"))
        self.stop_button = IconButton("stop", self._words.text("azure-place.stop"))
        self._page = ""
        self.open_button.clicked.connect(lambda: QDesktopServices.openUrl(self._page))
        self.copy_button.clicked.connect(
            lambda: QGuiApplication.clipboard().setText(self.code.text())
        )
        self.stop_button.clicked.connect(self._asking.stop)
        column.addWidget(self._told)
        column.addWidget(self.code)
        column.addLayout(pile((self.copy_button, self.open_button, self.stop_button)))
        return self._waiting

    def _build_signed(self) -> QWidget:
        self._signed, column = self._column()
        self.who = text("", "strong")
        self._lasting = text("", "small")
        self.out_button = IconButton("remove", self._say("out"), "quiet")
        self.out_button.clicked.connect(self.sign_out)
        column.addWidget(self.who)
        column.addWidget(self._lasting)
        column.addLayout(row(self.out_button, 1))
        return self._signed

    # ------------------------------------------------------------ state

    @property
    def _method(self) -> SignInMethod:
        return SignInMethod(self.method.currentData())  # Qt gives a plain text back

    @property
    def waiting(self) -> bool:
        """Say whether Azure or a person is being waited for."""
        return self._asking.busy

    def look(self) -> None:
        """Find out who is signed in; no line is needed."""
        azure = self._azure
        if not self._asking.busy:
            self._bridge.call(self, lambda: (azure.signed_in(), azure.lasts), self._know)

    def need_again(self, error: BackupError) -> bool:
        """Show the ways in again when `error` says that the sign-in is no longer good."""
        if error.code is not ErrorCode.SIGN_IN_NEEDED or self.signed_in is None:
            return False
        self.signed_in = None
        self._show()
        self.notices.show_trouble(error)
        self.changed.emit(False)
        return True

    def stop(self) -> None:
        """Wait no longer."""
        self._asking.stop()

    def _know(self, found: tuple[SignIn | None, bool]) -> None:
        sign_in, lasts = found
        changed = not self._known or sign_in != self.signed_in
        self._known, self.signed_in = True, sign_in
        if sign_in is not None:
            self.who.setText(self._say("as", account=sign_in.account))
            self._lasting.setText("" if lasts else self._say("session-only"))
            self._lasting.setVisible(not lasts)
        self._show()
        if changed:
            self.changed.emit(sign_in is not None)

    def _show(self) -> None:
        busy = self._asking.busy
        self._waiting.setVisible(busy)
        self._ways.setVisible(not busy and self.signed_in is None)
        self._signed.setVisible(not busy and self.signed_in is not None)
        program = self._method is SignInMethod.SERVICE_PRINCIPAL
        for field in (self._file_row, self.password):
            self._form.setRowVisible(field, program)
        caption = self._form.labelForField(self.client_id)
        if isinstance(caption, QLabel):
            caption.setText(self._say("client-id" if program else "client-id-own"))
            self.client_id.setAccessibleName(plain(caption.text()))
        if not busy:
            self._show_code(None)

    def _show_code(self, code: DeviceCode | None) -> None:
        self._page = code.address if code else ""
        self.code.setText(code.code if code else "")
        for part in (self.code, self.copy_button, self.open_button):
            part.setVisible(code is not None)
        key = "told-code" if code else f"told-{self._method.value}"
        self._told.setText(self._say(key, address=self._page))

    # ------------------------------------------------------------ doing

    def sign_in(self) -> None:
        """Sign in the way that was chosen."""
        self.notices.clear()
        azure, wanted = self._azure, self._wanted()
        show: Callable[[DeviceCode], None] = self._codes.report

        def work(control: Control) -> tuple[SignIn | None, bool]:
            sign_in, secret = wanted()
            return azure.sign_in(sign_in, secret, show, control), azure.lasts

        self._asking.ask(work, self._entered, self._refused)

    def _wanted(self) -> Callable[[], tuple[SignIn, SignInSecret]]:
        """Read the fields here; files are read beside the window."""
        azure, method = self._azure, self._method
        name, cloud_file = self.cloud.currentData(), self.cloud_file
        tenant, client = self.tenant.text().strip(), self.client_id.text().strip()
        file, password = self.secret_file.text().strip(), self.password.text()
        proxy = self.proxy.text().strip()

        def read() -> tuple[SignIn, SignInSecret]:
            cloud = azure.cloud(name, Path(cloud_file) if not name else None)
            program = method is SignInMethod.SERVICE_PRINCIPAL
            secret = program_secret_in(Path(file), password) if program else SignInSecret()
            return SignIn(cloud, method, tenant, client), replace(secret, proxy=proxy)

        return read

    def _entered(self, found: tuple[SignIn | None, bool]) -> None:
        self.password.clear()
        self.proxy.clear()  # it may carry a password
        self._known = False
        self._know(found)

    def _refused(self, error: BackupError) -> None:
        self.notices.show_trouble(error)

    def sign_out(self) -> None:
        """Forget the sign-in; drives and orders stay as they are."""
        azure = self._azure
        self._bridge.call(self, azure.sign_out, lambda _none: self._know((None, True)))
        message = Message(self._say("signed-out"), "", "")
        self.notices.show_message(message, Status.NOW)

    # ------------------------------------------------------------ files

    def _choose_secret(self) -> None:
        self._file_dialog("secret-file", self.secret_file.setText)

    def _cloud_chosen(self) -> None:
        if not self.cloud.currentData():
            self._file_dialog("cloud-file", self.use_cloud_file)

    def use_cloud_file(self, path: str) -> None:
        """Take the addresses of another cloud from a file."""
        self.cloud_file = path
        own = self.cloud.findData("")
        self.cloud.setItemText(own, Path(path).name)
        self.cloud.setCurrentIndex(own)

    def _file_dialog(self, key: str, chosen: Callable[[str], None]) -> None:
        dialog = QFileDialog(self, plain(self._say(key)))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(chosen)
        dialog.open()
