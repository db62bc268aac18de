"""The restore wizard: five pages on the shell of the big one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QCloseEvent

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.job import ENDED, Job
from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.services import Services
from offline_backup_gui.services.restores import Opening, OpenRepository, PointView
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.restore import flow
from offline_backup_gui.ui.restore.files_page import FilesPage
from offline_backup_gui.ui.restore.flow import Answers, Place, Step
from offline_backup_gui.ui.restore.page import RestorePage
from offline_backup_gui.ui.restore.point_page import PointPage
from offline_backup_gui.ui.restore.run_page import RunPage
from offline_backup_gui.ui.restore.target_page import TargetPage
from offline_backup_gui.ui.restore.where_page import WherePage
from offline_backup_gui.ui.shell import Shell
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.rail import Mark, StepView
from offline_backup_gui.words import Words

_STEPS = tuple(Step)


class RestoreWizard(Shell):
    """Walks from "where is the backup" to the report; all long work runs beside the window."""

    def __init__(
        self,
        services: Services,
        words: Words,
        bridge: Bridge | None = None,
        *,
        plan: Plan | None = None,
    ) -> None:
        """Begin at the first page; a plan brings its account and what is kept here."""
        super().__init__(words, words.text("restore.window-title"), "restore")
        self._services = services
        self._bridge = bridge or Bridge(self)
        self.answers: Answers = flow.begin(plan)
        self._step = Step.WHERE
        self._busy = False
        self._running = False
        self._opened: tuple[Opening, OpenRepository] | None = None
        self.where = WherePage(words, plan)
        self.point = PointPage(words)
        self.files = FilesPage(words, self._bridge)
        self.target = TargetPage(words, self._bridge)
        self.run = RunPage(words, services.backups, self._bridge)
        self._pages: dict[Step, RestorePage] = dict(
            zip(_STEPS, (self.where, self.point, self.files, self.target, self.run), strict=True)
        )
        for step, page in self._pages.items():
            lead = words.text(f"restore.lead.{step.value}")
            self.add_page(step.value, words.text(f"restore.heading.{step.value}"), lead, page)
            page.edited.connect(self._edited)
        self.back.connect(self._go_back)
        self.next.connect(self._go_on)
        self.cancel.connect(self.close)
        self.step_chosen.connect(lambda key: self._turn(Step(key)))
        self.run.ended.connect(self._ended)
        self._turn(Step.WHERE)

    # ------------------------------------------------------------ turning pages

    def _turn(self, step: Step) -> None:
        self._step = step
        self._pages[step].show_answers(self.answers)
        if step is Step.TARGET and self.answers.point is not None:
            chosen = self.files.selection.size_bytes(self.answers.point.size_bytes)
            self.target.show_need(chosen)
        self.show_page(step.value)
        self._show_state()

    def _edited(self) -> None:
        self.answers = self._pages[self._step].read(self.answers)
        self._pages[self._step].show_answers(self.answers)
        if self._step is Step.WHERE:
            self.where.notices.clear()
        self._show_state()

    def _show_state(self) -> None:
        words = self.words
        need = flow.missing(self._step, self.answers)
        self.show_steps(tuple(self._view(step) for step in _STEPS))
        label = {
            Step.WHERE: "restore.open",
            Step.TARGET: "restore.start",
            Step.RUN: "restore.finish",
        }.get(self._step, "restore.next")
        last = self._step is Step.RUN
        self.show_next(
            words.text("restore.busy" if self._busy else label),
            enabled=need is None and not self._busy,
            back=self._step is not Step.WHERE and not self._busy and not last,
        )
        self.cancel_button.setVisible(not last)  # on the last page the one button closes
        self.show_hint(words.text(need) if need else "")
        if self._busy:
            self.show_hint(words.text(f"restore.busy-{self._step.value}"), Status.NOW)

    def _view(self, step: Step) -> StepView:
        place, now = _STEPS.index(step), _STEPS.index(self._step)
        reachable = (
            place < now and not self._busy and self._step is not Step.RUN and not self._running
        )
        if step is self._step:
            mark = Mark.NOW
        else:
            mark = Mark.DONE if place < now else Mark.AHEAD
        title = self.words.text(f"restore.step.{step.value}")
        answer = self._answer(step) if place < now else ""
        return StepView(step.value, title, answer, mark, reachable)

    def _answer(self, step: Step) -> str:
        words, answers = self.words, self.answers
        match step:
            case Step.WHERE:
                stores = flow.opening(answers).stores
                if answers.place is Place.PLAN and answers.plan is not None:
                    return answers.plan.name
                return stores[0] if stores else ""
            case Step.POINT:
                return words.moment(answers.point.time) if answers.point else ""
            case Step.FILES:
                whole = self.files.selection.everything
                return words.text("restore.answer-all" if whole else "restore.answer-some")
            case Step.TARGET:
                return Path(answers.to).name or answers.to
            case Step.RUN:
                return ""

    def _go_back(self) -> None:
        place = _STEPS.index(self._step)
        if place:
            self._turn(_STEPS[place - 1])

    def _go_on(self) -> None:
        if self._busy or flow.missing(self._step, self.answers) is not None:
            return
        match self._step:
            case Step.WHERE:
                self._open()
            case Step.POINT:
                assert self._opened is not None
                assert self.answers.point is not None
                self.files.browse(self._opened[1], self.answers.point)
                self.answers = self.files.read(self.answers)
                self._turn(Step.FILES)
            case Step.FILES:
                self._turn(Step.TARGET)
            case Step.TARGET:
                self._start()
            case Step.RUN:
                self.close()

    # ------------------------------------------------------------ opening and starting

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self._pages[self._step].setEnabled(not busy)
        self._show_state()

    def _open(self) -> None:
        wanted = flow.opening(self.answers)
        if self._opened is not None and self._opened[0] == wanted:
            self._turn(Step.POINT)
            return
        self.where.notices.clear()
        self._set_busy(True)

        def work() -> tuple[OpenRepository, tuple[PointView, ...]]:
            repository = self._services.restores.open(wanted)
            return repository, tuple(repository.points())

        def opened(answer: tuple[OpenRepository, tuple[PointView, ...]]) -> None:
            repository, points = answer
            self._set_busy(False)
            self._opened = (wanted, repository)
            self.point.show_points(points)
            self.answers = self.point.read(self.answers)
            self._turn(Step.POINT)

        self._bridge.call(self, work, opened, self._refused)

    def _refused(self, error: BackupError) -> None:
        self._set_busy(False)
        page = self._pages[self._step]
        page.notices.show_trouble(error)
        self.page_area(self._step.value).verticalScrollBar().setValue(0)

    def _start(self) -> None:
        assert self._opened is not None
        assert self.answers.point is not None
        wanted, repository = self._opened
        answers, selection = self.answers, self.files.selection
        point_id = self.answers.point.point_id
        self.target.notices.clear()
        self._set_busy(True)

        def work() -> Job:
            include = selection.includes(lambda path: repository.children(point_id, path))
            job_id = self._services.restores.start(
                wanted, point_id, answers.to, include, answers.overwrite
            )
            return self._services.backups.job(job_id)

        def started(job: Job) -> None:
            self._set_busy(False)
            self._running = job.state not in ENDED
            self._turn(Step.RUN)
            self.run.follow(job, answers.to)
            self._show_state()

        self._bridge.call(self, work, started, self._refused)

    def _ended(self, _job: Job) -> None:
        self._running = False
        self._show_state()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close at once: a running restore needs no window, and secrets are forgotten."""
        self.run.strip.show_job(None)
        super().closeEvent(event)
