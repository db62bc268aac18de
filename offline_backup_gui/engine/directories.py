"""Learns packs from their directories: several are read at a time, a transaction takes many."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from msgspec.structs import replace

from offline_backup_gui.domain.book import Batch, Book, NewPack, Placement
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import ObjectInfo, ObjectStore
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.reading_back import read_directory
from offline_backup_gui.formats.keys import Keyring

if TYPE_CHECKING:
    from concurrent.futures import Future

# Reading a directory is one round trip to an account, and one movement of a disk's arm.
READERS = 8
_ROWS_A_BATCH = 50_000

DAMAGE = frozenset({ErrorCode.OBJECT_DAMAGED, ErrorCode.REPOSITORY_DIFFERENT})

# Gives MD5 and BLAKE3 of a pack as far as they are known for certain, else empty bytes.
HashesOf = Callable[[ObjectInfo], tuple[bytes, bytes]]


def no_hashes(_: ObjectInfo) -> tuple[bytes, bytes]:
    """Know nothing of a pack: the verify phase then opens every chunk of it."""
    return b"", b""


def _adopt(
    keyring: Keyring,
    store: ObjectStore,
    info: ObjectInfo,
    home: str,
    damage: Collection[ErrorCode],
) -> NewPack | None:
    """Read the directory of a pack the book does not know; None when it does not open."""
    try:
        found = read_directory(keyring, store, info.name, info.size_bytes)
    except BackupError as error:
        if error.code in damage:
            return None
        raise
    rows = tuple(
        (
            row.chunk_id,
            Placement(0, frame, row.offset, row.stored_bytes, row.plain_bytes, row.codec),
        )
        for frame, row in enumerate(found.rows)
    )
    header = found.header
    return NewPack(header.pack_id, header.kind, info.size_bytes, b"", (home,), rows)


def learn_packs(
    context: Context,
    keyring: Keyring,
    book: Book,
    store: ObjectStore,
    infos: Iterable[ObjectInfo],
    home: str,
    hashes_of: HashesOf = no_hashes,
    *,
    damage: Collection[ErrorCode] = DAMAGE,
) -> list[ObjectInfo]:
    """Read the directories of packs into the book; give the packs that do not open."""
    unreadable: list[ObjectInfo] = []
    batch, rows = Batch(), 0
    for info, pack in _read(context, keyring, store, infos, home, damage):
        if pack is None:
            unreadable.append(info)
            continue
        md5, strong = hashes_of(info)
        batch.packs.append(replace(pack, md5=md5, blake3=strong))
        rows += len(pack.rows)
        if rows >= _ROWS_A_BATCH:
            book.commit(batch)
            batch, rows = Batch(), 0
    if batch.packs:
        book.commit(batch)
    return unreadable


def _read(
    context: Context,
    keyring: Keyring,
    store: ObjectStore,
    infos: Iterable[ObjectInfo],
    home: str,
    damage: Collection[ErrorCode],
) -> Iterator[tuple[ObjectInfo, NewPack | None]]:
    """Yield packs in the order given, a few read ahead."""
    each = iter(infos)
    begin = next(each, None)
    if begin is None:
        return
    # Where every pack is known, as most runs find it, nobody waits for this to be loaded.
    from concurrent.futures import ThreadPoolExecutor

    ahead: deque[tuple[ObjectInfo, Future[NewPack | None]]] = deque()
    with ThreadPoolExecutor(READERS, thread_name_prefix="directories") as pool:
        try:
            for info in chain((begin,), each):
                context.control.checkpoint()
                ahead.append((info, pool.submit(_adopt, keyring, store, info, home, damage)))
                if len(ahead) == 2 * READERS:
                    first, coming = ahead.popleft()
                    yield first, coming.result()
            while ahead:
                first, coming = ahead.popleft()
                yield first, coming.result()
        finally:
            pool.shutdown(cancel_futures=True)
