"""Why a job ended before its end, read from its outcome; free of Qt."""

from __future__ import annotations

from collections.abc import Mapping

from offline_backup_gui.domain.errors import BackupError, ErrorCode, Parameter
from offline_backup_gui.domain.job import Job


def job_trouble(job: Job) -> BackupError | None:
    """Give the trouble that ended a job, from its outcome; None when there was none we know."""
    code, parameters = job.outcome.get("code"), job.outcome.get("parameters")
    if code not in {known.value for known in ErrorCode}:
        return None
    facts: dict[str, Parameter] = {}
    for key, value in parameters.items() if isinstance(parameters, Mapping) else ():
        if isinstance(value, str | int | float | bool):
            facts[str(key)] = value
        elif isinstance(value, list | tuple):
            facts[str(key)] = tuple(str(item) for item in value)
    return BackupError(ErrorCode(str(code)), **facts)
