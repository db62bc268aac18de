"""Moves finished objects from store to store, proved on the way."""

from __future__ import annotations

import hashlib

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import Control, ObjectStore

BLOCK_BYTES = 8 << 20


def copy_object(
    source: ObjectStore,
    target: ObjectStore,
    name: str,
    size_bytes: int,
    control: Control,
    *,
    md5: bytes = b"",
    replace: bool = False,
    found_as: str = "",
) -> bytes:
    """Copy one object and give its MD5; a source that differs from `md5` or size is OBJECT_DAMAGED.

    The source may have it under another name, `found_as`. The target keeps nothing of a copy that
    was stopped or found wrong.
    """
    hasher, done = hashlib.md5(usedforsecurity=False), 0
    writer = target.create(name, replace=replace)
    try:
        while done < size_bytes:
            control.checkpoint()
            part = source.read(found_as or name, done, min(BLOCK_BYTES, size_bytes - done))
            if not part:
                raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="short")
            hasher.update(part)
            writer.write(part)
            done += len(part)
        digest = hasher.digest()
        if md5 and digest != md5:
            raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="md5")
        writer.commit(digest)
    finally:
        writer.abort()
    return digest
