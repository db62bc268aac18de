"""Runs one job in this process: lease, control words, readings, events, final state."""

from __future__ import annotations

import threading
from collections.abc import Callable

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode, Parameter, Stopped
from offline_backup_gui.domain.job import (
    CONTINUABLE,
    ENDED,
    ControlWord,
    Event,
    Job,
    JobId,
    JobState,
    Reading,
)
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.ports import Clock
from offline_backup_gui.domain.state import State
from offline_backup_gui.engine.context import Context, Progress
from offline_backup_gui.engine.interpreter import tuned
from offline_backup_gui.services.outcomes import Finished
from offline_backup_gui.services.reporting import Reporting
from offline_backup_gui.services.work import Work
from offline_backup_gui.services.world import World

_TICK_S = 0.25
_BEATS = 20  # ticks between two beats of the lease

OnReading = Callable[[Reading], None]
OnEvent = Callable[[Event], None]


def _ignore(_: object) -> None:
    """Take what nobody listens to."""


class JobControl:
    """The engine's side of pause and stop; the ticker brings it the control word."""

    def __init__(self) -> None:
        self._go = threading.Event()
        self._go.set()
        self._stop = threading.Event()
        self._waiting = 0
        self._lock = threading.Lock()

    @property
    def stopping(self) -> bool:
        """Say whether a stop was asked for."""
        return self._stop.is_set()

    @property
    def waiting(self) -> bool:
        """Say whether at least one thread stands still."""
        return self._waiting > 0

    def checkpoint(self) -> None:
        """Wait while paused; raise Stopped when asked to stop."""
        if self._stop.is_set():
            raise Stopped
        if self._go.is_set():
            return
        with self._lock:
            self._waiting += 1
        try:
            self._go.wait()
        finally:
            with self._lock:
                self._waiting -= 1
        if self._stop.is_set():
            raise Stopped

    def stop(self) -> None:
        """Ask the threads of this process to stop (a signal does this)."""
        self._stop.set()
        self._go.set()

    def obey(self, word: ControlWord) -> None:
        """Follow the admin's wish."""
        if word is ControlWord.STOP:
            self.stop()
        elif word is ControlWord.PAUSE:
            self._go.clear()
        else:
            self._go.set()


class Ended(Struct, frozen=True):
    """How a job ended: the job with its outcome, and the trouble if there was any."""

    job: Job
    trouble: BackupError | None = None


class Runner:
    """Runs jobs one at a time; the window never does, it starts a process that does."""

    def __init__(self, world: World, work: Work, reporting: Reporting) -> None:
        self._world, self._work, self._reporting = world, work, reporting
        self._state = world.state
        self.control: JobControl | None = None
        self._stop_asked = False

    def stop(self) -> None:
        """Ask the job to stop, also one that is only about to begin (a signal does this)."""
        self._stop_asked = True
        if self.control is not None:
            self.control.stop()

    def run(
        self,
        job_id: JobId,
        on_reading: OnReading = _ignore,
        on_event: OnEvent = _ignore,
    ) -> Ended:
        """Run a waiting or continuable job to its end; ALREADY_RUNNING, JOB_NOT_FOUND."""
        job = self._state.job(job_id)
        if job is None:
            raise BackupError(ErrorCode.JOB_NOT_FOUND, job=job_id)
        if not self._state.take(job.plan_id):
            if job.state is JobState.WAITING:
                outcome = {"outcome": "failed", "code": ErrorCode.ALREADY_RUNNING.value}
                self._state.set_state(job_id, JobState.FAILED, outcome)
            raise BackupError(ErrorCode.ALREADY_RUNNING, plan=job.plan_id)
        try:
            self._end_dead_jobs(job.plan_id)
            if self._state.control(job_id) is not ControlWord.PAUSE:
                self._state.put_control(job_id, ControlWord.GO)
            job = self._state.set_state(job_id, JobState.RUNNING)
            return self._run(job, on_reading, on_event)
        finally:
            self._state.give_back(job.plan_id)

    def _end_dead_jobs(self, plan_id: PlanId) -> None:
        """Mark jobs whose runner died: the lease was free, so none of them can be alive."""
        for job in self._state.jobs(plan_id):
            if job.state not in ENDED and job.state is not JobState.WAITING:
                self._state.set_state(job.job_id, JobState.INTERRUPTED)

    def _run(self, job: Job, on_reading: OnReading, on_event: OnEvent) -> Ended:
        control = self.control = JobControl()
        control.obey(self._state.control(job.job_id))
        if self._stop_asked:
            control.stop()
        progress = Progress(self._world.clock)

        def emit(code: str, **parameters: Parameter) -> None:
            event = Event(self._world.clock.now(), str(code), dict(parameters))
            self._state.add_event(job.job_id, event)
            self._reporting.happened(job, event)
            on_event(event)

        context = Context(control, progress, self._world.clock, emit, self._world.files)
        ticker = _Ticker(self._state, self._world.clock, job, control, progress, on_reading)
        with self._world.power(), tuned():
            ticker.start()
            self._reporting.started(job)
            try:
                finished = self._work.run(context, job)
                state, outcome, trouble = finished.state, finished.outcome, None
            except Stopped:
                state, outcome, trouble = JobState.STOPPED, {"outcome": "stopped"}, None
            except BackupError as error:
                state, outcome = _after(error)
                trouble = error
                emit(error.code, **error.parameters)
            except BaseException:
                ticker.end()
                self._state.set_state(job.job_id, JobState.FAILED, {"outcome": "bug"})
                self._reporting.crashed(job)
                raise
            ticker.end()
        settled = self._settle(job.job_id, state, outcome)
        self._reporting.ended(settled, trouble)
        return Ended(settled, trouble)

    def _settle(self, job_id: JobId, state: JobState, outcome: dict[str, object]) -> Job:
        """Move to the last state over the steps that the rules ask for."""
        now = self._state.job(job_id)
        if state is JobState.STOPPED:
            self._state.set_state(job_id, JobState.STOPPING)
        elif now is not None and now.state is JobState.PAUSED and state not in CONTINUABLE:
            # The wish to pause came when nothing was left to pause.
            self._state.set_state(job_id, JobState.RUNNING)
        return self._state.set_state(job_id, state, outcome)


