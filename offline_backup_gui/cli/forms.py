"""Plans and forms that commands write for filling in: whole, and never over another file."""

from __future__ import annotations

from pathlib import Path

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.services.plain_files import write_new


def write_new_form(path: Path, text: str) -> None:
    """Write a form where no file is yet. PLAN_EXISTS, TARGET_NOT_WRITABLE."""
    try:
        write_new(path, text.encode())
    except BackupError as error:
        if error.code is ErrorCode.TARGET_EXISTS:
            raise BackupError(ErrorCode.PLAN_EXISTS, name=str(path)) from error
        raise
