"""The libraries of Windows, loaded when asked for; importing this is safe everywhere."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path


def system_library(name: str) -> ctypes.CDLL:
    """Load a library of Windows. On other systems there is none: RuntimeError."""
    if sys.platform != "win32":
        raise RuntimeError(f"{name} is there on Windows only")
    return ctypes.WinDLL(name, use_last_error=True)


def last_error() -> int:
    """Give GetLastError of this thread's last call, as an unsigned number; 0 elsewhere."""
    if sys.platform != "win32":
        return 0
    return ctypes.get_last_error() & 0xFFFFFFFF


def system_folder() -> Path:
    """Give Windows' own folder of programs; no variable is asked. RuntimeError elsewhere."""
    room = ctypes.create_unicode_buffer(260)
    system_library("kernel32").GetSystemDirectoryW(room, 260)
    return Path(room.value)
