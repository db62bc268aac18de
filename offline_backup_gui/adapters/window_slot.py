"""One window for each person and state folder; a second start brings the first one to the front."""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from offline_backup_gui.adapters.locks import LockFile
from offline_backup_gui.adapters.windows_library import last_error, system_library
from offline_backup_gui.domain.ports import WindowSlot

# The first window may still be loading: on a cold disk that takes a while, and people click twice.
_ANSWER_S, _LOOK_S = 20.0, 0.1
_ALREADY_EXISTS = 183
_ANY_PROCESS = 0xFFFFFFFF  # ASFW_ANY


class FileSlot:
    """A lock file, and a second file that is there while somebody wants to see the window."""

    def __init__(self, folder: Path, person: str) -> None:
        self._lock = LockFile(folder / f"window-{person}.lock")
        self._wish = folder / f"window-{person}.wanted"

    def take(self) -> bool:
        """Take the slot; a state folder that cannot be written has room for every window."""
        try:
            taken = self._lock.take()
        except OSError:
            return True
        if taken:
            self._wish.unlink(missing_ok=True)
        return taken

    def wish(self) -> None:
        """Leave the wish."""
        try:
            self._wish.touch()
        except OSError:
            return

    def wished(self) -> bool:
        """Take the wish, if there is one."""
        if not self._wish.exists():
            return False
        self._wish.unlink(missing_ok=True)
        return True

    def pending(self) -> bool:
        """Say whether the wish is still there."""
        return self._wish.exists()

    def give_back(self) -> None:
        """Let the next window in."""
        self._lock.give_back()


class NamedSlot:
    """A mutex and an event of this Windows session; both end with the process that holds them.

    `Local` names are seen in one session alone: two people on one server, or one person in two
    sessions, have a window each. What they see comes from the same database.
    """

    def __init__(self, name: str, kernel32: Any = None, user32: Any = None) -> None:
        self._kernel32 = kernel32 or system_library("kernel32")
        self._user32 = user32 or system_library("user32")
        self._name = name
        self._mutex: int | None = None
        handle, flag, text = ctypes.c_void_p, ctypes.c_int, ctypes.c_wchar_p
        for call, kinds in (
            ("CreateMutexW", [handle, flag, text]),
            ("CreateEventW", [handle, flag, flag, text]),
        ):
            getattr(self._kernel32, call).restype = handle
            getattr(self._kernel32, call).argtypes = kinds
        for call in ("CloseHandle", "SetEvent", "ResetEvent"):
            getattr(self._kernel32, call).argtypes = [handle]
        self._kernel32.WaitForSingleObject.argtypes = [handle, ctypes.c_uint32]
        # Reset by hand: whoever set it sees whether it was heard.
        self._event = self._kernel32.CreateEventW(None, True, False, f"Local\\{name}-wanted")

    def take(self) -> bool:
        """Make the mutex; another process that has it keeps it there."""
        if self._mutex is not None:
            return True
        mutex = self._kernel32.CreateMutexW(None, True, f"Local\\{self._name}")
        if mutex and last_error() == _ALREADY_EXISTS:
            self._kernel32.CloseHandle(mutex)
            return False
        # Without a mutex (no rights, no memory) a second window is better than none.
        self._mutex = mutex or 0
        if self._event:
            self._kernel32.ResetEvent(self._event)
        return True

    def wish(self) -> None:
        """Set the event; this process was just started by a person and may hand on the front."""
        self._user32.AllowSetForegroundWindow(_ANY_PROCESS)
        if self._event:
            self._kernel32.SetEvent(self._event)

    def wished(self) -> bool:
        """Look whether the event is set, and reset it."""
        if not self.pending():
            return False
        self._kernel32.ResetEvent(self._event)
        return True

    def pending(self) -> bool:
        """Look whether the event is set."""
        return bool(self._event) and self._kernel32.WaitForSingleObject(self._event, 0) == 0

    def give_back(self) -> None:
        """Close both."""
        for handle in (self._mutex, self._event):
            if handle:
                self._kernel32.CloseHandle(handle)
        self._mutex = self._event = None


def first_or_called(
    slot: WindowSlot,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Take the slot, or call the window that has it; False when that one has answered.

    A window that is just closing frees the slot meanwhile. One that does not answer hangs: then a
    second window is what helps, and the shared database allows it.
    """
    if slot.take():
        return True
    slot.wish()
    until = monotonic() + _ANSWER_S
    while monotonic() < until:
        if not slot.pending():
            return False
        sleep(_LOOK_S)
        if slot.take():
            return True
    return True


def system_slot(folder: Path) -> WindowSlot:
    """Give the slot of this person and state folder."""
    if sys.platform == "win32":
        key = hashlib.sha256(str(folder).casefold().encode()).hexdigest()[:16]
        return NamedSlot(f"OfflineBackup-{key}")
    return FileSlot(folder, str(os.getuid()))
