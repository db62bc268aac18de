"""Practice drives: folders that stand for drives, with a marker file and a size of their own."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from offline_backup_gui.adapters.drives.contents import MARKER, read_json
from offline_backup_gui.adapters.drives.guard import Guard
from offline_backup_gui.adapters.drives.identity import made_serial
from offline_backup_gui.adapters.drives.mounts import usage_of
from offline_backup_gui.domain.drive import Bus, Drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode

TIME_LIMIT_S = 10.0
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LONGEST_LABEL = 64
_LARGEST_BYTES = 1 << 60


@dataclass(frozen=True)
class FolderMark:
    """What a marker file says. `size_bytes` is None for a folder as large as what it lies on."""

    serial: str
    label: str = ""
    size_bytes: int | None = None


class FolderDriveSource:
    """Lists the practice drives the caller knows of; vanished ones are left out."""

    def __init__(self, paths: Callable[[], Sequence[str]]) -> None:
        self._paths = paths
        self._guard = Guard()

    def drives(self) -> Sequence[Drive]:
        """List the folders that are there, each once, in the caller's order."""
        questions = {os.path.abspath(path): partial(_drives_of, path) for path in self._paths()}
        answers = self._guard.ask_all(questions, TIME_LIMIT_S)
        return [drive for path in questions for drive in answers.get(path, [])]


def _drives_of(path: str) -> list[Drive]:
    return [folder_drive(path)] if os.path.isdir(path) else []


def create_folder_drive(
    path: str,
    size_bytes: int | None = None,
    label: str = "",
    *,
    make_serial: Callable[[], str] = lambda: f"FD-{secrets.token_hex(6).upper()}",
) -> Drive:
    """Let a folder stand for a drive, optionally of limited size; the folder is made if missing.

    A folder that already is one keeps its serial. TARGET_NOT_WRITABLE when it cannot be marked.
    """
    known = read_mark(path)
    mark = FolderMark(known.serial if known else make_serial(), label[:_LONGEST_LABEL], size_bytes)
    try:
        os.makedirs(path, exist_ok=True)
        _write_mark(Path(path), mark)
    except OSError as problem:
        raise BackupError(
            ErrorCode.TARGET_NOT_WRITABLE, path=path, reason=problem.strerror or ""
        ) from problem
    return folder_drive(path)


def _write_mark(folder: Path, mark: FolderMark) -> None:
    text = json.dumps({"serial": mark.serial, "label": mark.label, "size_bytes": mark.size_bytes})
    unfinished = folder / f"{MARKER}.new"
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(folder / MARKER)


def read_mark(path: str) -> FolderMark | None:
    """Read a folder's marker; None when there is none or when it makes no sense."""
    document = read_json(os.path.join(path, MARKER))
    serial, label, size = (document.get(key) for key in ("serial", "label", "size_bytes"))
    if not isinstance(serial, str) or not _SERIAL.fullmatch(serial):
        return None
    limited = type(size) is int and 0 <= size <= _LARGEST_BYTES
    return FolderMark(
        serial=serial,
        label=label[:_LONGEST_LABEL] if isinstance(label, str) else "",
        size_bytes=size if limited and isinstance(size, int) else None,
    )


def folder_drive(path: str) -> Drive:
    """Give a folder as a drive, marked or not; DRIVE_NOT_FOUND when there is no such folder.

    Without a marker the serial comes from the file system and the path, so it stays the same as
    long as the folder stays where it is.
    """
    place = os.path.realpath(path)
    try:
        if not os.path.isdir(place):
            raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path=path)
        usage = usage_of(place)
        identity = usage.identity or str(os.stat(place).st_dev)
    except OSError as problem:
        raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path=path) from problem
    mark = read_mark(place) or FolderMark(made_serial("FOLDER", f"{identity}:{place}"))
    limit = mark.size_bytes
    free = usage.free_bytes
    return Drive(
        serial=mark.serial,
        model=os.path.basename(place) or place,
        bus=Bus.FOLDER,
        size_bytes=usage.size_bytes if limit is None else limit,
        free_bytes=free if limit is None else max(0, min(limit - used_bytes(place), free)),
        mounts=(place,),
        label=mark.label,
        read_only=not os.access(place, os.W_OK),
    )


def used_bytes(path: str) -> int:
    """Add up the sizes of all files below a folder, its marker left out; links do not count."""
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            if folder == path and name.startswith(MARKER):
                continue
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except FileNotFoundError:
                # Written and renamed under our eyes: its new name was counted, or will be.
                continue
    return total
