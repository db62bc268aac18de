"""The check of devices before they leave: its progress, what it found, and how that is mended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QVBoxLayout

from offline_backup_gui.domain.errors import BackupError, Stopped
from offline_backup_gui.domain.job import Reading
from offline_backup_gui.services import Services
from offline_backup_gui.services.devices import DeviceCheck
from offline_backup_gui.services.watching import Watch
from offline_backup_gui.ui.bridge import Bridge, Newest
from offline_backup_gui.ui.devices.findings import Found, found_in
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.jobs.strip import progress_words, share_done
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, WrappingCheck, clear, row, unit
from offline_backup_gui.ui.widgets.lists import LineList
from offline_backup_gui.ui.widgets.notices import STATUS_BY_SEVERITY, Notice, NoticeList
from offline_backup_gui.ui.widgets.speech import announce
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Message, Words

_STEPS = 1000


class CheckCard(Card):
    """All devices of an order are checked together, because names may collide between them."""

    checked = Signal(bool)  # whether everything would arrive as it is

    def __init__(self, services: Services, words: Words, bridge: Bridge) -> None:
        super().__init__(words.text("device-desk.check-title"), "eye")
        self._services, self._words, self._bridge = services, words, bridge
        self._places: tuple[str, ...] = ()
        self._watch: Watch | None = None
        self._newest = Newest(self._show_reading, self)
        self.add(text(words.text("device-desk.check-why"), "subdued"))
        self.hashes = WrappingCheck(words.text("device-desk.hashes"))
        self.hashes.box.setChecked(True)
        self.add(self.hashes)
        self.button = self._button("eye", "check", self.check, "primary")
        self.stop_button = self._button("stop", "stop", self.stop)
        self.add(row(self.button, self.stop_button, 1, spacing=unit(self) // 2))
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(words.text("device-desk.check-title"))
        self._figures = text("", "small")
        self.add(self._bar)
        self.add(self._figures)
        self.notices = NoticeList(words)
        self.add(self.notices)
        self._results = QVBoxLayout()
        self._results.setSpacing(unit(self) // 2)
        self.add(self._results)
        self._show()

    def _button(self, icon: str, key: str, does: Callable[[], None], kind: str = "") -> IconButton:
        label = self._words.text(f"device-desk.{key}")
        button = IconButton(icon, label, kind) if kind else IconButton(icon, label)
        button.setAccessibleName(plain(label))
        button.clicked.connect(lambda: does())
        return button

    @property
    def busy(self) -> bool:
        """Say whether a check is under way."""
        return self._watch is not None

    def show_places(self, places: Sequence[str]) -> None:
        """Know which devices are meant; older results stay until the next check."""
        self._places = tuple(places)
        self._show()

    # ------------------------------------------------------------ doing

    def check(self) -> None:
        """Check the devices beside the window."""
        if self._watch is not None or not self._places:
            return
        watch = self._watch = Watch(self._newest.report)
        devices, places = self._services.devices, self._places
        hashes = self.hashes.box.isChecked()
        self.notices.clear()
        clear(self._results)
        self._bar.setRange(0, 0)
        self._figures.setText(self._words.text("device-desk.checking"))
        self._show()

        def work() -> list[DeviceCheck] | None:
            try:
                return devices.check(places, hashes=hashes, watch=watch)
            except Stopped:
                return None

        self._bridge.call(self, work, self._ended, self._lost)

    def stop(self) -> None:
        """Ask the check to end at its next block."""
        if self._watch is not None:
            self._watch.stop()
            self.stop_button.setEnabled(False)

    def _lost(self, error: BackupError) -> None:
        self._watch = None
        self.notices.show_trouble(error)
        self._show()

    def _ended(self, found: list[DeviceCheck] | None) -> None:
        self._watch = None
        if found is None:
            said = Message(self._words.text("device-desk.stopped"), "", "")
            self.notices.show_message(said, Status.CAUTION)
        else:
            self._show_results(found)
        self._show()

    # ------------------------------------------------------------ showing

    def _show(self) -> None:
        busy = self.busy
        self.button.setEnabled(bool(self._places) and not busy)
        self.hashes.box.setEnabled(not busy)
        self.stop_button.setVisible(busy)
        self.stop_button.setEnabled(busy)
        self._bar.setVisible(busy)
        self._figures.setVisible(busy)

    def _show_reading(self, reading: Reading) -> None:
        if not self.busy:
            return
        share = share_done(reading)
        self._bar.setRange(0, 0 if share is None else _STEPS)
        if share is not None:
            self._bar.setValue(round(share * _STEPS))
        self._figures.setText(progress_words(reading, self._words))

    def _show_results(self, checks: Sequence[DeviceCheck]) -> None:
        words, good = self._words, all(check.good for check in checks)
        at = words.moment(datetime.now().astimezone())
        for check in checks:
            line = words.text(
                "device.checked",
                path=check.path,
                files=words.number(check.files),
                bytes=words.size(check.size_bytes),
                containers=words.number(len(check.containers)),
            )
            self._results.addWidget(text(line, "strong"))
        found = found_in(checks, words)
        if good:
            title = words.text("device-desk.good")
            why = words.text("device-desk.checked-at", at=at)
            self.notices.show_message(Message(title, why, ""), Status.GOOD)
        else:
            title = words.text("device-desk.not-good", count=len(found))
            why = words.text("device-desk.checked-at", at=at)
            do = words.text("device-desk.not-good-do")
            self.notices.show_message(Message(title, why, do), Status.CAUTION)
        for one in found:
            self._results.addWidget(Notice(one.message, STATUS_BY_SEVERITY[one.severity], words))
            if one.names:
                self._results.addWidget(self._list(one))
        announce(self, title)
        self.checked.emit(good)

    def _list(self, found: Found) -> LineList:
        lines = LineList(found.message.title)
        lines.lines.replace(found.names)
        return lines
