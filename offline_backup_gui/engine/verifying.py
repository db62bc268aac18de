"""Reads every pack of the drives back and compares; the drives are read at the same time."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from msgspec.structs import replace

from offline_backup_gui.domain.book import Book, PackFact
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.job import Lane, Phase
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.homes import OpenDrive
from offline_backup_gui.engine.pace import read_each
from offline_backup_gui.engine.reading_back import open_every_chunk, read_back
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import name_of

_DAMAGE = frozenset({ErrorCode.OBJECT_DAMAGED, ErrorCode.OBJECT_MISSING, ErrorCode.DRIVE_FAILING})


def verify_drives(
    context: Context,
    keyring: Keyring,
    book: Book,
    drives: Sequence[OpenDrive],
    *,
    blocks: bool = False,
) -> dict[str, bool]:
    """Read back what was not yet; damaged packs are dropped from the book, to be written again.

    Gives, for each drive, whether the bytes came past the cache. Raises the first trouble that
    kept a drive from being read, after the other drives were. `blocks`: take the MD5 of each
    4 MiB as well, for a drive manifest.
    """
    work = {drive.home: book.unverified(drive.home) for drive in drives}
    total = sum(pack.size_bytes for packs in work.values() for pack in packs)
    count = sum(len(packs) for packs in work.values())
    context.progress.phase(Phase.VERIFY, count, total)
    context.tell(Phase.VERIFY, packs=count, bytes=total)
    past_cache: dict[str, bool] = {}
    troubles: list[BaseException] = []
    threads = [
        threading.Thread(
            target=_verify_drive,
            args=(context, keyring, book, drive, work[drive.home], past_cache, troubles, blocks),
            name=f"verify {drive.home}",
            daemon=True,
        )
        for drive in drives
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if troubles:
        raise troubles[0]
    return past_cache


def _verify_drive(
    context: Context,
    keyring: Keyring,
    book: Book,
    drive: OpenDrive,
    packs: list[PackFact],
    past_cache: dict[str, bool],
    troubles: list[BaseException],
    blocks: bool,
) -> None:
    lane = Lane(
        drive.home,
        drive.choice.label,
        drive.choice.mount,
        "verifying",
        to_verify_bytes=sum(pack.size_bytes for pack in packs),
        packs=len(packs),
    )
    context.progress.lane(lane)
    past_cache[drive.home] = True
    telling = threading.Lock()

    def verify(pack: PackFact) -> None:
        nonlocal lane
        past = _verify_pack(context, keyring, book, drive, pack, blocks=blocks)
        with telling:
            past_cache[drive.home] &= past
            lane = replace(lane, verified_bytes=lane.verified_bytes + pack.size_bytes)
            context.progress.lane(lane)

    try:
        read_each(packs, verify, f"verify {drive.home} too")
    except BaseException as error:
        troubles.append(error)


def _verify_pack(
    context: Context,
    keyring: Keyring,
    book: Book,
    drive: OpenDrive,
    pack: PackFact,
    *,
    blocks: bool,
) -> bool:
    name = name_of(pack.pack_id)
    try:
        control, size = context.control, pack.size_bytes
        hashes = read_back(drive.store, name, size, control, md5=True, blocks=blocks)
        same = hashes.size_bytes == pack.size_bytes and pack.blake3 in (b"", hashes.blake3)
        if same and not pack.blake3:
            # A pack that was adopted: its hash was never noted, so its chunks must speak for it.
            open_every_chunk(keyring, drive.store, name, pack.size_bytes, context.control)
    except BackupError as error:
        if error.code not in _DAMAGE:
            raise
        same = False
    if same:
        book.verified(drive.home, pack.pack_id, hashes.md5, hashes.blake3, hashes.blocks)
        context.progress.add(files=1, size_bytes=pack.size_bytes)
        return hashes.past_cache
    context.tell(ErrorCode.OBJECT_DAMAGED, name=name, drive=drive.choice.label)
    book.drop_copies(drive.home, [pack.pack_id])
    drive.store.delete(name)
    return True


def tell_cached(context: Context, drives: Sequence[OpenDrive], past_cache: dict[str, bool]) -> None:
    """Say which drives could only be read back through the cache."""
    for drive in drives:
        if not past_cache.get(drive.home, True):
            context.tell(FindingCode.READ_BACK_CACHED, drive=drive.choice.label)
