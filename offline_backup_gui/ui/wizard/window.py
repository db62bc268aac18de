"""The wizard's window: owns the draft and the facts, turns pages, starts the copy."""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import Severity
from offline_backup_gui.domain.geography import Geography
from offline_backup_gui.domain.job import CONTINUABLE, Job, JobId, JobKind, JobState
from offline_backup_gui.domain.plan import Draft, Plan, PlanId
from offline_backup_gui.services import Services
from offline_backup_gui.services.import_jobs import ImportAnswers
from offline_backup_gui.ui.bridge import Bridge, after
from offline_backup_gui.ui.shell import MINIMUM_SIZE, USUAL_SIZE, Shell
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.wizard import flow
from offline_backup_gui.ui.wizard.drive_poll import DrivePoll
from offline_backup_gui.ui.wizard.facts import (
    SEALED_STATES,
    Facts,
    Step,
    asks_for_job,
    provisional_plan,
)
from offline_backup_gui.ui.wizard.judging import problems
from offline_backup_gui.ui.wizard.knowing import Knowing
from offline_backup_gui.ui.wizard.leaves import Leaves, make_leaves
from offline_backup_gui.ui.wizard.page import Desk, Page, load_geography
from offline_backup_gui.ui.wizard.views import next_label, step_views
from offline_backup_gui.words import Words

CHECK_AFTER_MS = 400
SAVE_AFTER_MS = 1_500


