"""The "Now you" card: at most one thing to do, with one button; and "safe to erase"."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QVBoxLayout

from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import row, unit
from offline_backup_gui.ui.widgets.texts import plain, set_property, text
from offline_backup_gui.words import Words

_ICON_BY_NOW = {
    "now.ship": "truck",
    "now.ship-device": "truck",
    "now.fetch-device": "truck",
    "now.bring-device": "truck",
    "now.enter-tracking": "truck",
    "now.note-received": "building",
    "now.receive-here": "building",
    "now.check-arrival": "search",
    "now.move-to-vault": "shield",
    "now.name-vault": "cloud",
    "now.look-at-agent": "caution",
    "now.run-increment": "refresh",
    "now.repair-arrival": "caution",
    "now.fix-run": "caution",
    "now.continue-copy": "drive",
    "now.copy": "drive",
}
_BESIDE_LETTERS = 72
_CAUTION = frozenset(
    {
        *("now.repair-arrival", "now.fix-run", "now.resolve-upload"),
        *("now.devices-lost", "now.look-at-agent"),
    }
)


class NowCard(QFrame):
    """What the admin does next; empty means nothing, and says so."""

    wanted = Signal(str)  # a NowYou

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._now: str | None = None
        self.setProperty("role", "notice")
        step = unit(self)
        self._icon = IconLabel("circle-check", Status.GOOD, 1.9)
        self._eyebrow = text(words.text("tracking.now-you"), "small")
        self._eyebrow.setProperty("status", Status.NOW.value)
        self._title = text("", "title")
        self._why = text("")
        self.button = IconButton("chevron-right", "", "primary")
        self.button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.button.clicked.connect(self._clicked)
        column = QVBoxLayout()
        column.setSpacing(step // 6)
        for label in (self._eyebrow, self._title, self._why):
            column.addWidget(label)
        said = row(self._icon, column, spacing=step)
        said.setAlignment(self._icon, Qt.AlignmentFlag.AlignTop)
        said.setStretch(1, 1)
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(step * 5 // 4, step, step * 5 // 4, step)
        self._layout.setSpacing(step * 3 // 4)
        self._layout.addLayout(said, 1)
        self._layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.show_now(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the button beside the text, or below it when there is little room."""
        super().resizeEvent(event)
        beside = self.width() >= self.fontMetrics().averageCharWidth() * _BESIDE_LETTERS
        self._layout.setDirection(
            QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        )

    def minimumSizeHint(self) -> QSize:
        """Ask for no more width than the button, so that narrowing can turn the card."""
        width = self.button.minimumSizeHint().width() + unit(self) * 3
        return QSize(width, super().minimumSizeHint().height())

    def show_now(self, now: str | None, *, busy: bool = False) -> None:
        """Show what is to do; `busy` keeps the button quiet while it is being done."""
        self._now = now
        words, key = self._words, now or "now.nothing"
        status = Status.GOOD if now is None else Status.CAUTION if now in _CAUTION else Status.NOW
        set_property(self, "status", status.value)
        self._icon.show_icon(
            _ICON_BY_NOW.get(now or "", "circle-check" if not now else "note"), status
        )
        self._eyebrow.setVisible(now is not None)
        set_property(self._eyebrow, "status", status.value)
        self._title.setText(words.text(f"{key}.title"))
        self._why.setText(words.text(f"{key}.why"))
        self.button.setVisible(now is not None)
        if now is not None:
            label = words.text("tracking.busy") if busy else words.text(f"{key}.button")
            self.button.setText(label)
            self.button.setAccessibleName(plain(label))
        self.button.setEnabled(not busy)
        self.setAccessibleName(f"{self._title.text()}. {self._why.text()}")

    def _clicked(self) -> None:
        if self._now is not None:
            self.wanted.emit(self._now)


class SafeCard(QFrame):
    """Says "safe to erase" with its proof; made visible only when there is one."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.setProperty("role", "notice")
        self.setProperty("status", Status.GOOD.value)
        step = unit(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(step * 5 // 4, step * 3 // 4, step * 5 // 4, step * 3 // 4)
        layout.setSpacing(step)
        layout.addWidget(IconLabel("shield", Status.GOOD, 1.5), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(step // 8)
        title = text(words.text("tracking.safe-title"), "strong")
        title.setProperty("status", Status.GOOD.value)
        column.addWidget(title)
        column.addWidget(text(words.text("tracking.safe-why")))
        self.gone = text("")
        self.gone.hide()
        column.addWidget(self.gone)
        layout.addLayout(column, 1)
        self._words = words
        self.show_gone(())
        self.hide()

    def show_gone(self, names: Sequence[str]) -> None:
        """Say which proved data sources the agent's vault lists no more."""
        words = self._words
        told = words.text("seed.gone-proved", names=", ".join(names)) if names else ""
        self.gone.setText(told)
        self.gone.setVisible(bool(names))
        title, why = words.text("tracking.safe-title"), words.text("tracking.safe-why")
        self.setAccessibleName(f"{title}. {why} {told}".strip())
