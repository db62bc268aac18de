"""Copies one file as it is: blocks are read and hashed by several threads, written in order."""

from __future__ import annotations

import hashlib
import itertools
import mmap
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, wait

from blake3 import blake3

from offline_backup_gui.domain.file_ports import SourceFiles
from offline_backup_gui.domain.ports import DriveStore
from offline_backup_gui.engine.mirror_state import SourceFile
from offline_backup_gui.engine.source import unchanged
from offline_backup_gui.formats.mirror import MirroredFile

BLOCK_BYTES = 4 << 20  # the largest block a drive manifest may list
_BLOCKS_AHEAD = 4
_INLINE_BYTES = 256 << 10  # below this, handing a block to another thread costs more than it saves


class ChangedError(Exception):
    """The file is not any more what it was when its first byte was read."""


class FileCopier:
    """One drive's tools; the executor is shared, so that two drives do not hash with four threads.

    `on_block(bytes)` is called before each block is written, and may raise.
    """

    def __init__(
        self,
        files: SourceFiles,
        store: DriveStore,
        executor: Executor,
        on_block: Callable[[int], None],
    ) -> None:
        self._files = files
        self._store, self._executor, self._on_block = store, executor, on_block
        self._free = [memoryview(mmap.mmap(-1, BLOCK_BYTES)) for _ in range(_BLOCKS_AHEAD)]
        self._seeking = threading.Lock()

    def copy(self, file: SourceFile) -> MirroredFile:
        """Copy a file and give what was copied; ChangedError leaves nothing behind.

        OSError is trouble with the source; the store's own trouble is a BackupError.
        """
        fd = self._files.open(file.path)
        try:
            before = self._files.info(fd)
            writer = self._store.create(file.name, replace=True)
            try:
                strong, blocks = blake3(), []
                for part, md5 in self._parts(fd, before.st_size):
                    self._on_block(len(part))
                    strong.update(part)
                    blocks.append(md5)
                    writer.write(part)
                if not unchanged(before, self._files.info(fd)):
                    raise ChangedError
                writer.commit()
            finally:
                writer.abort()
        finally:
            os.close(fd)
        return MirroredFile(
            file.name, before.st_size, before.st_mtime_ns, strong.hexdigest(), "".join(blocks)
        )

    def _parts(self, fd: int, size: int) -> Iterator[tuple[memoryview, str]]:
        """Yield the blocks in order with their MD5; a buffer is used again after its turn."""
        if size <= _INLINE_BYTES:
            if size:
                yield self._block(fd, 0, size, self._free[0])
            return
        starts = iter(range(0, size, BLOCK_BYTES))
        waiting: deque[tuple[Future[tuple[memoryview, str]], memoryview]] = deque()
        free = list(self._free)

        def begin(buffer: memoryview) -> None:
            for start in itertools.islice(starts, 1):
                wanted = min(BLOCK_BYTES, size - start)
                task = self._executor.submit(self._block, fd, start, wanted, buffer)
                waiting.append((task, buffer))

        try:
            for buffer in free:
                begin(buffer)
            while waiting:
                task, buffer = waiting.popleft()
                yield task.result()
                begin(buffer)
        finally:
            for task, _ in waiting:
                task.cancel()
            wait([task for task, _ in waiting])  # the file must stay open until nobody reads it

    def _block(
        self, fd: int, start: int, wanted: int, buffer: memoryview
    ) -> tuple[memoryview, str]:
        part = buffer[: self._fill(fd, start, buffer[:wanted])]
        if len(part) < wanted:
            raise ChangedError
        return part, hashlib.md5(part, usedforsecurity=False).hexdigest()

    def _fill(self, fd: int, start: int, room: memoryview) -> int:
        used = 0
        while used < len(room):
            if hasattr(os, "preadv"):
                count = os.preadv(fd, [room[used:]], start + used)
            else:
                with self._seeking:  # Windows reads where the file stands
                    os.lseek(fd, start + used, os.SEEK_SET)
                    data = os.read(fd, len(room) - used)
                count = len(data)
                room[used : used + count] = data
            if not count:
                break
            used += count
        return used
