"""Page 8: everything on one page, every open point, consent, and what comes afterwards."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.plan import Draft
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, WrappingCheck, clear, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import ElidedLabel, plain, text
from offline_backup_gui.ui.wizard.answers import answer
from offline_backup_gui.ui.wizard.facts import (
    Facts,
    Step,
    chosen_drives,
    drive_name,
    need_bytes,
    needs_consent,
)
from offline_backup_gui.ui.wizard.flow import deciding
from offline_backup_gui.ui.wizard.judging import problems
from offline_backup_gui.ui.wizard.page import Desk, Page
from offline_backup_gui.words import Message

# A drive at its best and at its worst, for writing and for reading back, in bytes a second.
FAST, SLOW = 180_000_000, 60_000_000
_ANSWERS = tuple(s for s in Step if s not in (Step.REVIEW, Step.COPYING, Step.SHIP))
_AT_THE_CONSENT = frozenset({FindingCode.CONSENT_MISSING})


class ReviewPage(Page):
    """The summary; `jump` names a step the admin wants to change."""

    jump = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._consented: tuple[str, ...] = ()
        self._consent_shown: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
        self._trouble = NoticeList(self.words)
        self.column.addWidget(self._trouble)
        self.column.addWidget(self._name_card())
        self.column.addWidget(self._answers_card())
        self._open_title = text(self.say("review.open-title"), "title")
        self._open = NoticeList(self.words)
        self.column.addWidget(self._open_title)
        self.column.addWidget(self._open)
        self.column.addWidget(self._consent_card())
        self.column.addWidget(self._estimate_card())
        self.column.addWidget(self._schedule_card())
        self.column.addStretch(1)

    # ------------------------------------------------------------ building

    def _field(self, key: str, field: QLineEdit) -> QLabel:
        label = QLabel(self.say(f"review.{key}"))
        label.setBuddy(field)
        field.setAccessibleName(plain(label.text()))
        field.textEdited.connect(lambda _text: self.edited.emit())
        return label

    def _name_card(self) -> Card:
        card = Card()
        self._name = QLineEdit()
        self._name.setPlaceholderText(self.say("review.name-hint"))
        self._name.setMaxLength(60)
        card.add(self._field("name", self._name))
        card.add(self._name)
        return card

    def _answers_card(self) -> Card:
        card = Card(self.say("review.answers"), "circle-check")
        grid = QGridLayout()
        grid.setHorizontalSpacing(unit(self))
        grid.setVerticalSpacing(unit(self) // 4)
        self._answers: dict[Step, tuple[ElidedLabel, tuple[QWidget, ...]]] = {}
        for line, step in enumerate(_ANSWERS):
            title = self.say(f"step.{step.value}")
            value = ElidedLabel()
            change = IconButton("chevron-right", self.say("review.change"), "quiet")
            change.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
            change.setAccessibleName(self.say("review.change-said", step=title))
            change.clicked.connect(lambda _on, step=step: self.jump.emit(step.value))
            caption = text(title, "subdued", wrap=False)
            grid.addWidget(caption, line, 0)
            grid.addWidget(value, line, 1)
            grid.addWidget(change, line, 2)
            self._answers[step] = value, (caption, value, change)
        grid.setColumnStretch(1, 1)
        card.add(grid)
        return card

    def _consent_card(self) -> Card:
        self._consent = Card(self.say("review.consent-title"), "caution")
        self._consent.add(text(self.say("review.consent-why"), "subdued"))
        self._consent_place = QVBoxLayout()
        self._consent.add(self._consent_place)
        return self._consent

    def _estimate_card(self) -> Card:
        card = Card(self.say("review.estimate-title"), "clock")
        self._estimate = text("")
        card.add(self._estimate)
        return card

    def _schedule_card(self) -> Card:
        card = Card(self.say("review.schedule-title"), "calendar")
        self._schedule = QLineEdit()
        card.add(self._field("schedule", self._schedule))
        card.add(self._schedule)
        card.add(text(self.say("review.schedule-why"), "subdued"))
        return card

    # ------------------------------------------------------------ draft

    def show_draft(self, draft: Draft) -> None:
        """Show name, times and consent."""
        self._consented = draft.consented_serials
        for field, value in (
            (self._name, draft.name),
            (self._schedule, ", ".join(draft.schedule_times)),
        ):
            if field.text() != value and not field.hasFocus():
                field.setText(value)

    def read(self, draft: Draft) -> Draft:
        """Give the draft with name, times and consent."""
        times = (part.strip() for part in self._schedule.text().split(","))
        return replace(
            draft,
            name=self._name.text().strip(),
            schedule_times=tuple(dict.fromkeys(part for part in times if part)),
            consented_serials=self._consented,
        )

    def show_facts(self, draft: Draft, facts: Facts) -> None:
        """Show all answers and every open point with the way to it."""
        shown = deciding(draft)
        for step, (label, parts) in self._answers.items():
            for part in parts:
                part.setVisible(step in shown)
            label.set_whole(answer(step, draft, facts, self.words) or "–")
        self._show_open(draft, facts)
        self._show_consent(draft, facts)
        self._show_estimate(draft, facts)

    def show_trouble(self, error: BackupError) -> None:
        """Say why the start did not come about."""
        self._trouble.show_trouble(error)

    # ------------------------------------------------------------ showing

    def _show_open(self, draft: Draft, facts: Facts) -> None:
        step_of: dict[int, Step] = {}
        told: list[Finding] = []
        for step in deciding(draft):
            for finding in problems(step, draft, facts):
                if finding.severity is Severity.NOTE or finding.code in _AT_THE_CONSENT:
                    continue
                told.append(finding)
                step_of[id(finding)] = step

        def way_out(finding: Finding) -> tuple[str, Callable[[], None]] | None:
            step = step_of[id(finding)]
            if step is Step.REVIEW:
                return None
            label = self.say(f"step.{step.value}")
            return label, lambda: self.jump.emit(step.value)

        self._open_title.setVisible(bool(told))
        if told or not self._all_agreed(draft, facts):
            self._open.show_findings(told, way_out)
        else:
            message = Message(self.say("review.nothing-open"), "", "")
            self._open.show_message(message, Status.GOOD)

    @staticmethod
    def _all_agreed(draft: Draft, facts: Facts) -> bool:
        found = problems(Step.REVIEW, draft, facts)
        return not any(finding.code in _AT_THE_CONSENT for finding in found)

    def _show_consent(self, draft: Draft, facts: Facts) -> None:
        asked = [item.drive for item in chosen_drives(draft, facts) if needs_consent(item)]
        self._consent.setVisible(bool(asked))
        shown = tuple((drive.serial, drive.mount, drive.first_folders) for drive in asked)
        if shown == self._consent_shown:
            return
        self._consent_shown = shown
        clear(self._consent_place)
        for drive in asked:
            folders = self.words.listed(list(drive.first_folders[:3]))
            sentence = self.say("review.consent", drive=drive_name(drive), folders=folders)
            box = WrappingCheck(sentence)
            box.box.setChecked(drive.serial in self._consented)
            box.toggled.connect(lambda on, serial=drive.serial: self._agree(serial, agreed=on))
            self._consent_place.addWidget(box)

    def _agree(self, serial: str, *, agreed: bool) -> None:
        others = tuple(known for known in self._consented if known != serial)
        self._consented = (*others, serial) if agreed else others
        self.edited.emit()

    def _show_estimate(self, draft: Draft, facts: Facts) -> None:
        size, count = need_bytes(draft), len(chosen_drives(draft, facts))
        if not size or not count:
            self._estimate.setText(self.say("review.estimate-open"))
            return
        least, most = (_rounded(2 * size / (rate * count)) for rate in (FAST, SLOW))
        shortest, longest = self.words.duration(least), self.words.duration(most)
        key = "estimate-short" if shortest == longest else "estimate"
        self._estimate.setText(self.say(f"review.{key}", least=shortest, most=longest))


def _rounded(seconds: float) -> float:
    """Round up to whole hours beyond three: an estimate that names minutes claims too much."""
    return -(-seconds // 3600) * 3600 if seconds > 3 * 3600 else seconds
