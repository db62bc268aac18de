"""Labels in our few text styles, and small helpers for naming controls."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from offline_backup_gui.ui.theme import Status, scaled


def text(content: str = "", role: str = "body", *, wrap: bool = True) -> QLabel:
    """Give a label in one of our styles.

    Roles: "heading" (page), "title" (card), "strong", "body", "subdued", "small", "figure".
    """
    label = QLabel(content)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    label.setProperty("role", role)
    if wrap:
        # Without a minimum of zero a long word would push a narrow window wider than the screen.
        label.setMinimumWidth(1)
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    font = label.font()
    match role:
        case "heading":
            font = scaled(font, 1.75, QFont.Weight.DemiBold)
            label.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        case "title":
            font = scaled(font, 1.15, QFont.Weight.DemiBold)
        case "figure":
            font = scaled(font, 1.6, QFont.Weight.DemiBold)
        case "strong" | "cell-head":
            font = scaled(font, 1.0, QFont.Weight.DemiBold)
        case "small" | "chip":
            font = scaled(font, 0.92)
        case _:
            pass
    label.setFont(font)
    return label


def chip(content: str, status: Status = Status.QUIET) -> QLabel:
    """Give a small rounded label, always with a word in it."""
    label = text(content, "chip", wrap=False)
    label.setProperty("status", status.value)
    label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
    return label


def mono(label: QLabel) -> QLabel:
    """Write a label in letters of equal width, for codes and fingerprints."""
    font = QFont(label.font())
    font.setFamilies(["Cascadia Mono", "Consolas", "DejaVu Sans Mono", "Courier New", "monospace"])
    font.setStyleHint(QFont.StyleHint.Monospace)
    label.setFont(font)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label


def set_property(widget: QWidget, name: str, value: str) -> None:
    """Set a property the style sheet looks at, and dress the widget anew if it changed."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def rule() -> QFrame:
    """Give a thin dividing line."""
    line = QFrame()
    line.setProperty("role", "rule")
    line.setFixedHeight(1)
    return line


def plain(label: str) -> str:
    """Give a label without its mnemonic mark, for accessible names."""
    return label.replace("&&", "\0").replace("&", "").replace("\0", "&")


class ElidedLabel(QLabel):
    """One line that shortens itself; the tooltip and screen readers have it whole."""

    def __init__(
        self,
        content: str = "",
        role: str = "body",
        at: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
    ) -> None:
        super().__init__()
        self._whole = content
        self._at = at
        self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_whole(content)

    def set_whole(self, content: str) -> None:
        """Change the text."""
        self._whole = content
        self.setAccessibleName(content)
        self.setToolTip(content)
        self._elide()

    def whole(self) -> str:
        """Give the full text."""
        return self._whole

    def event(self, event: QEvent) -> bool:
        """Shorten anew when the width or the font changes."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.FontChange):
            self._elide()
        return super().event(event)

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, self._at, max(self.width(), 1))
        if shown != super().text():
            super().setText(shown)
