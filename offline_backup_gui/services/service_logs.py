"""Opens logs of Azure's services that the admin saved."""

from __future__ import annotations

from pathlib import Path

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.service_log import LogForm, ServiceLog
from offline_backup_gui.formats.service_log import read_log


def read_log_file(path: Path) -> ServiceLog:
    """Read one log; SERVICE_LOG_UNREADABLE when it is none of the forms, or not there."""
    try:
        with path.open("rb") as file:
            log = read_log(file)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BackupError(ErrorCode.SERVICE_LOG_UNREADABLE, name=str(path), why=why) from error
    empty = not log.entries and not log.files and not log.custody and not log.status
    if empty and not (log.form is LogForm.DRIVE and log.drive_id):
        raise BackupError(ErrorCode.SERVICE_LOG_UNREADABLE, name=str(path), why="-")
    return log
