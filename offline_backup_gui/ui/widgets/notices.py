"""How findings and trouble look: icon, title, why, what to do, code in small print."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import Finding, Severity
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import clear, unit
from offline_backup_gui.ui.widgets.texts import text
from offline_backup_gui.words import Message, Words

STATUS_BY_SEVERITY = {
    Severity.BLOCKER: Status.OBSTACLE,
    Severity.WARNING: Status.CAUTION,
    Severity.NOTE: Status.NOW,
}
ICON_BY_STATUS = {
    Status.OBSTACLE: "obstacle",
    Status.CAUTION: "caution",
    Status.NOW: "note",
    Status.GOOD: "circle-check",
    Status.QUIET: "note",
}


class Notice(QFrame):
    """One message; optionally with a button that does what the message advises."""

    def __init__(
        self,
        message: Message,
        status: Status,
        words: Words,
        action: tuple[str, Callable[[], None]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "notice")
        self.setProperty("status", status.value)
        self.setAccessibleName(f"{message.title}. {message.why} {message.do}".strip())
        step = unit(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(step, step * 2 // 3, step, step * 2 // 3)
        layout.setSpacing(step * 2 // 3)
        layout.addWidget(
            IconLabel(ICON_BY_STATUS[status], status, 1.25), 0, Qt.AlignmentFlag.AlignTop
        )
        column = QVBoxLayout()
        column.setSpacing(step // 6)
        column.addWidget(text(message.title, "strong"))
        if message.why:
            column.addWidget(text(message.why))
        if message.do:
            column.addWidget(text(message.do))
        if message.code:
            column.addLayout(self._small_print(message, words))
        layout.addLayout(column, 1)
        if action is not None:
            label, act = action
            button = IconButton("chevron-right", label)
            button.clicked.connect(lambda: act())
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)

    def _small_print(self, message: Message, words: Words) -> QHBoxLayout:
        line = QHBoxLayout()
        line.addWidget(text(message.code, "small", wrap=False))
        copy = IconButton("copy", kind="quiet")
        copy.setToolTip(words.text("common.copy-details"))
        copy.setAccessibleName(f"{words.text('common.copy-details')}: {message.title}")
        side = unit(self) * 4 // 5
        copy.setIconSize(QSize(side, side))
        details = "\n".join(part for part in (message.title, message.why, message.do) if part)
        copy.clicked.connect(
            lambda: QGuiApplication.clipboard().setText(f"{details}\n[{message.code}]")
        )
        line.addWidget(copy)
        line.addStretch(1)
        return line


class NoticeList(QWidget):
    """Findings below one another, heaviest first; rebuilt only when they change."""

    def __init__(self, words: Words, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = words
        self._shown: tuple[object, ...] | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(unit(self) // 2)
        self.hide()

    def show_findings(
        self,
        findings: Sequence[Finding],
        action: Callable[[Finding], tuple[str, Callable[[], None]] | None] | None = None,
    ) -> None:
        """Show findings; `action` gives a button for those that have a way out."""
        order = list(Severity)
        ordered = tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))
        if ordered == self._shown:
            return
        self._shown = ordered
        clear(self._column)
        for finding in ordered:
            self._column.addWidget(
                Notice(
                    self._words.finding(finding),
                    STATUS_BY_SEVERITY[finding.severity],
                    self._words,
                    action(finding) if action else None,
                )
            )
        self.setVisible(bool(ordered))

    def show_trouble(self, error: BackupError) -> None:
        """Show one expected trouble."""
        self.show_message(self._words.trouble(error), Status.OBSTACLE)

    def show_message(
        self,
        message: Message,
        status: Status,
        action: tuple[str, Callable[[], None]] | None = None,
    ) -> None:
        """Show one message of our own."""
        if (message, status) == self._shown:
            return
        self._shown = (message, status)
        clear(self._column)
        self._column.addWidget(Notice(message, status, self._words, action))
        self.show()

    def shows(self, message: Message) -> bool:
        """Say whether this message of our own is the one shown."""
        return self._shown is not None and self._shown[:1] == (message,)

    def clear(self) -> None:
        """Show nothing."""
        self._shown = None
        clear(self._column)
        self.hide()
