"""Files that open a backup or its drives: written closed, and said when they could not be."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.services.world import World


def write_private(world: World, path: Path, data: bytes) -> Path:
    """Write a new file that only its owner and administrators read; half of one never stays.

    TARGET_EXISTS, TARGET_NOT_WRITABLE.
    """
    try:
        _write(world, path, data)
    except FileExistsError as error:
        raise BackupError(ErrorCode.TARGET_EXISTS, path=str(path)) from error
    except OSError as error:
        raise _not_writable(path, error) from error
    return path


def replace_private(world: World, path: Path, data: bytes) -> None:
    """Write such a file in the place of one that may be there. TARGET_NOT_WRITABLE."""
    part = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
    try:
        _write(world, part, data)
        try:
            os.replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _not_writable(path, error) from error


def left_open(world: World, paths: Sequence[Path]) -> list[Finding]:
    """Name the files that others may read all the same: FAT and many a share keep no rights."""
    found = [path for path in paths if not _is_closed(world, path)]
    return [
        Finding(FindingCode.FILE_OPEN_TO_OTHERS, Severity.WARNING, {"path": str(path)})
        for path in found
    ]


def _is_closed(world: World, path: Path) -> bool:
    try:
        return world.private_files.is_closed(path)
    except OSError:
        return False


def _write(world: World, path: Path, data: bytes) -> None:
    handle = world.private_files.create(path)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


def _not_writable(path: Path, error: OSError) -> BackupError:
    why = error.strerror or type(error).__name__
    return BackupError(ErrorCode.TARGET_NOT_WRITABLE, path=str(path), reason=why)
