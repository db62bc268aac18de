"""What is asked of the shell of Windows, as one small door; elsewhere there is nothing to ask."""

from __future__ import annotations

import ctypes
import sys
import uuid
from typing import Any, Protocol

_SM_REMOTESESSION = 0x1000
_NOTIFY_FOR_THIS_SESSION = 0
_MSGFLT_ALLOW = 1
_CLSCTX_INPROC_SERVER = 1
# shobjidl_core.h
_CLSID_TASKBAR_LIST = uuid.UUID("56fdf344-fd6d-11d0-958a-006097c9a090")
_IID_TASKBAR_LIST_3 = uuid.UUID("ea1afb91-9e28-4b86-90e9-9e9f8a5eefaf")


class ShellCalls(Protocol):
    """The calls; window handles are numbers as `winId` gives them."""

    def is_remote(self) -> bool:
        """Say whether this session is shown on another computer."""

    def message(self, name: str) -> int:
        """Give the number of a registered message; 0 when there is none."""

    def let_in(self, window: int, message: int) -> None:
        """Let a message of programs with fewer rights reach a window: Explorer has fewer."""

    def watch_session(self, window: int) -> None:
        """Ask for messages about connecting, disconnecting and locking."""

    def hold_session(self, window: int, reason: str) -> None:
        """Give the reason that Windows shows when it is asked to end the session."""

    def let_session_go(self, window: int) -> None:
        """Take the reason back."""

    def taskbar(self) -> int:
        """Give a pointer to an ITaskbarList3 that belongs to the caller; 0 when there is none."""


class NoShell:
    """A desktop that is not asked anything."""

    def is_remote(self) -> bool:
        """Say no."""
        return False

    def message(self, name: str) -> int:
        """Know no message."""
        del name
        return 0

    def let_in(self, window: int, message: int) -> None:
        """Do nothing."""

    def watch_session(self, window: int) -> None:
        """Do nothing."""

    def hold_session(self, window: int, reason: str) -> None:
        """Do nothing."""

    def let_session_go(self, window: int) -> None:
        """Do nothing."""

    def taskbar(self) -> int:
        """Have none."""
        return 0


class WindowsShell:  # pragma: no cover - Windows only; tried under Wine
    """The calls themselves. One that fails leaves the window without a comfort, nothing else."""

    def __init__(self) -> None:
        load: Any = getattr(ctypes, "WinDLL")  # noqa: B009 - absent from other systems' stubs
        self._user32, self._ole32 = load("user32"), load("ole32")
        self._wtsapi32 = load("wtsapi32")
        window, text = ctypes.c_void_p, ctypes.c_wchar_p
        self._user32.RegisterWindowMessageW.argtypes = [text]
        self._user32.ChangeWindowMessageFilterEx.argtypes = [
            window,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
        ]
        self._user32.ShutdownBlockReasonCreate.argtypes = [window, text]
        self._user32.ShutdownBlockReasonDestroy.argtypes = [window]
        self._wtsapi32.WTSRegisterSessionNotification.argtypes = [window, ctypes.c_uint]

    def is_remote(self) -> bool:
        """Ask GetSystemMetrics."""
        return bool(self._user32.GetSystemMetrics(_SM_REMOTESESSION))

    def message(self, name: str) -> int:
        """Register a message."""
        return int(self._user32.RegisterWindowMessageW(name))

    def let_in(self, window: int, message: int) -> None:
        """Open the filter of an elevated window for one message."""
        self._user32.ChangeWindowMessageFilterEx(window, message, _MSGFLT_ALLOW, None)

    def watch_session(self, window: int) -> None:
        """Ask for WM_WTSSESSION_CHANGE; it ends with the window."""
        self._wtsapi32.WTSRegisterSessionNotification(window, _NOTIFY_FOR_THIS_SESSION)

    def hold_session(self, window: int, reason: str) -> None:
        """Create the reason."""
        self._user32.ShutdownBlockReasonCreate(window, reason)

    def let_session_go(self, window: int) -> None:
        """Destroy the reason."""
        self._user32.ShutdownBlockReasonDestroy(window)

    def taskbar(self) -> int:
        """Create the object; Qt has made this thread ready for COM."""
        made = ctypes.c_void_p()
        result = self._ole32.CoCreateInstance(
            ctypes.c_char_p(_CLSID_TASKBAR_LIST.bytes_le),
            None,
            _CLSCTX_INPROC_SERVER,
            ctypes.c_char_p(_IID_TASKBAR_LIST_3.bytes_le),
            ctypes.byref(made),
        )
        return made.value or 0 if result >= 0 else 0


def system_shell() -> ShellCalls:
    """Give the shell of this computer."""
    if sys.platform == "win32":  # pragma: no cover - Windows only
        try:
            return WindowsShell()
        except (OSError, AttributeError):
            return NoShell()
    return NoShell()
