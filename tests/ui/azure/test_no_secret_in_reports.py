"""A slip of ours with every secret at hand: what the window reports of it holds none of them."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.domain.orders import OrderForm, OrderSecrets
from offline_backup_gui.services.protection import RecoveryKit
from offline_backup_gui.services.restores import Opening
from offline_backup_gui.services.world import AccountSecret
from offline_backup_gui.ui import crash
from offline_backup_gui.ui.crash import CrashDialog, CrashGuard
from tests.azure.test_canary_secrets import (
    ACCOUNT,
    ACCOUNT_KEY,
    FORM_SECRETS,
    OWN_FORM,
    OWN_SECRETS,
    SECRETS,
    found_in,
    signing,
)
from tests.azure.test_canary_secrets import SERVED as SIGNED
from tests.ui.azure.conftest import Office

# The test itself lets an exception reach the top.
pytestmark = pytest.mark.qt_no_exception_capture


def test_the_report_of_a_slip_in_the_window_holds_no_secret(
    qtbot: QtBot, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SIGNED.append(office.served)
    sign_in, secret = signing()
    shown: list[str] = []

    def look(dialog: CrashDialog) -> int:
        shown.extend(label.text() for label in dialog.findChildren(QLabel))
        shown.extend(view.toPlainText() for view in dialog.findChildren(QPlainTextEdit))
        dialog.deleteLater()
        return 0

    opening = Opening(("E:",), SECRETS["passphrase"], SECRETS["recovery code"], ACCOUNT.sas, "x")
    kit = RecoveryKit("4f0c", (SECRETS["recovery code"],))

    def slip(form: OrderForm, secrets: OrderSecrets, account: AccountSecret) -> None:
        kept = (form, secrets, account, sign_in, secret, opening, kit)
        raise RuntimeError(f"a slip of ours with {kept!r}")

    monkeypatch.setattr(crash.CrashDialog, "exec", look)
    reports = tmp_path / "reports"

    def reported(count: int) -> bool:
        return len(list(reports.glob("report-*.txt"))) == count

    guard = CrashGuard(words.load("en"), reports)
    before = sys.excepthook
    guard.install()
    given = [(FORM_SECRETS, ACCOUNT), (OWN_SECRETS, ACCOUNT_KEY)]
    try:
        for number, (secrets, account) in enumerate(given, 1):

            def work(secrets: OrderSecrets = secrets, account: AccountSecret = account) -> None:
                slip(OWN_FORM, secrets, account)

            office.bridge.call(office.bridge, work, lambda _none: None, lambda _error: None)
            qtbot.waitUntil(partial(reported, number), timeout=30_000)
    finally:
        guard.remove()
    assert sys.excepthook is before
    QApplication.processEvents()
    text = "\n".join([*shown, *(path.read_text() for path in reports.glob("report-*.txt"))])
    assert text.count("a slip of ours") >= 4  # in each file and in each dialog
    assert found_in(text, SECRETS) == []


def test_a_secret_in_the_text_of_a_slip_would_be_found(qtbot: QtBot, tmp_path: Path) -> None:
    error = RuntimeError(f"a slip with {SECRETS['passphrase']}")
    path = CrashGuard(words.load("en"), tmp_path)._write(crash.report_of(error, None))
    assert path is not None
    assert found_in(path.read_text(), SECRETS) == ["passphrase"]
