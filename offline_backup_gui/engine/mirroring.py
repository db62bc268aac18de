"""Copies files as they are onto drives, reads every byte back, and proves the source unchanged.

For backup data of an agent, and for plain folders, which must travel unchanged. Each block of
4 MiB has its MD5, which is what an import job checks, and blocks are hashed side by side where a
whole file is one long chain. BLAKE3 of the file is what the read-back compares.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.book import Reason
from offline_backup_gui.domain.dealing import deal
from offline_backup_gui.domain.drive_manifest import PIECE_BYTES, BlobKind
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.domain.spreading import reserve_bytes
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.mirror_copy import ChangedError, FileCopier
from offline_backup_gui.engine.mirror_crew import Crew
from offline_backup_gui.engine.mirror_scan import (
    Found,
    assert_no_source_vanished,
    assert_none_refused,
    assert_not_empty,
    scan,
)
from offline_backup_gui.engine.mirror_state import MirrorDrive, MirrorOrder, SourceFile
from offline_backup_gui.engine.reading_back import new_buffer, read_back
from offline_backup_gui.engine.scan import reason_of
from offline_backup_gui.formats.mirror import MirroredFile
from offline_backup_gui.formats.point import LeftOut

_THREADS = max(2, min(8, os.cpu_count() or 2))
# What a file takes on a drive beside its bytes: the end of its last cluster, its entries in the
# file system, its lines in records and manifest; and a line there for each block.
_CLUSTER_BYTES, _FILE_BYTES, _BLOCK_BYTES = 4 << 10, 3 << 10, 160
_TRIES, _ROUNDS = 3, 4
_DAMAGE = frozenset({ErrorCode.OBJECT_DAMAGED, ErrorCode.OBJECT_MISSING, ErrorCode.DRIVE_FAILING})


class MirrorOutcome(Struct, frozen=True):
    """What is to be listed for each drive, in the drives' order, and what was left out, why."""

    files: tuple[tuple[MirroredFile, ...], ...]
    left_out: tuple[LeftOut, ...]


