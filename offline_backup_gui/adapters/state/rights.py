"""Folders that only administrators may enter: made so, checked at every start, mended when safe."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.folder_rights import (
    MENDABLE,
    Fault,
    RightsFault,
    closed_folder,
    is_trusted,
    judge,
    judge_mode,
)
from offline_backup_gui.domain.sddl import parse_sddl

_LOOKED_AT = 100_000  # entries; a state folder has some dozens


class FolderRights(Protocol):
    """What a system knows of a folder's rights. OSError when it refuses."""

    def make(self, path: Path) -> None:
        """Make a folder, closed from its first moment; FileExistsError when it is there."""

    def faults(self, path: Path) -> list[Fault]:
        """Judge a folder that is there."""

    def is_ours(self, path: Path) -> bool:
        """Say whether an entry is no link and belongs to somebody trusted."""

    def close(self, path: Path) -> None:
        """Let nobody else in any more."""

    def close_inside(self, path: Path) -> None:
        """Let nobody else open what lies inside, where the folder's own rights do not see to it."""


def secure_folder(path: Path, rights: FolderRights | None = None) -> Path:
    """Give a folder that nobody but administrators (on Linux: its owner) may enter.

    It is made so. One that is there is judged: what others could only read is closed; where others
    could add something, it is closed when nothing of theirs is inside. Everything else is refused:
    STATE_NOT_SAFE names the fault. STATE_NOT_USABLE when the system refuses.
    """
    rights = rights or _system_rights()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            rights.make(path)
        except FileExistsError:
            _check(path, rights)
    except OSError as error:
        raise BackupError(
            ErrorCode.STATE_NOT_USABLE, path=str(path), why=error.strerror or str(error)
        ) from error
    return path


def _check(path: Path, rights: FolderRights) -> None:
    faults = rights.faults(path)
    if not faults:
        return
    worst = faults[0]
    if worst.fault is RightsFault.ADDABLE:
        foreign = next((entry for entry in _inside(path) if not rights.is_ours(entry)), None)
        if foreign is not None:
            raise _not_safe(path, worst)
    elif worst.fault not in MENDABLE:
        raise _not_safe(path, worst)
    if worst.fault is not RightsFault.INHERITS:
        # First, so that a start cut short here does it again: the folder still shows its fault.
        rights.close_inside(path)
    rights.close(path)
    left = [fault for fault in rights.faults(path) if fault.fault is not RightsFault.INHERITS]
    if left:
        raise _not_safe(path, left[0])


def _not_safe(path: Path, fault: Fault) -> BackupError:
    return BackupError(
        ErrorCode.STATE_NOT_SAFE, path=str(path), fault=fault.fault.value, who=fault.who or "?"
    )


def _inside(path: Path) -> Iterator[Path]:
    """Yield everything below a folder, links as what they are; a flood of entries is an OSError."""
    waiting, seen = [path], 0
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                seen += 1
                if seen > _LOOKED_AT:
                    raise OSError(f"more than {_LOOKED_AT} entries")
                yield Path(entry.path)
                if entry.is_dir(follow_symlinks=False) and not _is_junction(entry):
                    waiting.append(Path(entry.path))


def _is_junction(entry: os.DirEntry[str]) -> bool:
    info = entry.stat(follow_symlinks=False)
    return bool(getattr(info, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_REPARSE_POINT)


class PosixRights:
    """Owner and mode bits."""

    def make(self, path: Path) -> None:
        """Make a folder for its owner alone."""
        path.mkdir(mode=0o700)

    def faults(self, path: Path) -> list[Fault]:
        """Judge owner and mode; a link of somebody else is a fault of its own."""
        if path.is_symlink() and not self._owned(path.lstat().st_uid):
            return [Fault(RightsFault.LINK)]
        info = path.stat()
        if not stat.S_ISDIR(info.st_mode):
            raise NotADirectoryError(20, os.strerror(20), str(path))
        return judge_mode(info.st_mode, info.st_uid, os.geteuid())

    def _owned(self, uid: int) -> bool:
        return uid in (os.geteuid(), 0)

    def is_ours(self, path: Path) -> bool:
        """Say whether an entry belongs to this account or to root, and nobody else may write it."""
        info = path.lstat()
        open_to_all = info.st_mode & 0o002 and not stat.S_ISLNK(info.st_mode)
        return self._owned(info.st_uid) and not open_to_all

    def close(self, path: Path) -> None:
        """Take every right from everybody but the owner."""
        path.chmod(0o700)

    def close_inside(self, path: Path) -> None:
        """Do nothing: nobody passes through a closed folder."""


class WindowsSystem(Protocol):
    """The calls of Windows, with descriptors as text. OSError when Windows refuses."""

    def make(self, path: str, sddl: str) -> None:
        """Make a folder with a descriptor."""

    def read(self, path: str) -> str:
        """Give owner, group and access list of a file or folder."""

    def write(self, path: str, sddl: str) -> None:
        """Set the access list, and the owner when it may be set."""

    def is_link(self, path: str) -> bool:
        """Say whether a path is a reparse point, or a part of it is."""

    def me(self) -> str:
        """Give the account of this process."""

    def elevated(self) -> bool:
        """Say whether this process has an administrator's rights."""


class WindowsRights:
    """Owner and access list, by the rules of `domain.folder_rights`."""

    def __init__(self, system: WindowsSystem) -> None:
        self._system = system

    def _closed(self) -> str:
        """Give the descriptor of a closed folder; its owner is the group where that is allowed."""
        if self._system.elevated():
            return f"O:BAG:SY{closed_folder('')}"
        return closed_folder(self._system.me())

    def make(self, path: Path) -> None:
        """Make a folder with its rights in one step."""
        self._system.make(str(path), self._closed())

    def faults(self, path: Path) -> list[Fault]:
        """Judge links, owner and access list."""
        if self._system.is_link(str(path)):
            return [Fault(RightsFault.LINK)]
        try:
            descriptor = parse_sddl(self._system.read(str(path)))
        except ValueError as error:
            raise OSError(f"rights not understood: {error}") from error
        return judge(descriptor, {self._system.me()})

    def is_ours(self, path: Path) -> bool:
        """Say whether an entry is no link and belongs to an administrator or to this account."""
        info = path.lstat()
        if getattr(info, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_REPARSE_POINT:
            return False
        try:
            owner = parse_sddl(self._system.read(str(path))).owner
        except ValueError:
            return False
        return is_trusted(owner, {self._system.me()})

    def close(self, path: Path) -> None:
        """Replace the access list."""
        self._system.write(str(path), self._closed())

    def close_inside(self, path: Path) -> None:
        """Replace the lists of everything inside, links excepted.

        Everybody may pass through closed folders of Windows ("bypass traverse checking"), and a
        new list of a folder does not reach what is there: whoever knows a path opens the file.
        """
        folder = self._closed()
        file = folder.replace("OICI", "")
        for entry in _inside(path):
            info = entry.lstat()
            if getattr(info, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_REPARSE_POINT:
                continue
            self._system.write(str(entry), folder if stat.S_ISDIR(info.st_mode) else file)


def _system_rights() -> FolderRights:
    if sys.platform == "win32":
        from offline_backup_gui.adapters.state.windows_system import NativeSystem

        return WindowsRights(NativeSystem())
    return PosixRights()
