"""Keeping the computer awake while a job runs; the screen may sleep."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from types import TracebackType
from typing import Protocol

from offline_backup_gui.adapters.windows_library import system_library
from offline_backup_gui.domain.ports import PowerGuard

_REASON = "A backup is being written to drives"
_END_LIMIT_S = 5.0
_SYSTEM_REQUIRED, _EXECUTION_REQUIRED = 1, 3  # POWER_REQUEST_TYPE of winnt.h
_ES_CONTINUOUS, _ES_SYSTEM_REQUIRED = 0x80000000, 0x1


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
        ("version", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("text", ctypes.c_wchar_p),
        ("rest_of_the_union", ctypes.c_void_p * 2),
    )


class Kernel(Protocol):
    """The calls of kernel32 about power; zero means no."""

    def create(self, reason: str) -> int | None:
        """PowerCreateRequest; None when there is no such thing."""

    def set(self, request: int, kind: int) -> int:
        """PowerSetRequest."""

    def clear(self, request: int, kind: int) -> int:
        """PowerClearRequest."""

    def close(self, request: int) -> None:
        """CloseHandle."""

    def thread_state(self, flags: int) -> int:
        """SetThreadExecutionState; gives the flags before, zero when refused."""


class WindowsPowerGuard:
    """Holds a power request; `powercfg /requests` shows it with its reason.

    Two kinds are set: "system required" keeps a computer with sleep states awake, "execution
    required" one with modern standby, where the first ends some minutes after the screen is off.
    Windows takes both back when the process ends, a kill included. Where there are no requests,
    the thread that began the job says so itself, which lasts as long as the thread.
    """

    def __init__(self, kernel: Kernel | None = None) -> None:
        self._kernel = kernel or _NativeKernel()
        self._request: int | None = None
        self._by_thread = False

    def __enter__(self) -> PowerGuard:
        """Ask Windows to stay awake; nothing happens when it cannot."""
        if self._request is not None or self._by_thread:
            return self
        request = self._kernel.create(_REASON)
        if request is not None:
            if self._kernel.set(request, _SYSTEM_REQUIRED):
                # Unknown to older Windows; the first kind is enough there.
                self._kernel.set(request, _EXECUTION_REQUIRED)
                self._request = request
                return self
            self._kernel.close(request)
        self._by_thread = bool(self._kernel.thread_state(_ES_CONTINUOUS | _ES_SYSTEM_REQUIRED))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the request back."""
        request, self._request = self._request, None
        if request is not None:
            for kind_of_request in (_EXECUTION_REQUIRED, _SYSTEM_REQUIRED):
                self._kernel.clear(request, kind_of_request)
            self._kernel.close(request)
        if self._by_thread:
            self._by_thread = False
            self._kernel.thread_state(_ES_CONTINUOUS)


class _NativeKernel:
    """kernel32 of this computer."""

    def __init__(self) -> None:
        library = self._library = system_library("kernel32")
        library.PowerCreateRequest.restype = ctypes.c_void_p
        library.PowerSetRequest.argtypes = [ctypes.c_void_p, ctypes.c_int32]
        library.PowerClearRequest.argtypes = [ctypes.c_void_p, ctypes.c_int32]
        library.CloseHandle.argtypes = [ctypes.c_void_p]
        library.SetThreadExecutionState.argtypes = [ctypes.c_uint32]
        library.SetThreadExecutionState.restype = ctypes.c_uint32

    def create(self, reason: str) -> int | None:
        """Make a request; an invalid handle means that there is none."""
        context = _Reason(version=0, flags=1, text=reason)  # POWER_REQUEST_CONTEXT_SIMPLE_STRING
        request: int | None = self._library.PowerCreateRequest(ctypes.byref(context))
        return None if request in {None, ctypes.c_void_p(-1).value} else request

    def set(self, request: int, kind: int) -> int:
        """Set a kind."""
        return int(self._library.PowerSetRequest(request, kind))

    def clear(self, request: int, kind: int) -> int:
        """Clear a kind."""
        return int(self._library.PowerClearRequest(request, kind))

    def close(self, request: int) -> None:
        """Close the request."""
        self._library.CloseHandle(request)

    def thread_state(self, flags: int) -> int:
        """Say what this thread needs."""
        return int(self._library.SetThreadExecutionState(flags))


def system_power_guard() -> PowerGuard:
    """Give what keeps this computer awake."""
    return WindowsPowerGuard() if sys.platform == "win32" else LinuxPowerGuard()
