"""What people see when the program itself went wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.ui import crash
from offline_backup_gui.ui.crash import CrashDialog, CrashGuard, report_of

ENGLISH = words.load("en")


def raised(error: BaseException) -> BaseException:
    secret = "otter lamp violin"
    try:
        assert secret
        raise error
    except type(error) as caught:
        return caught


def shown(dialog: CrashDialog) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel)]


def test_a_bug_is_told_calmly_and_its_report_can_be_copied(qtbot: QtBot) -> None:
    error = raised(ZeroDivisionError("by zero"))
    report = report_of(error, error.__traceback__)
    dialog = CrashDialog(ENGLISH, error, report, Path("/tmp/report.txt"), None)
    qtbot.addWidget(dialog)
    assert ENGLISH.text("crash.title") in shown(dialog)
    assert any("Your data on the drives is safe" in line for line in shown(dialog))
    view = dialog.findChild(QPlainTextEdit)
    assert view is not None
    assert "ZeroDivisionError" in view.toPlainText()


def test_expected_trouble_at_the_top_is_worded(qtbot: QtBot) -> None:
    error = BackupError(ErrorCode.STATE_NEWER, path="/state.db", version=9)
    dialog = CrashDialog(ENGLISH, error, "", None, None)
    qtbot.addWidget(dialog)
    assert "The saved state in /state.db was written by a newer version" in shown(dialog)


def test_a_report_holds_the_trace_and_no_values() -> None:
    error = raised(ZeroDivisionError("by zero"))
    report = report_of(error, error.__traceback__)
    assert "test_crash.py" in report
    assert "otter lamp violin" not in report.replace('secret = "otter lamp violin"', "")


def test_an_uncaught_exception_is_saved_and_shown_once(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[CrashDialog] = []

    def show_and_fail_again(dialog: CrashDialog) -> int:
        opened.append(dialog)
        again = raised(ValueError("again"))
        guard.caught(ValueError, again, again.__traceback__)
        return 0

    monkeypatch.setattr(crash.CrashDialog, "exec", show_and_fail_again)
    before = sys.excepthook
    guard = CrashGuard(ENGLISH, tmp_path)
    guard.install()
    try:
        error = raised(ZeroDivisionError("by zero"))
        sys.excepthook(ZeroDivisionError, error, error.__traceback__)
    finally:
        guard.remove()
    assert sys.excepthook is before
    assert len(opened) == 1
    saved = sorted(tmp_path.glob("report-*.txt"))
    assert len(saved) == 2
    assert "ZeroDivisionError" in saved[0].read_text(encoding="utf-8")
    for dialog in opened:
        dialog.deleteLater()
    QApplication.processEvents()


def test_a_report_that_cannot_be_saved_can_still_be_copied(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("", encoding="utf-8")
    seen: list[list[str]] = []

    def look(dialog: CrashDialog) -> int:
        seen.append(shown(dialog))
        dialog.deleteLater()
        return 0

    monkeypatch.setattr(crash.CrashDialog, "exec", look)
    error = raised(ZeroDivisionError("by zero"))
    CrashGuard(ENGLISH, blocked).caught(ZeroDivisionError, error, error.__traceback__)
    assert ENGLISH.text("crash.not-saved") in seen[0]
