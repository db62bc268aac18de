"""What people see when the program itself went wrong."""

from __future__ import annotations

import signal
import subprocess
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
    dialog.show()
    layout = dialog.layout()
    assert layout is not None
    assert dialog.height() == layout.totalHeightForWidth(dialog.width()) < dialog.width()


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


_ENDS_BY_A_FAULT = """
import ctypes, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from offline_backup_gui import words
from offline_backup_gui.ui.crash import CrashGuard

application = QCoreApplication([])
CrashGuard(words.load("en"), Path(sys.argv[1])).install()
secret = "otter lamp violin"


def reads_at_nothing():
    ctypes.string_at(0)


reads_at_nothing()
"""


def test_a_window_that_vanished_is_told_of_once_at_the_next_start(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[list[str], str]] = []

    def look(dialog: CrashDialog) -> int:
        view = dialog.findChild(QPlainTextEdit)
        assert view is not None
        seen.append((shown(dialog), view.toPlainText()))
        dialog.deleteLater()
        return 0

    monkeypatch.setattr(crash.CrashDialog, "exec", look)
    ended = subprocess.run(
        [sys.executable, "-c", _ENDS_BY_A_FAULT, tmp_path], capture_output=True, check=False
    )
    assert ended.returncode == -signal.SIGSEGV
    for _start in range(2):
        guard = CrashGuard(ENGLISH, tmp_path)
        guard.install()
        guard.tell_of_last_time()
        guard.remove()
    ((told, report),) = seen
    assert ENGLISH.text("crash.vanished-title") in told
    assert report.startswith("Offline Backup ")
    assert "in reads_at_nothing" in report
    assert "otter lamp violin" not in report
    (saved,) = tmp_path.glob("report-*.txt")
    assert saved.read_text(encoding="utf-8") == report


def test_a_window_that_ended_in_order_says_nothing_at_the_next_start(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[CrashDialog] = []
    monkeypatch.setattr(crash.CrashDialog, "exec", opened.append)
    # The dialogs of Windows raise and catch this one; here somebody ended the window afterwards.
    caught = (
        "Windows fatal exception: code 0x8001010d\n\nThread 0x00000220 (most recent call first):\n"
    )
    (tmp_path / "last-words.txt").write_text(caught)
    # A fault that something else caught: the window went on and ended in order.
    went_on = CrashGuard(ENGLISH, tmp_path / "went on")
    went_on.install()
    (tmp_path / "went on" / "last-words.txt").write_text(
        "Windows fatal exception: access violation\n"
    )
    went_on.remove()
    for folder in (tmp_path, tmp_path / "went on", tmp_path / "new", tmp_path / "last-words.txt"):
        for _start in range(2):
            guard = CrashGuard(ENGLISH, folder)
            guard.install()
            guard.tell_of_last_time()
            guard.remove()
    assert opened == []
    assert not list(tmp_path.rglob("report-*"))
    assert not (tmp_path / "new").exists()
