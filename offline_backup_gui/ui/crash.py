"""What people see when the program itself went wrong: calm words and a report to send."""

from __future__ import annotations

import faulthandler
import os
import platform
import re
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QWidget

from offline_backup_gui import __version__
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import FittedDialog, row, unit
from offline_backup_gui.ui.widgets.notices import Notice
from offline_backup_gui.ui.widgets.texts import mono, text
from offline_backup_gui.words import Words

_MOST = 100_000  # letters; a fault writes some ten thousand
# Python notes exceptions with a mere code, too, which Windows' own dialogs raise and catch.
_FAULT = re.compile(r"^(Fatal Python error|Windows fatal exception: (?!code))", re.MULTILINE)
Hook = Callable[[type[BaseException], BaseException, TracebackType | None], None]


class CrashDialog(FittedDialog):
    """One dialog; expected trouble that reached the top is worded, a bug is reported.

    Without an `error` the report is of an earlier window, which ended before it could say so.
    """

    def __init__(
        self,
        words: Words,
        error: BaseException | None,
        report: str,
        path: Path | None,
        parent: QWidget | None,
    ) -> None:
        super().__init__(parent)
        step = unit(self)
        self.setWindowTitle(words.text("app.name"))
        self.setMinimumWidth(step * 36)
        column = self.column
        if isinstance(error, BackupError):
            column.addWidget(Notice(words.trouble(error), Status.OBSTACLE, words))
        else:
            kind = "" if error else "vanished-"
            title = text(words.text(f"crash.{kind}title"), "title")
            head = row(IconLabel("caution", Status.CAUTION, 2.0), title)
            head.setStretch(1, 1)
            column.addLayout(head)
            column.addWidget(text(words.text(f"crash.{kind}body")))
            saved = (
                words.text("crash.saved", path=str(path)) if path else words.text("crash.not-saved")
            )
            column.addWidget(text(saved, "subdued"))
            view = QPlainTextEdit(report)
            view.setReadOnly(True)
            view.setFont(mono(text("")).font())
            view.setAccessibleName(words.text("crash.title"))
            view.setMinimumHeight(step * 12)
            column.addWidget(view, 1)
        column.addLayout(self._buttons(words, report))

    def _buttons(self, words: Words, report: str) -> QHBoxLayout:
        copy = IconButton("copy", words.text("crash.copy"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(report))
        go_on = IconButton("check", words.text("crash.go-on"), "primary")
        go_on.clicked.connect(self.accept)
        return row(copy, 1, go_on)


class CrashGuard:
    """Catches what nobody caught; one dialog at a time, so that a storm stays readable."""

    def __init__(self, words: Words, folder: Path) -> None:
        """Reports go to `folder`, which is made when there is one."""
        self._words = words
        self._folder = folder
        self._open = False
        self._before: Hook = sys.excepthook
        self._last_words: BinaryIO | None = None

    def install(self) -> None:
        """Take over uncaught exceptions of the window's thread, and what ends the process."""
        self._before = sys.excepthook
        sys.excepthook = self.caught
        # Python itself writes there where each thread is when the process ends by a fault.
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._last_words = (self._folder / "last-words.txt").open("ab", buffering=0)
            faulthandler.enable(self._last_words)

    def remove(self) -> None:
        """Give them back."""
        sys.excepthook = self._before
        if self._last_words is not None:
            faulthandler.disable()
            self._last_words.close()
            self._last_words = None
            with suppress(OSError):
                (self._folder / "last-words.txt").unlink()  # what was noted did not end it
                self._folder.rmdir()  # refuses when there are reports

    def tell_of_last_time(self) -> None:
        """Show once where an earlier window was when it ended by a fault; mostly there is none."""
        try:
            said = (self._folder / "last-words.txt").read_text("utf-8", errors="replace")[-_MOST:]
            if said:
                os.truncate(self._folder / "last-words.txt", 0)
        except OSError:
            return
        if _FAULT.search(said):
            report = _head() + said
            CrashDialog(self._words, None, report, self._write(report), None).exec()

    def caught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Show one uncaught exception."""
        if issubclass(kind, KeyboardInterrupt) or QGuiApplication.instance() is None:
            self._before(kind, error, trace)
            return
        report = report_of(error, trace)
        path = self._write(report)
        if self._open:
            return
        self._open = True
        try:
            CrashDialog(self._words, error, report, path, None).exec()
        finally:
            self._open = False

    def _write(self, report: str) -> Path | None:
        name = datetime.now(UTC).strftime("report-%Y%m%d-%H%M%S-%f.txt")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / name
            path.write_text(report, encoding="utf-8")
        except OSError:
            return None
        return path


def report_of(error: BaseException, trace: TracebackType | None) -> str:
    """Write a report: versions and the trace, no values of variables and so no secrets."""
    lines = traceback.format_exception(type(error), error, trace)
    return _head() + "".join(lines)


def _head() -> str:
    return (
        f"Offline Backup {__version__}\nPython {platform.python_version()}, Qt {qVersion()}\n"
        f"{platform.platform()}\n{datetime.now(UTC).isoformat(timespec='seconds')}\n\n"
    )
