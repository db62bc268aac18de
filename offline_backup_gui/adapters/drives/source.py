"""All drives in one list: disks and practice folders, each once, with what lies on them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial

from msgspec.structs import replace

from offline_backup_gui.adapters.drives.contents import may_be_looked_into, with_contents
from offline_backup_gui.adapters.drives.folder import FolderDriveSource, folder_drive, read_mark
from offline_backup_gui.adapters.drives.guard import Guard
from offline_backup_gui.adapters.drives.mounts import usage_of
from offline_backup_gui.domain.drive import Bus, Drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import DriveSource

TIME_LIMIT_S = 10.0


class CombinedDriveSource:
    """Asks several sources; what an earlier one lists, a later one need not list again."""

    def __init__(self, sources: Sequence[DriveSource], *, time_limit_s: float) -> None:
        self._sources = sources
        self._time_limit_s = time_limit_s
        self._guard = Guard()

    def drives(self) -> Sequence[Drive]:
        """List every drive with its contents; DRIVES_UNANSWERED when a source does not answer."""
        found: list[Drive] = []
        for source in self._sources:
            # Compared with earlier sources only: the disks of an array share their mounts.
            found += [drive for drive in source.drives() if not _is_among(drive, found)]
        looked = self._guard.ask_all(
            {
                (drive.serial, drive.mounts): partial(with_contents, drive)
                for drive in found
                if may_be_looked_into(drive)
            },
            self._time_limit_s,
        )
        return [looked.get((drive.serial, drive.mounts), drive) for drive in found]


def combined(*sources: DriveSource, time_limit_s: float = TIME_LIMIT_S) -> DriveSource:
    """Put sources together. Practice folders belong first, so that their size limit counts."""
    return CombinedDriveSource(sources, time_limit_s=time_limit_s)


def system_source(folders: Callable[[], Sequence[str]] = lambda: ()) -> DriveSource:
    """Give the drives of this computer; `folders` names the practice folders each time anew."""
    return combined(FolderDriveSource(folders), _disks())


def _disks() -> DriveSource:
    # Each system loads its own part: every command pays for what is loaded when it starts.
    if sys.platform == "win32":
        from offline_backup_gui.adapters.drives.windows import WindowsDriveSource

        return WindowsDriveSource()
    from offline_backup_gui.adapters.drives.linux import LinuxDriveSource

    return LinuxDriveSource()


def _is_among(drive: Drive, known: Sequence[Drive]) -> bool:
    mounts = {_place(mount) for mount in drive.mounts}
    return any(
        mounts.intersection(map(_place, other.mounts))
        or (drive.device != "" and drive.device == other.device)
        for other in known
    )


def _place(mount: str) -> str:
    # Not resolved: a link into a dead share would hang, and mounts are given resolved.
    return os.path.normcase(os.path.normpath(mount))


def drive_at(path: str, known: Sequence[Drive], *, time_limit_s: float = TIME_LIMIT_S) -> Drive:
    """Give the drive a person means by a path: the listed one mounted there, or the folder itself.

    Of a drive with several mounts the meant one comes first, with its own free bytes.
    DRIVE_NOT_FOUND when nothing is there, DRIVE_SILENT when it does not answer in time.
    """
    answers = Guard().ask_all({path: partial(_drive_or_trouble, path, known)}, time_limit_s)
    answer = answers.get(path, BackupError(ErrorCode.DRIVE_SILENT, drive=path))
    if isinstance(answer, BackupError):
        raise answer
    return answer


def _drive_or_trouble(path: str, known: Sequence[Drive]) -> Drive | BackupError:
    """Find the drive; trouble is given, not raised, because it has to cross a thread."""
    try:
        return _drive_at(path, known)
    except BackupError as trouble:
        return trouble


def _drive_at(path: str, known: Sequence[Drive]) -> Drive:
    place = _place(os.path.realpath(path))
    for drive in known:
        meant = [mount for mount in drive.mounts if _place(mount) == place]
        if meant and drive.bus is Bus.FOLDER and read_mark(meant[0]):
            break
        if meant:
            return drive if meant[0] == drive.mount else _with_first(drive, meant[0])
    return folder_drive(path)


def _with_first(drive: Drive, mount: str) -> Drive:
    others = tuple(other for other in drive.mounts if other != mount)
    return replace(
        drive,
        mounts=(mount, *others),
        free_bytes=usage_of(mount).free_bytes,
        read_only=not os.access(mount, os.W_OK),
    )
