"""Where notices by mail go: the admin's own server, who sends, who reads, and a test."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox, QWidget

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.mail import PORT_BY_SECURITY, MailSecurity, MailSettings, checked
from offline_backup_gui.services.notices import Mail, Notices
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.tracking.dialogs import Sheet
from offline_backup_gui.ui.tracking.flush import flush
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import plain
from offline_backup_gui.words import Message, Words


class MailDialog(Sheet):
    """Keeps nothing before its button is pressed; the password goes to the secret store alone."""

    def __init__(
        self,
        notices: Notices,
        bridge: Bridge,
        words: Words,
        kept: MailSettings | None,
        parent: QWidget,
    ) -> None:
        super().__init__(
            words, words.text("mail-dialog.title"), words.text("mail-dialog.lead"), parent
        )
        self._notices, self._bridge, self._kept = notices, bridge, kept
        self.told = NoticeList(words)
        self.host = QLineEdit(kept.host if kept else "")
        self.security = QComboBox()
        for one in MailSecurity:
            self.security.addItem(words.text(f"mail-dialog.security-{one.value}"), one)
        security = kept.security if kept else MailSecurity.STARTTLS
        self.security.setCurrentIndex(list(MailSecurity).index(security))
        self.port = QSpinBox()
        self.port.setRange(1, 65535)
        self.port.setValue(kept.port if kept else PORT_BY_SECURITY[security])
        self.security.activated.connect(self._usual_port)
        self.user = QLineEdit(kept.user if kept else "")
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        if kept and kept.user:
            self.password.setPlaceholderText(words.text("mail-dialog.password-kept"))
        self.writer = QLineEdit(kept.sender if kept else "")
        self.to = QLineEdit(", ".join(kept.recipients) if kept else "")
        for name, field in (
            ("host", self.host),
            ("security", self.security),
            ("port", self.port),
            ("user", self.user),
            ("password", self.password),
            ("from", self.writer),
            ("to", self.to),
        ):
            self.add_row(words.text(f"mail-dialog.{name}"), field)
        self.test_button = self._quiet("mail-dialog.test", "play", self._test)
        self.off_button = self._quiet("mail-dialog.off", "stop", self._off)
        self.off_button.setVisible(kept is not None)
        self.add_part(flush(self.test_button, self.off_button))
        self.add_part(self.told)
        self.save_button = self.add_buttons(
            words.text("mail-dialog.save"), words.text("parcel.cancel")
        )
        self.save_button.clicked.disconnect()
        self.save_button.clicked.connect(self._save)
        self.hint.hide()

    def _quiet(self, key: str, icon: str, act: Callable[[], None]) -> IconButton:
        button = IconButton(icon, self.words.text(key), "quiet")
        button.setAccessibleName(plain(self.words.text(key)))
        button.setAutoDefault(False)
        button.clicked.connect(lambda: act())
        return button

    def _usual_port(self) -> None:
        self.port.setValue(PORT_BY_SECURITY[self.security.currentData()])

    def settings(self) -> MailSettings:
        """Give what the fields say."""
        to = tuple(one.strip() for one in self.to.text().replace(";", ",").split(","))
        return MailSettings(
            host=self.host.text().strip(),
            port=self.port.value(),
            security=MailSecurity(self.security.currentData()),
            sender=self.writer.text().strip(),
            recipients=tuple(filter(None, to)),
            user=self.user.text().strip(),
        )

    def _usable(self) -> MailSettings | None:
        """Give the settings when they can be used, else say which field cannot."""
        try:
            return checked(self.settings())
        except BackupError as error:
            name = str(error.parameters["name"])
            self.hint.setText(self.words.text(f"mail-dialog.wrong-{name}"))
            self.hint.show()
            return None

    def _save(self) -> None:
        # What no system starts every day is told and not closed away.
        self._keep(lambda daily: self.accept() if daily else None)

    def _test(self) -> None:
        """Keep the settings and send a test over them, for a test of others proves nothing."""
        words = self.words
        mail = Mail(words.text("mail.test.subject"), words.text("mail.test.text"))

        def sent(_: object) -> None:
            self._idle()
            self.told.show_message(Message(words.text("mail.sent"), "", ""), Status.GOOD)

        self._keep(
            lambda _: self._bridge.call(self, lambda: self._notices.test(mail), sent, self._refused)
        )

    def _keep(self, then: Callable[[bool], None]) -> None:
        settings = self._usable()
        if settings is None:
            return
        self.hint.hide()
        self.told.clear()
        typed = self.password.text() or None

        def kept(daily: bool) -> None:
            self._idle()
            self.off_button.show()
            if not daily:
                said = Message(self.words.text("mail.set-not-daily"), "", "")
                self.told.show_message(said, Status.CAUTION)
            then(daily)

        self._idle(idle=False)
        self._bridge.call(self, lambda: self._notices.set(settings, typed), kept, self._refused)

    def _off(self) -> None:
        self._idle(idle=False)
        self._bridge.call(self, self._notices.off, lambda _: self.accept(), self._refused)

    def _refused(self, error: BackupError) -> None:
        self._idle()
        self.told.show_trouble(error)

    def _idle(self, *, idle: bool = True) -> None:
        for button in (self.save_button, self.test_button, self.off_button):
            button.setEnabled(idle)
