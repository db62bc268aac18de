"""The Win32 calls about files, as thin as can be: no decisions, so that a fake can stand in.

Files are known by descriptors of the C library, so that the engine reads and writes them as it
does everywhere. Every refusal is an OSError with `winerror`.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Sequence
from ctypes import wintypes
from typing import Any, Protocol

from offline_backup_gui.adapters.windows_library import (
    SHARE_DELETE,
    SHARE_READ,
    SHARE_WRITE,
    is_handle,
    kernel32,
    last_error,
    system_library,
)

GENERIC_READ, GENERIC_WRITE = 0x80000000, 0x40000000
DELETE, READ_CONTROL, WRITE_DAC, WRITE_OWNER = 0x10000, 0x20000, 0x40000, 0x80000
ACCESS_SYSTEM_SECURITY = 0x1000000
READ_DATA, WRITE_DATA, LIST_DIRECTORY = 0x1, 0x2, 0x1
READ_ATTRIBUTES, WRITE_ATTRIBUTES = 0x80, 0x100
CREATE_NEW, OPEN_EXISTING, OPEN_ALWAYS = 1, 3, 4
BACKUP_SEMANTICS, OPEN_REPARSE_POINT, SEQUENTIAL_SCAN = 0x2000000, 0x200000, 0x8000000

# Classes of GetFileInformationByHandleEx and SetFileInformationByHandle.
BASIC, STANDARD, END_OF_FILE, STREAMS, ATTRIBUTE_TAG, ID_BOTH_DIRECTORY = 0, 1, 6, 7, 9, 10
FILE_ID = 18

SET_COMPRESSION, SET_SPARSE, QUERY_RANGES = 0x9C040, 0x900C4, 0x940CF
GET_REPARSE_POINT, SET_REPARSE_POINT = 0x900A8, 0x900A4

NAMED_STREAMS, PERSISTENT_ACLS = 0x40000, 0x8

ERROR_INVALID_FUNCTION, ERROR_FILE_NOT_FOUND, ERROR_NO_MORE_FILES = 1, 2, 18
ERROR_HANDLE_EOF = 38
ERROR_NOT_SUPPORTED, ERROR_INVALID_PARAMETER, ERROR_MORE_DATA = 50, 87, 234
ERROR_NOT_ALL_ASSIGNED, ERROR_PRIVILEGE_NOT_HELD = 1300, 1314
ERROR_CLOUD_FILE_PROVIDER_NOT_RUNNING = 362
_CLOUD_ERRORS = range(358, 405)  # ERROR_CLOUD_FILE_... of winerror.h
_INSUFFICIENT_BUFFER = 122
_SHARE_ALL = SHARE_READ | SHARE_WRITE | SHARE_DELETE
_ADJUST_PRIVILEGES, _QUERY = 0x20, 0x8
_ENABLED = 0x2
_BY_HANDLE_BYTES = 52
_EXPOSE_PLACEHOLDERS = 2  # PHCM_EXPOSE_PLACEHOLDERS


class Win32Files(Protocol):
    """What the files of Windows need of Windows."""

    def open(self, path: str, access: int, disposition: int, flags: int) -> int:
        """CreateFileW, shared with everybody; gives a descriptor."""

    def query(self, descriptor: int, kind: int, room_bytes: int) -> bytes:
        """GetFileInformationByHandleEx; all of the room, however much of it was filled."""

    def put(self, descriptor: int, kind: int, data: bytes) -> None:
        """SetFileInformationByHandle."""

    def by_handle(self, descriptor: int) -> bytes:
        """GetFileInformationByHandle."""

    def security(self, descriptor: int, parts: int) -> bytes:
        """GetKernelObjectSecurity: a self-relative descriptor."""

    def put_security(self, descriptor: int, parts: int, data: bytes) -> None:
        """SetKernelObjectSecurity, which takes entries as they are and inherits nothing."""

    def control(self, descriptor: int, code: int, question: bytes, room_bytes: int) -> bytes:
        """DeviceIoControl; ERROR_MORE_DATA gives what there was room for."""

    def volume_flags(self, descriptor: int) -> int:
        """Give the flags of GetVolumeInformationByHandleW."""

    def enable(self, privileges: Sequence[str]) -> frozenset[str]:
        """Enable privileges for this process; gives those it has."""


def is_denied(error: OSError) -> bool:
    """Say whether a right is missing: the privilege for the audit list is one on shares, too."""
    if isinstance(error, PermissionError):
        return True
    return getattr(error, "winerror", None) == ERROR_PRIVILEGE_NOT_HELD


def is_of_cloud(error: OSError) -> bool:
    """Say whether a sync engine refuses: it is not running, for this account or at all."""
    return getattr(error, "winerror", None) in _CLOUD_ERRORS


def expose_placeholders(ntdll: Any) -> None:
    """Let this process see files of a cloud for what they are.

    To some programs Windows shows them as plain files, which are downloaded when they are read.
    """
    call = getattr(ntdll, "RtlSetProcessPlaceholderCompatibilityMode", None)
    if call is not None:  # since version 1803
        call.restype, call.argtypes = ctypes.c_byte, (ctypes.c_byte,)
        call(_EXPOSE_PLACEHOLDERS)


class _Privilege(ctypes.Structure):
    _pack_ = 4
    _fields_ = (
        ("count", wintypes.DWORD),
        ("luid", ctypes.c_ulonglong),
        ("attributes", wintypes.DWORD),
    )


def _trouble(code: int) -> OSError:
    if sys.platform == "win32":
        return ctypes.WinError(code)
    return OSError(code, "on Windows only")


class RealWin32Files:
    """The calls of kernel32 and advapi32. Made on Windows only."""

    def __init__(self) -> None:
        kernel, security = kernel32(), system_library("advapi32")
        pointer, number, handle = ctypes.c_void_p, wintypes.DWORD, wintypes.HANDLE
        text, count = wintypes.LPCWSTR, ctypes.POINTER(wintypes.DWORD)
        kernel.GetCurrentProcess.restype = handle
        kernel.GetFileInformationByHandle.argtypes = (pointer, pointer)
        for call in (kernel.GetFileInformationByHandleEx, kernel.SetFileInformationByHandle):
            call.argtypes = (pointer, ctypes.c_int, pointer, number)
        kernel.GetVolumeInformationByHandleW.argtypes = (
            *(pointer, pointer, number, pointer, pointer, count, pointer, number),
        )
        security.GetKernelObjectSecurity.argtypes = (pointer, number, pointer, number, count)
        security.SetKernelObjectSecurity.argtypes = (pointer, number, pointer)
        security.OpenProcessToken.argtypes = (handle, number, ctypes.POINTER(handle))
        security.LookupPrivilegeValueW.argtypes = (text, text, pointer)
        security.AdjustTokenPrivileges.argtypes = (
            *(handle, wintypes.BOOL, pointer, number, pointer, pointer),
        )
        # SEM_FAILCRITICALERRORS, for the whole process: else a card that is not there is asked for
        # in a message box that nobody sees, and the runner waits for an answer.
        kernel.SetErrorMode(1)
        self._kernel, self._security = kernel, security
        expose_placeholders(system_library("ntdll"))

    def open(self, path: str, access: int, disposition: int, flags: int) -> int:
        """Open with CreateFileW."""
        found = self._kernel.CreateFileW(path, access, _SHARE_ALL, None, disposition, flags, None)
        if not is_handle(found):
            raise _trouble(last_error())
        try:
            return _descriptor(found, writing=bool(access & GENERIC_WRITE))
        except BaseException:
            self._kernel.CloseHandle(found)
            raise

    def query(self, descriptor: int, kind: int, room_bytes: int) -> bytes:
        """Ask for one class of information."""
        room = ctypes.create_string_buffer(room_bytes)
        if not self._kernel.GetFileInformationByHandleEx(
            _handle(descriptor), kind, room, room_bytes
        ):
            raise _trouble(last_error())
        return room.raw

    def put(self, descriptor: int, kind: int, data: bytes) -> None:
        """Set one class of information."""
        if not self._kernel.SetFileInformationByHandle(_handle(descriptor), kind, data, len(data)):
            raise _trouble(last_error())

    def by_handle(self, descriptor: int) -> bytes:
        """Ask for sizes, identity and number of names."""
        room = ctypes.create_string_buffer(_BY_HANDLE_BYTES)
        if not self._kernel.GetFileInformationByHandle(_handle(descriptor), room):
            raise _trouble(last_error())
        return room.raw

    def security(self, descriptor: int, parts: int) -> bytes:
        """Ask for the security descriptor, twice when it is large."""
        room_bytes = 1024
        while True:
            room, needed = ctypes.create_string_buffer(room_bytes), wintypes.DWORD()
            if self._security.GetKernelObjectSecurity(
                _handle(descriptor), parts, room, room_bytes, ctypes.byref(needed)
            ):
                return room.raw[: needed.value] if needed.value else room.raw
            code = last_error()
            if code != _INSUFFICIENT_BUFFER or needed.value <= room_bytes:
                raise _trouble(code)
            room_bytes = needed.value

    def put_security(self, descriptor: int, parts: int, data: bytes) -> None:
        """Set parts of the security descriptor."""
        if not self._security.SetKernelObjectSecurity(_handle(descriptor), parts, data):
            raise _trouble(last_error())

    def control(self, descriptor: int, code: int, question: bytes, room_bytes: int) -> bytes:
        """Send one control code."""
        room = ctypes.create_string_buffer(room_bytes) if room_bytes else None
        filled = wintypes.DWORD()
        done = self._kernel.DeviceIoControl(
            _handle(descriptor),
            code,
            question or None,
            len(question),
            room,
            room_bytes,
            ctypes.byref(filled),
            None,
        )
        if not done and (error := last_error()) != ERROR_MORE_DATA:
            raise _trouble(error)
        return room.raw[: filled.value] if room is not None else b""

    def volume_flags(self, descriptor: int) -> int:
        """Ask what the file system can."""
        flags = wintypes.DWORD()
        if not self._kernel.GetVolumeInformationByHandleW(
            _handle(descriptor), None, 0, None, None, ctypes.byref(flags), None, 0
        ):
            raise _trouble(last_error())
        return flags.value

    def enable(self, privileges: Sequence[str]) -> frozenset[str]:
        """Enable privileges one by one: one that is missing must not cost the others."""
        token = wintypes.HANDLE()
        if not self._security.OpenProcessToken(
            self._kernel.GetCurrentProcess(), _ADJUST_PRIVILEGES | _QUERY, ctypes.byref(token)
        ):
            return frozenset()
        try:
            return frozenset(name for name in privileges if self._enable_one(token, name))
        finally:
            self._kernel.CloseHandle(token)

    def _enable_one(self, token: wintypes.HANDLE, name: str) -> bool:
        luid = ctypes.c_ulonglong()
        if not self._security.LookupPrivilegeValueW(None, name, ctypes.byref(luid)):
            return False
        wish = _Privilege(1, luid.value, _ENABLED)
        done = self._security.AdjustTokenPrivileges(token, False, ctypes.byref(wish), 0, None, None)
        # The call succeeds even when it could not do all that was asked.
        return bool(done) and last_error() != ERROR_NOT_ALL_ASSIGNED


def _descriptor(handle: int, *, writing: bool) -> int:
    if sys.platform != "win32":
        raise RuntimeError("there on Windows only")
    import msvcrt

    flags = os.O_BINARY | os.O_NOINHERIT | (os.O_RDWR if writing else os.O_RDONLY)
    return msvcrt.open_osfhandle(handle, flags)


def _handle(descriptor: int) -> int:
    if sys.platform != "win32":
        raise RuntimeError("there on Windows only")
    import msvcrt

    return msvcrt.get_osfhandle(descriptor)
