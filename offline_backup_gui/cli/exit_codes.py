"""What the program says to the shell when it ends; the same numbers as in docs/cli.md."""

from __future__ import annotations

from enum import IntEnum

from offline_backup_gui.domain.errors import ErrorCode
from offline_backup_gui.domain.job import JobState


class ExitCode(IntEnum):
    """Exit codes of every command."""

    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    EXCEPTIONS = 3
    CONTINUE = 4
    ALREADY_RUNNING = 5
    UPDATE_REFUSED = 6
    BUG = 70


_WRONG_INPUT = frozenset(
    {
        ErrorCode.PLAN_NOT_FOUND,
        ErrorCode.PLAN_NOT_READABLE,
        ErrorCode.PLAN_KEY_UNKNOWN,
        ErrorCode.PLAN_VALUE_WRONG,
        ErrorCode.VALUE_NOT_UNDERSTOOD,
        ErrorCode.AZURE_ANSWER_CUT,
        ErrorCode.NOT_AN_ACCOUNT,
        ErrorCode.AZURE_ANSWER_UNREADABLE,
        ErrorCode.SERVICE_LOG_UNREADABLE,
        ErrorCode.SERVICE_LOG_TOO_LARGE,
        ErrorCode.MANIFEST_UNREADABLE,
        ErrorCode.IMPORT_FILE_UNREADABLE,
        ErrorCode.IMPORT_FILE_WRONG,
        ErrorCode.UPDATE_ADDRESS_NOT_ALLOWED,
    }
)
_RUNNING = frozenset({ErrorCode.ALREADY_RUNNING, ErrorCode.UPDATE_JOB_RUNS, ErrorCode.UPDATE_BUSY})
# Somebody changed it, or wants an old one to look new: more than "it did not work".
_REFUSED = frozenset(
    {
        ErrorCode.UPDATE_FILE_DAMAGED,
        ErrorCode.UPDATE_NOT_GENUINE,
        ErrorCode.UPDATE_EXPIRED,
        ErrorCode.UPDATE_ROLLED_BACK,
        ErrorCode.UPDATE_MIXED,
        ErrorCode.UPDATE_TOO_LARGE,
        ErrorCode.UPDATE_OLDER,
        ErrorCode.UPDATE_CLOCK_WRONG,
    }
)


def code_of_trouble(code: ErrorCode) -> ExitCode:
    """Give the exit code of a trouble before or outside a job."""
    if code in _RUNNING:
        return ExitCode.ALREADY_RUNNING
    if code in _REFUSED:
        return ExitCode.UPDATE_REFUSED
    return ExitCode.WRONG_USAGE if code in _WRONG_INPUT else ExitCode.FAILED


def code_of_state(state: JobState) -> ExitCode:
    """Give the exit code of an ended job."""
    return {
        JobState.DONE: ExitCode.DONE,
        JobState.EXCEPTIONS: ExitCode.EXCEPTIONS,
        JobState.STOPPED: ExitCode.CONTINUE,
        JobState.INTERRUPTED: ExitCode.CONTINUE,
    }.get(state, ExitCode.FAILED)
