"""Opens logs of Azure's services that the admin saved."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.service_log import LogForm, ServiceLog
from offline_backup_gui.formats.service_log import read_log
from offline_backup_gui.formats.service_xml import MOST_BYTES


def read_log_file(path: Path) -> ServiceLog:
    """Read one log, in bounded memory.

    SERVICE_LOG_UNREADABLE when it is none of the forms, or not there; SERVICE_LOG_TOO_LARGE.
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            why = os.strerror(errno.EISDIR) if stat.S_ISDIR(about.st_mode) else "-"
            raise BackupError(ErrorCode.SERVICE_LOG_UNREADABLE, name=str(path), why=why)
        if about.st_size > MOST_BYTES:
            raise BackupError(
                ErrorCode.SERVICE_LOG_TOO_LARGE,
                name=str(path),
                size_bytes=about.st_size,
                most_bytes=MOST_BYTES,
            )
        with path.open("rb") as file:
            log = read_log(file)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BackupError(ErrorCode.SERVICE_LOG_UNREADABLE, name=str(path), why=why) from error
    if _says_nothing(log):
        raise BackupError(ErrorCode.SERVICE_LOG_UNREADABLE, name=str(path), why="-")
    return log


def _says_nothing(log: ServiceLog) -> bool:
    if log.entries or log.files or log.custody or log.status:
        return False
    # A log that names one drive or one check, and nothing that is wrong with it.
    named = log.form is LogForm.DRIVE and log.drive_id
    return not (named or (log.form is LogForm.CHECK and not log.cut_off))
