"""The libraries of Windows, loaded when asked for; importing this is safe everywhere."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable, Sequence
from ctypes import wintypes
from functools import cache
from pathlib import Path

GENERIC_READ = 0x80000000
SHARE_READ, SHARE_WRITE, SHARE_DELETE = 0x1, 0x2, 0x4
OPEN_EXISTING = 3
_INVALID_HANDLE = ctypes.c_void_p(-1).value

HELD_BY_OTHERS = frozenset({32, 33})  # ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
_PAUSES_S = (0.01, 0.05, 0.2, 0.5, 1.0, 2.0)

RegistryValue = int | str | bytes | Sequence[str] | None


def system_library(name: str) -> ctypes.CDLL:
    """Load a library of Windows. On other systems there is none: RuntimeError."""
    if sys.platform != "win32":
        raise RuntimeError(f"{name} is there on Windows only")
    return ctypes.WinDLL(name, use_last_error=True)


@cache
def kernel32() -> ctypes.CDLL:
    """Give kernel32 with what handles of files and devices take and give declared once.

    The calls are CreateFileW, CloseHandle, ReadFile and DeviceIoControl. RuntimeError elsewhere.
    """
    library = system_library("kernel32")
    pointer, number = ctypes.c_void_p, wintypes.DWORD
    library.CreateFileW.restype = pointer
    library.CreateFileW.argtypes = (
        *(wintypes.LPCWSTR, number, number, pointer, number, number, pointer),
    )
    library.CloseHandle.argtypes = (pointer,)
    library.ReadFile.argtypes = (pointer, pointer, number, pointer, pointer)
    library.DeviceIoControl.argtypes = (
        *(pointer, number, pointer, number, pointer, number, pointer, pointer),
    )
    return library


def is_handle(answer: int | None) -> bool:
    """Say whether CreateFileW and its like gave a handle; if not, `last_error` has the reason."""
    return answer not in (None, _INVALID_HANDLE)


def last_error() -> int:
    """Give GetLastError of this thread's last call, as an unsigned number; 0 elsewhere."""
    if sys.platform != "win32":
        return 0
    return ctypes.get_last_error() & 0xFFFFFFFF


def patiently(
    act: Callable[[], None],
    wait: Callable[[float], None] = time.sleep,
    *,
    codes: frozenset[int] = HELD_BY_OTHERS,
    pauses_s: Sequence[float] | None = None,
) -> None:
    """Do it again, for some seconds, while somebody else has the file open; OSError in the end.

    Scanners for viruses and the search index look at every new file, some of them without letting
    others rename it. `codes` are the refusals that pass, `pauses_s` the waits between two tries.
    """
    for pause_s in _PAUSES_S if pauses_s is None else pauses_s:
        try:
            return act()
        except OSError as error:
            if getattr(error, "winerror", None) not in codes:
                raise
        wait(pause_s)
    return act()


def system_folder() -> Path:
    """Give Windows' own folder of programs; no variable is asked. RuntimeError elsewhere."""
    room = ctypes.create_unicode_buffer(260)
    system_library("kernel32").GetSystemDirectoryW(room, 260)
    return Path(room.value)


def machine_value(key: str, name: str) -> RegistryValue:
    """Give one value below HKEY_LOCAL_MACHINE; None when it cannot be read, and elsewhere."""
    if sys.platform != "win32":
        return None
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
            value: RegistryValue = winreg.QueryValueEx(opened, name)[0]
            return value
    except OSError:
        return None
