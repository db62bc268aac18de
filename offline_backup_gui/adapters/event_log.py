"""The machine's own log: the Application log of Windows, syslog on Linux.

A log that does not take an entry never disturbs a job.
"""

from __future__ import annotations

import contextlib
import ctypes
import re
import sys
from collections.abc import Callable, Mapping
from typing import Protocol

from offline_backup_gui.adapters.windows_library import last_error, system_library
from offline_backup_gui.domain.errors import Parameter
from offline_backup_gui.domain.machine_log import LogLevel, LogNumber
from offline_backup_gui.domain.ports import MachineLog

SOURCE = "Offline Backup"
KEY = rf"SYSTEM\CurrentControlSet\Services\EventLog\Application\{SOURCE}"
# This program is part of every Windows, and its messages 1 to 1000 are the bare text of the entry:
# no message file of our own has to be there when somebody reads the log, even after an uninstall.
MESSAGE_FILE = r"%SystemRoot%\System32\EventCreate.exe"
_ALL_TYPES = 7  # EVENTLOG_ERROR_TYPE | _WARNING_TYPE | _INFORMATION_TYPE
_LONGEST = 8000  # characters; ReportEvent takes 31,839
# The Event Viewer takes %1 inside a text for a place where another text goes (see ReportEvent).
_PLACEHOLDER = re.compile(r"%(?=\d)")

Say = Callable[[LogNumber, Mapping[str, Parameter]], str]


class NoLog:
    """Where nothing should be written: practice, tests, another state folder."""

    def note(self, number: LogNumber, **parameters: Parameter) -> None:
        """Do nothing."""
        del number, parameters


class SystemLog:
    """Words an entry and hands it to the system's log."""

    def __init__(self, say: Say, write: Callable[[LogNumber, LogLevel, str], None]) -> None:
        self._say, self._write = say, write

    def note(self, number: LogNumber, **parameters: Parameter) -> None:
        """Add one entry, a single line; trouble with the log is nobody's trouble."""
        text = " ".join(self._say(number, parameters).split())[:_LONGEST]
        with contextlib.suppress(OSError):
            self._write(number, number.level, text)


class EventReporter(Protocol):
    """The two things Windows is asked for. OSError when it refuses."""

    def register(self) -> None:
        """Make the source known, where it is not yet."""

    def report(self, number: int, kind: int, text: str) -> None:
        """Add an entry of the source."""


class WindowsLog:
    """Writes to the Application log; the source is registered before the first entry."""

    def __init__(self, reporter: EventReporter) -> None:
        self._reporter, self._registered = reporter, False

    def __call__(self, number: LogNumber, level: LogLevel, text: str) -> None:
        """Add an entry."""
        if not self._registered:
            self._registered = True
            # Without it the entry is there all the same, only with a remark in front of its text.
            with contextlib.suppress(OSError):
                self._reporter.register()
        self._reporter.report(int(number), int(level), _PLACEHOLDER.sub("% ", text))


class NativeReporter:
    """ReportEvent and the registry of this computer."""

    def register(self) -> None:
        """Write the source's key, unless it is as it should be."""
        if sys.platform != "win32":
            raise OSError("there is no registry")
        import winreg

        with contextlib.suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, KEY) as key:
            if winreg.QueryValueEx(key, "EventMessageFile")[0] == MESSAGE_FILE:
                return
        with winreg.CreateKey(winreg.HKEY_LOCAL_MACHINE, KEY) as key:
            winreg.SetValueEx(key, "EventMessageFile", 0, winreg.REG_EXPAND_SZ, MESSAGE_FILE)
            winreg.SetValueEx(key, "TypesSupported", 0, winreg.REG_DWORD, _ALL_TYPES)
            winreg.SetValueEx(key, "CustomSource", 0, winreg.REG_DWORD, 1)

    def report(self, number: int, kind: int, text: str) -> None:
        """Add an entry with one text."""
        advapi32 = system_library("advapi32")
        advapi32.RegisterEventSourceW.restype = ctypes.c_void_p
        advapi32.ReportEventW.argtypes = [
            ctypes.c_void_p,
            ctypes.c_uint16,
            ctypes.c_uint16,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint16,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        advapi32.DeregisterEventSource.argtypes = [ctypes.c_void_p]
        source = advapi32.RegisterEventSourceW(None, SOURCE)
        if not source:
            raise OSError(f"Windows error {last_error()}")
        try:
            texts = (ctypes.c_wchar_p * 1)(text)
            if not advapi32.ReportEventW(source, kind, 0, number, None, 1, 0, texts, None):
                raise OSError(f"Windows error {last_error()}")
        finally:
            advapi32.DeregisterEventSource(source)


def _to_syslog(number: LogNumber, level: LogLevel, text: str) -> None:
    import syslog

    priority = {
        LogLevel.ERROR: syslog.LOG_ERR,
        LogLevel.WARNING: syslog.LOG_WARNING,
        LogLevel.INFORMATION: syslog.LOG_INFO,
    }[level]
    syslog.openlog("offline-backup", syslog.LOG_PID, syslog.LOG_DAEMON)
    syslog.syslog(priority, f"{int(number)} {text}")


def system_log(say: Say) -> MachineLog:
    """Give the log of this machine."""
    write = WindowsLog(NativeReporter()) if sys.platform == "win32" else _to_syslog
    return SystemLog(say, write)
