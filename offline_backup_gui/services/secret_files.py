"""Secrets that stand in files of their own; they are never arguments."""

from __future__ import annotations

from pathlib import Path

from offline_backup_gui.domain.errors import BackupError, ErrorCode

_MAX_BYTES = 64 << 10


def read_secret_file(path: str) -> str:
    """Read a secret from a file: its text without the line end; SECRET_FILE_NOT_READABLE."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        text = data.decode("utf-8-sig").rstrip("\r\n")
    except (OSError, ValueError) as error:
        # A ValueError is a NUL in the path, or bytes that are no text.
        why = getattr(error, "strerror", None) or "not text"
        raise BackupError(ErrorCode.SECRET_FILE_NOT_READABLE, path=path, why=why) from error
    if not text.strip() or len(data) > _MAX_BYTES:
        raise BackupError(ErrorCode.SECRET_FILE_NOT_READABLE, path=path, why="empty or too large")
    return text
