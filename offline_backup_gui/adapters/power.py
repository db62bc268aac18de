"""Keeping the computer awake while a job runs; the screen may sleep."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from types import TracebackType

from offline_backup_gui.adapters.windows_library import system_library
from offline_backup_gui.domain.ports import PowerGuard

_REASON = "A backup is being written to drives"
_END_LIMIT_S = 5.0
_SYSTEM_REQUIRED = 1  # POWER_REQUEST_TYPE PowerRequestSystemRequired


class LinuxPowerGuard:
    """Holds a systemd inhibitor through a child process; without systemd it does nothing.

    The child waits for the end of its input, so the inhibitor ends with us however we end.
    """

    def __init__(self, program: str = "systemd-inhibit") -> None:
        self._program = program
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> PowerGuard:
        """Take the inhibitor."""
        program = shutil.which(self._program)
        if program is not None and self._child is None:
            self._child = _start(program)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the inhibitor back."""
        child, self._child = self._child, None
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()
        try:
            child.wait(_END_LIMIT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _start(program: str) -> subprocess.Popen[bytes] | None:
    command = [program, "--what=sleep:idle", "--mode=block", "--who=Offline Backup"]
    try:
        return subprocess.Popen(
            [*command, f"--why={_REASON}", "cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # A Ctrl+C at the terminal stops the job in an orderly way; until then stay awake.
            start_new_session=True,
        )
    except OSError:
        return None


class _Reason(ctypes.Structure):
    """REASON_CONTEXT of winnt.h with a simple string; the union's other arm is longer."""

    _fields_ = (
        ("version", ctypes.c_ulong),
        ("flags", ctypes.c_ulong),
        ("text", ctypes.c_wchar_p),
        ("rest_of_the_union", ctypes.c_void_p * 2),
    )


class WindowsPowerGuard:
    """Holds a power request; `powercfg /requests` shows it with its reason.

    SetThreadExecutionState would end with the thread that called it; a request does not.
    """

    def __init__(self) -> None:
        self._kernel32 = system_library("kernel32")
        self._kernel32.PowerCreateRequest.restype = ctypes.c_void_p
        self._kernel32.PowerSetRequest.argtypes = [ctypes.c_void_p, ctypes.c_int]
        self._kernel32.CloseHandle.argtypes = [ctypes.c_void_p]
        self._request: int | None = None

    def __enter__(self) -> PowerGuard:
        """Ask Windows to stay awake; nothing happens when it cannot."""
        reason = _Reason(version=0, flags=1, text=_REASON)  # POWER_REQUEST_CONTEXT_SIMPLE_STRING
        request = self._kernel32.PowerCreateRequest(ctypes.byref(reason))
        if request not in {None, ctypes.c_void_p(-1).value}:
            self._request = request
            self._kernel32.PowerSetRequest(request, _SYSTEM_REQUIRED)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the request back; closing it clears what was set."""
        request, self._request = self._request, None
        if request is not None:
            self._kernel32.CloseHandle(request)


def system_power_guard() -> PowerGuard:
    """Give what keeps this computer awake."""
    return WindowsPowerGuard() if sys.platform == "win32" else LinuxPowerGuard()
