"""Which volume holds a folder, and whether the volume can be frozen."""

from __future__ import annotations

import ctypes
import ntpath
import os
from collections.abc import Callable

from offline_backup_gui.adapters.shadow.answer import Located
from offline_backup_gui.adapters.windows_library import system_library
from offline_backup_gui.domain.shadow import ShadowGap, SourceGap

VolumeOf = Callable[[str], Located | SourceGap]
_REMOTE = 4  # DRIVE_REMOTE of GetDriveTypeW
_FROZEN_SYSTEMS = frozenset({"NTFS", "ReFS"})  # what the provider of Windows supports
_LONGEST = 32_768


def located(source: str, path: str, root: str, volume: str) -> Located | SourceGap:
    """Place a source, whose real path is `path`, below the root of its volume; pure."""
    plain, top = _plain(path), _plain(root)
    if not volume or not plain.lower().startswith(top.lower().rstrip("\\")):
        return SourceGap(source, ShadowGap.NOT_SUPPORTED)
    below = plain[len(top.rstrip("\\")) :].strip("\\")
    return Located(source, volume, below)


def _plain(path: str) -> str:
    r"""Take a \\?\ in front of a letter away; both ways mean the same place."""
    plain = ntpath.normpath(path)
    return plain[4:] if plain.startswith("\\\\?\\") and plain[5:6] == ":" else plain


def windows_volume_of(source: str) -> Located | SourceGap:  # pragma: no cover - Windows only
    """Ask Windows. Links on the way are followed: the volume at the end counts."""
    kernel32 = system_library("kernel32")
    path = os.path.realpath(source)
    room = ctypes.create_unicode_buffer(_LONGEST)
    if not kernel32.GetVolumePathNameW(path, room, _LONGEST):
        return SourceGap(source, ShadowGap.UNKNOWN)
    root = room.value
    if kernel32.GetDriveTypeW(root) == _REMOTE:
        return SourceGap(source, ShadowGap.NETWORK)
    system = ctypes.create_unicode_buffer(64)
    known = kernel32.GetVolumeInformationW(root, None, 0, None, None, None, system, 64)
    if known and system.value not in _FROZEN_SYSTEMS:
        return SourceGap(source, ShadowGap.FILE_SYSTEM)
    volume = ctypes.create_unicode_buffer(64)
    if not kernel32.GetVolumeNameForVolumeMountPointW(root, volume, 64):
        return SourceGap(source, ShadowGap.NOT_SUPPORTED)
    return located(source, path, root, volume.value)
