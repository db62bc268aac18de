"""Page 2: what is backed up, how large it is, what is left out."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from offline_backup_gui.domain.agent_rules import WITH_GROUPS, is_agent
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.plan import DeploymentModel, Draft, Measurement
from offline_backup_gui.domain.published import DATA_BOX_DISK_LIMIT_BYTES, DATA_BOX_LIMIT_BYTES
from offline_backup_gui.ui.bridge import after
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.bars import LimitBar, ShareBar, Zone
from offline_backup_gui.ui.widgets.boxes import Card, clear, row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import ElidedLabel, rule, text
from offline_backup_gui.ui.wizard.facts import Facts, Step, need_bytes
from offline_backup_gui.ui.wizard.groups import GroupsCard
from offline_backup_gui.ui.wizard.judging import problems
from offline_backup_gui.ui.wizard.measuring import Measuring
from offline_backup_gui.ui.wizard.page import Desk, Page

# What fills disks and nobody restores; the same words in every language of Windows.
PRESETS: dict[str, tuple[str, ...]] = {
    "temporary": ("*.tmp", "~$*", "**/Temp/**"),
    "caches": ("**/Cache/**", "**/Caches/**", "**/.cache/**"),
    "bin": ("**/$RECYCLE.BIN/**", "**/System Volume Information/**"),
}
_TOLD_IN_THE_LIST = frozenset(
    {
        FindingCode.NO_SOURCES,
        FindingCode.SOURCES_STILL_MEASURED,
        FindingCode.AGENT_GROUPS_NOT_CHOSEN,
    }
)
_SETTLE_MS = 600


class _SourceRow(QWidget):
    """One source: folder sign, path, live size, a button that removes it."""

    def __init__(self, path: str, remove_said: str) -> None:
        super().__init__()
        self.figure = text("", "subdued", wrap=False)
        self.remove = IconButton("remove", kind="quiet")
        self.remove.setAccessibleName(remove_said)
        self.remove.setToolTip(remove_said)
        line = row(IconLabel("folder"), spacing=unit(self) * 2 // 3)
        line.addWidget(ElidedLabel(path), 1)
        line.addWidget(self.figure)
        line.addWidget(self.remove)
        self.setLayout(line)


class SourcesPage(Page):
    """Folders with live sizes, the limits, the largest folders, exclusions and growth."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._sources: tuple[str, ...] = ()
        self._model: DeploymentModel | None = None
        self._rows: dict[str, _SourceRow] = {}
        self._measuring = Measuring(desk.bridge, desk.services.planning, self)
        self._measuring.changed.connect(self._measured)
        self._settled = after(self, _SETTLE_MS, self._exclusions_settled)
        self._notices = NoticeList(self.words)
        self._groups = GroupsCard(self.words)
        self._groups.changed.connect(self.edited)
        self._folders, self._excluding = self._list_card(), self._exclude_card()
        self.column.addWidget(self._folders)
        self.column.addWidget(self._groups)
        self.column.addWidget(self._notices)
        self.column.addWidget(self._size_card())
        self.column.addWidget(self._excluding)
        self.column.addStretch(1)

    # ------------------------------------------------------------ building

    def _list_card(self) -> Card:
        card = Card(self.say("sources.list-title"), "folder")
        self._list = QVBoxLayout()
        self._list.setSpacing(unit(self) // 3)
        self._empty = text(self.say("sources.empty"), "subdued")
        card.add(self._empty)
        card.add(self._list)
        self._protected: tuple[str, ...] = ()
        self._take_over = IconButton("plus", "", "quiet")
        self._take_over.clicked.connect(self._take_protected)
        card.add(row(self._take_over, 1))
        self._path = QLineEdit()
        self._path.setPlaceholderText(self.say("sources.typed-hint"))
        label = QLabel(self.say("sources.typed"))
        label.setBuddy(self._path)
        self._add = IconButton("plus", self.say("sources.add"))
        self._browse = IconButton("folder", self.say("sources.add-folder"))
        self._path.returnPressed.connect(self._add_typed)
        self._add.clicked.connect(self._add_typed)
        self._browse.clicked.connect(self._pick)
        line = row(label, spacing=unit(self) // 2)
        line.addWidget(self._path, 1)
        line.addWidget(self._add)
        line.addWidget(self._browse)
        card.add(line)
        return card

    def _size_card(self) -> Card:
        words = self.words
        card = Card(self.say("sources.bar-title"), "scales")
        self._total = text("", "figure", wrap=False)
        self._total_label = text(self.say("sources.total"), "subdued")
        self._total_more = text("", "subdued")
        self._growth = QSpinBox()
        self._growth.setRange(0, 300)
        self._growth.setSuffix(self.say("sources.growth-suffix"))
        self._growth.valueChanged.connect(lambda _value: self.edited.emit())
        growth = QLabel(self.say("sources.growth"))
        growth.setBuddy(self._growth)
        figures = QVBoxLayout()
        figures.setSpacing(0)
        figures.addWidget(self._total_label)
        figures.addWidget(self._total)
        figures.addWidget(self._total_more)
        line = row(figures, spacing=unit(self) // 2)
        line.setStretch(0, 1)
        line.addWidget(growth)
        line.addWidget(self._growth)
        card.add(line)
        zones = [
            Zone(size, self.say(f"sources.{name}"), words.size(size))
            for size, name in (
                (DATA_BOX_DISK_LIMIT_BYTES, "zone-disk"),
                (DATA_BOX_LIMIT_BYTES, "zone-box"),
            )
        ]
        self._unreadable = text("", "body")
        sign = IconLabel("caution", Status.CAUTION, 1.0)
        self._unreadable_row = QWidget()
        told = row(sign, self._unreadable, spacing=unit(self) // 2)
        told.setStretch(1, 1)
        self._unreadable_row.setLayout(told)
        self._bar = LimitBar(zones, self.say("sources.zone-beyond"))
        card.add(self._bar)
        card.add(self._unreadable_row)
        self._largest_title = text(self.say("sources.largest"), "strong")
        self._largest = QGridLayout()
        self._largest.setHorizontalSpacing(unit(self))
        self._largest.setVerticalSpacing(unit(self) // 3)
        self._largest_shown: tuple[tuple[str, int], ...] = ()
        card.column.addSpacing(unit(self) // 3)
        card.add(self._largest_title)
        card.add(self._largest)
        return card

    def _exclude_card(self) -> Card:
        card = Card(self.say("sources.exclude-title"), "remove")
        self._presets: dict[str, QCheckBox] = {}
        for name in PRESETS:
            box = QCheckBox(self.say(f"sources.preset-{name}"))
            box.setToolTip("  ".join(PRESETS[name]))
            box.toggled.connect(lambda _on: self._settled())
            self._presets[name] = box
            card.add(box)
        card.add(text(self.say("sources.exclude-always"), "subdued"))
        self._patterns = QPlainTextEdit()
        self._patterns.setPlaceholderText(self.say("sources.exclude-hint"))
        self._patterns.setFixedHeight(unit(self) * 5)
        self._patterns.setTabChangesFocus(True)
        self._patterns.textChanged.connect(self._settled)
        label = QLabel(self.say("sources.exclude-more"))
        label.setBuddy(self._patterns)
        card.column.addSpacing(unit(self) // 4)
        card.add(rule())
        card.add(label)
        card.add(self._patterns)
        return card

    # ------------------------------------------------------------ draft

    def show_draft(self, draft: Draft) -> None:
        """Show the sources, exclusions and growth, and go on measuring."""
        self._sources = draft.sources
        known = {pattern for preset in PRESETS.values() for pattern in preset}
        for name, box in self._presets.items():
            box.blockSignals(True)
            box.setChecked(set(PRESETS[name]) <= set(draft.exclude))
            box.blockSignals(False)
        own = "\n".join(pattern for pattern in draft.exclude if pattern not in known)
        if own != self._patterns.toPlainText().strip():
            self._patterns.blockSignals(True)
            self._patterns.setPlainText(own)
            self._patterns.blockSignals(False)
        self._growth.blockSignals(True)
        self._growth.setValue(draft.growth_percent)
        self._growth.blockSignals(False)
        self._show_model(draft.deployment_model)
        self._groups.show_groups(
            draft.groups if is_agent(self._model) else (), server=self._model in WITH_GROUPS
        )
        self._measuring.follow(self._sources, self._exclude())
        self._show_rows()

    def _show_model(self, model: DeploymentModel | None) -> None:
        """Show folders for MARS and Standalone, groups for MABS and DPM; MARS has both."""
        self._model = model
        by_group = model in WITH_GROUPS
        self._folders.setVisible(not by_group)
        self._excluding.setVisible(not is_agent(model))
        self._groups.setVisible(is_agent(model))

    def read(self, draft: Draft) -> Draft:
        """Give the draft with sources, exclusions, growth and the newest size."""
        groups = self._groups.chosen() if is_agent(self._model) else ()
        more = sum(group.size_bytes for group in groups)
        if self._model in WITH_GROUPS:
            # A folder chosen for another deployment model is no part of what these send.
            return replace(
                draft,
                sources=(),
                growth_percent=self._growth.value(),
                groups=groups,
                measurement=Measurement(size_bytes=more, complete=True),
            )
        found = self._measuring.total()
        return replace(
            draft,
            sources=self._sources,
            exclude=() if is_agent(self._model) else self._exclude(),
            growth_percent=self._growth.value(),
            groups=groups,
            measurement=replace(
                found,
                size_bytes=found.size_bytes + more,
                complete=found.complete or not self._sources,
            )
            if groups
            else found,
        )

    def show_facts(self, draft: Draft, facts: Facts) -> None:
        """Show sizes, the bar and what speaks against the choice."""
        self._show_agent(facts)
        found, words = draft.measurement, self.words
        grown = need_bytes(draft)
        self._total.setText(words.size(found.size_bytes))
        self._total.setToolTip(words.exact(found.size_bytes))
        counting = bool(draft.sources) and not found.complete
        self._total_more.setVisible(self._model not in WITH_GROUPS or bool(grown))
        self._total_label.setText(
            self.say("sources.total-counting" if counting else "sources.total")
        )
        self._total_more.setText(
            ", ".join(
                (
                    []
                    if self._model in WITH_GROUPS
                    else [self.say("sources.files", count=found.files)]
                )
                + ([self.say("sources.with-growth", size=words.size(grown))] if grown else [])
            )
        )
        said = self.say(
            "sources.bar-said",
            size=words.size(grown),
            disk=words.size(DATA_BOX_DISK_LIMIT_BYTES),
            box=words.size(DATA_BOX_LIMIT_BYTES),
        )
        self._bar.show_size(found.size_bytes, grown, said)
        self._unreadable.setText(self.say("sources.unreadable", count=found.unreadable))
        self._unreadable_row.setVisible(found.unreadable > 0)
        self._show_largest(found)
        told = problems(Step.SOURCES, draft, facts)
        self._notices.show_findings([f for f in told if f.code not in _TOLD_IN_THE_LIST])

    def _show_agent(self, facts: Facts) -> None:
        """Offer what the agent says it protects."""
        agent = facts.agents.of(self._model) if facts.agents else None
        self._groups.show_found(agent.groups if agent else ())
        sources = agent.sources if agent and self._model is DeploymentModel.MARS else ()
        volumes = tuple(source.name for source in sources if source.name[1:2] == ":")
        self._protected = tuple(path for path in volumes if path not in self._sources)
        self._take_over.setVisible(bool(self._protected))
        names = self.words.listed(list(self._protected))
        self._take_over.setText(self.say("sources.take-over", names=names))

    def left(self) -> None:
        """Keep measuring: the later pages sharpen with the count."""

    # ------------------------------------------------------------ doing

    def _exclude(self) -> tuple[str, ...]:
        chosen = [
            pattern
            for name, box in self._presets.items()
            if box.isChecked()
            for pattern in PRESETS[name]
        ]
        typed = (line.strip() for line in self._patterns.toPlainText().splitlines())
        return tuple(dict.fromkeys([*chosen, *(line for line in typed if line)]))

    def _exclusions_settled(self) -> None:
        self._measuring.follow(self._sources, self._exclude())
        self._show_rows()
        self.edited.emit()

    def _add_typed(self) -> None:
        path = self._path.text().strip().strip('"')
        if path:
            self._path.clear()
            self._take(path)

    def _pick(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.say("sources.pick-folder"))
        if path:
            self._take(path)

    def _take_protected(self) -> None:
        self._sources = (*self._sources, *self._protected)
        self._sources_changed()

    def _take(self, path: str) -> None:
        if path not in self._sources:
            self._sources = (*self._sources, path)
            self._sources_changed()

    def _remove(self, path: str) -> None:
        self._sources = tuple(source for source in self._sources if source != path)
        self._path.setFocus(Qt.FocusReason.OtherFocusReason)
        self._sources_changed()

    def _sources_changed(self) -> None:
        self._measuring.follow(self._sources, self._exclude())
        self._show_rows()
        self.edited.emit()

    def _measured(self) -> None:
        self._show_sizes()
        self.edited.emit()

    # ------------------------------------------------------------ showing

    def _show_rows(self) -> None:
        if tuple(self._rows) != self._sources:
            clear(self._list)
            self._rows = {}
            for path in self._sources:
                line = _SourceRow(path, self.say("sources.remove", path=path))
                line.remove.clicked.connect(lambda _on, path=path: self._remove(path))
                self._rows[path] = line
                self._list.addWidget(line)
        self._empty.setVisible(not self._sources)
        self._show_sizes()

    def _show_sizes(self) -> None:
        for path, line in self._rows.items():
            found = self._measuring.of(path)
            size = self.words.size(found.size_bytes)
            if self._measuring.missing(path):
                line.figure.setText(self.say("sources.stopped"))
            elif found.complete:
                line.figure.setText(self.say("sources.counted", size=size, count=found.files))
            else:
                line.figure.setText(self.say("sources.counting", size=size))
            line.figure.setToolTip(self.words.exact(found.size_bytes))

    def _show_largest(self, found: Measurement) -> None:
        self._largest_title.setVisible(bool(found.largest_folders))
        if found.largest_folders == self._largest_shown:
            return
        self._largest_shown = found.largest_folders
        clear(self._largest)
        top = max((size for _, size in found.largest_folders), default=1) or 1
        for line, (path, size) in enumerate(found.largest_folders):
            bar = ShareBar()
            bar.show_shares((size / top, "accent"))
            self._largest.addWidget(ElidedLabel(path), line, 0)
            self._largest.addWidget(bar, line, 1)
            amount = text(self.words.size(size), "subdued", wrap=False)
            self._largest.addWidget(amount, line, 2, Qt.AlignmentFlag.AlignRight)
        self._largest.setColumnStretch(0, 3)
        self._largest.setColumnStretch(1, 2)