# Trouble that goes away when the admin acts; the job then continues where it stood.
_CONTINUABLE = frozenset(
    {
        ErrorCode.DRIVE_GONE,
        ErrorCode.DRIVE_FULL,
        ErrorCode.DRIVE_READ_ONLY,
        ErrorCode.DRIVE_SILENT,
        ErrorCode.DRIVE_FAILING,
        ErrorCode.DRIVES_TOO_SMALL,
        ErrorCode.ACCOUNT_BUSY,
        ErrorCode.ACCOUNT_EXPIRED,
        ErrorCode.ACCOUNT_FULL,
        ErrorCode.ACCOUNT_UNREACHABLE,
        ErrorCode.SHADOW_COPY_LOST,
        ErrorCode.STAGING_NOT_READY,
    }
)


def _after(error: BackupError) -> tuple[JobState, dict[str, object]]:
    continuable = error.code in _CONTINUABLE
    state = JobState.INTERRUPTED if continuable else JobState.FAILED
    parameters = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in error.parameters.items()
    }
    outcome = "interrupted" if continuable else "failed"
    return state, {"outcome": outcome, "code": error.code.value, "parameters": parameters}


class _Ticker:
    """Publishes readings, follows control words and beats the lease, four times a second."""

    def __init__(
        self,
        state: State,
        clock: Clock,
        job: Job,
        control: JobControl,
        progress: Progress,
        on_reading: OnReading,
    ) -> None:
        self._state, self._clock, self._job = state, clock, job
        self._control, self._progress, self._on_reading = control, progress, on_reading
        self._shown = JobState.RUNNING
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Publish the last reading."""
        self._ending.set()
        self._thread.join()
        reading = self._progress.reading()
        self._state.put_reading(self._job.job_id, reading)
        self._on_reading(reading)

    def _run(self) -> None:
        ticks = 0
        while not self._ending.wait(_TICK_S):
            ticks += 1
            try:
                self._tick(beat=ticks % _BEATS == 0)
            except BackupError:
                # A state that does not answer for a moment must not end days of work; when it
                # stays away, the job's own next event says so.
                continue

    def _tick(self, *, beat: bool) -> None:
        reading = self._progress.reading()
        self._state.put_reading(self._job.job_id, reading)
        self._on_reading(reading)
        word = self._state.control(self._job.job_id)
        self._control.obey(word)
        self._show(ControlWord.STOP if self._control.stopping else word)
        if beat:
            self._state.beat(self._job.plan_id)

    def _show(self, word: ControlWord) -> None:
        """Show pausing and stopping as states: the admin sees that the wish was heard."""
        wanted = JobState.RUNNING
        if word is ControlWord.STOP:
            wanted = JobState.STOPPING
        elif word is ControlWord.PAUSE:
            wanted = JobState.PAUSED if self._control.waiting else JobState.PAUSING
        if wanted is self._shown or self._shown is JobState.STOPPING:
            return
        if wanted is JobState.PAUSED and self._shown is JobState.RUNNING:
            self._state.set_state(self._job.job_id, JobState.PAUSING)
        self._state.set_state(self._job.job_id, wanted)
        self._shown = wanted


__all__ = ["Ended", "Finished", "JobControl", "Runner"]
