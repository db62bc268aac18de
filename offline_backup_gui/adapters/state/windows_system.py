"""The calls of Windows about folders and their rights; everything is text on our side."""

from __future__ import annotations

import ctypes
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from offline_backup_gui.adapters.windows_library import (
    is_handle,
    kernel32,
    last_error,
    system_library,
)

_PROGRAM_DATA = uuid.UUID("62ab5d82-fdc1-4dc3-a9dd-070d1d495d97")  # FOLDERID_ProgramData
_OWNER, _GROUP, _DACL, _PROTECTED = 0x1, 0x2, 0x4, 0x80000000
_REVISION = 1
_INSUFFICIENT_BUFFER, _INVALID_OWNER, _PRIVILEGE = 122, 1307, 1314
_GENERIC_WRITE, _CREATE_NEW, _NORMAL = 0x40000000, 1, 0x80
_QUERY = 0x8  # TOKEN_QUERY
_USER = 1  # TokenUser
_LEADS_ELSEWHERE = 0x20000000  # IsReparseTagNameSurrogate of winnt.h


class _Attributes(ctypes.Structure):
    """SECURITY_ATTRIBUTES of minwinbase.h."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("descriptor", ctypes.c_void_p),
        ("inherit", ctypes.c_int32),
    )


def program_data() -> Path:
    """Give the machine's program-data folder as Windows knows it; no variable is asked."""
    shell, ole = system_library("shell32"), system_library("ole32")
    wanted = (ctypes.c_ubyte * 16).from_buffer_copy(_PROGRAM_DATA.bytes_le)
    found = ctypes.c_wchar_p()
    result = shell.SHGetKnownFolderPath(ctypes.byref(wanted), 0, None, ctypes.byref(found))
    try:
        if result or not found.value:
            raise OSError(f"no program-data folder: 0x{result & 0xFFFFFFFF:08X}")
        return Path(found.value)
    finally:
        ole.CoTaskMemFree(found)


class NativeSystem:
    """Implements `rights.WindowsSystem` on this computer."""

    def __init__(self) -> None:
        self._kernel32 = system_library("kernel32")
        self._advapi32 = system_library("advapi32")
        self._shell32 = system_library("shell32")
        self._kernel32.LocalFree.argtypes = [ctypes.c_void_p]
        self._kernel32.GetCurrentProcess.restype = ctypes.c_void_p
        self._kernel32.CloseHandle.argtypes = [ctypes.c_void_p]
        self._advapi32.OpenProcessToken.argtypes = [
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
        ]
        self._advapi32.GetTokenInformation.argtypes = [
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
        ]

    def make(self, path: str, sddl: str) -> None:
        """Make a folder with a descriptor."""
        with self._descriptor(sddl) as descriptor:
            attributes = _Attributes(ctypes.sizeof(_Attributes), descriptor, 0)
            if not self._kernel32.CreateDirectoryW(path, ctypes.byref(attributes)):
                raise _refused(path)

    def make_file(self, path: str, sddl: str) -> int:
        """Make a new file with a descriptor and give its descriptor for writing."""
        if sys.platform != "win32":
            raise RuntimeError("there on Windows only")
        import msvcrt

        with self._descriptor(sddl) as descriptor:
            attributes = _Attributes(ctypes.sizeof(_Attributes), descriptor, 0)
            handle = kernel32().CreateFileW(
                path, _GENERIC_WRITE, 0, ctypes.byref(attributes), _CREATE_NEW, _NORMAL, None
            )
        if not is_handle(handle):
            raise _refused(path)
        return msvcrt.open_osfhandle(handle, os.O_WRONLY | os.O_BINARY | os.O_NOINHERIT)

    def read(self, path: str) -> str:
        """Give owner, group and access list as text."""
        asked, needed = _OWNER | _GROUP | _DACL, ctypes.c_uint32()
        read = self._advapi32.GetFileSecurityW
        read(path, asked, None, 0, ctypes.byref(needed))
        if last_error() != _INSUFFICIENT_BUFFER:
            raise _refused(path)
        room = ctypes.create_string_buffer(needed.value)
        if not read(path, asked, room, needed, ctypes.byref(needed)):
            raise _refused(path)
        text = ctypes.c_wchar_p()
        to_text = self._advapi32.ConvertSecurityDescriptorToStringSecurityDescriptorW
        if not to_text(room, _REVISION, asked, ctypes.byref(text), None):
            raise _refused(path)
        try:
            return text.value or ""
        finally:
            self._kernel32.LocalFree(ctypes.cast(text, ctypes.c_void_p))

    def write(self, path: str, sddl: str) -> None:
        """Set the access list, and the owner when it is given and may be set."""
        with self._descriptor(sddl) as descriptor:
            write = self._advapi32.SetFileSecurityW
            if sddl.startswith("O:") and write(path, _OWNER, descriptor) == 0:
                error = last_error()
                if error not in (_INVALID_OWNER, _PRIVILEGE, 5):
                    raise _refused(path)
            if not write(path, _DACL | _PROTECTED, descriptor):
                raise _refused(path)

    def is_link(self, path: str) -> bool:
        """Say whether any part of a path leads elsewhere: a link, a junction, a mounted folder."""
        whole = Path(os.path.abspath(path))
        return any(
            getattr(part.lstat(), "st_reparse_tag", 0) & _LEADS_ELSEWHERE
            for part in (whole, *whole.parents[:-1])
        )

    def me(self) -> str:
        """Give the account of this process as a SID."""
        token = ctypes.c_void_p()
        process = self._kernel32.GetCurrentProcess()
        if not self._advapi32.OpenProcessToken(process, _QUERY, ctypes.byref(token)):
            raise _refused("token")
        try:
            room, used = ctypes.create_string_buffer(256), ctypes.c_uint32()
            if not self._advapi32.GetTokenInformation(
                token, _USER, room, len(room), ctypes.byref(used)
            ):
                raise _refused("token")
            text = ctypes.c_wchar_p()
            sid = ctypes.c_void_p.from_buffer(room).value  # TOKEN_USER begins with its address
            if not self._advapi32.ConvertSidToStringSidW(ctypes.c_void_p(sid), ctypes.byref(text)):
                raise _refused("token")
            try:
                return text.value or ""
            finally:
                self._kernel32.LocalFree(ctypes.cast(text, ctypes.c_void_p))
        finally:
            self._kernel32.CloseHandle(token)

    def elevated(self) -> bool:
        """Say whether this process is an administrator's, with all rights."""
        return bool(self._shell32.IsUserAnAdmin())

    @contextmanager
    def _descriptor(self, sddl: str) -> Iterator[ctypes.c_void_p]:
        made = ctypes.c_void_p()
        from_text = self._advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW
        if not from_text(sddl, _REVISION, ctypes.byref(made), None):
            raise _refused(sddl)
        try:
            yield made
        finally:
            self._kernel32.LocalFree(made)


def _refused(path: str) -> OSError:
    error = last_error()
    # With a number of Windows in the fourth place, Python chooses the right kind of OSError.
    return OSError(0, f"Windows error {error}", path, error)
