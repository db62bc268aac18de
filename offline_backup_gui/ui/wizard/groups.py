"""Protection groups, or servers whose agent is elsewhere: which of them travel, and how large."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from offline_backup_gui.domain.advice import SERVER_GROUP
from offline_backup_gui.domain.agents import ProtectionGroup
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.sizing import Group, parse_size
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.widgets.boxes import Card, WrappingCheck, clear, row, unit
from offline_backup_gui.ui.widgets.texts import plain, set_property, text
from offline_backup_gui.words import Words

_SIZE_LETTERS = 18
_NAME_MOST = 120


def typed_size(typed: str) -> int | None:
    """Read a size a person typed, "2.4 TB" or "2,4 TB"; None when it is none."""
    try:
        return parse_size(typed.strip().replace(",", "."))
    except BackupError:
        return None


class _GroupRow(QWidget):
    """One group: a tick with its name, what is in it, and its size, which can be corrected."""

    changed = Signal()

    def __init__(self, name: str, told: str, size: str, words: Words) -> None:
        super().__init__()
        self.name = name
        self._check = WrappingCheck(name)
        self._check.toggled.connect(lambda _on: self._refresh())
        self.size_field = QLineEdit(size)
        self.size_field.setAccessibleName(words.text("wizard.groups.size-of", name=name))
        self.size_field.setPlaceholderText(words.text("wizard.groups.size-hint"))
        width = self.size_field.fontMetrics().averageCharWidth() * _SIZE_LETTERS
        self.size_field.setFixedWidth(width)
        self.size_field.textEdited.connect(lambda _text: self._refresh())
        self._trouble = text(words.text("wizard.groups.size-needed"), "small")
        set_property(self._trouble, "status", "caution")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        line = row(self._check, self.size_field, spacing=unit(self))
        line.setStretch(0, 1)
        column.addLayout(line)
        below = [*([text(told, "subdued")] if told else []), self._trouble]
        for label in below:
            label.setIndent(unit(self) * 2)
            column.addWidget(label)
        self._show_trouble()

    @property
    def ticked(self) -> bool:
        """Say whether the group travels."""
        return self._check.box.isChecked()

    def tick(self, ticked: bool) -> None:
        """Tick it, without telling anybody."""
        self._check.box.blockSignals(True)
        self._check.box.setChecked(ticked)
        self._check.box.blockSignals(False)
        self._show_trouble()

    @property
    def size_bytes(self) -> int | None:
        """Give the size, or None while there is none."""
        return typed_size(self.size_field.text())

    def _refresh(self) -> None:
        self._show_trouble()
        self.changed.emit()

    def _show_trouble(self) -> None:
        self._trouble.setVisible(self.ticked and self.size_bytes is None)


class GroupsCard(Card):
    """The groups that were found, ticked or not, and others typed by hand."""

    changed = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__(words.text("wizard.groups.title"), "server")
        self._words = words
        self._found: tuple[ProtectionGroup, ...] = ()
        self._rows: list[_GroupRow] = []
        self._hint = text("", "subdued")
        self.add(self._hint)
        self._list = QVBoxLayout()
        self._list.setSpacing(unit(self) // 2)
        self.add(self._list)
        self._name, self._size = QLineEdit(), QLineEdit()
        self._name.setMaxLength(_NAME_MOST)
        self._size.setPlaceholderText(words.text("wizard.groups.size-hint"))
        self._add = IconButton("plus", words.text("wizard.groups.add"))
        self._add.clicked.connect(self._take)
        self._size.returnPressed.connect(self._take)
        line = row(spacing=unit(self) // 2)
        for key, field, stretch in (("name", self._name, 2), ("size", self._size, 1)):
            label = QLabel(words.text(f"wizard.groups.{key}"))
            label.setBuddy(field)
            field.setAccessibleName(plain(label.text()))
            field.textChanged.connect(lambda _text: self._show_add())
            line.addWidget(label)
            line.addWidget(field, stretch)
        line.addWidget(self._add)
        self.add(line)
        self._show_add()

    def show_groups(self, chosen: Sequence[Group], *, server: bool) -> None:
        """Show what is chosen; `server` means MABS or DPM, else other servers with MARS."""
        key = "hint-groups" if server else "hint-servers"
        self._hint.setText(self._words.text(f"wizard.groups.{key}"))
        self._show_title(server=server)
        if tuple(chosen) != self.chosen():
            self._rebuild(chosen)

    def show_found(self, found: Sequence[ProtectionGroup]) -> None:
        """Show what was found beside it; what is ticked or being typed stays."""
        if tuple(found) != self._found:
            self._found = tuple(found)
            self._rebuild(self.chosen())

    def chosen(self) -> tuple[Group, ...]:
        """Give the ticked groups whose size is known."""
        return tuple(
            Group(line.name, size)
            for line in self._rows
            if line.ticked and (size := line.size_bytes) is not None
        )

    def _show_title(self, *, server: bool) -> None:
        key = "title" if server else "title-servers"
        item = self.title_row.itemAt(1)
        label = item.widget() if item is not None else None
        if isinstance(label, QLabel):
            label.setText(self._words.text(f"wizard.groups.{key}"))

    def _rebuild(self, chosen: Sequence[Group]) -> None:
        clear(self._list)
        self._rows = []
        sizes = {group.name: group.size_bytes for group in chosen}
        for group in self._found:
            told = self._told(group)
            size = sizes.get(group.name, group.size_bytes)
            self._append(group.name, told, size, ticked=group.name in sizes)
        found = {group.name for group in self._found}
        for typed in chosen:
            if typed.name not in found:
                self._append(typed.name, "", typed.size_bytes, ticked=True)

    def _told(self, group: ProtectionGroup) -> str:
        words = self._words
        sources = [
            words.text("agents.source", name=source.name, size=words.size(source.size_bytes))
            if source.size_bytes is not None
            else source.name
            for source in group.sources[:4]
        ]
        more = len(group.sources) - len(sources)
        told = ", ".join(sources) + (f" (+{more})" if more else "")
        return f"{told} – {words.term('agent-method', group.method.value)}" if told else ""

    def _append(self, name: str, told: str, size: int | None, *, ticked: bool) -> None:
        said = "" if size is None else self._words.size(size) if _is_round(size) else f"{size} B"
        line = _GroupRow(name, told, said, self._words)
        line.tick(ticked)
        line.changed.connect(self.changed)
        self._rows.append(line)
        self._list.addWidget(line)

    def _take(self) -> None:
        if not self._add.isEnabled():
            return
        size = typed_size(self._size.text())
        assert size is not None
        name = self._name.text().strip()
        self._append(name, "", size, ticked=True)
        self._name.clear()
        self._size.clear()
        self._name.setFocus()
        self.changed.emit()

    def _show_add(self) -> None:
        name = self._name.text().strip()
        taken = {SERVER_GROUP, *(line.name for line in self._rows)}
        fits = bool(name) and name not in taken and name.isprintable()
        self._add.setEnabled(fits and typed_size(self._size.text()) is not None)


def _is_round(size_bytes: int) -> bool:
    """Say whether a size written with one decimal reads back as itself."""
    for step in (10**12, 10**9, 10**6):
        if size_bytes >= step:
            return size_bytes % (step // 10) == 0 and size_bytes // step < 1000
    return False
