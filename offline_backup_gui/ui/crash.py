"""What people see when the program itself went wrong: calm words and a report to send."""

from __future__ import annotations

import platform
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QStandardPaths, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from offline_backup_gui import __version__
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import row, unit
from offline_backup_gui.ui.widgets.notices import Notice
from offline_backup_gui.ui.widgets.texts import mono, text
from offline_backup_gui.words import Words

Hook = Callable[[type[BaseException], BaseException, TracebackType | None], None]


class CrashDialog(QDialog):
    """One dialog; expected trouble that reached the top is worded, a bug is reported."""

    def __init__(
        self,
        words: Words,
        error: BaseException,
        report: str,
        path: Path | None,
        parent: QWidget | None,
    ) -> None:
        super().__init__(parent)
        step = unit(self)
        self.setWindowTitle(words.text("app.name"))
        self.setMinimumWidth(step * 36)
        column = QVBoxLayout(self)
        column.setContentsMargins(step * 3 // 2, step * 3 // 2, step * 3 // 2, step)
        column.setSpacing(step // 2)
        if isinstance(error, BackupError):
            column.addWidget(Notice(words.trouble(error), Status.OBSTACLE, words))
        else:
            head = row(
                IconLabel("caution", Status.CAUTION, 2.0), text(words.text("crash.title"), "title")
            )
            head.setStretch(1, 1)
            column.addLayout(head)
            column.addWidget(text(words.text("crash.body")))
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

    def __init__(self, words: Words, folder: Path | None = None) -> None:
        """Reports go to `folder`, or to the place of the system for this program's data."""
        self._words = words
        self._folder = folder
        self._open = False
        self._before: Hook = sys.excepthook

    def install(self) -> None:
        """Take over uncaught exceptions of the window's thread."""
        self._before = sys.excepthook
        sys.excepthook = self.caught

    def remove(self) -> None:
        """Give them back."""
        sys.excepthook = self._before

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
        place = QStandardPaths.StandardLocation.AppLocalDataLocation
        folder = self._folder or Path(QStandardPaths.writableLocation(place)) / "reports"
        name = datetime.now(UTC).strftime("report-%Y%m%d-%H%M%S-%f.txt")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / name
            path.write_text(report, encoding="utf-8")
        except OSError:
            return None
        return path


def report_of(error: BaseException, trace: TracebackType | None) -> str:
    """Write a report: versions and the trace, no values of variables and so no secrets."""
    lines = traceback.format_exception(type(error), error, trace)
    head = (
        f"Offline Backup {__version__}\nPython {platform.python_version()}, Qt {qVersion()}\n"
        f"{platform.platform()}\n{datetime.now(UTC).isoformat(timespec='seconds')}\n\n"
    )
    return head + "".join(lines)
