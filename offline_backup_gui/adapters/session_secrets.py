"""Secrets that must not lie in files: in the desktop's keyring, else for this session only.

On Linux nothing seals a file for the machine as DPAPI does on Windows. So secrets are kept by the
desktop's keyring, else in memory: what signs in to Azure until the program ends, what a backup
needs until the session does. Files are the admin's explicit choice; see docs/decisions.
"""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Callable
from pathlib import Path

from offline_backup_gui.adapters.secrets import has_secrets, system_secret_store
from offline_backup_gui.adapters.session_folder import SessionFolder, has_mark, session_base
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import SecretStore

CHOICE = "OFFLINE_BACKUP_SECRETS"
_SERVICE = "Offline Backup"


class SessionSecrets:
    """Keeps secrets in memory; the end of the process forgets them."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    @property
    def lasting(self) -> bool:
        """Say that secrets do not survive this session."""
        return False

    def get(self, name: str) -> bytes | None:
        """Give a secret, or None."""
        return self._kept.get(name)

    def put(self, name: str, secret: bytes) -> None:
        """Keep a secret until the end."""
        self._kept[name] = secret

    def forget(self, name: str) -> None:
        """Remove a secret; no trouble when it is not there."""
        self._kept.pop(name, None)


class KeyringSecrets:
    """Keeps secrets in the keyring of whoever is logged in."""

    def __init__(self, scope: str) -> None:
        # Another state folder has secrets of its own.
        self._service = f"{_SERVICE} ({scope})"

    @property
    def lasting(self) -> bool:
        """Say that secrets survive this session."""
        return True

    def get(self, name: str) -> bytes | None:
        """Give a secret, or None. SECRET_FILE_NOT_READABLE when the keyring does not open."""
        import keyring
        from keyring.errors import KeyringError

        try:
            kept = keyring.get_password(self._service, name)
        except KeyringError as error:
            raise _closed(ErrorCode.SECRET_FILE_NOT_READABLE) from error
        return base64.b64decode(kept) if kept else None

    def put(self, name: str, secret: bytes) -> None:
        """Keep a secret. TARGET_NOT_WRITABLE when the keyring does not take it."""
        import keyring
        from keyring.errors import KeyringError

        try:
            keyring.set_password(self._service, name, base64.b64encode(secret).decode())
        except KeyringError as error:
            raise _closed(ErrorCode.TARGET_NOT_WRITABLE) from error

    def forget(self, name: str) -> None:
        """Remove a secret; no trouble when it is not there."""
        import keyring
        from keyring.errors import KeyringError, PasswordDeleteError

        try:
            keyring.delete_password(self._service, name)
        except PasswordDeleteError:
            return
        except KeyringError as error:
            raise _closed(ErrorCode.TARGET_NOT_WRITABLE) from error


class FirstUsed:
    """A SecretStore that decides at its first use: looking for a keyring takes time."""

    def __init__(self, choose: Callable[[], SecretStore]) -> None:
        self._choose = choose
        self._store: SecretStore | None = None
        self._forgetful = False

    @property
    def forgetful(self) -> bool:
        """Say whether something was kept here that does not survive this session."""
        return self._forgetful

    @property
    def lasting(self) -> bool:
        """Say whether secrets survive this session."""
        return self._found().lasting

    def get(self, name: str) -> bytes | None:
        """Give a secret, or None."""
        return self._found().get(name)

    def put(self, name: str, secret: bytes) -> None:
        """Keep a secret."""
        self._found().put(name, secret)
        self._forgetful |= not self._found().lasting

    def forget(self, name: str) -> None:
        """Remove a secret; no trouble when it is not there."""
        self._found().forget(name)

    def _found(self) -> SecretStore:
        if self._store is None:
            self._store = self._choose()
        return self._store


def _choose(state_folder: Path, for_session: Callable[[], SecretStore], chosen: str) -> SecretStore:
    """Take DPAPI on Windows; on Linux what the admin chose, else the keyring, else the session."""
    if sys.platform == "win32" or chosen == "files":
        return system_secret_store(state_folder)
    if chosen != "session" and _has_keyring():
        return KeyringSecrets(str(state_folder))
    return for_session()


def _session_folder(state_folder: Path) -> SecretStore:
    base = session_base()
    return SessionSecrets() if base is None else SessionFolder(state_folder, base)


def _has_keyring() -> bool:
    """Say whether a real keyring answers; one that keeps plain files does not count."""
    import keyring
    from keyring.backends import fail, null

    try:
        backend = keyring.get_keyring()
    except Exception:
        # Whatever a foreign plug-in raises: without it there is no keyring.
        return False
    if isinstance(backend, fail.Keyring | null.Keyring):
        return False
    name = f"{type(backend).__module__}.{type(backend).__name__}".lower()
    return "plaintext" not in name and backend.priority > 0


def _closed(code: ErrorCode) -> BackupError:
    return BackupError(code, path="keyring", why="keyring")


def session_secrets(state_folder: Path) -> SecretStore:
    """Give the store of what signs in to Azure; "session" is this process there."""
    return FirstUsed(lambda: _choose(state_folder, SessionSecrets, os.environ.get(CHOICE, "")))


def backup_secrets(state_folder: Path, *, of_its_own: bool = False) -> FirstUsed:
    """Give the store of what a backup needs: keys, signatures and passwords of this computer.

    What was chosen once for a state folder stays chosen: a timer starts increments without the
    variable. A state folder `of_its_own` (practice) takes its secrets along when it is removed.
    """

    def choose() -> SecretStore:
        files = has_secrets(state_folder) or (of_its_own and not has_mark(state_folder))
        chosen = os.environ.get(CHOICE, "") or ("files" if files else "")
        return _choose(state_folder, lambda: _session_folder(state_folder), chosen)

    return FirstUsed(choose)