class WizardWindow(QWidget):
    """Ten pages on one draft. Closing is safe at any time: the draft is kept."""

    overview_wanted = Signal(object)  # PlanId
    practice_wanted = Signal(object)  # PlanId: play the datacenter
    closed = Signal()

    def __init__(
        self,
        services: Services,
        words: Words,
        bridge: Bridge,
        *,
        draft: Draft | None = None,
        today: date | None = None,
        geography: Geography | None = None,
    ) -> None:
        """Open at the saved draft, or at the one given (practice, "Repeat this backup")."""
        super().__init__()
        self._services = services
        self._words = words
        self._bridge = bridge
        self._draft = draft or Draft()
        self._plan_id: PlanId | None = None
        self._job_id: JobId | None = None
        self._step = Step.MODEL
        self._starting = False
        self._showing = False
        self._waiting = ""
        self.setMinimumSize(MINIMUM_SIZE)
        self.resize(USUAL_SIZE)
        self.setWindowTitle(words.text("wizard.title"))
        self._shell = Shell(words, words.text("wizard.title"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._shell)
        desk = Desk(services, words, bridge, geography or load_geography())
        self._knowing = Knowing(desk, today or date.today(), lambda: self._draft, self)
        self._leaves = self._make_pages(desk)
        self._pages = self._leaves.by_step
        self._save_soon = after(self, SAVE_AFTER_MS, self._save)
        self._check_soon = after(self, CHECK_AFTER_MS, self._check)
        self._drive_poll = DrivePoll(services.drives.hints, self._knowing.list_drives, self)
        self._connect()
        self._knowing.advise()
        self._turn(Step.MODEL)
        self._knowing.list_drives()
        if draft is None:
            self._bridge.call(self, services.planning.draft, self._take_draft)

    # ------------------------------------------------------------ building

    def _make_pages(self, desk: Desk) -> Leaves:
        leaves = make_leaves(desk)
        for step, page in leaves.by_step.items():
            heading = self._words.text(f"wizard.heading.{step.value}")
            lead = self._words.text(f"wizard.lead.{step.value}")
            self._shell.add_page(step.value, heading, lead, page)
            page.edited.connect(lambda page=page: self._edited(page))
        return leaves

    def _connect(self) -> None:
        shell, knowing = self._shell, self._knowing
        knowing.changed.connect(self._show)
        knowing.order_found.connect(self._order_found)
        shell.back.connect(self._go_back)
        shell.next.connect(self._go_on)
        shell.cancel.connect(self.close)
        shell.step_chosen.connect(lambda key: self._go(Step(key)))
        self._leaves.review.jump.connect(lambda key: self._go(Step(key)))
        self._leaves.drives.folder_added.connect(knowing.list_drives)
        self._leaves.destination.checked.connect(knowing.know_destination)
        self._leaves.order.ordered.connect(knowing.know_order)
        self._leaves.order.overview_wanted.connect(self.overview_wanted)
        self._leaves.staging.looked.connect(knowing.know_staging)
        self._leaves.model.found.connect(knowing.know_agents)
        self._leaves.agent.found.connect(knowing.know_agents)
        self._leaves.copying.job_changed.connect(self._job_changed)
        self._leaves.copying.begun_again.connect(self._begun_again)
        self._leaves.copying.drives_wanted.connect(lambda: self._go(Step.DRIVES))
        self._leaves.ship.overview_wanted.connect(self.overview_wanted)
        self._leaves.ship.practice_wanted.connect(self.practice_wanted)
        refresh = QShortcut(QKeySequence(QKeySequence.StandardKey.Refresh), self)
        refresh.activated.connect(knowing.list_drives)

    # ------------------------------------------------------------ for entry, tests and screens

    @property
    def draft(self) -> Draft:
        """Give the draft as it stands."""
        return self._draft

    @property
    def facts(self) -> Facts:
        """Give what is known beside the draft."""
        return self._knowing.facts

    @property
    def step(self) -> Step:
        """Give the step shown."""
        return self._step

    @property
    def shell(self) -> Shell:
        """Give the frame."""
        return self._shell

    def page(self, step: Step) -> Page:
        """Give a page."""
        return self._pages[step]

    def show_draft(self, draft: Draft) -> None:
        """Take another draft, for practice and "Repeat this backup"."""
        self._take_draft(draft)

    def go(self, step: Step) -> None:
        """Turn to a step, if it can be reached."""
        self._go(step)

    def wait_for(self, sentence: str) -> None:
        """Say beside the buttons what is being prepared, until a draft comes."""
        self._waiting = sentence
        self._show()

    def show_trouble(self, error: BackupError) -> None:
        """Say beside the buttons what went wrong outside of any page."""
        self.wait_for(self._words.trouble(error).title)

    def open_job(self, plan: Plan, draft: Draft, job_id: JobId) -> None:
        """Open at the copy of a plan that was started before."""
        self._take_draft(draft)
        self._begin_watching(plan.plan_id, job_id)

    # ------------------------------------------------------------ draft and facts

    def _take_draft(self, draft: Draft) -> None:
        self._draft = draft
        self._waiting = ""
        self._knowing.advise()
        for page in self._pages.values():
            self._show_draft_on(page)
        reached = flow.reachable(draft, self.facts)
        # Come back to where the admin was: the first step that still blocks.
        self._turn(reached[-1] if draft != Draft() else Step.MODEL)
        self._knowing.look_for_order()
        self._knowing.list_drives()
        self._check_soon()

    def _edited(self, page: Page) -> None:
        if self._starting or self._showing or not self._may_edit():
            return
        draft = page.read(self._draft)
        if self._plan_id is not None or self.facts.ordered:
            # The name is part of what a plan is; of a kept one only drives may change.
            draft = replace(draft, name=self._draft.name)
        if draft == self._draft:
            self._show()
            return
        old, self._draft = self._draft, draft
        if _need_of(old) != _need_of(draft):
            self._knowing.list_drives()
        self._knowing.advise()
        self._check_soon()
        self._save_soon()
        self._show()

    def _may_edit(self) -> bool:
        state = self.facts.copy_state
        return state is None or (state in CONTINUABLE and self._step in (Step.DRIVES, Step.REVIEW))

    def _check(self) -> None:
        if not self._draft.sources or self._plan_id is not None:
            self._knowing.know_checked(())
        else:
            self._knowing.check()

    def _order_found(self) -> None:
        if self.facts.ordered and self.facts.copy_state is None:
            self._turn(flow.reachable(self._draft, self.facts)[-1])

    def _save(self) -> None:
        # What is ordered is a plan; a draft beside it would order again.
        if self._plan_id is None and not self.facts.ordered:
            draft, planning = self._draft, self._services.planning
            self._bridge.call(self, lambda: planning.save_draft(draft), lambda _none: None)

    # ------------------------------------------------------------ turning pages

    def _go(self, step: Step) -> None:
        if step in flow.reachable(self._draft, self.facts):
            self._turn(step)

    def _go_back(self) -> None:
        step = flow.preceding(self._step, self._draft)
        if step is not None:
            self._go(step)

    def _go_on(self) -> None:
        if self._step is Step.REVIEW:
            self._start()
            return
        step = flow.following(self._step, self._draft)
        if step is not None:
            self._go(step)

    def _turn(self, step: Step) -> None:
        leaving, entering = self._pages[self._step], self._pages[step]
        if step is not self._step:
            leaving.left()
            self._save()
        self._step = step
        self._show_draft_on(entering)
        if step is Step.REVIEW and self._plan_id is None:
            self._knowing.foresee()
        if step in (Step.DRIVES, Step.REVIEW):
            self._drive_poll.start()
        else:
            self._drive_poll.stop()
        self._show()
        self._shell.show_page(step.value)
        entering.entered()

    def _show_draft_on(self, page: Page) -> None:
        self._showing = True
        page.show_draft(self._draft)
        self._showing = False

    # ------------------------------------------------------------ showing

    def _show(self) -> None:
        draft, facts, words = self._draft, self.facts, self._words
        reached = flow.reachable(draft, facts)
        self._shell.show_steps(step_views(self._step, draft, facts, words))
        self._pages[self._step].show_facts(draft, facts)
        found = problems(self._step, draft, facts)
        blocker = next((f for f in found if f.severity is Severity.BLOCKER), None)
        if self._step is Step.REVIEW and blocker is None:
            blocked = flow.first_blocked(draft, facts)
            if blocked is not None:
                found = problems(blocked, draft, facts)
                blocker = next(f for f in found if f.severity is Severity.BLOCKER)
        back = flow.preceding(self._step, draft)
        self._shell.show_next(
            next_label(self._step, draft, words, started=self._plan_id is not None)
            if not self._starting
            else words.text("wizard.review.starting"),
            enabled=blocker is None and not self._starting and not self._waiting,
            back=back in reached and not self._starting,
            visible=flow.following(self._step, draft) is not None,
        )
        hint = words.finding(blocker).title if blocker is not None else ""
        status = Status.NOW if self._waiting else Status.CAUTION
        self._shell.show_hint(self._waiting or hint, status)

    # ------------------------------------------------------------ starting and after

    def _start(self) -> None:
        draft, services = self._draft, self._services
        if self._starting or flow.first_blocked(draft, self.facts) is not None:
            return
        self._starting = True
        self._show()

        going_on = self._job_id

        def start() -> tuple[PlanId, JobId]:
            plan = services.planning.decide(draft)
            if going_on is not None:
                services.backups.again(going_on)
                return plan.plan_id, going_on
            if draft.repository_id:
                services.protection.bind(plan, draft.repository_id)
            job_id = services.backups.start(plan.plan_id, JobKind.COPY)
            if asks_for_job(draft):
                answers = ImportAnswers(draft.azure, draft.order)
                services.import_jobs.keep(plan.plan_id, answers)
            services.planning.discard_draft()
            return plan.plan_id, job_id

        def started(ids: tuple[PlanId, JobId]) -> None:
            self._starting = False
            if going_on is None:
                self._begin_watching(*ids)
            else:
                self._leaves.copying.continued()
                self._turn(Step.COPYING)

        def refused(error: BackupError) -> None:
            self._starting = False
            self._leaves.review.show_trouble(error)
            self._show()

        self._bridge.call(self, start, started, refused)

    def _begin_watching(self, plan_id: PlanId, job_id: JobId) -> None:
        self._plan_id, self._job_id = plan_id, job_id
        self._knowing.know_copy(JobState.WAITING)
        as_is = provisional_plan(self._draft).travels_as_is
        self._leaves.copying.watch(job_id, packs=not as_is)
        self._turn(Step.COPYING)

    def _begun_again(self, job_id: JobId) -> None:
        if self._plan_id is not None:
            self._begin_watching(self._plan_id, job_id)

    def _job_changed(self, job: Job) -> None:
        self._knowing.know_copy(job.state)
        if job.state in SEALED_STATES and self._plan_id is not None:
            self._leaves.ship.show_plan(self._plan_id)
        self._show()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the draft; a running copy goes on in its own process."""
        self._drive_poll.stop()
        self._save()
        self.closed.emit()
        super().closeEvent(event)


def _need_of(draft: Draft) -> tuple[object, ...]:
    return (draft.sources, draft.account, draft.route, draft.repository_id, draft.drives)
