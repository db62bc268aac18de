"""The Win32 calls about drives, as thin as can be: no decisions, so that a fake can stand in."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from ctypes import wintypes
from typing import Protocol

from msgspec import Struct

from offline_backup_gui.adapters.drives import windows_registry
from offline_backup_gui.adapters.drives.windows_registry import Needed
from offline_backup_gui.adapters.windows_library import (
    OPEN_EXISTING,
    SHARE_READ,
    SHARE_WRITE,
    is_handle,
    kernel32,
    last_error,
    system_folder,
)

GENERIC_READ = 0x80000000
GENERIC_WRITE = 0x40000000
ERROR_INVALID_HANDLE = 6
_SHARE_READ_WRITE = SHARE_READ | SHARE_WRITE
_FROM_BEGIN = 0
_INSUFFICIENT_BUFFER = 122
_TEXT = 1024
_LONG_TEXT = 32 * 1024


class Answer(Struct, frozen=True):
    """What a call gave: bytes, and the code of GetLastError, 0 when it went well."""

    data: bytes = b""
    code: int = 0


class VolumeText(Struct, frozen=True):
    """GetVolumeInformationW: label, serial number, file system and flags; or the code."""

    label: str = ""
    serial: int = 0
    file_system: str = ""
    flags: int = 0
    code: int = 0


class Volume(Protocol):
    """An open volume or disk."""

    def control(self, code: int, question: bytes = b"", answer_bytes: int = 0) -> Answer:
        """Send one ioctl."""

    def read(self, offset_bytes: int, size_bytes: int) -> Answer:
        """Read whole sectors at an offset that is a whole number of sectors."""

    def flush(self) -> Answer:
        """Write what Windows still holds in memory."""

    def close(self) -> None:
        """Close the handle; a lock on the volume ends with it."""


class Win32(Protocol):
    """What the listing and the releasing of drives need of Windows."""

    def letters(self) -> str:
        """Give the drive letters in use, like "CDE"."""

    def volumes(self) -> Mapping[str, tuple[str, ...]]:
        r"""Give the mounts of every local volume by name, \\?\Volume{GUID}\; both end in \ ."""

    def volume_at(self, mount: str) -> str:
        """Give the name of the volume mounted exactly there, or an empty string."""

    def drive_type(self, root: str) -> int:
        """Give GetDriveTypeW of a root: 2 removable, 3 fixed, 4 remote, 5 disc, 6 memory."""

    def volume_text(self, root: str) -> VolumeText:
        """Give label, serial number and file system."""

    def space(self, root: str) -> tuple[int, int] | None:
        """Give size and free bytes of the file system, None when it does not tell."""

    def dos_device(self, name: str) -> str:
        """Give the device name behind "C:" or "Volume{GUID}", or an empty string."""

    def dos_devices(self) -> tuple[str, ...]:
        """Name everything that can be opened by a name, like "C:" and "PhysicalDrive0"."""

    def open(self, path: str, access: int = 0) -> Volume | Answer:
        r"""Open \\.\X: or \\.\PhysicalDriveN; an Answer with the code when refused."""

    def windows_letter(self) -> str:
        """Give the letter Windows runs from."""

    def needed_by_windows(self) -> Needed:
        """Give what Windows starts from and pages to."""

    def policies(self) -> frozenset[str]:
        """Name the policies of this computer that keep drives from being written to."""


class RealVolume:
    """A handle from CreateFileW."""

    def __init__(self, kernel32: ctypes.CDLL, handle: int) -> None:
        self._kernel32 = kernel32
        self._handle: int | None = handle

    def control(self, code: int, question: bytes = b"", answer_bytes: int = 0) -> Answer:
        """Send one ioctl; the answer is cut to the bytes Windows says it filled."""
        if self._handle is None:
            return Answer(code=ERROR_INVALID_HANDLE)
        room = ctypes.create_string_buffer(answer_bytes) if answer_bytes else None
        filled = wintypes.DWORD()
        done = self._kernel32.DeviceIoControl(
            self._handle,
            code,
            question or None,
            len(question),
            room,
            answer_bytes,
            ctypes.byref(filled),
            None,
        )
        if not done:
            return Answer(code=last_error())
        return Answer(room.raw[: filled.value] if room is not None else b"")

    def read(self, offset_bytes: int, size_bytes: int) -> Answer:
        """Read whole sectors. One thread at a time: the handle has one position."""
        if self._handle is None:
            return Answer(code=ERROR_INVALID_HANDLE)
        if not self._kernel32.SetFilePointerEx(self._handle, offset_bytes, None, _FROM_BEGIN):
            return Answer(code=last_error())
        room, filled = ctypes.create_string_buffer(size_bytes), wintypes.DWORD()
        done = self._kernel32.ReadFile(self._handle, room, size_bytes, ctypes.byref(filled), None)
        return Answer(room.raw[: filled.value]) if done else Answer(code=last_error())

    def flush(self) -> Answer:
        """Write what Windows still holds in memory."""
        if self._handle is None:
            return Answer(code=ERROR_INVALID_HANDLE)
        return Answer(code=0 if self._kernel32.FlushFileBuffers(self._handle) else last_error())

    def close(self) -> None:
        """Close the handle; safe to call twice."""
        if self._handle is not None:
            self._kernel32.CloseHandle(self._handle)
            self._handle = None


class RealWin32:
    """The calls of kernel32. Made on Windows only."""

    def __init__(self) -> None:
        kernel = kernel32()
        handle, text, number = wintypes.HANDLE, wintypes.LPCWSTR, wintypes.DWORD
        kernel.SetFilePointerEx.argtypes = [
            handle,
            ctypes.c_longlong,
            ctypes.c_void_p,
            number,
        ]
        kernel.FindFirstVolumeW.restype = handle
        kernel.FindFirstVolumeW.argtypes = [text, number]
        kernel.FindNextVolumeW.argtypes = [handle, text, number]
        kernel.FindVolumeClose.argtypes = [handle]
        kernel.FlushFileBuffers.argtypes = [handle]
        # SEM_FAILCRITICALERRORS, for the whole process: without it, Windows asks for a card in a
        # message box whenever a reader without one is listed.
        kernel.SetErrorMode(1)
        self._kernel32: ctypes.CDLL = kernel

    def letters(self) -> str:
        """Give the drive letters in use."""
        mask = self._kernel32.GetLogicalDrives()
        return "".join(chr(ord("A") + bit) for bit in range(26) if mask >> bit & 1)

    def volumes(self) -> Mapping[str, tuple[str, ...]]:
        """Give FindFirstVolumeW and GetVolumePathNamesForVolumeNameW."""
        name = ctypes.create_unicode_buffer(_TEXT)
        search = self._kernel32.FindFirstVolumeW(name, _TEXT)
        if not is_handle(search):
            return {}
        found: dict[str, tuple[str, ...]] = {}
        try:
            while True:
                found[name.value] = self._mounts(name.value)
                if not self._kernel32.FindNextVolumeW(search, name, _TEXT):
                    return found
        finally:
            self._kernel32.FindVolumeClose(search)

    def _mounts(self, volume: str) -> tuple[str, ...]:
        room, needed = ctypes.create_unicode_buffer(_LONG_TEXT), wintypes.DWORD()
        done = self._kernel32.GetVolumePathNamesForVolumeNameW(
            volume, room, _LONG_TEXT, ctypes.byref(needed)
        )
        if not done:
            return ()
        return tuple(mount for mount in "".join(room[: needed.value]).split("\0") if mount)

    def volume_at(self, mount: str) -> str:
        """Give GetVolumeNameForVolumeMountPointW."""
        name = ctypes.create_unicode_buffer(_TEXT)
        root = mount if mount.endswith("\\") else mount + "\\"
        done = self._kernel32.GetVolumeNameForVolumeMountPointW(root, name, _TEXT)
        return name.value if done else ""

    def drive_type(self, root: str) -> int:
        """Give GetDriveTypeW."""
        return int(self._kernel32.GetDriveTypeW(root))

    def volume_text(self, root: str) -> VolumeText:
        """Give GetVolumeInformationW."""
        label = ctypes.create_unicode_buffer(_TEXT)
        file_system = ctypes.create_unicode_buffer(_TEXT)
        serial, longest, flags = wintypes.DWORD(), wintypes.DWORD(), wintypes.DWORD()
        done = self._kernel32.GetVolumeInformationW(
            root,
            label,
            _TEXT,
            ctypes.byref(serial),
            ctypes.byref(longest),
            ctypes.byref(flags),
            file_system,
            _TEXT,
        )
        if not done:
            return VolumeText(code=last_error())
        return VolumeText(label.value, serial.value, file_system.value, flags.value)

    def space(self, root: str) -> tuple[int, int] | None:
        """Give GetDiskFreeSpaceExW: size, and what is free for this account."""
        free, total = ctypes.c_ulonglong(), ctypes.c_ulonglong()
        done = self._kernel32.GetDiskFreeSpaceExW(
            root, ctypes.byref(free), ctypes.byref(total), None
        )
        return (total.value, free.value) if done else None

    def dos_device(self, name: str) -> str:
        """Give QueryDosDeviceW."""
        device = ctypes.create_unicode_buffer(_TEXT)
        return device.value if self._kernel32.QueryDosDeviceW(name, device, _TEXT) else ""

    def dos_devices(self) -> tuple[str, ...]:
        """Give QueryDosDeviceW without a name; nothing when there is no end to them."""
        for size in (_LONG_TEXT, _LONG_TEXT * 8, _LONG_TEXT * 64):
            room = ctypes.create_unicode_buffer(size)
            filled = self._kernel32.QueryDosDeviceW(None, room, size)
            if filled:
                return tuple(name for name in "".join(room[:filled]).split("\0") if name)
            if last_error() != _INSUFFICIENT_BUFFER:
                break
        return ()

    def open(self, path: str, access: int = 0) -> Volume | Answer:
        """Open a volume or disk; access 0 is enough to ask, and needs no rights."""
        handle = self._kernel32.CreateFileW(
            path, access, _SHARE_READ_WRITE, None, OPEN_EXISTING, 0, None
        )
        if not is_handle(handle):
            return Answer(code=last_error())
        return RealVolume(self._kernel32, handle)

    def windows_letter(self) -> str:
        """Give the letter of Windows' own folder; a variable could say something else."""
        return str(system_folder())[:1].upper()

    def needed_by_windows(self) -> Needed:
        """Read it from the registry."""
        return windows_registry.needed()

    def policies(self) -> frozenset[str]:
        """Read them from the registry."""
        return windows_registry.policies()
