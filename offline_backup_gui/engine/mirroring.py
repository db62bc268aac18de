"""Copies a tree of files as they are onto drives, then reads every byte back.

For backup data of an agent, which must travel unchanged. Each block of 4 MiB has its MD5, which is
what an import job checks, and blocks are hashed side by side where a whole file is one long chain.
BLAKE3 of the file is what the read-back compares; MD5 of the file is made there, when it is wanted.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.book import Reason
from offline_backup_gui.domain.dealing import deal
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import Lane, Phase
from offline_backup_gui.domain.spreading import reserve_bytes
from offline_backup_gui.domain.windows_names import is_windows_path
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.ledger import Ledger
from offline_backup_gui.engine.mirror_copy import ChangedError, FileCopier
from offline_backup_gui.engine.mirror_state import MirrorDrive, SourceFile
from offline_backup_gui.engine.reading_back import new_buffer, read_back
from offline_backup_gui.engine.scan import Exclusions, below, reason_of, shown, walk
from offline_backup_gui.engine.source import source_missing
from offline_backup_gui.formats.mirror import FOLDER, MirroredFile
from offline_backup_gui.formats.point import LeftOut

_THREADS = max(2, min(8, os.cpu_count() or 2))
_CLUSTER_BYTES = 64 << 10  # what the end of a file may waste on a drive
_TRIES, _ROUNDS = 3, 3
_DAMAGE = frozenset({ErrorCode.OBJECT_DAMAGED, ErrorCode.OBJECT_MISSING, ErrorCode.DRIVE_FAILING})


class MirrorOutcome(Struct, frozen=True):
    """What is on each drive, in the drives' order, and what was left out with its reason."""

    files: tuple[tuple[MirroredFile, ...], ...]
    left_out: tuple[LeftOut, ...]


