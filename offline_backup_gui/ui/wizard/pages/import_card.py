"""The part of page 10 that leads from prepared drives to their import job, online or by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import KeptOrder, OrderForm, Verdict
from offline_backup_gui.domain.plan import Draft, Plan, PlanId
from offline_backup_gui.domain.prepared_drive import PreparedDrive
from offline_backup_gui.services.import_jobs import (
    ImportAnswers,
    ImportJobs,
    form_findings,
    job_form,
)
from offline_backup_gui.ui.azure.asking import Asking
from offline_backup_gui.ui.azure.fields import pile
from offline_backup_gui.ui.azure.sign_in import SignInPanel
from offline_backup_gui.ui.bridge import after
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, WrappingCheck, clear, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import mono, plain, text
from offline_backup_gui.ui.wizard.page import Desk
from offline_backup_gui.ui.wizard.pages.import_form import ImportForm
from offline_backup_gui.ui.wizard.pages.ordered import OrderedCard
from offline_backup_gui.ui.wizard.pages.portal_order import PortalCard
from offline_backup_gui.words import Message

KEEP_AFTER_MS = 700


class Known(Struct, frozen=True):
    """What was read of a plan before its form is made."""

    plan: Plan | None = None
    drives: tuple[PreparedDrive, ...] = ()
    answers: ImportAnswers = ImportAnswers()
    order: KeptOrder | None = None


class ImportWay:
    """The portal's way of a job with own drives; `known` gives plan and drives, asking nobody."""

    def __init__(self, jobs: ImportJobs, known: Callable[[], Known]) -> None:
        self._jobs, self._known = jobs, known

    def form(self, draft: Draft, *, placed: bool = False) -> OrderForm:
        """As `PortalWay.form`; a job made elsewhere needs the same answers, for the papers."""
        del placed
        known = self._known()
        if known.plan is None:
            raise BackupError(ErrorCode.ORDER_FORM_WRONG, path=draft.name, key="plan", value="")
        return job_form(known.plan, known.drives, _answers(draft))

    def write(self, draft: Draft, folder: Path) -> list[Path]:
        """As `PortalWay.write`; journal and drive information with it."""
        return self._jobs.write_portal(self._plan_id, _answers(draft), folder)

    def note(self, draft: Draft, name: str, status: str, at: datetime) -> KeptOrder:
        """As `PortalWay.note`."""
        return self._jobs.note(self._plan_id, _answers(draft), name, status, at)

    @property
    def _plan_id(self) -> PlanId:
        plan = self._known().plan
        return plan.plan_id if plan is not None else PlanId("")


