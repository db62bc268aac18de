"""The dialog of updates: where they come from, what is there, and the button that installs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.updates import Release
from offline_backup_gui.services.updates import Offer, Updates
from offline_backup_gui.ui.bridge import Bridge, Newest
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import FittedDialog, clear, unit
from offline_backup_gui.ui.widgets.notices import Notice
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Message, Words


class UpdatesDialog(FittedDialog):
    """Everything in it is asked for by a click; nothing starts by itself."""

    found = Signal(object)  # Offer
    leaving = Signal()  # setup was started: the program has to end

    def __init__(
        self, updates: Updates, bridge: Bridge, words: Words, parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self._updates, self._bridge, self._words = updates, bridge, words
        self._offer = Offer(updates.installed, None)
        self._busy = False
        self._fetched = Newest(self._show_fetched, self)
        self.setWindowTitle(words.text("update.title"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 88)
        self._lay_out()
        self.leaving.connect(QCoreApplication.quit)
        self._do(updates.waiting, self._show_offer)

    def _lay_out(self) -> None:
        words, step = self._words, unit(self)
        column = self.column
        column.addWidget(text(words.text("update.title"), "title"))
        column.addWidget(text(words.text("update.lead"), "subdued"))
        self.place = QLineEdit(self._updates.source())
        self.place.setPlaceholderText(words.text("update.place-example"))
        caption = QLabel(words.text("update.place"))
        caption.setBuddy(self.place)
        self.place.setAccessibleName(plain(words.text("update.place")))
        self.look_button = self._button("search", "update.look", self._look)
        self.file_button = self._button("folder", "update.file", self._ask_file)
        line = QHBoxLayout()
        line.setSpacing(step * 2 // 3)
        line.addWidget(self.place, 1)
        line.addWidget(self.look_button)
        column.addWidget(caption)
        column.addLayout(line)
        self._told = QVBoxLayout()
        column.addLayout(self._told)
        self.progress = text("", "subdued")
        column.addWidget(self.progress)
        self.install_button = self._button("check", "update.install", self._install, "primary")
        self.close_button = self._button("remove", "common.close", self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(step * 2 // 3)
        buttons.addWidget(self.file_button)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        buttons.addWidget(self.install_button)
        column.addStretch(1)
        column.addSpacing(step // 2)
        column.addLayout(buttons)
        self.place.returnPressed.connect(self._look)

    def _button(self, icon: str, key: str, act: Callable[[], object], kind: str = "") -> IconButton:
        button = IconButton(icon, self._words.text(key), kind)
        button.setAccessibleName(plain(self._words.text(key)))
        button.setAutoDefault(False)
        button.clicked.connect(lambda: act())
        return button

    # ------------------------------------------------------------ doing

    def _do(self, deed: Callable[[], Offer], done: Callable[[Offer], None]) -> None:
        if self._busy:
            return
        self._busy = True
        self._show_buttons()

        def finished(offer: Offer) -> None:
            self._busy = False
            done(offer)

        def refused(error: BackupError) -> None:
            self._busy = False
            self._tell(self._words.trouble(error), Status.OBSTACLE)

        self._bridge.call(self, deed, finished, refused)

    def _look(self) -> None:
        updates, place = self._updates, self.place.text()

        def look() -> Offer:
            updates.set_source(place)
            return updates.check()

        if place.strip():
            self._do(look, self._show_offer)
        else:
            self._do(self._forget_place, self._show_offer)

    def _forget_place(self) -> Offer:
        self._updates.set_source("")
        return self._updates.waiting()

    def _ask_file(self) -> None:
        dialog = QFileDialog(self, self._words.text("update.file-title"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(self._words.text("update.file-kind"))
        dialog.fileSelected.connect(self.take_file)
        dialog.open()

    def take_file(self, path: str) -> None:
        """Bring in an update file."""
        report = self._fetched.report
        self._do(lambda: self._updates.take_file(Path(path), report), self._show_offer)

    def _install(self) -> None:
        updates, ready, report = self._updates, self._offer.ready, self._fetched.report

        def install() -> Offer:
            if not ready:
                updates.take(report)
            return Offer(updates.installed, updates.install(), ready=True)

        self._do(install, self._started)

    def _started(self, _offer: Offer) -> None:
        self.leaving.emit()

    # ------------------------------------------------------------ showing

    def _show_offer(self, offer: Offer) -> None:
        self._offer = offer
        words, release = self._words, offer.release
        if release is None:
            self._tell(Message(words.text("update.line", version=offer.installed), "", ""))
        elif offer.newer:
            self._tell(self._news(offer, release), Status.NOW)
        else:
            self._tell(Message(words.text("update.newest", version=offer.installed), "", ""))
        self.found.emit(offer)

    def _news(self, offer: Offer, release: Release) -> Message:
        words = self._words
        key = "update.ready" if offer.ready else "update.there"
        title = words.text(
            key, version=release.version, released=release.released, installed=offer.installed
        )
        return Message(title, release.notes_in(words.language), words.text("update.what-happens"))

    def _tell(self, message: Message, status: Status = Status.QUIET) -> None:
        clear(self._told)
        self._told.addWidget(Notice(message, status, self._words))
        self.progress.setText("")
        self._show_buttons()
        self.fit()

    def _show_fetched(self, size_bytes: int) -> None:
        release = self._offer.release
        size = self._words.size(size_bytes)
        if release is None:
            self.progress.setText(self._words.text("update.fetching", size=size))
        else:
            total = self._words.size(release.size_bytes)
            self.progress.setText(self._words.text("update.fetching-of", size=size, total=total))

    def _show_buttons(self) -> None:
        for button in (self.look_button, self.file_button, self.install_button):
            button.setEnabled(not self._busy)
        self.place.setEnabled(not self._busy)
        newer = self._offer.newer and self._offer.release is not None
        self.install_button.setVisible(newer)
        if newer and self._offer.release is not None:
            label = self._words.text("update.install", version=self._offer.release.version)
            self.install_button.setText(label)
            self.install_button.setAccessibleName(plain(label))
        if self._busy and not self.progress.text():
            self.progress.setText(self._words.text("update.busy"))
