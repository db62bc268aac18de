"""Secrets in memory for all processes of one session of Linux: nothing of them reaches a disk.

A window starts each job in a process of its own, and one command follows another; so "for this
session" cannot mean one process. The folder is the one that the system keeps in memory for whoever
is logged in and empties at log-off ($XDG_RUNTIME_DIR), else one in /dev/shm, which a restart
empties. The state folder holds a random mark of it, so that another state finds nothing there.
"""

from __future__ import annotations

import os
import secrets as randomness
import stat
from pathlib import Path

from offline_backup_gui.adapters.secrets import FileSecrets
from offline_backup_gui.domain.errors import BackupError, ErrorCode

_NAME = "offline-backup"
_MARK = "session-mark"
_MEMORY = Path("/dev/shm")  # tmpfs of every Linux; the folder is checked before use


class SessionFolder:
    """A SecretStore below `base`, a folder in memory that `session_base` names."""

    def __init__(self, state_folder: Path, base: Path) -> None:
        self._state, self._base = state_folder, base

    @property
    def lasting(self) -> bool:
        """Say that secrets do not survive this session."""
        return False

    def get(self, name: str) -> bytes | None:
        """Give a secret, or None. SECRET_FILE_NOT_READABLE."""
        store = self._store(make=False)
        return None if store is None else store.get(name)

    def put(self, name: str, secret: bytes) -> None:
        """Keep a secret until the session ends. TARGET_NOT_WRITABLE."""
        store = self._store(make=True)
        assert store is not None
        store.put(name, secret)

    def forget(self, name: str) -> None:
        """Remove a secret; no trouble when it is not there."""
        store = self._store(make=False)
        if store is not None:
            store.forget(name)

    def _store(self, *, make: bool) -> FileSecrets | None:
        mark = self._mark(make=make)
        if mark is None:
            return None
        try:
            if make:
                self._base.mkdir(mode=0o700, exist_ok=True)
            elif not self._base.is_dir():
                return None
            _assert_own(self._base)
        except OSError as error:
            raise _closed(self._base) from error
        return FileSecrets(self._base / mark)

    def _mark(self, *, make: bool) -> str | None:
        path = self._state / _MARK
        try:
            if make and not path.exists():
                self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "w", encoding="ascii") as file:
                    file.write(randomness.token_hex(16))
        except FileExistsError:
            pass  # another process was quicker
        except OSError as error:
            raise _closed(path) from error
        try:
            mark = path.read_text("ascii").strip()
        except (OSError, ValueError):
            return None
        return mark if len(mark) == 32 and mark.isalnum() else None


def session_base() -> Path | None:
    """Give the folder in memory of whoever is logged in; None where there is none."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and Path(runtime).is_dir():
        return Path(runtime) / _NAME
    return _MEMORY / f"{_NAME}-{os.geteuid()}" if _MEMORY.is_dir() else None


def has_mark(state_folder: Path) -> bool:
    """Say whether secrets of this state folder were once kept for a session."""
    return (state_folder / _MARK).exists()


def _assert_own(folder: Path) -> None:
    """Refuse a folder that somebody else made before, or may look into."""
    about = folder.lstat()
    own = stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid()
    if not own or about.st_mode & 0o077:
        raise PermissionError(f"{folder} belongs to somebody else")


def _closed(place: Path) -> BackupError:
    return BackupError(ErrorCode.TARGET_NOT_WRITABLE, path=str(place), reason="")
