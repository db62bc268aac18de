"""Proves that files which travelled as they are lie in the account, each with all its bytes."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from offline_backup_gui.domain.blob_door import BlobAccount, BlobSeen
from offline_backup_gui.domain.drive_manifest import BlobKind
from offline_backup_gui.domain.errors import ErrorCode
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.engine.arrival import Arrival
from offline_backup_gui.engine.context import Context


class CarriedFile(Struct, frozen=True, array_like=True):
    """One file a sealed drive carries: its blob's name, its size in bytes, and its MD5 in hex."""

    name: str
    size_bytes: int
    md5: str


def check_blobs(
    context: Context, account: BlobAccount, container: str, carried: Sequence[CarriedFile]
) -> Arrival:
    """Compare what the drives carried with the blobs of a container; every byte is proved.

    The service compares the stored bytes with the MD5 by itself where it can, else they are read:
    the Content-MD5 of a blob alone is a mere word of whoever wrote it.
    """
    total = sum(file.size_bytes for file in carried)
    context.progress.phase(Phase.COMPARE, len(carried), total)
    context.tell(Phase.COMPARE, objects=len(carried), bytes=total)
    arrival = Arrival(expected=len(carried))
    there = {seen.name: seen for seen in account.blobs(container)}
    for file in carried:
        context.control.checkpoint()
        context.progress.current(file.name)
        seen = there.get(file.name)
        if seen is None:
            arrival.missing.append(file.name)
            context.tell(ErrorCode.OBJECT_MISSING, name=file.name)
        elif _is_same(account, container, file, seen):
            arrival.arrived += 1
            arrival.size_bytes += file.size_bytes
        else:
            arrival.damaged.append(file.name)
            context.tell(ErrorCode.OBJECT_DAMAGED, name=file.name)
        context.progress.add(files=1, size_bytes=file.size_bytes)
    return arrival


def _is_same(account: BlobAccount, container: str, file: CarriedFile, seen: BlobSeen) -> bool:
    if (seen.kind, seen.size_bytes) != (BlobKind.BLOCK, file.size_bytes):
        return False
    return account.has_bytes(container, file.name, file.size_bytes, bytes.fromhex(file.md5))
