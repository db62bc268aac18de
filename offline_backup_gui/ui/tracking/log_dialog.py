"""Shows one log of Azure's service: what it means as a whole, and its entries in a table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
)
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLayout,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from offline_backup_gui.domain.service_log import LogVerdict, ServiceLog
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.tracking import log_view
from offline_backup_gui.ui.widgets.boxes import unit
from offline_backup_gui.ui.widgets.notices import Notice
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Words

_STATUS = {
    LogVerdict.COMPLETE: Status.GOOD,
    LogVerdict.NAMES_CHANGED: Status.CAUTION,
    LogVerdict.INCOMPLETE: Status.OBSTACLE,
    LogVerdict.UNKNOWN: Status.CAUTION,
    LogVerdict.CHECKED: Status.GOOD,
    LogVerdict.NAMES_WILL_CHANGE: Status.CAUTION,
    LogVerdict.MEND_FIRST: Status.OBSTACLE,
}
_Index = QModelIndex | QPersistentModelIndex


class _Rows(QAbstractTableModel):
    def __init__(self, heads: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
        super().__init__()
        self._heads, self._rows = heads, rows

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._heads)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        shown = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
        if not index.isValid() or role not in shown:
            return None
        return self._rows[index.row()][index.column()]

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if role != Qt.ItemDataRole.DisplayRole or orientation is not Qt.Orientation.Horizontal:
            return None
        return self._heads[section]


class LogDialog(QDialog):
    """A verdict above, Azure's entries below; it changes nothing."""

    def __init__(self, words: Words, name: str, log: ServiceLog, parent: QWidget) -> None:
        super().__init__(parent)
        step = unit(self)
        self.setWindowTitle(words.text("log.window-title", name=name))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        letter = self.fontMetrics().averageCharWidth()
        self._fitting = QSize(letter * 104, step * 26)
        self.resize(self._fitting)
        column = QVBoxLayout(self)
        # Qt's own least height is that of sentences wrapped at their narrowest: far too tall.
        column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        column.setContentsMargins(step * 3 // 2, step * 3 // 2, step * 3 // 2, step)
        column.setSpacing(step * 2 // 3)
        column.addWidget(text(name, "title"))
        message, said = log_view.message(log, words), log_view.judged(log)
        status = Status.QUIET if said is None else _STATUS[said]
        self.verdict = Notice(message, status, words)
        column.addWidget(self.verdict)
        self.about = text(log_view.about(log), "small")
        self.about.setVisible(bool(self.about.text()))
        column.addWidget(self.about)
        heads, rows = log_view.table(log, words)
        self.table = QTableView()
        self.table.setAccessibleName(words.text("log.entries"))
        self.model = _Rows(heads, rows)
        self.model.setParent(self)
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for place in range(len(heads)):
            header.setSectionResizeMode(place, QHeaderView.ResizeMode.ResizeToContents)
        header.setMaximumSectionSize(letter * 56)
        header.setStretchLastSection(True)
        self.none = text(words.text("log.none"), "subdued")
        self.table.setVisible(bool(rows))
        self.none.setVisible(not rows)
        column.addWidget(self.none)
        column.addWidget(self.table, 1)
        self.note = text(log_view.beyond(log, len(rows), words), "small")
        self.note.setVisible(bool(self.note.text()))
        column.addWidget(self.note)
        column.addLayout(self._buttons(words, step))
        if not rows:
            column.addStretch(1)

    def event(self, event: QEvent) -> bool:
        """Begin in our size: Windows begins with the height that labels which wrap ask for."""
        handled = super().event(event)
        if event.type() in (QEvent.Type.Show, QEvent.Type.LayoutRequest):
            self.resize(self._fitting)
        return handled

    def _buttons(self, words: Words, step: int) -> QHBoxLayout:
        close = IconButton("check", words.text("log.close"), "primary")
        close.setAccessibleName(plain(words.text("log.close")))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        line = QHBoxLayout()
        line.setSpacing(step * 2 // 3)
        line.addStretch(1)
        line.addWidget(close)
        return line