class Mirroring:
    """Runs until every file is on a drive and was read back; killed anywhere, the next goes on."""

    def __init__(
        self,
        context: Context,
        root: bytes,
        drives: Sequence[MirrorDrive],
        *,
        whole_md5: bool = False,
    ) -> None:
        self._context, self._root, self._drives = context, root, list(drives)
        self._whole_md5 = whole_md5
        self._ledger = Ledger()
        self._given_up: set[str] = set()

    def run(self) -> MirrorOutcome:
        """Copy and verify; raises Stopped, or the trouble that needs the admin."""
        wanted = self._scan()
        for drive in self._drives:
            drive.learn(self._context)
        for _ in range(_ROUNDS):
            self._plan(wanted)
            self._copy()
            self._verify(wanted)
            if all(self._is_settled(file) for file in wanted):
                names = {file.name for file in wanted}
                return MirrorOutcome(
                    tuple(
                        tuple(file for name, file in sorted(drive.files.items()) if name in names)
                        for drive in self._drives
                    ),
                    tuple(self._ledger.lines()),
                )
        raise BackupError(ErrorCode.DRIVE_FAILING, drive=self._drives[0].label)

    def _is_settled(self, file: SourceFile) -> bool:
        if file.name in self._given_up:
            return True
        return any(
            file.name in drive.files and drive.files[file.name].verified for drive in self._drives
        )

    # --- what there is

    def _scan(self) -> list[SourceFile]:
        self._context.progress.phase(Phase.SCAN)
        self._context.tell(Phase.SCAN)
        files: list[SourceFile] = []
        seen: set[str] = set()

        def on_trouble(path: bytes, reason: Reason, detail: str) -> None:
            if path == self._root:
                raise source_missing(self._root)
            self._ledger.add(path, reason, detail)

        for folder in walk(self._context.files, self._root, Exclusions(()), on_trouble):
            self._context.control.checkpoint()
            for child in folder.children:
                name = below(folder.path, child.name)
                path = os.path.join(self._root, name)
                if stat.S_ISDIR(child.stat.st_mode):
                    continue
                if not stat.S_ISREG(child.stat.st_mode):
                    refusal = self._context.files.refusal(child.stat)
                    reason = refusal[0] if refusal else Reason.NOT_READABLE
                    self._ledger.add(path, reason, "not a file")
                    continue
                text = _checked_name(name, seen)
                files.append(SourceFile(path, text, child.stat.st_size, child.stat.st_mtime_ns))
        return files

    # --- where it goes

    def _plan(self, wanted: Sequence[SourceFile]) -> None:
        """Deal out what is not finished; DRIVES_TOO_SMALL before anything is copied."""
        waiting = []
        for file in wanted:
            if file.name in self._given_up:
                continue
            finished = False
            for drive in self._drives:
                copy = drive.files.get(file.name)
                if copy is not None and (finished or not file.is_still(copy)):
                    drive.drop(file.name)  # it takes room that the newer one may need
                    continue
                finished = finished or copy is not None
            if not finished:
                waiting.append(file)
        rooms = [
            max(0, drive.store.room_bytes() - reserve_bytes(drive.store.capacity_bytes()))
            for drive in self._drives
        ]
        sizes = [-(-file.size_bytes // _CLUSTER_BYTES) * _CLUSTER_BYTES for file in waiting]
        dealt = deal(sizes, rooms)
        if dealt is None:
            raise BackupError(ErrorCode.DRIVES_TOO_SMALL)
        for index, drive in enumerate(self._drives):
            drive.planned = [file for file, to in zip(waiting, dealt, strict=True) if to == index]
            drive.planned.sort(key=lambda file: (-file.size_bytes, file.name))

    # --- the copy

    def _copy(self) -> None:
        planned = [file for drive in self._drives for file in drive.planned]
        total = sum(file.size_bytes for file in planned)
        self._context.progress.phase(Phase.COPY, len(planned), total)
        self._context.tell(Phase.COPY)
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="hash") as executor:
            self._on_all_drives(lambda drive: self._copy_onto(drive, executor))

    def _copy_onto(self, drive: MirrorDrive, executor: ThreadPoolExecutor) -> None:
        def on_block(count: int) -> None:
            self._context.control.checkpoint()
            drive.written_bytes += count
            self._context.progress.add(size_bytes=count)

        copier = FileCopier(self._context.files, drive.store, executor, on_block)
        try:
            for file in drive.planned:
                self._context.control.checkpoint()
                self._copy_file(drive, copier, file)
        except BackupError as error:
            # A drive may turn out smaller than it said; what it could not take is dealt out again.
            if error.code is not ErrorCode.DRIVE_FULL or len(self._drives) == 1:
                raise
        finally:
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
        self._ledger.add(file.path, reason, detail)
        self._given_up.add(file.name)
        self._context.progress.add(files=1, left_out=1)

    # --- reading back

    def _verify(self, wanted: Sequence[SourceFile]) -> None:
        names = {file.name for file in wanted}
        work = {
            drive: [file for name, file in drive.files.items() if self._unproved(name, file, names)]
            for drive in self._drives
        }
        count = sum(map(len, work.values()))
        total = sum(file.size for files in work.values() for file in files)
        self._context.progress.phase(Phase.VERIFY, count, total)
        self._context.tell(Phase.VERIFY)
        for drive, files in work.items():
            drive.to_verify_bytes = drive.verified_bytes + sum(file.size for file in files)
        self._on_all_drives(lambda drive: self._verify_on(drive, work[drive]))

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
            drive.drop(file.name)
            return
        drive.past_cache &= found.past_cache
        proved = replace(file, md5=found.md5.hex(), verified=True)
        drive.note(proved, self._context.clock)

    # --- all drives at once

    def _on_all_drives(self, work: Callable[[MirrorDrive], None]) -> None:
        """Give each drive a thread; raise the first trouble when all have ended."""
        threads = [
            threading.Thread(target=partial(_guarded, work, drive), daemon=True)
            for drive in self._drives
        ]
        for thread in threads:
            thread.start()
        self._context.progress.look_at_lanes(lambda: [lane_of(drive) for drive in self._drives])
        for thread in threads:
            thread.join()
        self._context.progress.look_at_lanes(tuple)
        for drive in self._drives:
            if drive.trouble is not None:
                raise drive.trouble


def lane_of(drive: MirrorDrive) -> Lane:
    """Give what the admin sees of a drive."""
    return Lane(
        drive_id=drive.label,
        label=drive.label,
        path=drive.store.label,
        state="verifying" if drive.to_verify_bytes else "writing",
        written_bytes=drive.written_bytes,
        verified_bytes=drive.verified_bytes,
        to_verify_bytes=drive.to_verify_bytes,
    )


def _guarded(work: Callable[[MirrorDrive], None], drive: MirrorDrive) -> None:
    try:
        work(drive)
    except BaseException as error:
        drive.trouble = error


def _checked_name(name: bytes, seen: set[str]) -> str:
    """Give the name a file has on every drive; OBJECT_NAME_NOT_ALLOWED when it cannot have it."""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        raise BackupError(ErrorCode.OBJECT_NAME_NOT_ALLOWED, name=shown(name)) from None
    if not is_windows_path(name) or text.startswith(FOLDER) or text.casefold() in seen:
        raise BackupError(ErrorCode.OBJECT_NAME_NOT_ALLOWED, name=text)
    seen.add(text.casefold())  # the drive is read by Windows, where these are one file
    return text