class Mirroring:
    """Runs until every file is on a drive and was read back; killed anywhere, the next goes on."""

    def __init__(
        self,
        context: Context,
        order: MirrorOrder,
        drives: Sequence[MirrorDrive],
        *,
        whole_md5: bool = False,
    ) -> None:
        self._context, self._order, self._drives = context, order, list(drives)
        self._whole_md5 = whole_md5
        self._crew = Crew(context, order, self._drives)
        self._given_up: dict[str, LeftOut] = {}

    def run(self) -> MirrorOutcome:
        """Copy and verify; raises Stopped, or the trouble that needs the admin."""
        self._context.progress.phase(Phase.SCAN)
        self._context.tell(Phase.SCAN)
        found = scan(self._context, self._order)
        self._context.progress.add(left_out=len(found.ledger))
        assert_none_refused(self._context, found)
        assert_not_empty(self._order, found)
        self._crew.begin()
        for _ in range(_ROUNDS):
            self._crew.take_back()
            self._plan(found)
            self._copy()
            self._verify(found.files)
            before, found = found, self._look_again()
            if all(map(self._is_settled, found.files)):
                break
        return self._outcome(before, found)

    def _look_again(self) -> Found:
        """See whether the source is still as it was copied; SHADOW_COPY_LOST, SOURCE_MISSING."""
        whole = self._order.sources.whole
        if not whole():
            raise BackupError(ErrorCode.SHADOW_COPY_LOST)
        found = scan(self._context, self._order, counting=False)
        assert_none_refused(self._context, found)
        assert_not_empty(self._order, found)
        return found

    def _is_settled(self, file: SourceFile) -> bool:
        if file.name in self._given_up:
            return True
        return any(self._has(drive, file) for drive in self._drives)

    def _has(self, drive: MirrorDrive, file: SourceFile) -> bool:
        copy = drive.files.get(file.name)
        return copy is not None and copy.verified and file.is_still(copy)

    # --- the end

    def _outcome(self, before: Found, found: Found) -> MirrorOutcome:
        """Give what travels; a file that never rested, or came too late, is listed."""
        if any(drive.out is not None for drive in self._drives):
            raise self._crew.trouble()
        as_copied = {(file.name, file.size_bytes, file.mtime_ns) for file in before.files}
        ledger, travels = found.ledger, set()
        for file in found.files:
            if file.name in self._given_up:
                continue
            if not self._is_settled(file):
                if (file.name, file.size_bytes, file.mtime_ns) in as_copied:
                    worst = max(self._drives, key=lambda drive: drive.damaged)
                    raise BackupError(ErrorCode.DRIVE_FAILING, drive=worst.label)
                ledger.add(file.path, Reason.CHANGED_WHILE_READ)
                self._context.progress.add(left_out=1)
                # An older state of a document is worth having; of an agent's data it is not.
                if self._order.kind is BlobKind.PAGE:
                    continue
            travels.add(file.name)
        for line in self._given_up.values():
            ledger.add(line.path, Reason(line.reason), line.detail)
        return MirrorOutcome(
            tuple(
                tuple(
                    file
                    for name, file in sorted(drive.files.items())
                    if name in travels and file.verified
                )
                for drive in self._drives
            ),
            tuple(ledger.lines()),
        )

    # --- where it goes

    def _plan(self, found: Found) -> None:
        """Deal out what is not finished; DRIVES_TOO_SMALL before anything is copied.

        PLAN_BLOCKED when a whole source vanished, before any of its copies is.
        """
        copies = {name for drive in self._drives for name in drive.files}
        assert_no_source_vanished(self._order, found, copies)
        waiting = [
            file
            for file in found.files
            if file.name not in self._given_up and not self._keep_one(file)
        ]
        names, active = {file.name for file in found.files}, self._crew.active
        for drive in active:
            drive.drop_loose(names)
        if not len(found.ledger):
            self._forget_vanished(names)
        rooms = [
            0
            if drive.full
            else max(0, drive.store.room_bytes() - reserve_bytes(drive.store.capacity_bytes()))
            for drive in active
        ]
        dealt = deal([_room_for(file.size_bytes) for file in waiting], rooms)
        if dealt is None:
            if len(active) < len(self._drives):
                raise self._crew.trouble()
            raise BackupError(ErrorCode.DRIVES_TOO_SMALL)
        for drive in self._drives:
            drive.planned = []
        for file, to in zip(waiting, dealt, strict=True):
            active[to].planned.append(file)
        for drive in active:
            drive.planned.sort(key=lambda file: (-file.size_bytes, file.name))

    def _keep_one(self, file: SourceFile) -> bool:
        """Keep one copy of a file as it is now; others take room that is needed elsewhere."""
        kept = False
        for drive in self._drives:
            copy = drive.files.get(file.name)
            if copy is None:
                continue
            if not kept and file.is_still(copy):
                kept = True
            elif drive.out is None:
                drive.drop(file.name)
        return kept

    def _forget_vanished(self, names: set[str]) -> None:
        """Remove copies whose files are gone; only after a look that nothing hid from."""
        for drive in self._crew.active:
            for name in [name for name in drive.files if name not in names]:
                drive.drop(name)

    # --- the copy

    def _copy(self) -> None:
        planned = [file for drive in self._crew.active for file in drive.planned]
        total = sum(file.size_bytes for file in planned)
        self._context.progress.phase(Phase.COPY, len(planned), total)
        self._context.tell(Phase.COPY)
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="hash") as executor:
            self._crew.work(lambda drive: self._copy_onto(drive, executor))

    def _copy_onto(self, drive: MirrorDrive, executor: ThreadPoolExecutor) -> None:
        clock = self._context.clock

        def on_block(count: int) -> None:
            drive.busy_since = None  # a pause is no silence
            self._context.control.checkpoint()
            drive.busy_since = clock.monotonic()
            drive.written_bytes += count
            self._context.progress.add(size_bytes=count)

        if drive.planned:
            drive.unseal()
        copier = FileCopier(self._context.files, drive.store, executor, on_block)
        try:
            for file in drive.planned:
                self._context.control.checkpoint()
                self._copy_file(drive, copier, file)
        finally:
            drive.busy_since = None
            drive.record()

    def _copy_file(self, drive: MirrorDrive, copier: FileCopier, file: SourceFile) -> None:
        for _ in range(_TRIES):
            try:
                copied = copier.copy(file)
            except ChangedError:
                continue
            except OSError as error:
                self._give_up(file, reason_of(error), error.strerror or "")
                return
            drive.note(copied, self._context.clock)
            self._context.progress.add(files=1, stored=copied.size)
            return
        self._give_up(file, Reason.CHANGED_WHILE_READ, "")

    def _give_up(self, file: SourceFile, reason: Reason, detail: str) -> None:
        """List a file instead of shipping half of it."""
        self._given_up[file.name] = LeftOut(file.path, reason.value, detail)
        self._context.progress.add(files=1, left_out=1)

    # --- reading back

    def _verify(self, wanted: Sequence[SourceFile]) -> None:
        names = {file.name for file in wanted}
        work = {
            drive: [file for name, file in drive.files.items() if self._unproved(name, file, names)]
            for drive in self._crew.active
        }
        count = sum(map(len, work.values()))
        total = sum(file.size for files in work.values() for file in files)
        self._context.progress.phase(Phase.VERIFY, count, total)
        self._context.tell(Phase.VERIFY)
        for drive, files in work.items():
            drive.to_verify_bytes = drive.verified_bytes + sum(file.size for file in files)
        self._crew.work(lambda drive: self._verify_on(drive, work[drive]))

    def _unproved(self, name: str, file: MirroredFile, names: set[str]) -> bool:
        return name in names and not (file.verified and (file.md5 or not self._whole_md5))

    def _verify_on(self, drive: MirrorDrive, files: Sequence[MirroredFile]) -> None:
        buffer = new_buffer()
        try:
            for file in files:
                self._verify_file(drive, file, buffer)
                drive.verified_bytes += file.size
                self._context.progress.add(files=1, size_bytes=file.size)
        finally:
            drive.record()

    def _verify_file(self, drive: MirrorDrive, file: MirroredFile, buffer: memoryview) -> None:
        control, md5 = self._context.control, self._whole_md5
        try:
            found = read_back(drive.store, file.name, file.size, control, md5=md5, buffer=buffer)
            same = found.size_bytes == file.size and found.blake3.hex() == file.blake3
        except BackupError as error:
            if error.code not in _DAMAGE:
                raise
            same = False
        if not same:
            self._context.tell(ErrorCode.OBJECT_DAMAGED, name=file.name, drive=drive.label)
            drive.damaged += 1
            drive.drop(file.name)
            return
        drive.past_cache &= found.past_cache
        proved = replace(file, md5=found.md5.hex(), verified=True)
        drive.note(proved, self._context.clock)


def _room_for(size_bytes: int) -> int:
    whole = -(-size_bytes // _CLUSTER_BYTES) * _CLUSTER_BYTES
    return whole + _FILE_BYTES + -(-size_bytes // PIECE_BYTES) * _BLOCK_BYTES
