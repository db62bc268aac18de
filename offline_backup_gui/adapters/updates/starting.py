"""Starts a setup program: held so that nobody can change it, hashed, started, let go."""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from offline_backup_gui.adapters.windows_library import (
    GENERIC_READ,
    OPEN_EXISTING,
    SHARE_READ,
    is_handle,
    kernel32,
    last_error,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.updates import Release

_CHUNK_BYTES = 1 << 20
_SEQUENTIAL = 0x08000000  # FILE_FLAG_SEQUENTIAL_SCAN
_DETACHED = 0x00000008 | 0x00000200  # DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP
Hold = Callable[[Path], "IO[bytes]"]
Spawn = Callable[[Sequence[str]], None]


def start_setup(path: Path, release: Release, *, hold: Hold, spawn: Spawn) -> None:
    """Start the setup of a release; UPDATE_NOT_GENUINE, UPDATE_NOT_STARTED.

    Between the hash and the start the file is held without sharing it for writing or deleting, so
    the bytes that were judged are the bytes that run. Once it runs, Windows itself holds it.
    """
    with _held(path, hold) as file:
        if os.fstat(file.fileno()).st_size != release.size_bytes or _hash(file) != release.sha256:
            raise BackupError(ErrorCode.UPDATE_NOT_GENUINE, name=path.name)
        try:
            spawn([str(path)])
        except OSError as error:
            raise BackupError(
                ErrorCode.UPDATE_NOT_STARTED, why=error.strerror or str(error)
            ) from error


@contextmanager
def _held(path: Path, hold: Hold) -> Iterator[IO[bytes]]:
    try:
        file = hold(path)
    except FileNotFoundError as error:
        raise BackupError(ErrorCode.UPDATE_NOT_READY) from error
    except OSError as error:
        why = error.strerror or str(error)
        raise BackupError(ErrorCode.UPDATE_NOT_STARTED, why=why) from error
    with file:
        yield file


def _hash(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := file.read(_CHUNK_BYTES):
        digest.update(piece)
    return digest.hexdigest()


def hold_on_windows(path: Path) -> IO[bytes]:
    """Open a file that nobody may write, rename or delete until it is closed."""
    if sys.platform != "win32":
        raise OSError("sharing is decided on Windows only")
    import msvcrt

    handle = kernel32().CreateFileW(
        str(path), GENERIC_READ, SHARE_READ, None, OPEN_EXISTING, _SEQUENTIAL, None
    )
    if not is_handle(handle):
        raise ctypes.WinError(last_error())
    return os.fdopen(msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY), "rb")


def spawn_on_windows(command: Sequence[str]) -> None:
    """Start a program that outlives this one; it inherits our rights and none of our handles."""
    subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        close_fds=True,
        creationflags=_DETACHED,
        cwd=os.environ.get("SystemRoot"),  # noqa: SIM112 - so it is called on Windows
    )


def system_start(path: Path, release: Release) -> None:
    """Start the setup of a release on this computer; UPDATE_NOT_STARTED where it cannot run."""
    if sys.platform != "win32":
        raise BackupError(ErrorCode.UPDATE_NOT_STARTED, why=sys.platform)
    start_setup(path, release, hold=hold_on_windows, spawn=spawn_on_windows)
