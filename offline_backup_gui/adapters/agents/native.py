"""The calls of Windows that a look needs: services, registry, versions of files; it only reads."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from offline_backup_gui.adapters.windows_library import (
    RegistryValue,
    last_error,
    machine_value,
    system_library,
)

_CONNECT = 0x1  # SC_MANAGER_CONNECT
_QUERY_STATUS = 0x4  # SERVICE_QUERY_STATUS
_NO_SUCH_SERVICE = 1060  # ERROR_SERVICE_DOES_NOT_EXIST
_VERSION_MOST_BYTES = 1 << 20


class Server(Protocol):
    """What a look needs of a Windows; nothing raises, what cannot be read is not there."""

    def service(self, name: str) -> int | None:
        """Give the state of a service as Windows numbers it, 0 if it is unknown, None if absent."""

    def value(self, key: str, name: str) -> RegistryValue:
        """Give a value below HKEY_LOCAL_MACHINE, or None."""

    def keys(self, key: str) -> Sequence[str]:
        """Name the keys below a key."""

    def names(self, key: str) -> Sequence[str]:
        """Name the values of a key."""

    def file_version(self, path: str) -> bytes:
        """Give the fixed part of a file's version, or nothing."""

    def last_line(self, folder: str, pattern: str) -> str:
        """Give the last line of the newest file of a pattern, or an empty text."""


class NativeServer:
    """This computer. Made on Windows alone."""

    def __init__(self) -> None:
        self._services = system_library("advapi32")
        self._services.OpenSCManagerW.restype = ctypes.c_void_p
        self._services.OpenServiceW.restype = ctypes.c_void_p
        self._services.OpenServiceW.argtypes = [ctypes.c_void_p, ctypes.c_wchar_p, ctypes.c_uint32]
        self._services.QueryServiceStatus.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        self._services.CloseServiceHandle.argtypes = [ctypes.c_void_p]

    def service(self, name: str) -> int | None:
        """Ask the service manager; a right to connect is enough."""
        manager = self._services.OpenSCManagerW(None, None, _CONNECT)
        if not manager:
            return 0 if self.value(rf"SYSTEM\CurrentControlSet\Services\{name}", "Type") else None
        try:
            service = self._services.OpenServiceW(manager, name, _QUERY_STATUS)
            if not service:
                return None if last_error() == _NO_SUCH_SERVICE else 0
            try:
                status = (ctypes.c_uint32 * 7)()  # SERVICE_STATUS; the second is the state
                done = self._services.QueryServiceStatus(service, status)
                return int(status[1]) if done else 0
            finally:
                self._services.CloseServiceHandle(service)
        finally:
            self._services.CloseServiceHandle(manager)

    def value(self, key: str, name: str) -> RegistryValue:
        """Read one value."""
        return machine_value(key, name)

    def keys(self, key: str) -> Sequence[str]:
        """List the keys below."""
        if sys.platform != "win32":
            return ()
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
                count = winreg.QueryInfoKey(opened)[0]
                return [winreg.EnumKey(opened, number) for number in range(count)]
        except OSError:
            return ()

    def names(self, key: str) -> Sequence[str]:
        """List the values."""
        if sys.platform != "win32":
            return ()
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
                count = winreg.QueryInfoKey(opened)[1]
                return [winreg.EnumValue(opened, number)[0] for number in range(count)]
        except OSError:
            return ()

    def file_version(self, path: str) -> bytes:
        """Read the fixed version of a program file, without running it."""
        library = system_library("version")
        size = library.GetFileVersionInfoSizeW(path, None)
        if not 0 < size <= _VERSION_MOST_BYTES:
            return b""
        room = ctypes.create_string_buffer(size)
        at, length = ctypes.c_void_p(), ctypes.c_uint32()
        if not library.GetFileVersionInfoW(path, 0, size, room) or not library.VerQueryValueW(
            room, "\\", ctypes.byref(at), ctypes.byref(length)
        ):
            return b""
        return ctypes.string_at(at, length.value) if at.value else b""

    def last_line(self, folder: str, pattern: str) -> str:
        """Read the end of the newest log."""
        return last_line(folder, pattern)


def last_line(folder: str, pattern: str) -> str:
    """Give the last line with something in it of the newest file of a pattern; logs are UTF-8."""
    try:
        newest = max(Path(folder).glob(pattern), key=lambda path: path.stat().st_mtime)
        with newest.open("rb") as file:
            file.seek(max(0, newest.stat().st_size - (1 << 16)))
            text = file.read(1 << 16)
    except (OSError, ValueError):
        return ""
    lines = text.replace(b"\0", b"").decode("utf-8", "replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")[:2000]
