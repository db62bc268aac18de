"""Closed files: an access list of their own on Windows, where modes say nothing, else a mode."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Protocol

from offline_backup_gui.domain.folder_rights import (
    RightsFault,
    closed_file,
    judge,
    judge_mode,
)
from offline_backup_gui.domain.private_door import PrivateFiles
from offline_backup_gui.domain.sddl import parse_sddl

# What makes a file readable or changeable for others; who owns it may always change that.
_OPEN = frozenset(RightsFault) - {RightsFault.LINK, RightsFault.INHERITS}


class PosixPrivate:
    """Mode 0600; a file system that keeps no modes is found out by reading back."""

    def create(self, path: Path) -> int:
        """Make a file for its owner alone."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def is_closed(self, path: Path) -> bool:
        """Judge owner and mode."""
        info = path.stat()
        return not judge_mode(info.st_mode, info.st_uid, os.geteuid())


class FileSystem(Protocol):
    """The calls of Windows, with descriptors as text. OSError when Windows refuses."""

    def make_file(self, path: str, sddl: str) -> int:
        """Make a new file with a descriptor and give its descriptor for writing."""

    def read(self, path: str) -> str:
        """Give owner, group and access list of a file or folder."""

    def me(self) -> str:
        """Give the account of this process."""


class WindowsPrivate:
    """A protected access list: the system, administrators, and whoever asked for the file."""

    def __init__(self, system: FileSystem) -> None:
        self._system = system

    def create(self, path: Path) -> int:
        """Make a file with its rights in one step: nobody can have opened it before."""
        return self._system.make_file(str(path), closed_file(self._system.me()))

    def is_closed(self, path: Path) -> bool:
        """Judge the rights it got in the end; FAT lets everybody in."""
        try:
            descriptor = parse_sddl(self._system.read(str(path)))
        except (OSError, ValueError):
            return False  # what cannot be read back is not promised
        faults = judge(descriptor, {self._system.me()})
        return not any(fault.fault in _OPEN for fault in faults)


def system_private_files() -> PrivateFiles:
    """Give what this system makes closed files with."""
    if sys.platform == "win32":
        from offline_backup_gui.adapters.state.windows_system import NativeSystem

        return WindowsPrivate(NativeSystem())
    return PosixPrivate()
