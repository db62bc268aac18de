"""Notices by mail are set in a dialog, on the real service with a state and secrets of a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.app import build_services
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.mail import MailSecurity, MailSettings
from offline_backup_gui.services import Services, build
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.tracking.mail_dialog import MailDialog
from offline_backup_gui.ui.tracking.window import TrackingWindow
from tests.fakes import MemorySecrets

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


class Post:
    """Takes mails, or refuses them."""

    def __init__(self) -> None:
        self.sent: list[tuple[MailSettings, str, str]] = []
        self.trouble: BackupError | None = None

    def send(self, settings: MailSettings, password: str, subject: str, text: str) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.sent.append((settings, password, subject))


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def services(tmp_path: Path, post: Post) -> Services:
    world = build_services(tmp_path / "state").world
    return build(replace(world, secrets=MemorySecrets(), post=lambda: post))


@pytest.fixture
def opened(qtbot: QtBot, services: Services) -> Iterator[Any]:
    bridge = Bridge()
    window = TrackingWindow(services, words.load("en"), bridge)
    qtbot.addWidget(window)
    window.show()

    def dialog() -> MailDialog:
        window.mail_button.click()
        qtbot.waitUntil(lambda: bool(dialogs()), timeout=10_000)
        return dialogs()[-1]

    def dialogs() -> list[MailDialog]:
        return [one for one in window.findChildren(MailDialog) if one.isVisible()]

    yield dialog
    window.close()
    bridge.close()
    bridge.finish()


def fill(dialog: MailDialog) -> None:
    dialog.host.setText("mail.contoso.example")
    dialog.user.setText("branch042")
    dialog.password.setText("lamp")
    dialog.writer.setText("backup@contoso.example")
    dialog.to.setText("admin@contoso.example; night@contoso.example")


def test_a_test_mail_goes_out_with_what_was_typed(
    opened: Any, qtbot: QtBot, services: Services, post: Post
) -> None:
    dialog = opened()
    fill(dialog)
    dialog.test_button.click()
    qtbot.waitUntil(lambda: bool(post.sent) and dialog.test_button.isEnabled(), timeout=10_000)
    settings, password, subject = post.sent[0]
    assert (settings.host, settings.port, settings.security) == (
        "mail.contoso.example",
        587,
        MailSecurity.STARTTLS,
    )
    assert settings.recipients == ("admin@contoso.example", "night@contoso.example")
    assert (password, subject) == ("lamp", "Offline Backup: notices work")
    assert services.notices.settings() == settings


def test_what_was_kept_is_shown_again_without_the_password_and_can_be_ended(
    opened: Any, qtbot: QtBot, services: Services
) -> None:
    dialog = opened()
    fill(dialog)
    dialog.save_button.click()
    qtbot.waitUntil(lambda: services.notices.settings() is not None, timeout=10_000)
    # No system of a test starts anything every day, and the dialog says so.
    qtbot.waitUntil(dialog.told.isVisible, timeout=10_000)
    dialog.reject()
    again = opened()
    assert (again.host.text(), again.password.text()) == ("mail.contoso.example", "")
    again.off_button.click()
    qtbot.waitUntil(lambda: services.notices.settings() is None, timeout=10_000)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("host", "mail contoso", "The server is a name"),
        ("writer", "backup", "The sender is one mail address"),
        ("to", " , ", "At least one mail address"),
        ("to", "admin@contoso.example, nobody", "At least one mail address"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_and_nothing_is_kept(
    opened: Any, services: Services, field: str, value: str, said: str
) -> None:
    dialog = opened()
    fill(dialog)
    getattr(dialog, field).setText(value)
    dialog.save_button.click()
    assert dialog.hint.text().startswith(said)
    assert dialog.hint.isVisible()
    assert services.notices.settings() is None


def test_a_password_never_goes_over_an_open_line(opened: Any, services: Services) -> None:
    dialog = opened()
    fill(dialog)
    dialog.security.setCurrentIndex(list(MailSecurity).index(MailSecurity.NONE))
    dialog.save_button.click()
    assert "never crosses an open line" in dialog.hint.text()


def test_a_server_that_refuses_is_told_in_the_dialog(opened: Any, qtbot: QtBot, post: Post) -> None:
    post.trouble = BackupError(ErrorCode.MAIL_LOGIN_REFUSED, server="mail.contoso.example")
    dialog = opened()
    fill(dialog)
    dialog.test_button.click()
    qtbot.waitUntil(
        lambda: dialog.told.isVisible() and dialog.test_button.isEnabled(), timeout=10_000
    )


def test_a_dialog_is_as_tall_as_its_sentences_need_and_grows_with_them(
    opened: Any, qtbot: QtBot
) -> None:
    dialog = opened()
    layout = dialog.layout()
    assert dialog.height() == layout.totalHeightForWidth(dialog.width())
    before = dialog.height()
    dialog.told.show_trouble(BackupError(ErrorCode.MAIL_LOGIN_REFUSED, server="mail.example"))
    qtbot.waitUntil(lambda: dialog.height() > before)
    assert dialog.height() == layout.totalHeightForWidth(dialog.width())
