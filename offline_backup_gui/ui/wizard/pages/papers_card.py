"""The papers on page 10: where the drives go, codes for the parcel, and the PDFs themselves."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QComboBox, QFileDialog, QFormLayout, QLabel, QLineEdit

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.shipping import Code, Site
from offline_backup_gui.services.sites import WayThere
from offline_backup_gui.ui.azure.asking import Asking
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.ui.wizard.page import Desk
from offline_backup_gui.words import Message

PAPERS = ("A4", "Letter")


class PapersCard(Card):
    """What is printed; what is not known yet can be asked of Azure or typed here."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.words.text("wizard.ship.papers-title"), "paper")
        self._desk, self._words = desk, desk.words
        self._plan_id = PlanId("")
        self._own = False  # drives of one's own: Microsoft's devices have a label already
        self._travels = True  # nothing does in practice
        self._way = WayThere()
        self._asking = Asking(desk.bridge, self)
        self._asking.changed.connect(self._show_parts)
        self.add(text(self._say("papers-why"), "subdued"))
        self.to = text("", "body")
        self.add(self.to)
        self.ask_button = IconButton("cloud", self._say("papers-ask"))
        self.ask_button.clicked.connect(self.ask)
        self.stop_button = IconButton("stop", self._words.text("azure-place.stop"), "quiet")
        self.stop_button.clicked.connect(self._asking.stop)
        self.add(row(self.ask_button, self.stop_button, 1))
        self._form = QFormLayout()
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._form.setHorizontalSpacing(unit(self))
        self.codes: dict[Code, QLineEdit] = {}
        for code in Code:
            field = QLineEdit()
            field.setPlaceholderText(self._say("papers-code-hint"))
            label = QLabel(self._words.text(f"papers.code.{code.value}"))
            label.setBuddy(field)
            field.setAccessibleName(plain(label.text()))
            self._form.addRow(label, field)
            self._form.setRowVisible(field, False)
            self.codes[code] = field
        self.add(self._form)
        self._paper = QComboBox()
        self._paper.addItems(PAPERS)
        size = QLabel(self._say("paper"))
        size.setBuddy(self._paper)
        self._paper.setAccessibleName(plain(size.text()))
        save = IconButton("paper", self._say("papers-save"))
        save.clicked.connect(self._pick_folder)
        self.add(row(save, 1, size, self._paper, spacing=unit(self) // 2))
        self.told, self.open = NoticeList(self._words), NoticeList(self._words)
        self.add(self.told)
        self.add(self.open)
        self._show_parts()

    def _say(self, key: str, **values: str | int) -> str:
        return self._words.text(f"wizard.ship.{key}", **values)

    # ------------------------------------------------------------ showing

    def show_plan(self, plan_id: PlanId) -> None:
        """Look what is known of a plan's way."""
        self._plan_id = plan_id
        self.refresh()

    def show_parcel(self, *, own: bool, travels: bool) -> None:
        """Know whether the drives are the office's own, and whether anything really travels."""
        self._own, self._travels = own and travels, travels
        self._show_codes()
        self._show_parts()

    def refresh(self) -> None:
        """Look again, after something became known."""
        plan_id, sites = self._plan_id, self._desk.services.sites
        if plan_id:
            # Without a sealed drive there is nothing to print, and no way to tell of.
            self._desk.bridge.call(
                self, lambda: sites.way(plan_id), self._know, lambda _trouble: None
            )

    def left(self) -> None:
        """Wait for nothing more."""
        self._asking.stop()

    def _know(self, way: WayThere) -> None:
        where = ", ".join(way.lines) or way.instruction
        known = self._say("papers-to", address=where) if where else self._say("papers-to-open")
        self.to.setText(known)
        for code, field in self.codes.items():
            if not field.text():
                field.setText(way.codes.get(code, ""))
        self._way = way
        self._show_codes()
        self._show_parts()

    def _show_codes(self) -> None:
        for code, field in self.codes.items():
            self._form.setRowVisible(field, self._travels and code in self._way.codes)

    def _show_parts(self) -> None:
        busy = self._asking.busy
        self.to.setVisible(self._own and bool(self.to.text()))
        self.ask_button.setVisible(self._own and not busy)
        self.stop_button.setVisible(busy)

    # ------------------------------------------------------------ doing

    def ask(self) -> None:
        """Ask Azure where the drives go."""
        plan_id, sites = self._plan_id, self._desk.services.sites
        if not plan_id:
            return
        waiting = Message(self._words.text("azure-dialog.waiting"), "", "")
        self.told.show_message(waiting, Status.NOW)

        def answered(_site: Site) -> None:
            self.told.show_message(Message(self._say("papers-asked"), "", ""), Status.GOOD)
            self.refresh()

        self._asking.ask(
            lambda control: sites.ask(plan_id, control), answered, self.told.show_trouble
        )

    def _pick_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self._say("pick-folder"))
        if path:
            self.save(Path(path))

    def save(self, folder: Path) -> None:
        """Write all papers into a folder, then say what they still lack."""
        plan_id, services = self._plan_id, self._desk.services
        if not plan_id:
            return
        language, paper = self._words.language, self._paper.currentText()
        if language not in ("en", "de"):
            language = "en"
        codes = {
            code: field.text().strip()
            for code, field in self.codes.items()
            if self._form.isRowVisible(field)
        }

        def work() -> tuple[list[Path], WayThere]:
            services.sites.note_codes(plan_id, codes)
            written = services.papers.save(plan_id, folder, language, paper)
            return written, services.sites.way(plan_id)

        def saved(found: tuple[list[Path], WayThere]) -> None:
            written, way = found
            told = self._say("papers-saved", count=len(written), path=str(folder))
            names = ", ".join(one.name for one in written)
            self.told.show_message(Message(told, names, ""), Status.GOOD)
            self.open.show_findings(way.findings if self._own else ())
            self._know(way)

        def lost(error: BackupError) -> None:
            self.open.clear()
            self.told.show_trouble(error)

        self._desk.bridge.call(self, work, saved, lost)
