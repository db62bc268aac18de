"""What the admin read elsewhere and brings in: a status of the portal, a saved job, a log."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.service_log import ServiceLog
from offline_backup_gui.domain.service_status import portal_words
from offline_backup_gui.services.service_logs import read_log_file
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.tracking.deeds import Deeds
from offline_backup_gui.ui.tracking.log_dialog import LogDialog
from offline_backup_gui.ui.tracking.status_dialog import StatusDialog
from offline_backup_gui.words import Message


class Readings(QObject):
    """Three small dialogs; each hands what was read to the services beside the window."""

    def __init__(self, deeds: Deeds) -> None:
        super().__init__(deeds)
        self._deeds = deeds
        card = deeds.detail.azure
        card.status_wanted.connect(self.ask_status)
        card.job_wanted.connect(self.ask_job)
        card.log_wanted.connect(self.ask_log)

    def ask_status(self) -> None:
        """Ask which status the portal shows, and since when."""
        deeds, backup = self._deeds, self._deeds.shown()
        if backup is None:
            return
        known = portal_words(backup.plan.route)
        dialog = StatusDialog(deeds.words, known, deeds.now(), deeds.window)
        dialog.entered.connect(self.note_status)
        deeds.open(dialog)

    def note_status(self, status: str, at: datetime) -> None:
        """Keep a status; say so when it is not known, or when Azure itself was seen later."""
        deeds, words = self._deeds, self._deeds.words
        backup = deeds.shown()
        tracking = backup.tracking if backup else None
        kept = tracking.job if tracking else None
        at = min(at, deeds.now())
        known: list[bool] = []

        def note(plan_id: PlanId) -> None:
            known.append(deeds.services.orders.note_status_of(plan_id, status, at))

        def tell() -> None:
            if kept is not None and at <= kept.seen_at:
                title = words.text("portal.older-title")
                why = words.text("portal.older-why", at=kept.seen_at)
            elif not known[0]:
                title = words.text("portal.unknown-title", status=status)
                why = words.text("portal.unknown-why")
            else:
                return
            deeds.detail.tell(Message(title, why, ""), Status.CAUTION)

        deeds.do(note, tell)

    def ask_job(self) -> None:
        """Ask for the file of a saved job."""
        dialog = self._file_dialog("portal.job-file", "portal.job-kinds", "*.json")
        dialog.fileSelected.connect(self.open_job)
        self._deeds.open(dialog)

    def open_job(self, path: str) -> None:
        """Read a job body and keep it as the newest look at the job."""
        shipments = self._deeds.services.shipments
        self._deeds.do(lambda plan_id: shipments.note_job_file(plan_id, Path(path)))

    def ask_log(self) -> None:
        """Ask for a log of the service."""
        dialog = self._file_dialog("portal.log-file", "portal.log-kinds", "*.xml *.log *.txt")
        dialog.fileSelected.connect(self.open_log)
        self._deeds.open(dialog)

    def open_log(self, path: str) -> None:
        """Read a log and show what it says."""
        deeds = self._deeds
        read: list[ServiceLog] = []

        def show() -> None:
            deeds.open(LogDialog(deeds.words, Path(path).name, read[0], deeds.window))

        deeds.do(lambda _: read.append(read_log_file(Path(path))), show)

    def _file_dialog(self, title: str, kinds: str, patterns: str) -> QFileDialog:
        words = self._deeds.words
        dialog = QFileDialog(self._deeds.window, words.text(title))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(
            [f"{words.text(kinds)} ({patterns})", f"{words.text('portal.all-files')} (*)"]
        )
        return dialog
