"""A list of lines that may grow to many thousands without slowing the window."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from offline_backup_gui.ui.widgets.boxes import unit


class Lines(QAbstractListModel):
    """Lines of text, appended at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Count the lines."""
        return 0 if parent.isValid() else len(self._lines)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        """Give a line for showing, reading aloud and the tooltip."""
        wanted = (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole,
        )
        if role in wanted and index.isValid():
            return self._lines[index.row()]
        return None

    def append(self, lines: Iterable[str]) -> None:
        """Add lines at the end."""
        new = list(lines)
        if new:
            first = len(self._lines)
            self.beginInsertRows(QModelIndex(), first, first + len(new) - 1)
            self._lines.extend(new)
            self.endInsertRows()

    def replace(self, lines: Iterable[str]) -> None:
        """Show other lines."""
        self.beginResetModel()
        self._lines = list(lines)
        self.endResetModel()

    def lines(self) -> tuple[str, ...]:
        """Give all lines."""
        return tuple(self._lines)


class LineList(QListView):
    """Shows lines; Ctrl+C copies the chosen ones."""

    def __init__(self, name: str, rows: int = 6, parent: QWidget | None = None) -> None:
        """Take the accessible name and the height in rows."""
        super().__init__(parent)
        self.lines = Lines()
        self.setModel(self.lines)
        self.setAccessibleName(name)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rows = rows
        self.lines.rowsInserted.connect(self._fit)
        self.lines.modelReset.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        """Be as high as the lines, up to the rows that were asked for."""
        shown = min(max(self.lines.rowCount(), 1), self._rows)
        self.setFixedHeight(round(unit(self) * (shown * 1.5 + 0.7)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the chosen lines."""
        if event.matches(QKeySequence.StandardKey.Copy):
            rows = sorted(index.row() for index in self.selectedIndexes())
            lines = self.lines.lines()
            QGuiApplication.clipboard().setText("\n".join(lines[row] for row in rows))
            return
        super().keyPressEvent(event)
