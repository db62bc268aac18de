"""What a worker does with a bundle of small files or a stretch of a large one."""

from __future__ import annotations

import errno
import mmap
import os
import threading
from collections import deque
from collections.abc import Callable

import msgspec
from msgspec import Struct, field
from pyfastcdc import FastCDC

from offline_backup_gui.domain.book import Reason
from offline_backup_gui.domain.file_ports import SourceFiles
from offline_backup_gui.domain.file_traits import Child, Info
from offline_backup_gui.engine.assembling import Assembler, Extent, FileResult, FolderJob
from offline_backup_gui.engine.chunking import chunker, cuts, zero_runs
from offline_backup_gui.engine.context import Progress
from offline_backup_gui.engine.ledger import Ledger
from offline_backup_gui.engine.open_pack import Ticket
from offline_backup_gui.engine.pace import Turns
from offline_backup_gui.engine.scan import reason_of
from offline_backup_gui.engine.sealing import Sealer
from offline_backup_gui.engine.source import add_traits, entry_of, is_sparse, unchanged
from offline_backup_gui.formats.catalogue import Entry
from offline_backup_gui.formats.keys import Keyring

LARGE_BYTES = 1 << 20
BUNDLE_BYTES = 4 << 20
STRETCH_BYTES = 8 << 20
# Room for files that grow while they are read; a frame of it still fits into a slab.
_BUNDLE_ROOM_BYTES = 7 << 20
_TRIES = 3  # how often a file that changed is read again


Result = tuple[Entry | None, list[Extent], set[Ticket]]
OtherName = tuple[FolderJob, int, Child, bytes]


class Names(Struct, eq=False):
    """Further names of one file (hard links) and what came of it, for who meets them later."""

    others: list[OtherName] = field(default_factory=list)
    result: Result | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class FileTask(Struct, eq=False):
    """One file to read. Most files have one name; `names` is there when it has several."""

    folder: FolderJob
    index: int
    child: Child
    path: bytes
    names: Names | None = None

    def next_name(self) -> FileTask | None:
        """Give the same file under its next name, with the names after that, or None."""
        if self.names is None:
            return None
        with self.names.lock:
            others, self.names.others = self.names.others, []
        if not others:
            return None
        folder, index, child, path = others[0]
        return FileTask(folder, index, child, path, Names(others[1:]))

    def settle(self, result: Result) -> list[OtherName]:
        """Note what came of the file; give the further names that were met so far."""
        if self.names is None:
            return []
        with self.names.lock:
            self.names.result = result
            return list(self.names.others)


class LargeFile(Struct, eq=False):
    """A file that is read in stretches, by one worker at a time, sealed by many."""

    task: FileTask
    fd: int = -1
    offset: int = 0
    handed_out: int = 0
    finished: int = 0
    at_end: bool = False
    tries: int = 1
    failed: OSError | None = None
    extents: dict[int, list[Extent]] = field(default_factory=dict)
    tickets: set[Ticket] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def close(self) -> None:
        """Close the file when the pass ends early; safe to call twice."""
        with self.lock:
            fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)


