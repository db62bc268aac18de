"""The tree of a restore point: folders are listed when opened, check boxes choose files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.services.restores import Node, OpenRepository
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.icons import icon
from offline_backup_gui.ui.restore.selection import TOP, Chosen, Selection
from offline_backup_gui.ui.theme import current_tones
from offline_backup_gui.words import Words

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
_ROOT = QModelIndex()
NAME, SIZE, MODIFIED = range(3)
_CHECK_BY_CHOSEN = {
    Chosen.ALL: Qt.CheckState.Checked,
    Chosen.SOME: Qt.CheckState.PartiallyChecked,
    Chosen.NONE: Qt.CheckState.Unchecked,
}


def known_size(node: Node) -> int | None:
    """Give the size of a node; a folder's is not known unless the listing says so."""
    return node.size_bytes or None if node.is_folder else node.size_bytes


def shown(path: str) -> str:
    """Give a path that can be shown: bytes that are no text become visible stand-ins."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class _Item:
    """One node in the tree; `children` is None until the folder was listed."""

    def __init__(self, node: Node | None, parent: _Item | None, row: int) -> None:
        self.node, self.parent, self.row = node, parent, row
        self.children: list[_Item] | None = None
        self.fetching = False

    @property
    def path(self) -> str:
        return self.node.path if self.node else TOP

    def adopt(self, nodes: Sequence[Node]) -> None:
        self.children = [_Item(node, self, row) for row, node in enumerate(nodes)]


class NodeModel(QAbstractItemModel):
    """Nodes with check boxes; the tree as it is in the restore point, or what a search found.

    A search result is a flat list that shows whole paths. Both share one selection.
    """

    chosen_changed = Signal()
    trouble = Signal(object)  # BackupError

    def __init__(self, words: Words, selection: Selection, parent: QObject) -> None:
        super().__init__(parent)
        self._words, self.selection = words, selection
        self._root = _Item(None, None, 0)
        self._root.children = []
        self._fetch: Callable[[_Item], None] | None = None
        self._whole_paths = False
        look = current_tones()
        self._icons = {name: icon(name, look.subdued) for name in ("folder", "paper")}

    def browse(self, repository: OpenRepository, point_id: str, bridge: Bridge) -> None:
        """Show the tree of a restore point; its top is listed beside the window."""
        self.beginResetModel()
        self._root = _Item(None, None, 0)
        self._whole_paths = False
        self.endResetModel()

        def fetch(item: _Item) -> None:
            item.fetching = True
            root = self._root

            def listed(nodes: Sequence[Node]) -> None:
                item.fetching = False
                if root is self._root:
                    self._adopt(item, nodes)

            def refused(error: BackupError) -> None:
                item.fetching = False
                self.trouble.emit(error)

            bridge.call(self, lambda: repository.children(point_id, item.path), listed, refused)

        self._fetch = fetch
        fetch(self._root)

    def show_found(self, nodes: Sequence[Node]) -> None:
        """Show a flat list of nodes with their whole paths."""
        self.beginResetModel()
        self._root = _Item(None, None, 0)
        self._root.adopt(nodes)
        self._fetch, self._whole_paths = None, True
        self.endResetModel()

    def _adopt(self, item: _Item, nodes: Sequence[Node]) -> None:
        place = self._index_of(item)
        if not nodes:
            item.children = []
            self.dataChanged.emit(place, place)  # the arrow of an empty folder goes away
            return
        self.beginInsertRows(place, 0, len(nodes) - 1)
        item.adopt(nodes)
        self.endInsertRows()

    # ------------------------------------------------------------ structure

    def _item(self, index: Index) -> _Item:
        if not index.isValid():
            return self._root
        item = index.internalPointer()
        assert isinstance(item, _Item)
        return item

    def _index_of(self, item: _Item) -> QModelIndex:
        return QModelIndex() if item.parent is None else self.createIndex(item.row, 0, item)

    def index(self, row: int, column: int, parent: Index = _ROOT) -> QModelIndex:
        """Give the place of a node."""
        children = self._item(parent).children or []
        if parent.column() > 0 or not (0 <= row < len(children) and 0 <= column < 3):
            return QModelIndex()
        return self.createIndex(row, column, children[row])

    def parent(self, index: Index = _ROOT) -> Any:
        """Give the folder a node lies in."""
        above = self._item(index).parent if index.isValid() else None
        return self._index_of(above) if above is not None else QModelIndex()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Count what was listed."""
        return 0 if parent.column() > 0 else len(self._item(parent).children or [])

    def columnCount(self, _parent: Index = _ROOT) -> int:
        """Name, size, time."""
        return 3

    def hasChildren(self, parent: Index = _ROOT) -> bool:
        """Say whether a node can be opened; a folder not yet listed can."""
        item = self._item(parent)
        if parent.column() > 0:
            return False
        if item.children is not None:
            return bool(item.children)
        return self._fetch is not None and (item.node is None or item.node.is_folder)

    def canFetchMore(self, parent: Index) -> bool:
        """Say whether a folder is still to be listed."""
        item = self._item(parent)
        return (
            self._fetch is not None
            and item.children is None
            and not item.fetching
            and (item.node is None or item.node.is_folder)
        )

    def fetchMore(self, parent: Index) -> None:
        """List a folder beside the window."""
        if self._fetch is not None and self.canFetchMore(parent):
            self._fetch(self._item(parent))

    # ------------------------------------------------------------ content

    def node(self, index: Index) -> Node | None:
        """Give the node of a place."""
        return self._item(index).node

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let every row be checked and selected."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == NAME:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:
        """Name the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Role.DisplayRole:
            return self._words.text(f"restore.column.{('name', 'size', 'modified')[section]}")
        if role == Role.TextAlignmentRole and section == SIZE:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Give name, size, time, check box, icon, and what a screen reader says."""
        node = self.node(index)
        if node is None:
            return None
        column = index.column()
        if role == Role.DisplayRole:
            return self._shown(node, column)
        if role == Role.CheckStateRole and column == NAME:
            return _CHECK_BY_CHOSEN[self.selection.state(node.path)]
        if role == Role.DecorationRole and column == NAME:
            return self._icons["folder" if node.is_folder else "paper"]
        if role == Role.ToolTipRole:
            return self._words.exact(node.size_bytes) if column == SIZE else shown(node.path)
        if role == Role.TextAlignmentRole and column == SIZE:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Role.AccessibleTextRole and column == NAME:
            return self._spoken(node)
        return None

    def _shown(self, node: Node, column: int) -> str:
        if column == NAME:
            return shown(node.path if self._whole_paths else node.name)
        if column == SIZE:
            return (
                "" if node.is_folder and not node.size_bytes else self._words.size(node.size_bytes)
            )
        return self._words.moment(node.modified) if node.modified else ""

    def _spoken(self, node: Node) -> str:
        words = self._words
        kind = words.text("restore.folder" if node.is_folder else "restore.file")
        chosen = words.text(f"restore.chosen.{self.selection.state(node.path).value}")
        parts = (self._shown(node, NAME), kind, self._shown(node, SIZE), chosen)
        return ", ".join(part for part in parts if part)

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:
        """Choose a node with everything below it, or leave it out."""
        node = self.node(index)
        if role != Role.CheckStateRole or node is None:
            return False
        chosen = Qt.CheckState(value) == Qt.CheckState.Checked
        self.selection.choose(node.path, chosen, known_size(node))
        self.redraw()
        self.chosen_changed.emit()
        return True

    def redraw(self) -> None:
        """Show the check boxes anew, here and below and above."""

        def below(item: _Item) -> None:
            children = item.children or []
            if children:
                first, last = children[0], children[-1]
                self.dataChanged.emit(
                    self.createIndex(first.row, NAME, first),
                    self.createIndex(last.row, NAME, last),
                    [Role.CheckStateRole],
                )
            for child in children:
                below(child)

        below(self._root)
