"""Practice drives: folders that stand for drives, with a marker file and a size of their own."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct

from offline_backup_gui.adapters.drives.contents import read_json
from offline_backup_gui.adapters.drives.guard import Guard
from offline_backup_gui.adapters.drives.identity import made_serial
from offline_backup_gui.adapters.drives.mounts import usage_of
from offline_backup_gui.adapters.stores.device import layout_at
from offline_backup_gui.adapters.stores.practice import MARKER, used_bytes
from offline_backup_gui.domain.drive import Bus, Drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode

TIME_LIMIT_S = 10.0
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LONGEST_LABEL = 64


class FolderMark(Struct, frozen=True):
    """What a marker file says: an empty serial and no size when it does not.

    Without a size, a folder is as large as what it lies on.
    """

    serial: str = ""
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
    if layout_at(path) is not None:
        # At the root of a device of Microsoft nothing of ours may lie.
        return folder_drive(path)
    known = read_mark(path)
    serial = (known and known.serial) or make_serial()
    mark = FolderMark(serial, label[:_LONGEST_LABEL], size_bytes)
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
    """Read a folder's marker; None when there is none. What makes no sense in it does not count."""
    document = read_json(os.path.join(path, MARKER))
    if not document:
        return None
    serial, label, size = (document.get(key) for key in ("serial", "label", "size_bytes"))
    whole = isinstance(size, int) and not isinstance(size, bool)
    return FolderMark(
        serial=serial if isinstance(serial, str) and _SERIAL.fullmatch(serial) else "",
        label=label[:_LONGEST_LABEL] if isinstance(label, str) else "",
        size_bytes=size if isinstance(size, int) and whole and size >= 0 else None,
    )


def folder_drive(path: str) -> Drive:
    """Give a folder as a drive, marked or not; DRIVE_NOT_FOUND when there is no such folder.

    Without a serial in a marker it comes from the file system and the path, so it stays the same as
    long as the folder stays where it is.
    """
    place = os.path.realpath(path)
    try:
        if not os.path.isdir(place):
            raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path=path)
        return _drive(place)
    except OSError as problem:
        raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path=path) from problem


def _drive(place: str) -> Drive:
    usage = usage_of(place)
    mark = read_mark(place) or FolderMark()
    size, free = usage.size_bytes, usage.free_bytes
    if mark.size_bytes is not None:
        size = mark.size_bytes
        free = max(0, min(size - used_bytes(Path(place)), free))
    identity = usage.identity or str(os.stat(place).st_dev)
    read_only = not os.access(place, os.W_OK)
    # One that was pulled meanwhile would seem write-protected, and another drive without its mark.
    os.stat(place)
    # A share given by its name, without a letter, is a Data Box, not a practice folder.
    network = os.path.splitdrive(place)[0].startswith("\\\\")
    return Drive(
        serial=mark.serial or made_serial("FOLDER", f"{identity}:{place}"),
        model=place if network else os.path.basename(place) or place,
        bus=Bus.NETWORK if network else Bus.FOLDER,
        size_bytes=size,
        free_bytes=free,
        mounts=(place,),
        label=mark.label,
        read_only=read_only,
        layout=layout_at(place),
        serial_made=True,
    )
