"""Secrets come from files or are asked on the terminal; they are never arguments."""

from __future__ import annotations

import argparse
import getpass
import sys

from offline_backup_gui.services.keys import Secret
from offline_backup_gui.services.secret_files import read_secret_file
from offline_backup_gui.services.world import AccountSecret


def read_secret(path: str | None) -> str | None:
    """Read a secret from a file, if one is named; SECRET_FILE_NOT_READABLE."""
    return None if path is None else read_secret_file(path)


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
