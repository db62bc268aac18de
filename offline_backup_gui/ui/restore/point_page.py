"""Which restore point: a list, the newest first, each with what is not in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from offline_backup_gui.services.restores import PointView
from offline_backup_gui.ui.icons import icon
from offline_backup_gui.ui.restore.flow import Answers
from offline_backup_gui.ui.restore.page import RestorePage
from offline_backup_gui.ui.theme import Status, status_colour
from offline_backup_gui.ui.widgets.boxes import unit
from offline_backup_gui.ui.widgets.texts import ElidedLabel
from offline_backup_gui.words import Words

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
_ROOT = QModelIndex()
_COLUMNS = ("time", "files", "size", "contents")
_NUMBERS = (1, 2)


class PointModel(QAbstractTableModel):
    """Restore points as rows."""

    def __init__(self, words: Words, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = words
        self.points: tuple[PointView, ...] = ()

    def set_points(self, points: Sequence[PointView]) -> None:
        """Show these points."""
        self.beginResetModel()
        self.points = tuple(points)
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Count the points."""
        return 0 if parent.isValid() else len(self.points)

    def columnCount(self, _parent: Index = _ROOT) -> int:
        """Time, files, size, contents."""
        return len(_COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Name the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Role.DisplayRole:
            return self._words.text(f"restore.column.{_COLUMNS[section]}")
        if role == Role.TextAlignmentRole and section in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Give the cells, and a whole sentence for screen readers."""
        point, column = self.points[index.row()], index.column()
        cells = self._cells(point)
        if role == Role.DisplayRole:
            return cells[column]
        if role == Role.TextAlignmentRole and column in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Role.DecorationRole and column == len(_COLUMNS) - 1:
            whole = point.complete and not point.exceptions
            status = Status.GOOD if whole else Status.CAUTION
            return icon("circle-check" if whole else "caution", status_colour(status))
        if role == Role.AccessibleTextRole:
            return ", ".join(cells)
        if role == Role.ToolTipRole:
            return "\n".join(point.sources)
        return None

    def _cells(self, point: PointView) -> tuple[str, ...]:
        words = self._words
        if not point.complete:
            contents = words.text("restore.point-open")
        elif point.exceptions:
            contents = words.text("restore.point-exceptions", count=point.exceptions)
        else:
            contents = words.text("restore.point-whole")
        return (
            words.moment(point.time),
            words.number(point.files),
            words.size(point.size_bytes),
            contents,
        )


class PointPage(RestorePage):
    """The list; the newest point is chosen until another one is."""

    def __init__(self, words: Words) -> None:
        super().__init__(words)
        self.model = PointModel(words, self)
        self.view = QTreeView()
        self.view.setModel(self.model)
        self.view.setRootIsDecorated(False)
        self.view.setUniformRowHeights(True)
        self.view.setAllColumnsShowFocus(True)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setAccessibleName(words.text("restore.heading.point"))
        self.view.setMinimumHeight(unit(self) * 10)
        header = self.view.header()
        header.setAccessibleName(self.view.accessibleName())
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setMinimumSectionSize(self.fontMetrics().averageCharWidth() * 14)
        self.view.selectionModel().currentChanged.connect(lambda *_: self.edited.emit())
        self._sources = ElidedLabel("", "small")
        self.column.addWidget(self.view, 1)
        self.column.addWidget(self._sources)

    def show_points(self, points: Sequence[PointView]) -> None:
        """Show what the repository holds."""
        self.model.set_points(points)
        if points:
            self.view.setCurrentIndex(self.model.index(0, 0))

    def show_answers(self, answers: Answers) -> None:
        """Show the chosen point."""
        if answers.point in self.model.points:
            row = self.model.points.index(answers.point)
            if self.view.currentIndex().row() != row:
                self.view.setCurrentIndex(self.model.index(row, 0))
            self._sources.set_whole(
                self.words.text("restore.point-sources", sources=answers.point.sources)
            )

    def read(self, answers: Answers) -> Answers:
        """Read which point is chosen."""
        row = self.view.currentIndex().row()
        point = self.model.points[row] if 0 <= row < len(self.model.points) else None
        return replace(answers, point=point)
