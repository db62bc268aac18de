"""The card of page 10 that leads from prepared drives to their import job; nothing is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QVBoxLayout

from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.prepared_drive import PreparedDrive
from offline_backup_gui.ui.azure.fields import pile
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, clear
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import mono, text
from offline_backup_gui.ui.wizard.page import Page
from offline_backup_gui.words import Message


class ImportJobCard(Card):
    """Lists the prepared drives of a plan, and writes the job's form or the portal's files."""

    def __init__(self, page: Page) -> None:
        super().__init__(page.say("ship.import-title"), "paper")
        self._page, self._plan_id = page, PlanId("")
        self.add(text(page.say("ship.import-why"), "subdued"))
        self._drives = QVBoxLayout()
        self.add(self._drives)
        self.form = IconButton("paper", page.say("ship.import-form"))
        self.form.clicked.connect(self._pick_form)
        self.portal = IconButton("paper", page.say("ship.import-portal"))
        self.portal.clicked.connect(self._pick_folder)
        self.add(pile((self.form, self.portal)))
        self.told = NoticeList(page.words)
        self.add(self.told)
        self._show(())

    def show_plan(self, plan_id: PlanId) -> None:
        """Look for the prepared drives of a plan."""
        self._plan_id = plan_id
        preparations = self._page.desk.services.preparations
        self._page.desk.bridge.call(
            self, lambda: preparations.of(plan_id), self._show, self.told.show_trouble
        )

    def _show(self, drives: Sequence[PreparedDrive]) -> None:
        clear(self._drives)
        say = self._page.say
        for drive in drives:
            line = mono(text(f"{drive.serial}  {drive.manifest_name}  {drive.manifest_md5}"))
            line.setAccessibleName(say("ship.import-drive", serial=drive.serial))
            self._drives.addWidget(line)
        if not drives:
            self._drives.addWidget(text(say("ship.import-none"), "subdued"))
        self.form.setEnabled(bool(drives))
        self.portal.setEnabled(bool(drives))

    def _pick_form(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, self._page.say("ship.import-form-pick"), "import-job.toml", "TOML (*.toml)"
        )
        if path:
            self.write_form(Path(path))

    def write_form(self, path: Path) -> None:
        """Write the form of the import job."""
        preparations, plan_id = self._page.desk.services.preparations, self._plan_id

        def work() -> list[Path]:
            preparations.write_form(plan_id, path)
            return [path]

        self._do(work, "ship.import-form-written")

    def _pick_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self._page.say("ship.import-portal-pick"))
        if path:
            self.write_portal(Path(path))

    def write_portal(self, folder: Path) -> None:
        """Write what the portal takes of the drives."""
        preparations, plan_id = self._page.desk.services.preparations, self._plan_id
        self._do(lambda: preparations.hand_in(plan_id, folder), "ship.import-portal-written")

    def _do(self, work: Callable[[], list[Path]], told: str) -> None:
        def written(paths: list[Path]) -> None:
            names = ", ".join(path.name for path in paths)
            self.told.show_message(Message(self._page.say(told), names, ""), Status.GOOD)

        self._page.desk.bridge.call(self, work, written, self.told.show_trouble)
