"""The list at the left: every backup, its state in words, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QWidget,
)

from offline_backup_gui.domain.shipment import TrackingState
from offline_backup_gui.ui.icons import renderer
from offline_backup_gui.ui.theme import Status, current_tones, scaled, status_colour
from offline_backup_gui.ui.tracking import view
from offline_backup_gui.words import Words

Index = QModelIndex | QPersistentModelIndex
STATE_ROLE = Qt.ItemDataRole.UserRole
NEXT_ROLE = Qt.ItemDataRole.UserRole + 1
STATUS_ROLE = Qt.ItemDataRole.UserRole + 2
_ROOT = QModelIndex()


class BackupListModel(QAbstractListModel):
    """The backups in the order of the services; a row keeps its place while it only changes."""

    def __init__(self, words: Words, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = words
        self._backups: tuple[view.Backup, ...] = ()

    def set_backups(self, backups: Sequence[view.Backup]) -> None:
        """Show these; the selection survives when the plans are the same."""
        before = [backup.plan.plan_id for backup in self._backups]
        if before == [backup.plan.plan_id for backup in backups]:
            self._backups = tuple(backups)
            if before:
                self.dataChanged.emit(self.index(0), self.index(len(before) - 1))
            return
        self.beginResetModel()
        self._backups = tuple(backups)
        self.endResetModel()

    def backup(self, row: int) -> view.Backup | None:
        """Give the backup of a row."""
        return self._backups[row] if 0 <= row < len(self._backups) else None

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Count the backups."""
        return 0 if parent.isValid() else len(self._backups)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give name, state, next thing to do, or the sentence a screen reader says."""
        backup = self.backup(index.row())
        if backup is None:
            return None
        words = self._words
        if role == Qt.ItemDataRole.DisplayRole:
            return backup.plan.name
        if role == STATE_ROLE:
            return view.state_words(backup, words)
        if role == NEXT_ROLE:
            return view.next_words(backup, words)
        if role == STATUS_ROLE:
            return _status(backup)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return words.text(
                "tracking.entry",
                name=backup.plan.name,
                state=view.state_words(backup, words),
                next=view.next_words(backup, words),
            )
        return None


def _status(backup: view.Backup) -> Status:
    """Say which sign stands before the state."""
    tracking = backup.tracking
    if view.in_trouble(backup):
        return Status.CAUTION
    if tracking is None:
        return Status.QUIET
    if tracking.state in (TrackingState.PROTECTED, TrackingState.IN_VAULT):
        return Status.GOOD
    return Status.NOW if tracking.now_you or tracking.running else Status.QUIET


_ICON_BY_STATUS = {
    Status.GOOD: "circle-check",
    Status.NOW: "dot",
    Status.CAUTION: "caution",
    Status.OBSTACLE: "obstacle",
    Status.QUIET: "clock",
}


class _Delegate(QStyledItemDelegate):
    """Draws one backup: name, then sign and state, then what comes next."""

    def sizeHint(self, option: Any, _index: Index) -> QSize:
        # The stubs of PySide6 know none of the option's fields, hence Any.
        line = QFontMetrics(option.font).height()
        return QSize(line * 8, round(line * 4.6))

    def paint(self, painter: QPainter, option: Any, index: Index) -> None:
        look, line = current_tones(), QFontMetrics(option.font).height()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(option.rect).adjusted(2, 2, -2, -2)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(look.border), 1))
            painter.setBrush(QColor(look.card))
            painter.drawRoundedRect(area, line / 3, line / 3)
            bar = QRectF(area.left() + 3, area.top() + line * 0.6, 3, area.height() - line * 1.2)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(look.accent))
            painter.drawRoundedRect(bar, 1.5, 1.5)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(look.hover))
            painter.drawRoundedRect(area, line / 3, line / 3)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(look.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area, line / 3, line / 3)
        self._lines(painter, option.font, area.toRect(), line, index)
        painter.restore()

    @staticmethod
    def _lines(painter: QPainter, font: QFont, area: QRect, line: int, index: Index) -> None:
        look = current_tones()
        left = area.left() + round(line * 0.8)
        width = area.width() - round(line * 1.4)
        top = area.top() + round(line * 0.45)

        def write(words: str, face: QFont, colour: QColor, x: int, y: int, room: int) -> None:
            painter.setFont(face)
            painter.setPen(colour)
            shown = QFontMetrics(face).elidedText(words, Qt.TextElideMode.ElideRight, room)
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRect(x, y, room, round(line * 1.15)), int(flags), shown)

        status: Status = index.data(STATUS_ROLE)
        strong = scaled(font, 1.04, QFont.Weight.DemiBold)
        write(index.data(), strong, QColor(look.text), left, top, width)
        side = round(line * 0.95)
        sign = QRectF(left, top + line * 1.28, side, side)
        renderer(_ICON_BY_STATUS[status], status_colour(status)).render(painter, sign)
        text_left = left + side + line // 3
        colour = status_colour(status)
        write(
            index.data(STATE_ROLE),
            font,
            colour,
            text_left,
            top + round(line * 1.2),
            width - side - line // 3,
        )
        small = scaled(font, 0.92)
        write(
            index.data(NEXT_ROLE), small, QColor(look.subdued), left, top + round(line * 2.4), width
        )


class BackupList(QListView):
    """The list itself; arrow keys move, the shown backup follows the selection."""

    def __init__(self, words: Words, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries = BackupListModel(words, self)
        self.setModel(self.entries)
        self.setItemDelegate(_Delegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setStyleSheet("QListView, QListView:focus { background: transparent; border: none; }")
        self.setAccessibleName(words.text("tracking.list"))

    def current(self) -> view.Backup | None:
        """Give the chosen backup."""
        return self.entries.backup(self.currentIndex().row())

    def choose(self, plan_id: str) -> bool:
        """Choose a backup; say whether it is there."""
        for row in range(self.entries.rowCount()):
            backup = self.entries.backup(row)
            if backup is not None and backup.plan.plan_id == plan_id:
                self.setCurrentIndex(self.entries.index(row))
                return True
        return False
