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
    BUG = 70


_WRONG_INPUT = frozenset(
    {
        ErrorCode.PLAN_NOT_FOUND,
        ErrorCode.PLAN_NOT_READABLE,
        ErrorCode.PLAN_KEY_UNKNOWN,
        ErrorCode.PLAN_VALUE_WRONG,
        ErrorCode.VALUE_NOT_UNDERSTOOD,
        ErrorCode.AZURE_ANSWER_UNREADABLE,
    }
)


def code_of_trouble(code: ErrorCode) -> ExitCode:
    """Give the exit code of a trouble before or outside a job."""
    if code is ErrorCode.ALREADY_RUNNING:
        return ExitCode.ALREADY_RUNNING
    return ExitCode.WRONG_USAGE if code in _WRONG_INPUT else ExitCode.FAILED


def code_of_state(state: JobState) -> ExitCode:
    """Give the exit code of an ended job."""
    return {
        JobState.DONE: ExitCode.DONE,
        JobState.EXCEPTIONS: ExitCode.EXCEPTIONS,
        JobState.STOPPED: ExitCode.CONTINUE,
        JobState.INTERRUPTED: ExitCode.CONTINUE,
    }.get(state, ExitCode.FAILED)
