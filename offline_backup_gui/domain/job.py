"""A job is one execution; its states, its moves, its newest reading and its events."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NewType

from msgspec import Struct, field

from offline_backup_gui.domain.errors import BackupError, ErrorCode, Parameter
from offline_backup_gui.domain.plan import PlanId

JobId = NewType("JobId", int)


class JobKind(StrEnum):
    """What a job does."""

    COPY = "copy"
    ARRIVAL = "arrival"
    VAULT = "vault"
    INCREMENT = "increment"
    RESTORE = "restore"
    VERIFY = "verify"


class JobState(StrEnum):
    """Where a job is. Pausing and stopping are states of their own: the admin sees them."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    DONE = "done"
    EXCEPTIONS = "exceptions"
    FAILED = "failed"


class ControlWord(StrEnum):
    """What the window asks of a runner."""

    GO = "go"
    PAUSE = "pause"
    STOP = "stop"


MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.WAITING: frozenset({JobState.RUNNING, JobState.STOPPED, JobState.FAILED}),
    JobState.RUNNING: frozenset(
        {
            JobState.PAUSING,
            JobState.STOPPING,
            JobState.STOPPED,
            JobState.INTERRUPTED,
            JobState.DONE,
            JobState.EXCEPTIONS,
            JobState.FAILED,
        }
    ),
    JobState.PAUSING: frozenset(
        {
            JobState.PAUSED,
            JobState.RUNNING,
            JobState.STOPPING,
            JobState.INTERRUPTED,
            JobState.FAILED,
        }
        | {JobState.DONE, JobState.EXCEPTIONS}
    ),
    JobState.PAUSED: frozenset(
        {JobState.RUNNING, JobState.STOPPING, JobState.INTERRUPTED, JobState.FAILED}
    ),
    JobState.STOPPING: frozenset(
        {
            JobState.STOPPED,
            JobState.INTERRUPTED,
            JobState.FAILED,
            JobState.DONE,
            JobState.EXCEPTIONS,
        }
    ),
    JobState.STOPPED: frozenset({JobState.RUNNING}),
    JobState.INTERRUPTED: frozenset({JobState.RUNNING}),
    JobState.DONE: frozenset(),
    JobState.EXCEPTIONS: frozenset(),
    JobState.FAILED: frozenset({JobState.RUNNING}),
}

ENDED = frozenset(
    {
        JobState.STOPPED,
        JobState.INTERRUPTED,
        JobState.DONE,
        JobState.EXCEPTIONS,
        JobState.FAILED,
    }
)
CONTINUABLE = frozenset({JobState.STOPPED, JobState.INTERRUPTED, JobState.FAILED})


def move(now: JobState, to: JobState) -> JobState:
    """Give `to` when the move is allowed; raise MOVE_NOT_ALLOWED when it is not."""
    if to is now:
        return now
    if to not in MOVES[now]:
        raise BackupError(ErrorCode.MOVE_NOT_ALLOWED, now=now.value, to=to.value)
    return to


class Phase(StrEnum):
    """What a running job is busy with, in the order of a copy."""

    PREPARE = "prepare"
    SCAN = "scan"
    COPY = "copy"
    VERIFY = "verify"
    SEAL = "seal"
    COMPARE = "compare"
    REPAIR = "repair"
    UPLOAD = "upload"
    MOVE = "move"
    RESTORE = "restore"


class Lane(Struct, frozen=True):
    """One target drive in a reading. Rates are bytes a second over the last seconds."""

    drive_id: str
    label: str
    path: str
    state: str  # "writing", "waiting", "full", "gone", "silent", "read-only", "verifying", "sealed"
    written_bytes: int = 0
    verified_bytes: int = 0
    to_verify_bytes: int = 0
    rate_bytes_s: float = 0.0
    packs: int = 0


class Reading(Struct, frozen=True):
    """The newest progress of a job; replaced, never queued. Sizes are source bytes unless said."""

    phase: Phase = Phase.PREPARE
    files_done: int = 0
    bytes_done: int = 0
    files_total: int = 0
    bytes_total: int = 0
    scan_complete: bool = False
    stored_bytes: int = 0
    rate_bytes_s: float = 0.0
    seconds_left: float | None = None
    exceptions: int = 0
    current: str = ""
    lanes: tuple[Lane, ...] = ()


class Event(Struct, frozen=True):
    """Something that happened in a job and stays true. `code`: finding, error or phase."""

    at: datetime
    code: str
    parameters: dict[str, Parameter] = field(default_factory=dict)


class Job(Struct, frozen=True):
    """One row of the job list. `outcome` is the result object the command line prints last."""

    job_id: JobId
    plan_id: PlanId
    kind: JobKind
    state: JobState
    created: datetime
    options: dict[str, object] = field(default_factory=dict)
    outcome: dict[str, object] = field(default_factory=dict)
