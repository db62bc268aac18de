"""Files for people and for this program that hold no secret: each is there whole, or not at all.

What opens a backup or a drive is written by `private_files`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from offline_backup_gui.domain.errors import BackupError, ErrorCode


def write_new(path: Path, data: bytes) -> None:
    """Write a file where none is yet. TARGET_EXISTS, TARGET_NOT_WRITABLE."""
    try:
        part = _part(path, data)
        try:
            _name_new(part, path)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    except FileExistsError as error:
        raise BackupError(ErrorCode.TARGET_EXISTS, path=str(path)) from error
    except (OSError, ValueError) as error:
        raise _not_writable(path, error) from error


def replace_file(path: Path, data: bytes) -> None:
    """Write a file, in the place of one that may be there; OSError leaves that one as it is."""
    part = _part(path, data)
    try:
        os.replace(part, path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def replace_all(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files into a folder, which is made; all of them or none. TARGET_NOT_WRITABLE."""
    parts: dict[Path, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            path = folder / name
            if path.is_dir():
                raise IsADirectoryError(21, os.strerror(21), str(path))
            parts[path] = _part(path, data)
        for path, part in parts.items():
            os.replace(part, path)
        _flush_folder(folder)
    except (OSError, ValueError) as error:
        raise _not_writable(folder, error) from error
    finally:
        for part in parts.values():
            with suppress(OSError):
                part.unlink(missing_ok=True)
    return list(parts)


def _part(path: Path, data: bytes) -> Path:
    """Write the data beside its place under a name of its own, down to the medium."""
    part = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError, ValueError):
            part.unlink(missing_ok=True)
        raise
    return part


def _name_new(part: Path, path: Path) -> None:
    """Give a finished file its name; FileExistsError when somebody has it."""
    if sys.platform == "win32":
        os.rename(part, path)  # refuses by itself what is there
        return
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:
        # FAT and some shares know no second name; what is there is still not replaced.
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        os.rename(part, path)
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return  # Windows has no such call
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _not_writable(path: Path, error: Exception) -> BackupError:
    why = getattr(error, "strerror", None) or type(error).__name__
    return BackupError(ErrorCode.TARGET_NOT_WRITABLE, path=str(path), reason=why)
