"""One row for a place that could hold the staging location, and the line about the agent's data."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from offline_backup_gui.domain.findings import Severity
from offline_backup_gui.domain.staging import StagingPlace, StagingReport
from offline_backup_gui.domain.staging_watch import (
    StagingProgress,
    StagingSample,
    StagingState,
    progress,
)
from offline_backup_gui.services.staging import STILL_NEEDED_S, kept
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.bars import ShareBar
from offline_backup_gui.ui.widgets.boxes import Card, row, unit
from offline_backup_gui.ui.widgets.notices import ICON_BY_STATUS, STATUS_BY_SEVERITY
from offline_backup_gui.ui.widgets.texts import chip, set_property, text
from offline_backup_gui.ui.wizard.page import Desk
from offline_backup_gui.words import Words

SAMPLE_EVERY_MS = 30_000
_STATUS = {
    StagingState.READY: Status.GOOD,
    StagingState.GROWING: Status.NOW,
    StagingState.RESTING: Status.NOW,
    StagingState.UNREACHABLE: Status.CAUTION,
}


class PlaceRow(QFrame):
    """A volume or share: name, room, verdict with its reasons, and a button that takes it."""

    chosen = Signal()

    def __init__(self, place: StagingPlace, words: Words) -> None:
        super().__init__()
        step = unit(self)
        name = f"{place.network_path or place.mount}"
        if place.name and place.name != place.network_path:
            name = f"{name} ({place.name})"
        free = words.text("wizard.staging.place-free", size=words.size(place.free_bytes))
        column = QVBoxLayout()
        column.setSpacing(step // 6)
        column.addWidget(text(name, "strong" if place.would_do else "subdued"))
        facts = text(free, "subdued")
        facts.setToolTip(words.exact(place.free_bytes))
        column.addWidget(facts)
        for finding in place.findings:
            status = STATUS_BY_SEVERITY[finding.severity]
            message = words.finding(finding)
            sentence = text(message.title, "body")
            sentence.setToolTip(message.why)
            line = row(IconLabel(ICON_BY_STATUS[status], status, 1.0), sentence, spacing=step // 2)
            line.setStretch(1, 1)
            column.addLayout(line)
        verdict, status = self._verdict(place, words)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, step // 2, 0, step // 2)
        layout.setSpacing(step * 2 // 3)
        top = Qt.AlignmentFlag.AlignTop
        icon = "server" if place.network_path else "drive"
        shade = Status.NOW if place.would_do else Status.QUIET
        layout.addWidget(IconLabel(icon, shade, 1.6), 0, top)
        layout.addLayout(column, 1)
        layout.addWidget(chip(verdict, status), 0, top)
        use = IconButton("check", words.text("wizard.staging.use"), "quiet")
        use.setAccessibleName(words.text("wizard.staging.use-said", place=name))
        use.clicked.connect(lambda: self.chosen.emit())
        use.setEnabled(place.would_do)
        layout.addWidget(use, 0, top)

    @staticmethod
    def _verdict(place: StagingPlace, words: Words) -> tuple[str, Status]:
        if not place.would_do:
            return words.text("wizard.staging.would-not-do"), Status.OBSTACLE
        if any(finding.severity is Severity.WARNING for finding in place.findings):
            return words.text("wizard.staging.would-do-but"), Status.CAUTION
        return words.text("wizard.staging.would-do"), Status.GOOD


class StagingLine(Card):
    """What the agent has written so far; asked every half minute while the page is shown."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.words.text("wizard.staging.watch-title"), "clock")
        self._desk = desk
        self._location, self._need = "", 0
        self._samples: list[StagingSample] = []
        self._asking = False
        self._state = text("", "strong")
        self._figures = text("", "subdued")
        self._chip = chip("")
        line = row(self._state)
        line.setStretch(0, 1)
        line.addWidget(self._chip)
        self.add(line)
        self._bar = ShareBar()
        self._bar.setFixedHeight(unit(self))
        self.add(self._bar)
        self.add(self._figures)
        self.add(text(desk.words.text("wizard.staging.never-touched"), "subdued"))
        self._timer = QTimer(self)
        self._timer.setInterval(SAMPLE_EVERY_MS)
        self._timer.timeout.connect(self._sample)
        self.hide()

    def show_need(self, location: str, need_bytes: int, seen: StagingReport | None) -> None:
        """Follow a location once it is there; another one begins anew."""
        self._need = need_bytes
        there = seen is not None and seen.look is not None and seen.look.is_folder
        self.setVisible(there)
        if not there:
            self._timer.stop()
            return
        if location != self._location:
            self._location, self._samples = location, []
        if not self._timer.isActive():
            self._timer.start()
            self._sample()

    def hideEvent(self, _event: object) -> None:
        """Ask nobody while nobody looks."""
        self._timer.stop()

    def _sample(self) -> None:
        if self._asking or not self._location:
            return
        self._asking = True
        staging, location = self._desk.services.staging, self._location

        def taken(sample: StagingSample) -> None:
            self._asking = False
            if location == self._location:
                self._samples = kept([*self._samples, sample]) or [sample]
                found = progress(
                    self._samples, still_needed_s=STILL_NEEDED_S, need_bytes=self._need
                )
                self._show(found)

        def lost(_error: object) -> None:
            self._asking = False

        self._desk.bridge.call(self, lambda: staging.sample(location), taken, lost)

    def _show(self, found: StagingProgress) -> None:
        words = self._desk.words
        self._state.setText(words.term("staging-state", found.state.value))
        status = _STATUS.get(found.state, Status.QUIET)
        written = words.size(found.size_bytes)
        self._chip.setText(written)
        set_property(self._chip, "status", status.value)
        self._bar.setVisible(bool(found.need_bytes and found.size_bytes))
        part = min(1.0, found.size_bytes / found.need_bytes) if found.need_bytes else 0.0
        self._bar.show_shares((part, "accent"))
        key = "rate" if found.rate else "written"
        said = words.text(
            f"wizard.staging.{key}",
            written=written,
            rate=words.rate(found.rate),
            free=words.size(found.free_bytes),
        )
        if found.size_bytes and not found.fits:
            said = f"{said} {words.text('wizard.staging.will-not-fit')}"
        self._figures.setText(said)
        self._bar.setAccessibleName(said)
