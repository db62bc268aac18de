"""Secrets in files of the state folder, as well protected as the machine can without a person.

Scheduled runs have nobody to ask, so the machine itself must be able to read them. On Windows they
are sealed with DPAPI for this machine: useless on another one, readable by its administrators. On
Linux they are files that only their owner and root can read: protected exactly as well as the
machine's disk and its root account are, and no better.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import secrets as randomness
import sys
from pathlib import Path
from typing import Protocol

from offline_backup_gui.adapters.state.windows_system import NativeSystem
from offline_backup_gui.adapters.windows_library import system_library
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.folder_rights import closed_folder

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,99}")
_FOLDER = "secrets"
_ENDING = ".secret"
_UNFINISHED = ".new-"
_LARGEST_BYTES = 1 << 20
_MACHINE_SCOPE_WITHOUT_QUESTIONS = 0x4 | 0x1  # CRYPTPROTECT_LOCAL_MACHINE | _UI_FORBIDDEN
# Full access for the system, administrators and the owner (a portable state folder may belong to
# an ordinary account); nothing is inherited from above, everything below inherits this.


class Wrapping(Protocol):
    """What is put around a secret before it becomes a file. OSError when it cannot be opened."""

    def wrap(self, secret: bytes, name: str) -> bytes:
        """Seal a secret, bound to its name."""

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """Open what `wrap` gave for this very name."""

    def close_folder(self, folder: Path) -> None:
        """Let nobody but the machine's own administrators into the folder."""


class FileSecrets:
    """A SecretStore of one file per secret, written whole or not at all."""

    def __init__(self, state_folder: Path, wrapping: Wrapping | None = None) -> None:
        self._folder = state_folder / _FOLDER
        self._wrapping = wrapping or OwnerOnly()

    @property
    def lasting(self) -> bool:
        """Say that secrets survive this session."""
        return True

    def get(self, name: str) -> bytes | None:
        """Give a secret, or None.

        SECRET_FILE_NOT_READABLE when its file does not open, SECRET_OF_ANOTHER_MACHINE when the
        file does and the secret does not.
        """
        path = self._path(name)
        try:
            with path.open("rb") as file:
                wrapped = file.read(_LARGEST_BYTES)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise _not_readable(path) from problem
        try:
            return self._wrapping.unwrap(wrapped, name)
        except OSError as problem:
            raise BackupError(ErrorCode.SECRET_OF_ANOTHER_MACHINE, path=str(path)) from problem

    def put(self, name: str, secret: bytes) -> None:
        """Keep a secret. TARGET_NOT_WRITABLE when the folder does not take it."""
        path = self._path(name)
        try:
            self._make_folder()
            self._write(path, self._wrapping.wrap(secret, name))
        except OSError as problem:
            raise _not_writable(path) from problem

    def forget(self, name: str) -> None:
        """Remove a secret; no trouble when it is not there."""
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as problem:
            raise _not_writable(path) from problem

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"a secret's name has only a-z, 0-9, dot and dash, not {name!r}")
        # The ending keeps names like "nul" from meaning a device on Windows.
        return self._folder / f"secret-{name}{_ENDING}"

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._wrapping.close_folder(self._folder)

    def _write(self, path: Path, content: bytes) -> None:
        unfinished = self._folder / f"{_UNFINISHED}{randomness.token_hex(8)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        handle = os.open(unfinished, flags, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            raise
        _flush_folder(self._folder)


class OwnerOnly:
    """No wrapping: the file's own rights protect it."""

    def wrap(self, secret: bytes, name: str) -> bytes:
        """Give the secret as it is."""
        del name
        return secret

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """Give the secret as it is."""
        del name
        return wrapped

    def close_folder(self, folder: Path) -> None:
        """Take every right from everybody but the owner."""
        folder.chmod(0o700)


class _Blob(ctypes.Structure):
    """DATA_BLOB of wincrypt.h."""

    _fields_ = (("size", ctypes.c_ulong), ("data", ctypes.c_void_p))


class Dpapi:
    """Windows' own sealing, with the machine's key. Made on Windows only."""

    def __init__(self) -> None:
        self._crypt32 = system_library("crypt32")
        self._kernel32 = system_library("kernel32")
        self._kernel32.LocalFree.argtypes = [ctypes.c_void_p]

    def wrap(self, secret: bytes, name: str) -> bytes:
        """Seal with CryptProtectData; the name goes in as extra entropy."""
        return self._call(self._crypt32.CryptProtectData, secret, name)

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        """Open with CryptUnprotectData; OSError on another machine or for another name."""
        return self._call(self._crypt32.CryptUnprotectData, wrapped, name)

    def _call(self, function: ctypes._NamedFuncPointer, content: bytes, name: str) -> bytes:
        given, extra, result = _blob(content), _blob(name.encode()), _Blob()
        done = function(
            ctypes.byref(given),
            None,
            ctypes.byref(extra),
            None,
            None,
            _MACHINE_SCOPE_WITHOUT_QUESTIONS,
            ctypes.byref(result),
        )
        if not done:
            raise OSError("DPAPI does not open this here")
        try:
            return ctypes.string_at(result.data, result.size)
        finally:
            self._kernel32.LocalFree(result.data)

    def close_folder(self, folder: Path) -> None:
        """Let in the system, administrators and the owner, and nobody else."""
        NativeSystem().write(str(folder), closed_folder("OW"))


def _blob(content: bytes) -> _Blob:
    # The buffer must outlive the call: ctypes keeps it alive through the structure's reference.
    buffer = ctypes.create_string_buffer(content, len(content))
    blob = _Blob(len(content), ctypes.cast(buffer, ctypes.c_void_p))
    blob.keep = buffer
    return blob


def _flush_folder(folder: Path) -> None:
    """Make a rename last; Windows does that with the file and opens no folders."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _not_readable(path: Path) -> BackupError:
    return BackupError(ErrorCode.SECRET_FILE_NOT_READABLE, path=str(path))


def _not_writable(path: Path) -> BackupError:
    return BackupError(ErrorCode.TARGET_NOT_WRITABLE, path=str(path))


def has_secrets(state_folder: Path) -> bool:
    """Say whether a state folder keeps secrets in files."""
    return any((state_folder / _FOLDER).glob(f"*{_ENDING}"))


def system_secret_store(state_folder: Path) -> FileSecrets:
    """Give the secrets of this machine, below its state folder."""
    return FileSecrets(state_folder, Dpapi() if sys.platform == "win32" else OwnerOnly())