class FileWorker:
    """One thread's tools: buffer, chunker; shared: sealer, assembler, ledger, progress, turns."""

    def __init__(
        self,
        files: SourceFiles,
        keyring: Keyring,
        sealer: Sealer,
        assembler: Assembler,
        ledger: Ledger,
        progress: Progress,
        turns: Turns,
    ) -> None:
        self._files, self._turns = files, turns
        self._keyring, self._sealer, self._assembler = keyring, sealer, assembler
        self._ledger, self._progress = ledger, progress
        self._buffer = memoryview(mmap.mmap(-1, STRETCH_BYTES))
        self._cutter: FastCDC = chunker(keyring.chunker_seed)

    # --- small files

    def bundle(self, tasks: list[FileTask], hand_on: Callable[[LargeFile], None]) -> None:
        """Read small files one after the other into one chunk; files that grew are handed on."""
        with self._turns.taken():
            parts = self._read_bundle(tasks, hand_on)
        used = sum(part[3] for part in parts)
        chunk_id, tickets, none = b"", set[Ticket](), set[Ticket]()
        if used:
            chunk_id, ticket = self._sealer.seal(self._buffer[:used])
            tickets = {ticket} if ticket else none
        # One call for all files of a folder: locks cost more than the rest of a small file.
        done: list[FileResult] = []
        for number, (task, entry, offset, length) in enumerate(parts):
            extents: list[Extent] = [(chunk_id, offset, length)] if length else []
            others = task.settle((entry, extents, tickets if length else none))
            done.append((task.index, entry, extents))
            if number + 1 == len(parts) or parts[number + 1][0].folder is not task.folder:
                self._assembler.files_done(task.folder, done, tickets)
                done = []
            for folder, index, child, _ in others:
                self.deliver_other(task, folder, index, child)
        self._progress.add(files=len(parts), size_bytes=used)

    def _read_bundle(
        self, tasks: list[FileTask], hand_on: Callable[[LargeFile], None]
    ) -> list[tuple[FileTask, Entry, int, int]]:
        """Fill the buffer; give what was read: task, entry, offset in the buffer, length."""
        used = 0
        parts: list[tuple[FileTask, Entry, int, int]] = []
        waiting = deque(tasks)
        while waiting:
            task = waiting.popleft()
            try:
                entry, length = self._read_small(task, self._buffer[used:_BUNDLE_ROOM_BYTES])
            except OSError as error:
                again = self._unreadable(task, error)
                if again is not None:
                    waiting.appendleft(again)
                continue
            if entry is None:
                hand_on(LargeFile(task))
                continue
            parts.append((task, entry, used, length))
            used += length
        return parts

    def _read_small(self, task: FileTask, room: memoryview) -> tuple[Entry | None, int]:
        """Read a whole file; None when it has grown beyond the room."""
        before: Info | None = task.child.stat
        tries = 0
        while True:
            fd = self._files.open(task.path, task.child)
            try:
                # What the scan saw is nearly always still true, and spares a look.
                before = before or self._files.info(fd)
                # One byte more than there should be shows the end without a second call.
                length = _read(fd, room[: before.st_size + 1])
                if length != before.st_size:
                    length += _fill(fd, room[length:])
                after = self._files.info(fd)
                if length == len(room):
                    return None, 0
                same = unchanged(before, after) and length == after.st_size
                if same or tries == _TRIES - 1:
                    task.child = task.child.seen(after)
                    entry = self._entry(task, fd)
                    entry.size = length
                    if not same:
                        entry.unsure = True
                        self._ledger.add(task.path, Reason.CHANGED_WHILE_READ)
                    return entry, length
            finally:
                os.close(fd)
            before, tries = None, tries + 1

    # --- large files

    def stretch(self, large: LargeFile, hand_on: Callable[[LargeFile], None]) -> None:
        """Read, cut and seal one stretch.

        The rest of the file is handed on before this stretch is sealed, so that another worker
        reads on while this one compresses and encrypts.
        """
        number, large.handed_out = large.handed_out, large.handed_out + 1
        pieces: list[tuple[int, int, bool]] = []
        lead = 0
        try:
            lead, pieces = self._read_stretch(large)
        except OSError as error:
            large.failed, large.at_end = error, True
        if not large.at_end:
            hand_on(large)
        extents: list[Extent] = [(None, 0, lead)] if lead else []
        tickets: set[Ticket] = set()
        for start, end, hole in pieces:
            if hole:
                extents.append((None, 0, end - start))
                self._progress.add(size_bytes=end - start)
                continue
            chunk_id, ticket = self._sealer.seal(self._buffer[start:end])
            extents.append((chunk_id, 0, end - start))
            if ticket is not None:
                tickets.add(ticket)
            self._progress.add(size_bytes=end - start)
        with large.lock:
            large.extents[number] = extents
            large.tickets |= tickets
            large.finished += 1
            last = large.at_end and large.finished == large.handed_out
        if last:
            self._finish_large(large, hand_on)

    def _read_stretch(self, large: LargeFile) -> tuple[int, list[tuple[int, int, bool]]]:
        """Give the hole before the stretch and the (start, end, is hole) pieces of the buffer."""
        task = large.task
        if large.fd < 0:
            large.fd = self._files.open(task.path, task.child)
            task.child = task.child.seen(self._files.info(large.fd))
        size, start = task.child.stat.st_size, large.offset
        offset = (
            self._files.next_data(large.fd, start, size) if is_sparse(task.child.stat) else start
        )
        offset = min(offset, size)
        os.lseek(large.fd, offset, os.SEEK_SET)
        wanted = min(STRETCH_BYTES, size - offset)
        length = _fill(large.fd, self._buffer[:wanted])
        large.at_end = offset + length >= size or length < wanted
        pieces: list[tuple[int, int, bool]] = []
        for begin, end, hole in zero_runs(self._buffer[:length], offset):
            if hole:
                pieces.append((begin, end, True))
                continue
            for cut in cuts(self._cutter, self._buffer[begin:end]):
                last = pieces[-1][1] if pieces else begin
                pieces.append((max(last, begin), begin + cut, False))
        if not large.at_end and len(pieces) > 1 and not pieces[-1][2]:
            # The last chunk ends where the buffer does, not where the content says: read it again
            # with what follows.
            pieces.pop()
        large.offset = offset + (pieces[-1][1] if pieces else 0)
        return offset - start, pieces

    def _finish_large(self, large: LargeFile, hand_on: Callable[[LargeFile], None]) -> None:
        task = large.task
        after: Info | None = None
        if large.fd >= 0:
            try:
                after = self._files.info(large.fd)
            except OSError as error:
                large.failed = large.failed or error
            large.close()
        if large.failed is not None or after is None:
            again = self._unreadable(task, large.failed or OSError(errno.EIO, "closed"))
            if again is not None:
                hand_on(LargeFile(again))
            return
        extents = [part for number in sorted(large.extents) for part in large.extents[number]]
        length = sum(part[2] for part in extents)
        same = unchanged(task.child.stat, after) and length == after.st_size
        if not same and large.tries < _TRIES:
            hand_on(LargeFile(task, tries=large.tries + 1))
            return
        task.child = task.child.seen(after)
        entry = self._entry(task, task.path)
        entry.size = length
        if not same:
            entry.unsure = True
            self._ledger.add(task.path, Reason.CHANGED_WHILE_READ)
        others = task.settle((entry, extents, large.tickets))
        self._assembler.files_done(task.folder, [(task.index, entry, extents)], large.tickets)
        self._progress.add(files=1)
        for folder, index, child, _ in others:
            self.deliver_other(task, folder, index, child)

    # --- both

    def _entry(self, task: FileTask, opened: int | bytes) -> Entry:
        entry = entry_of(task.child)
        info = task.child.stat
        if info.st_nlink > 1:
            entry.link_group = self._keyring.chunk_id(b"%d %d" % (info.st_dev, info.st_ino))[:8]
        if not task.child.stream:
            add_traits(self._files, entry, task.child, opened, task.path, self._ledger)
        return entry

    def _unreadable(self, task: FileTask, error: OSError) -> FileTask | None:
        """Leave a name out; give the file under its next name, which may be readable."""
        self._ledger.add(task.path, reason_of(error), error.strerror or "")
        task.settle((None, [], set()))
        self._assembler.file_done(task.folder, task.index, None, [], set())
        self._progress.add(files=1, left_out=1)
        return task.next_name()

    def deliver_other(self, task: FileTask, folder: FolderJob, index: int, child: Child) -> None:
        """Give a further name of a finished file the same contents."""
        assert task.names is not None
        assert task.names.result is not None
        entry, extents, tickets = task.names.result
        assert entry is not None
        entry = msgspec.structs.replace(entry, name=child.name, extents=[])
        self._assembler.file_done(folder, index, entry, extents, tickets)
        self._progress.add(files=1, size_bytes=entry.size)


def _fill(fd: int, room: memoryview) -> int:
    """Read until the room is full or the file ends; give the count."""
    used = 0
    while used < len(room):
        count = _read(fd, room[used:])
        if not count:
            break
        used += count
    return used


def _read(fd: int, room: memoryview) -> int:
    """Read once into the room; give the count."""
    if hasattr(os, "readv"):
        return os.readv(fd, [room])
    data = os.read(fd, len(room))
    room[: len(data)] = data
    return len(data)
