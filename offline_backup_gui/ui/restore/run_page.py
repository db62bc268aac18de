"""The restore while it runs, and its report: every file that differs from what was promised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QHeaderView, QTreeView, QWidget

from offline_backup_gui.domain.job import Job, JobState
from offline_backup_gui.services.backups import Backups
from offline_backup_gui.services.plain_files import replace_file
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.jobs.strip import JobStrip
from offline_backup_gui.ui.jobs.trouble import job_trouble
from offline_backup_gui.ui.restore.page import RestorePage
from offline_backup_gui.ui.restore.tree import shown
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import row, unit
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Message, Words

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
_ROOT = QModelIndex()


def differences_of(outcome: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Parse path and reason of every difference from a restore's outcome."""
    found: list[tuple[str, str]] = []
    for key in ("differences", "exceptions"):
        entries = outcome.get(key)
        if not isinstance(entries, list | tuple):
            continue
        for entry in entries:
            if isinstance(entry, Mapping):
                found.append((str(entry.get("path", "")), str(entry.get("reason", ""))))
            else:
                found.append((str(entry), ""))
    return tuple(found)


def reason_words(reason: str, words: Words) -> str:
    """Say why a file differs; what the system said about it follows as it came."""
    if "; " in reason:
        return "; ".join(reason_words(part, words) for part in reason.split("; "))
    kind, _, detail = reason.partition(":")
    key = f"restore.reason.{kind.split(' ')[0]}"
    if not words.has(key):
        return reason
    return f"{words.text(key)} ({detail.strip()})" if detail.strip() else words.text(key)


class DifferenceModel(QAbstractTableModel):
    """Path and reason of every difference."""

    def __init__(self, words: Words, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = words
        self.differences: tuple[tuple[str, str], ...] = ()

    def set_differences(self, differences: Sequence[tuple[str, str]]) -> None:
        """Show these."""
        self.beginResetModel()
        self.differences = tuple(differences)
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Count them."""
        return 0 if parent.isValid() else len(self.differences)

    def columnCount(self, _parent: Index = _ROOT) -> int:
        """Path, reason."""
        return 2

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Name the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Role.DisplayRole:
            return self._words.text(f"restore.column.{('path', 'reason')[section]}")
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Give the cells; unknown reasons are shown as they came."""
        path, reason = self.differences[index.row()]
        said = reason_words(reason, self._words)
        if role == Role.DisplayRole:
            return shown(path) if index.column() == 0 else said
        if role == Role.ToolTipRole:
            return shown(path)
        if role == Role.AccessibleTextRole:
            return f"{shown(path)}: {said}"
        return None


class RunPage(RestorePage):
    """Progress while the restore runs; afterwards the report."""

    ended = Signal(object)  # Job

    def __init__(self, words: Words, backups: Backups, bridge: Bridge) -> None:
        super().__init__(words)
        self.strip = JobStrip(backups, bridge, words)
        self.strip.ended.connect(self._ended)
        self.strip.trouble.connect(self.notices.show_trouble)
        self.strip.stop_wanted.connect(self.strip.stop_job)
        self._to = ""
        self._note = text(words.text("restore.runs-on"), "subdued")
        self._list_title = text("", "strong")
        self.model = DifferenceModel(words, self)
        self.view = QTreeView()
        self.view.setModel(self.model)
        self.view.setRootIsDecorated(False)
        self.view.setUniformRowHeights(True)
        self.view.setAccessibleName(words.text("restore.differences"))
        self.view.setMinimumHeight(unit(self) * 9)
        header = self.view.header()
        header.setAccessibleName(self.view.accessibleName())
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.save_button = self._button("paper", "restore.save-list", self._ask_file)
        self.open_button = self._button("folder", "restore.open-folder", self._open_folder)
        self.column.addWidget(self.strip)
        self.column.addWidget(self._note)
        self.column.addWidget(self._list_title)
        self.column.addWidget(self.view, 1)
        self.column.addLayout(row(self.open_button, self.save_button, 1, spacing=unit(self) // 2))
        self.column.addStretch(1)
        self._show_report(visible=False)

    def _button(self, icon: str, key: str, act: Any) -> IconButton:
        label = self.words.text(key)
        button = IconButton(icon, label)
        button.setAccessibleName(plain(label))
        button.clicked.connect(act)
        return button

    def follow(self, job: Job, to: str) -> None:
        """Watch a restore into a folder."""
        self._to = to
        self.notices.clear()
        self._show_report(visible=False)
        self.strip.show_job(job)

    def _show_report(self, *, visible: bool) -> None:
        differing = bool(self.model.differences)
        self._note.setVisible(not visible)
        self.open_button.setVisible(visible)
        for part in (self._list_title, self.view, self.save_button):
            part.setVisible(visible and differing)

    def _ended(self, job: Job) -> None:
        self.ended.emit(job)
        words = self.words
        if job.state not in (JobState.DONE, JobState.EXCEPTIONS):
            # The strip stays with its "continue"; what is restored so far stays too.
            self._note.setText(words.text("restore.ended-early"))
            if (trouble := job_trouble(job)) is not None:
                self.notices.show_trouble(trouble)
            return
        self.strip.show_job(None)
        differences = differences_of(job.outcome)
        self.model.set_differences(differences)
        files = job.outcome.get("files")
        size = job.outcome.get("bytes")
        why = words.text(
            "restore.report",
            files=files if isinstance(files, int) else 0,
            size=size if isinstance(size, int) else 0,
            to=self._to,
        )
        if differences:
            title = words.text("restore.done-differences", count=len(differences))
            message = Message(title, why, words.text("restore.done-differences-do"))
            self.notices.show_message(message, Status.CAUTION)
        else:
            message = Message(words.text("restore.done"), why, "")
            self.notices.show_message(message, Status.GOOD)
        self._list_title.setText(words.text("restore.differences"))
        self._show_report(visible=True)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._to))

    def _ask_file(self) -> None:
        dialog = QFileDialog(self, plain(self.words.text("restore.save-list")))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("txt")
        dialog.fileSelected.connect(self.save_list)
        dialog.open()

    def save_list(self, path: str) -> None:
        """Write the differences as text, one a line; trouble is shown."""
        lines = [
            f"{name}\t{reason_words(reason, self.words)}" for name, reason in self.model.differences
        ]
        try:
            text = "\n".join(lines) + "\n"
            replace_file(Path(path), text.encode("utf-8", "backslashreplace"))
        except OSError as trouble:
            title = self.words.text("restore.list-not-saved", path=path)
            self.notices.show_message(Message(title, trouble.strerror or "", ""), Status.OBSTACLE)
