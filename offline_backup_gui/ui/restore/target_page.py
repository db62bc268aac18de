"""Where the files go; nothing is overwritten without being asked."""

from __future__ import annotations

import shutil
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit

from offline_backup_gui.ui.bridge import Bridge, after
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.restore.flow import Answers
from offline_backup_gui.ui.restore.page import RestorePage
from offline_backup_gui.ui.widgets.boxes import Card, ChoiceCard, ChoiceGroup, row, unit
from offline_backup_gui.ui.widgets.texts import plain, set_property, text
from offline_backup_gui.words import Words


def free_bytes(path: str) -> int | None:
    """Give the free bytes where a folder lies or will lie; None when that cannot be told."""
    place = Path(path).expanduser()
    for candidate in (place, *place.parents):
        try:
            return shutil.disk_usage(candidate).free
        except OSError:
            continue
    return None


class TargetPage(RestorePage):
    """A folder, and what happens to files that are already there."""

    def __init__(self, words: Words, bridge: Bridge) -> None:
        super().__init__(words)
        self._bridge = bridge
        self._need_bytes: int | None = None
        card = Card(words.text("restore.target-title"), "folder")
        self.folder = QLineEdit()
        browse = IconButton("folder", words.text("restore.browse"))
        browse.setAccessibleName(plain(words.text("restore.browse")))
        browse.clicked.connect(self._browse)
        line = row(self.folder, browse, spacing=unit(self) // 2)
        line.setStretch(0, 1)
        card.add(self.caption("restore.target-field", self.folder))
        card.add(line)
        self._room = text("", "small")
        card.add(self._room)
        self.column.addWidget(card)
        self.column.addSpacing(unit(self) // 2)
        self.column.addWidget(text(words.text("restore.overwrite-question"), "strong"))
        self.keep = ChoiceCard(words.text("restore.keep.title"))
        self.keep.add(text(words.text("restore.keep.why"), "subdued"))
        self.replace = ChoiceCard(words.text("restore.replace.title"))
        self.replace.add(text(words.text("restore.replace.why"), "subdued"))
        self.choice = ChoiceGroup((self.keep, self.replace), self)
        self.column.addWidget(self.keep)
        self.column.addWidget(self.replace)
        self.column.addStretch(1)
        self._measure_soon = after(self, 250, self._measure)
        self.folder.textChanged.connect(self._typed)
        self.choice.changed.connect(lambda _: self.edited.emit())

    def show_need(self, need_bytes: int | None) -> None:
        """Say how much will be written; None when that is not known."""
        self._need_bytes = need_bytes
        self._measure()

    def show_answers(self, answers: Answers) -> None:
        """Show folder and choice."""
        if self.folder.text() != answers.to:
            self.folder.setText(answers.to)
        self.choice.select(1 if answers.overwrite else 0)

    def read(self, answers: Answers) -> Answers:
        """Read folder and choice."""
        return replace(
            answers, to=self.folder.text().strip(), overwrite=self.choice.selected() == 1
        )

    def _typed(self) -> None:
        self._measure_soon()
        self.edited.emit()

    def _measure(self) -> None:
        path = self.folder.text().strip()
        if not path:
            self._show_room(path, None)
            return
        self._bridge.call(self, lambda: free_bytes(path), lambda free: self._show_room(path, free))

    def _show_room(self, path: str, free: int | None) -> None:
        if path != self.folder.text().strip():
            return
        words, need = self.words, self._need_bytes
        set_property(self._room, "status", "")
        if need is None:
            self._room.setText(words.text("restore.free", free=free) if free is not None else "")
        elif free is None:
            self._room.setText(words.text("restore.need-bytes", need=need))
        else:
            tight = free < need
            key = "restore.room-tight" if tight else "restore.room"
            self._room.setText(words.text(key, need=need, free=free))
            set_property(self._room, "status", "caution" if tight else "")

    def _browse(self) -> None:
        dialog = QFileDialog(self, self.words.text("restore.target-title"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.folder.setText)
        dialog.open()
