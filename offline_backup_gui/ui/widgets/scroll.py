"""The inside of a scroll area, exactly as high as its wrapped texts need at the width it has."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget


class ScrolledPage(QWidget):
    """Asks for no height of its own, because the area asks for the height at its width.

    A plain widget asks for the height its texts would need at their least width, and the area
    then scrolls through empty space.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")

    def minimumSizeHint(self) -> QSize:
        """Give the least width; the height follows from the width."""
        layout = self.layout()
        if layout is None or not layout.hasHeightForWidth():
            return super().minimumSizeHint()
        return QSize(layout.minimumSize().width(), 0)
