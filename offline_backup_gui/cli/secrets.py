"""Secrets come from files or are asked on the terminal; they are never arguments."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.services.keys import Secret
from offline_backup_gui.services.world import AccountSecret

_MAX_BYTES = 64 << 10


def read_secret(path: str | None) -> str | None:
    """Read a secret from a file: its text without the line end; SECRET_FILE_NOT_READABLE."""
    if path is None:
        return None
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


def given_secret(arguments: argparse.Namespace) -> Secret:
    """Give what opens the repository, as far as files were named."""
    return Secret(read_secret(arguments.passphrase_file), read_secret(arguments.recovery_code_file))


def typed_passphrase(arguments: argparse.Namespace, question: str) -> str | None:
    """Ask for the passphrase when a person is there to answer."""
    if arguments.json or not sys.stdin.isatty():
        return None
    return getpass.getpass(question + ": ") or None


def account_secret(arguments: argparse.Namespace) -> AccountSecret:
    """Give what opens the storage account."""
    return AccountSecret(
        read_secret(arguments.sas_file), read_secret(arguments.connection_string_file)
    )
