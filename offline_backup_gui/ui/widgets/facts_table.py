"""A plain table of facts: readable rows, names for screen readers, no cells to edit."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from offline_backup_gui.ui.widgets.boxes import unit
from offline_backup_gui.ui.widgets.texts import rule, text


class FactsTable(QWidget):
    """A head line and rows of wrapping texts, with thin lines between them."""

    def __init__(
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        tips: Sequence[str] = (),
        stretches: Sequence[int] = (),
    ) -> None:
        """Take head and rows of equal length; `tips` are tooltips of the rows' first cells."""
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(unit(self))
        grid.setVerticalSpacing(unit(self) // 2)
        for column, title in enumerate(head):
            grid.addWidget(text(title, "strong"), 0, column, Qt.AlignmentFlag.AlignBottom)
            grid.setColumnStretch(column, stretches[column] if stretches else 1)
        for line, cells in enumerate(rows):
            grid.addWidget(rule(), line * 2 + 1, 0, 1, len(head))
            for column, content in enumerate(cells):
                cell = self._cell(content, first=column == 0)
                if column:
                    cell.setAccessibleName(f"{cells[0]}, {head[column]}: {content}")
                elif tips:
                    cell.setToolTip(tips[line])
                grid.addWidget(cell, line * 2 + 2, column, Qt.AlignmentFlag.AlignTop)

    @staticmethod
    def _cell(content: str, *, first: bool) -> QLabel:
        return text(content, "subdued" if first else "body")
