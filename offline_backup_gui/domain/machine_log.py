"""What the machine's own log is told: numbered entries that administrators may watch for.

The numbers are a promise (docs/events.md): one is never given another meaning. They stay between 1
and 1000, where the message file of Windows' own EventCreate has a plain text for each.
"""

from __future__ import annotations

from enum import IntEnum

from offline_backup_gui.domain.errors import ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.job import JobState


class LogLevel(IntEnum):
    """How much an entry weighs: the types of ReportEvent in winnt.h."""

    ERROR = 1
    WARNING = 2
    INFORMATION = 4


class LogNumber(IntEnum):
    """Every entry there is."""

    JOB_STARTED = 100
    JOB_DONE = 101
    JOB_STOPPED = 102
    JOB_EXCEPTIONS = 110
    JOB_INTERRUPTED = 111
    DRIVE_GONE = 120
    DEADLINE_NEAR = 130
    SHADOW_COPY_NOT_MADE = 140
    JOB_FAILED = 200
    JOB_BUG = 201
    BYTES_DIFFER = 210
    DRIVE_FAILING = 220

    @property
    def level(self) -> LogLevel:
        """Give how much an entry weighs; its number says it too."""
        if self >= LogNumber.JOB_FAILED:
            return LogLevel.ERROR
        return LogLevel.WARNING if self >= LogNumber.JOB_EXCEPTIONS else LogLevel.INFORMATION


OF_STATE = {
    JobState.DONE: LogNumber.JOB_DONE,
    JobState.EXCEPTIONS: LogNumber.JOB_EXCEPTIONS,
    JobState.STOPPED: LogNumber.JOB_STOPPED,
    JobState.INTERRUPTED: LogNumber.JOB_INTERRUPTED,
    JobState.FAILED: LogNumber.JOB_FAILED,
}
# What happens in a job and should not wait for its end; once for each drive and job.
OF_EVENT = {
    FindingCode.DRIVE_GONE.value: LogNumber.DRIVE_GONE,
    FindingCode.DRIVE_FAILING.value: LogNumber.DRIVE_FAILING,
    ErrorCode.OBJECT_DAMAGED.value: LogNumber.BYTES_DIFFER,
    FindingCode.SHADOW_COPY_NOT_MADE.value: LogNumber.SHADOW_COPY_NOT_MADE,
}
