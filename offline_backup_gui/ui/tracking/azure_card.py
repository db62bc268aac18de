"""What Azure says of the job: what it waits for, each drive, each account, its logs."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from offline_backup_gui.domain.job_answers import may_cancel, may_fetch, may_move, question
from offline_backup_gui.domain.job_said import rows
from offline_backup_gui.domain.shipment import KeptJob
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.tracking import azure_view
from offline_backup_gui.ui.tracking.azure_view import ProgressLine
from offline_backup_gui.ui.tracking.flush import flush
from offline_backup_gui.ui.widgets.boxes import Card, clear, row, unit
from offline_backup_gui.ui.widgets.notices import Notice
from offline_backup_gui.ui.widgets.texts import ElidedLabel, plain, text
from offline_backup_gui.words import Message, Words


class AzureCard(Card):
    """The newest look at the job; below it the ways to bring in what was read elsewhere."""

    status_wanted = Signal()
    job_wanted = Signal()
    log_wanted = Signal()
    sign_in_wanted = Signal()
    answer_wanted = Signal()
    address_wanted = Signal()
    pickup_wanted = Signal()
    cancel_wanted = Signal()
    more_wanted = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__(words.text("azure-job.card"), "cloud")
        self._words = words
        self._shown: KeptJob | None = None
        self._told = False
        self.more_button: IconButton | None = None
        self.more: QLabel | None = None
        self.more_wanted.connect(self._turn_more)
        step = unit(self)
        self._said = QVBoxLayout()
        self._said.setSpacing(step // 2)
        self.add(self._said)
        self.answer_button = self._button("check", "azure-dialog.answer-button", self.answer_wanted)
        self.address_button = self._button(
            "truck", "azure-dialog.address-button", self.address_wanted
        )
        self.pickup_button = self._button("truck", "azure-dialog.pickup-button", self.pickup_wanted)
        self.cancel_button = self._button(
            "remove", "azure-dialog.cancel-button", self.cancel_wanted
        )
        self.sign_in_button = self._button(
            "key", "azure-dialog.sign-in-button", self.sign_in_wanted
        )
        self.status_button = self._button("eye", "portal.status-button", self.status_wanted)
        self.job_button = self._button("folder", "portal.job-button", self.job_wanted)
        self.log_button = self._button("paper", "portal.log-button", self.log_wanted)
        self.buttons = QVBoxLayout()
        self.buttons.setSpacing(step // 3)
        self._acts = (
            *(self.answer_button, self.pickup_button),
            *(self.address_button, self.cancel_button),
        )
        acts = (*self._acts, self.sign_in_button)
        for button in (*acts, self.status_button, self.job_button, self.log_button):
            self.buttons.addLayout(flush(button))
        self.add(self.buttons)
        self.column.addStretch(1)

    def _button(self, icon: str, key: str, signal: SignalInstance) -> IconButton:
        label = self._words.text(key)
        button = IconButton(icon, label, "quiet")
        button.setAccessibleName(plain(label))
        button.clicked.connect(signal)
        return button

    def show_ways(self, kept: KeptJob | None, *, at_azure: bool, signed_in: bool) -> None:
        """Offer what can be done at Azure itself: signing in, an answer, another address …"""
        self.sign_in_button.setVisible(not signed_in)
        job = kept.job if kept is not None and at_azure and signed_in else None
        self.answer_button.setVisible(job is not None and question(job) is not None)
        self.address_button.setVisible(job is not None and may_move(job))
        self.pickup_button.setVisible(job is not None and may_fetch(job))
        self.cancel_button.setVisible(job is not None and may_cancel(job))

    def show_job(self, kept: KeptJob | None, *, busy: bool) -> None:
        """Show the newest look, or that there was none."""
        for act in self._acts:
            act.setEnabled(not busy)
        for button in (self.status_button, self.job_button, self.log_button):
            button.setEnabled(not busy)
        if self._told and kept == self._shown:
            return
        self._told, self._shown = True, kept
        clear(self._said)
        self.more_button, self.more = None, None
        words = self._words
        if kept is None:
            self._said.addWidget(text(words.text("azure-job.none"), "subdued"))
            return
        name = words.text("azure-job.name", name=azure_view.title(kept))
        self._said.addWidget(ElidedLabel(name))
        self._said.addWidget(text(azure_view.seen(kept, words), "small"))
        for one in azure_view.remarks(kept.job, words):
            status = Status.CAUTION if one.heavy else Status.NOW
            self._said.addWidget(Notice(Message(one.title, one.azure, one.do), status, words))
        drives = azure_view.drives(kept.job, words)
        if drives:
            self._head("azure-job.drives", drives, len(drives))
        copies = azure_view.copies(kept.job, words)
        if copies:
            self._head("azure-job.copies", copies, len(copies))
        if kept.job.logs:
            self._said.addWidget(text(words.text("azure-job.logs"), "strong"))
            for place in dict.fromkeys(kept.job.logs):
                self._said.addWidget(ElidedLabel(place, "small"))
        self._offer_more(kept)

    def _offer_more(self, kept: KeptJob) -> None:
        """Offer all that Azure said, in its own words; put together when it is asked for."""
        if not kept.job.said:
            return
        button = self._button("chevron-down", "azure-job.more", self.more_wanted)
        self._said.addLayout(flush(button))
        self.more_button, self.more = button, None

    def _turn_more(self) -> None:
        kept, button = self._shown, self.more_button
        if kept is None or button is None:
            return
        if self.more is None:
            told = "\n".join(f"{place}: {said}" for place, said in rows(kept.job.said))
            self.more = text("", "small")
            self.more.setTextFormat(Qt.TextFormat.PlainText)
            self.more.setText(told)
            self.more.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.more.hide()
            self._said.addWidget(self.more)
        shown = self.more.isHidden()
        self.more.setVisible(shown)
        label = self._words.text("azure-job.less" if shown else "azure-job.more")
        button.setText(label)
        button.setAccessibleName(plain(label))

    def _head(self, key: str, lines: Sequence[ProgressLine], count: int) -> None:
        self._said.addWidget(text(self._words.text(key, count=count), "strong"))
        for line in lines:
            self._said.addWidget(ProgressRow(line, self._words))


class ProgressRow(QWidget):
    """One drive or account: its name, a bar, our words and Azure's, and figures."""

    def __init__(self, line: ProgressLine, words: Words) -> None:
        super().__init__()
        step = unit(self)
        status = Status.GOOD if line.whole else Status.CAUTION if line.halted else Status.QUIET
        percent = "" if line.share is None else words.percent(line.share)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(step // 6)
        icon = IconLabel("check" if line.whole else "caution" if line.halted else "drive", status)
        head = row(icon, ElidedLabel(line.name), text(percent, "small", wrap=False))
        head.setSpacing(step // 2)
        head.setStretch(1, 1)
        layout.addLayout(head)
        if line.share is not None:
            self.bar = QProgressBar()
            self.bar.setRange(0, 1000)
            self.bar.setValue(int(line.share * 1000))
            self.bar.setTextVisible(False)
            self.bar.setAccessibleName(line.name)
            layout.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignVCenter)
        said = self._said(line, words)
        for detail in (said, *line.details):
            if detail:
                layout.addWidget(text(detail, "small"))
        spoken = words.text("azure-job.progress", name=line.name, said=said, percent=percent)
        self.setAccessibleName(spoken.strip())

    @staticmethod
    def _said(line: ProgressLine, words: Words) -> str:
        if not line.azure:
            return line.said
        if not line.said:
            return words.text("azure-job.only-azure", word=line.azure)
        return f"{line.said} · {words.text('azure-job.azure-word', word=line.azure)}"