class ImportPart(QWidget):
    """Drives, form, and the two ways to the job; every answer is kept with the plan at once."""

    overview_wanted = Signal(object)  # PlanId
    made = Signal()  # the job is there

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._words = desk, desk.words
        self._plan_id, self._draft, self._known = PlanId(""), Draft(), Known()
        self._asking = Asking(desk.bridge, self)
        self._asking.changed.connect(self._show_parts)
        self.done = OrderedCard(desk, "import-job")
        self.done.overview_wanted.connect(self.overview_wanted)
        self.sign_in = SignInPanel(desk.services.azure, desk.words, desk.bridge)
        self.sign_in.changed.connect(self._signed_in)
        self.form = ImportForm(desk, named=False)
        self.form.edited.connect(self._edited)
        self.form.place.refused.connect(self._refused)
        self.portal = PortalCard(
            desk, ImportWay(desk.services.import_jobs, lambda: self._known), "import-job"
        )
        self.portal.ordered.connect(self._know)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(unit(self) * 3 // 4)
        self._drives_card = self._build_drives()
        self._make_card = self._build_make()
        for part in (
            self.done, self._drives_card, self.sign_in, self.form, self._make_card, self.portal
        ):  # fmt: skip
            column.addWidget(part)
        self._keep_soon = after(self, KEEP_AFTER_MS, self._keep)
        self._show_drives(())

    # ------------------------------------------------------------ building

    def _build_drives(self) -> Card:
        words = self._words
        card = Card(words.text("wizard.ship.import-title"), "paper")
        card.add(text(words.text("wizard.ship.import-why"), "subdued"))
        self._drives = QVBoxLayout()
        card.add(self._drives)
        self.told = NoticeList(words)
        card.add(self.told)
        return card

    def _build_make(self) -> Card:
        words = self._words
        card = Card(words.text("import-job.make-title"), "cloud")
        card.add(text(words.text("import-job.make-why"), "subdued"))
        self.check_button = self._button("eye", "order.check", self.check)
        self.write_button = self._button("paper", "wizard.ship.import-form", self._pick_form)
        self.stop_button = self._button("stop", "azure-place.stop", self._asking.stop)
        card.add(pile((self.check_button, self.write_button, self.stop_button)))
        self._waiting = text("", "small")
        card.add(self._waiting)
        self.notices, self.same = NoticeList(words), NoticeList(words)
        card.add(self.same)
        card.add(self.notices)
        self.consent = WrappingCheck(words.text("import-job.consent"))
        self.consent.toggled.connect(lambda _on: self._show_parts())
        card.add(self.consent)
        self.place_button = self._button("check", "import-job.place", self.place, "primary")
        card.add(pile((self.place_button,)))
        return card

    def _button(self, icon: str, key: str, does: Callable[[], None], kind: str = "") -> IconButton:
        label = self._words.text(key)
        button = IconButton(icon, label, kind) if kind else IconButton(icon, label)
        button.setAccessibleName(plain(label))
        button.clicked.connect(lambda: does())
        return button

    # ------------------------------------------------------------ plan and answers

    def show_plan(self, plan_id: PlanId) -> None:
        """Look for the prepared drives of a plan, its answers, and the job there may be."""
        self._plan_id = plan_id
        services = self._desk.services

        def look() -> Known:
            return Known(
                services.planning.plan(plan_id),
                tuple(services.preparations.of(plan_id)),
                services.import_jobs.answers(plan_id),
                services.orders.of_plan(plan_id),
            )

        def seen(known: Known) -> None:
            self._known, answers = known, known.answers
            if answers != ImportAnswers():
                self._draft = replace(self._draft, azure=answers.azure, order=answers.order)
            self._show_drives(known.drives)
            self._show_draft()

        self._desk.bridge.call(self, look, seen, self.told.show_trouble)

    def show_draft(self, draft: Draft) -> None:
        """Know the wizard's answers; what was typed here since is newer."""
        mine = self._draft
        typed = _answers(mine) != ImportAnswers()
        self._draft = replace(draft, azure=mine.azure, order=mine.order) if typed else draft
        self._show_draft()

    def entered(self) -> None:
        """Look who is signed in."""
        self.sign_in.look()

    def left(self) -> None:
        """Wait for nothing more."""
        self._asking.stop()
        self.form.place.stop()
        self.sign_in.stop()

    def _edited(self) -> None:
        self._draft = self.form.read(self._draft)
        self._show_answers()
        self._keep_soon()

    def _keep(self) -> None:
        plan_id, answers = self._plan_id, _answers(self._draft)
        if plan_id:
            jobs = self._desk.services.import_jobs
            self._desk.bridge.call(
                self, lambda: jobs.keep(plan_id, answers), lambda _none: None, self._refused
            )

    # ------------------------------------------------------------ showing

    def _show_drives(self, drives: Sequence[PreparedDrive]) -> None:
        clear(self._drives)
        words = self._words
        for drive in drives:
            line = mono(text(f"{drive.serial}  {drive.manifest_name}  {drive.manifest_md5}"))
            line.setAccessibleName(words.text("wizard.ship.import-drive", serial=drive.serial))
            self._drives.addWidget(line)
        if not drives:
            self._drives.addWidget(text(words.text("wizard.ship.import-none"), "subdued"))
        self._show_parts()

    def _show_draft(self) -> None:
        self.form.show_draft(self._draft)
        self._draft = self.form.read(self._draft)
        self._show_answers()

    def _show_answers(self) -> None:
        self.form.show_verdicts(self._draft)
        self.portal.show_draft(self._draft)
        self._show_same()
        self._show_parts()

    def _show_same(self) -> None:
        """Say where the job has something else than the agent was told."""
        known = self._known
        if known.plan is None or self.portal.missing:
            self.same.clear()
            return
        form = job_form(known.plan, known.drives, self._now())
        self.same.show_findings(form_findings(known.plan, form))

    def _show_parts(self) -> None:
        made = self._known.order is not None
        signed, busy = self.sign_in.signed_in is not None, self._asking.busy
        complete = bool(self._known.drives) and not self.portal.missing
        self.done.setVisible(made)
        self.done.show_order(self._known.order)
        for part in (self.sign_in, self.form, self._make_card, self.portal):
            part.setVisible(not made)
        self.form.place.show_signed_in(signed)
        self.stop_button.setVisible(busy)
        self._waiting.setVisible(busy)
        self.write_button.setEnabled(complete)
        self.check_button.setEnabled(complete and signed and not busy)
        agreed = self.consent.box.isChecked()
        self.place_button.setEnabled(complete and signed and agreed and not busy)

    def _signed_in(self, signed: bool) -> None:
        self.form.place.know_signed_in(signed)
        self._show_parts()

    # ------------------------------------------------------------ doing

    def _ask(self, key: str) -> None:
        self.notices.clear()
        self._waiting.setText(self._words.text(key))

    def check(self) -> None:
        """Let Azure judge the form; nothing is made."""
        jobs, plan_id, answers = self._desk.services.import_jobs, self._plan_id, self._now()
        self.form.touch_all()
        self._ask("order.asking-check")
        self._asking.ask(
            lambda control: jobs.check(plan_id, answers, control), self._verdicts, self._refused
        )

    def _verdicts(self, found: Sequence[Verdict]) -> None:
        words = self._words
        bad = [one for one in found if not one.good]
        if not bad:
            good = Message(words.text("import-job.check-good"), "", "")
            self.notices.show_message(good, Status.GOOD)
            return
        told = "\n".join(f"{one.what}: {one.reason or one.verdict}" for one in bad)
        title, do = words.text("order.check-bad"), words.text("order.check-bad-do")
        self.notices.show_message(Message(title, told, do), Status.OBSTACLE)

    def place(self) -> None:
        """Make the job; the same answers never make two."""
        if not self.consent.box.isChecked():
            return
        jobs, plan_id, answers = self._desk.services.import_jobs, self._plan_id, self._now()
        self._ask("import-job.placing")
        self._asking.ask(
            lambda control: jobs.place(plan_id, answers, control), self._know, self._refused
        )

    def _know(self, order: KeptOrder) -> None:
        self._known = replace(self._known, order=order)
        self._keep()
        self._show_parts()
        self.made.emit()

    def _refused(self, error: BackupError) -> None:
        if not self.sign_in.need_again(error):
            self.notices.show_trouble(error)
        self._show_parts()

    def _pick_form(self) -> None:
        dialog = QFileDialog(self, self._words.text("wizard.ship.import-form-pick"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("TOML (*.toml)")
        dialog.selectFile("import-job.toml")
        dialog.fileSelected.connect(lambda path: self.write_form(Path(path)))
        dialog.open()

    def write_form(self, path: Path) -> None:
        """Write the complete form of the job."""
        jobs, plan_id, answers = self._desk.services.import_jobs, self._plan_id, self._now()

        def written(_none: None) -> None:
            title = self._words.text("wizard.ship.import-form-written", path=str(path))
            self.notices.show_message(Message(title, "", ""), Status.GOOD)

        self._desk.bridge.call(
            self, lambda: jobs.write_form(plan_id, answers, path), written, self._refused
        )

    def _now(self) -> ImportAnswers:
        return _answers(self._draft)


def _answers(draft: Draft) -> ImportAnswers:
    return ImportAnswers(draft.azure, draft.order)
