"""Makes a file unreadable for a while, even for an administrator: practice has something to list.

On Linux the calling thread (and threads it starts) gives up two capabilities that let root read
everything; on Windows the file is held open without sharing, as a running program holds it.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from offline_backup_gui.adapters.windows_library import (
    GENERIC_READ,
    OPEN_EXISTING,
    is_handle,
    kernel32,
)

# linux/capability.h
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE = 1 << 1
_CAP_DAC_READ_SEARCH = 1 << 2


@contextmanager
def denied(path: Path, beside: Path) -> Iterator[bool]:
    """Refuse to read `path` meanwhile; give whether that works while `beside` stays reachable."""
    if os.name == "nt":
        with _held_open(path) as held:
            yield held
        return
    with _without_root_reading(beside):
        yield not _readable(path)


def _readable(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except PermissionError:
        return False


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


@contextmanager
def _without_root_reading(beside: Path) -> Iterator[None]:
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "capget"):
        yield
        return
    header, data = _Header(_CAPABILITY_VERSION_3, 0), (_Data * 2)()
    if libc.capget(ctypes.byref(header), data):
        yield
        return
    before = data[0].effective
    data[0].effective = before & ~(_CAP_DAC_OVERRIDE | _CAP_DAC_READ_SEARCH)
    libc.capset(ctypes.byref(header), data)
    try:
        if not os.access(beside, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
            # The folder lies where only an administrator gets through.
            data[0].effective = before
            libc.capset(ctypes.byref(header), data)
        yield
    finally:
        data[0].effective = before
        libc.capset(ctypes.byref(header), data)


@contextmanager
def _held_open(path: Path) -> Iterator[bool]:  # pragma: no cover - Windows only
    kernel, share_nothing = kernel32(), 0
    handle = kernel.CreateFileW(
        str(path), GENERIC_READ, share_nothing, None, OPEN_EXISTING, 0, None
    )
    held = is_handle(handle)
    try:
        yield held
    finally:
        if held:
            kernel.CloseHandle(handle)
