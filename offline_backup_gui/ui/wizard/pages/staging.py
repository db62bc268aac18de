"""Page 6: where an agent leaves its data; plans that need no staging location say so."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QVBoxLayout, QWidget

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.plan import DeploymentModel, Draft
from offline_backup_gui.domain.staging import StagingPlace, StagingReport
from offline_backup_gui.ui.bridge import after
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, WrappingCheck, clear, row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.speech import announce
from offline_backup_gui.ui.widgets.texts import chip, rule, set_property, text
from offline_backup_gui.ui.wizard.facts import (
    Facts,
    Step,
    asks_for_job,
    need_bytes,
    needs_staging,
    staging_need,
)
from offline_backup_gui.ui.wizard.judging import problems
from offline_backup_gui.ui.wizard.page import Desk, Page
from offline_backup_gui.ui.wizard.pages.import_form import ImportForm
from offline_backup_gui.ui.wizard.staging_rows import PlaceRow, StagingLine
from offline_backup_gui.words import Message

LOOK_AFTER_MS = 500  # after the last letter typed
LOOK_EVERY_MS = 5_000
_FOLDER = "AzureStaging"


class StagingPage(Page):
    """A path with what speaks against it, the places that would do, and how far the agent is."""

    looked = Signal(object)  # StagingReport

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._sources: tuple[str, ...] = ()
        self._places: tuple[StagingPlace, ...] | None = None
        self._looking = self._visible = self._again = False
        self._none = self._build_none()
        self.column.addWidget(self._none)
        self._parts = QWidget()
        parts = QVBoxLayout(self._parts)
        parts.setContentsMargins(0, 0, 0, 0)
        parts.setSpacing(self.column.spacing())
        for card in (self._need_card(), self._location_card(), self._places_card()):
            parts.addWidget(card)
        self._line = StagingLine(desk)
        parts.addWidget(self._line)
        self.column.addWidget(self._parts)
        self._job = Card(self.words.text("import-job.early-title"), "paper")
        self._job.add(text(self.words.text("import-job.early-why"), "subdued"))
        self.form = ImportForm(desk, named=True)
        self.form.edited.connect(self.edited)
        self.column.addWidget(self._job)
        self.column.addWidget(self.form)
        self.column.addStretch(1)
        self._look_soon = after(self, LOOK_AFTER_MS, self._look)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)

    # ------------------------------------------------------------ building

    def _build_none(self) -> QWidget:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self.column.spacing())
        self._none_notice = NoticeList(self.words)
        column.addWidget(self._none_notice)
        card = Card(self.say("staging.when-title"), "server")
        self._when = text("", "subdued")
        card.add(self._when)
        column.addWidget(card)
        return part

    def _need_card(self) -> Card:
        card = Card()
        self._need = text("", "title")
        self._enough = chip("")
        line = row(self._need)
        line.setStretch(0, 1)
        line.addWidget(self._enough)
        card.add(line)
        self._free = text("", "subdued")
        card.add(self._free)
        return card

    def _location_card(self) -> Card:
        card = Card(self.say("staging.location-title"), "folder")
        self._path = QLineEdit()
        self._path.setMaxLength(1024)
        self._path.setPlaceholderText(self.say("staging.location-hint"))
        self._path.textEdited.connect(lambda _text: self._typed())
        label = QLabel(self.say("staging.location"))
        label.setBuddy(self._path)
        self._path.setAccessibleName(self.say("staging.location-title"))
        copy = IconButton("copy", kind="quiet")
        copy.setAccessibleName(self.say("staging.copy"))
        copy.setToolTip(self.say("staging.copy"))
        copy.clicked.connect(self._copy)
        browse = IconButton("folder", self.say("staging.browse"), "quiet")
        browse.clicked.connect(self._browse)
        card.add(label)
        line = row(self._path, copy, spacing=unit(self) // 2)
        line.setStretch(0, 1)
        card.add(line)
        self._refresh = IconButton("refresh", self.say("staging.look-again"), "quiet")
        self._refresh.clicked.connect(self._look)
        card.add(row(browse, self._refresh, 1, spacing=unit(self)))
        self._elsewhere = WrappingCheck(self.say("staging.elsewhere"))
        self._elsewhere.toggled.connect(lambda _on: self.edited.emit())
        card.add(self._elsewhere)
        card.add(text(self.say("staging.elsewhere-why"), "subdued"))
        self._notices = NoticeList(self.words)
        card.add(self._notices)
        return card

    def _places_card(self) -> Card:
        card = Card(self.say("staging.places-title"), "drive")
        self._asking = text(self.say("staging.places-asking"), "subdued")
        card.add(self._asking)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        card.add(self._list)
        return card

    # ------------------------------------------------------------ draft and facts

    def show_draft(self, draft: Draft) -> None:
        """Show the location of the draft."""
        if draft.agent.staging_location != self._path.text().strip():
            self._path.setText(draft.agent.staging_location)
        self._elsewhere.box.setChecked(draft.copy_elsewhere)
        self.form.show_draft(draft)
        self._sources = draft.sources

    def read(self, draft: Draft) -> Draft:
        """Give the draft with the location; blanks around it are nobody's wish."""
        if asks_for_job(draft):
            draft = self.form.read(draft)
        if not needs_staging(draft):
            return draft
        agent = replace(draft.agent, staging_location=self._path.text().strip())
        return replace(draft, agent=agent, copy_elsewhere=self._elsewhere.box.isChecked())

    def show_facts(self, draft: Draft, facts: Facts) -> None:
        """Show need, verdicts and places; or that nothing is needed here."""
        needed = needs_staging(draft)
        for part in (self._job, self.form):
            part.setVisible(asks_for_job(draft))
        self.form.show_verdicts(draft)
        self._sources = draft.sources
        self._none.setVisible(not needed)
        self._parts.setVisible(needed)
        size = self.words.size(need_bytes(draft))
        if not needed:
            own = draft.deployment_model in (None, DeploymentModel.STANDALONE)
            key = "none-why" if own else "none-device"
            title, why = self.say("staging.none-title"), self.say(f"staging.{key}")
            self._none_notice.show_message(Message(title, why, ""), Status.GOOD)
            self._when.setText(self.say("staging.when", size=size))
            return
        self._need.setText(self.say("staging.need", size=size))
        self._need.setToolTip(self.words.exact(need_bytes(draft)))
        seen = facts.staging
        mine = seen if seen and seen.location == self._path.text().strip() else None
        self._show_verdict(draft, facts, mine)
        if seen is not None:
            self._show_places(seen.places(staging_need(draft)))
        self._line.show_need(self._path.text().strip(), need_bytes(draft), mine)
        if self._visible and mine is None:
            self._look_soon()

    def _show_verdict(self, draft: Draft, facts: Facts, seen: StagingReport | None) -> None:
        findings = problems(Step.STAGING, draft, facts)
        there = seen is not None and seen.look is not None and seen.look.is_folder
        small = any(finding.code is FindingCode.STAGING_TOO_SMALL for finding in findings)
        self._enough.setVisible(bool(there and need_bytes(draft)))
        self._enough.setText(self.say("staging.not-enough" if small else "staging.enough"))
        set_property(self._enough, "status", (Status.OBSTACLE if small else Status.GOOD).value)
        self._free.setVisible(there)
        if seen is not None and seen.look is not None and there:
            free = seen.look.free_bytes
            self._free.setText(self.say("staging.free", size=self.words.size(free)))
            self._free.setToolTip(self.words.exact(free))
        if there and not findings:
            good = Message(self.say("staging.good"), self.say("staging.good-why"), "")
            self._notices.show_message(good, Status.GOOD)
        else:
            self._notices.show_findings(findings)

    def _show_places(self, places: tuple[StagingPlace, ...]) -> None:
        if places == self._places:
            return
        self._places = places
        clear(self._list)
        self._asking.setVisible(not places)
        self._asking.setText(self.say("staging.places-none"))
        for number, place in enumerate(places):
            if number:
                self._list.addWidget(rule())
            line = PlaceRow(place, self.words)
            line.chosen.connect(lambda place=place: self._use(place))
            self._list.addWidget(line)

    # ------------------------------------------------------------ doing

    def entered(self) -> None:
        """Look at once, and again every few seconds: room comes and goes."""
        self._visible = True
        self._timer.start()
        self._look()

    def left(self) -> None:
        """Look no more."""
        self._visible = False
        self._timer.stop()

    def _typed(self) -> None:
        self._look_soon()
        self.edited.emit()

    def _use(self, place: StagingPlace) -> None:
        base = place.network_path or place.mount
        slash = "\\" if "\\" in base else "/"
        self._path.setText(base.rstrip("\\/") + slash + _FOLDER)
        self._path.setFocus()
        self._typed()

    def _browse(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.say("staging.pick"))
        if path:
            windows = "\\" if path[1:2] == ":" or path.startswith("//") else ""
            self._path.setText(path.replace("/", windows) if windows else path)
            self._typed()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._path.text().strip())
        announce(self, self.say("staging.copied"))

    def _look(self) -> None:
        """Ask for the place beside the window; a silent share keeps nobody waiting."""
        if self._looking:
            self._again = True
            return
        if not self._visible or not self._parts.isVisibleTo(self):
            return
        self._looking = True
        staging, path, sources = self.desk.services.staging, self._path.text(), self._sources

        def seen(report: StagingReport) -> None:
            self._ended()
            self.looked.emit(report)

        self.desk.bridge.call(
            self, lambda: staging.check(path, sources), seen, lambda _error: self._ended()
        )

    def _ended(self, _error: BackupError | None = None) -> None:
        self._looking = False
        if self._again:
            self._again = False
            self._look_soon()
