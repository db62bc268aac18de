"""Which files: the tree of the point with check boxes, and a search through all of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from PySide6.QtCore import QSize
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHeaderView, QLineEdit, QStackedWidget, QTreeView

from offline_backup_gui.services.restores import Node, OpenRepository, PointView
from offline_backup_gui.ui.bridge import Bridge, after
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.restore.flow import Answers
from offline_backup_gui.ui.restore.page import RestorePage
from offline_backup_gui.ui.restore.selection import TOP, Selection
from offline_backup_gui.ui.restore.tree import NodeModel, known_size
from offline_backup_gui.ui.widgets.boxes import row, unit
from offline_backup_gui.ui.widgets.texts import ElidedLabel, plain
from offline_backup_gui.words import Words

SEARCH_LIMIT = 500
_SEARCH_AFTER_MS = 250


class FilesPage(RestorePage):
    """Everything is chosen at first; the tree and what a search found share one selection."""

    def __init__(self, words: Words, bridge: Bridge) -> None:
        super().__init__(words)
        self._bridge = bridge
        self._repository: OpenRepository | None = None
        self._point: PointView | None = None
        self.selection = Selection()
        self.tree_model = NodeModel(words, self.selection, self)
        self.found_model = NodeModel(words, self.selection, self)
        self.tree = self._view(self.tree_model, words.text("restore.tree"))
        self.found = self._view(self.found_model, words.text("restore.found"))
        self.found.setRootIsDecorated(False)
        self._views = QStackedWidget()
        self._views.addWidget(self.tree)
        self._views.addWidget(self.found)
        self._views.setMinimumHeight(unit(self) * 11)
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(words.text("restore.search-hint"))
        self.all_button = self._button("check", "restore.all", True)
        self.none_button = self._button("remove", "restore.none", False)
        label = self.caption("restore.search", self.search)
        head = row(label, self.search, self.all_button, self.none_button, spacing=unit(self) // 2)
        head.setStretch(1, 1)
        self._summary = ElidedLabel()
        self.column.addLayout(head)
        self.column.addWidget(self._views, 1)
        self.column.addWidget(self._summary)
        search_soon = after(self, _SEARCH_AFTER_MS, self._search)
        self.search.textChanged.connect(lambda _: search_soon())
        for model in (self.tree_model, self.found_model):
            model.chosen_changed.connect(self._chosen)
            model.trouble.connect(self.notices.show_trouble)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        shortcut.activated.connect(self.search.setFocus)

    def _view(self, model: NodeModel, name: str) -> QTreeView:
        view = QTreeView()
        view.setModel(model)
        view.setUniformRowHeights(True)
        view.setAllColumnsShowFocus(True)
        view.setAccessibleName(name)
        side = round(unit(self) * 1.1)
        view.setIconSize(QSize(side, side))
        header = view.header()
        header.setAccessibleName(name)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        letter = view.fontMetrics().averageCharWidth()
        for section, letters in ((1, 13), (2, 24)):
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.Interactive)
            header.resizeSection(section, letter * letters)
        return view

    def _button(self, icon: str, key: str, chosen: bool) -> IconButton:
        label = self.words.text(key)
        button = IconButton(icon, label, "quiet")
        button.setAccessibleName(plain(label))
        button.clicked.connect(lambda: self._choose_all(chosen))
        return button

    def browse(self, repository: OpenRepository, point: PointView) -> None:
        """Show a restore point; the same point keeps its selection."""
        if repository is self._repository and point == self._point:
            return
        self._repository, self._point = repository, point
        self.selection = Selection()
        self.tree_model.selection = self.found_model.selection = self.selection
        self.search.clear()
        self.notices.clear()
        self.tree_model.browse(repository, point.point_id, self._bridge)
        self._summarize()

    def _search(self) -> None:
        words, wanted = self.search.text().strip(), self.search.text()
        if not words or self._repository is None or self._point is None:
            self._views.setCurrentWidget(self.tree)
            self.tree_model.redraw()
            self._summarize()
            return
        repository, point_id = self._repository, self._point.point_id

        def found(nodes: Sequence[Node]) -> None:
            if self.search.text() == wanted:
                self.found_model.show_found(nodes)
                self._views.setCurrentWidget(self.found)
                self._summarize(len(nodes))

        self._bridge.call(
            self,
            lambda: repository.search(point_id, words, SEARCH_LIMIT),
            found,
            self.notices.show_trouble,
        )

    def _choose_all(self, chosen: bool) -> None:
        """Choose or leave out all that is shown: the whole tree, or what the search found."""
        if self._views.currentWidget() is self.found:
            for place in range(self.found_model.rowCount()):
                node = self.found_model.node(self.found_model.index(place, 0))
                if node is not None:
                    self.selection.choose(node.path, chosen, known_size(node))
        else:
            self.selection.choose(TOP, chosen)
        self._chosen()

    def _chosen(self) -> None:
        self.tree_model.redraw()
        self.found_model.redraw()
        self._summarize()
        self.edited.emit()

    def _summarize(self, found: int | None = None) -> None:
        words, selection, point = self.words, self.selection, self._point
        if point is None:
            return
        if found == 0:
            self._summary.set_whole(words.text("restore.found-none"))
        elif found is not None and found >= SEARCH_LIMIT:
            self._summary.set_whole(words.text("restore.found-many", limit=SEARCH_LIMIT))
        elif found is not None:
            self._summary.set_whole(words.text("restore.found-some", count=found))
        elif selection.everything:
            self._summary.set_whole(
                words.text("restore.all-chosen", files=point.files, size=point.size_bytes)
            )
        elif selection.nothing:
            self._summary.set_whole(words.text("restore.none-chosen"))
        else:
            size = selection.size_bytes(point.size_bytes)
            self._summary.set_whole(
                words.text("restore.some-chosen", size=size)
                if size is not None
                else words.text("restore.part-chosen")
            )

    def read(self, answers: Answers) -> Answers:
        """Read whether anything is chosen; the paths are worked out when the restore starts."""
        return replace(answers, nothing_chosen=self.selection.nothing)
