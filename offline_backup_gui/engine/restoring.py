"""Brings files back: contents proved chunk by chunk, then times, modes, links and attributes."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.domain.windows_names import is_windows_path
from offline_backup_gui.engine.catalogue import read_catalogue
from offline_backup_gui.engine.choice import Choice
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.library import ChunkCache, Library
from offline_backup_gui.engine.pace import CORES, Turns
from offline_backup_gui.engine.target import (
    EXISTS,
    CannotKeepError,
    FileWriter,
    Target,
    open_plain,
)
from offline_backup_gui.formats.catalogue import HOLE, Entry, Kind, Listing
from offline_backup_gui.formats.point import Point

_BATCH = 128
KEEP_EVERY_S = 30.0  # what a power cut may cost a restore
_SMALL_BYTES = 1 << 20
_RUN_BYTES, _RUN_FILES = 8 << 20, 4096
_CHUNKS_AT_HAND = 4
_DAMAGE = frozenset({ErrorCode.OBJECT_DAMAGED, ErrorCode.FORMAT_DAMAGED, ErrorCode.DRIVE_FAILING})


class RestoreOrder(Struct, frozen=True):
    """What to bring back and where to. `include` are patterns, `paths` exact files or folders,
    both as `<source name>/<path>`; nothing given means everything.
    """

    to: bytes
    include: tuple[str, ...] = ()
    paths: tuple[bytes, ...] = ()
    overwrite: bool = False


class RestoreOutcome(Struct):
    """What came back, and every path that differs from what was promised."""

    point: Point
    files: int = 0
    size_bytes: int = 0
    differences: dict[bytes, str] = field(default_factory=dict)
    roots: dict[bytes, bytes] = field(default_factory=dict)


class _Batch(Struct, frozen=True):
    """Consecutive files of one folder, in the order of the catalogue."""

    folder: bytes  # full path in the target
    listing: Listing
    entries: tuple[Entry, ...]


class Restoring:
    """Restores one point. A target that was begun before is continued; see `Target`."""

    def __init__(self, context: Context, library: Library, point: Point, order: RestoreOrder):
        self._context, self._library, self._point, self._order = context, library, point, order
        self._choice = Choice(order.include, order.paths)
        self._target = Target(context.files, order.to, point.point_id, overwrite=order.overwrite)
        self._outcome = RestoreOutcome(point)
        self._lock = threading.Lock()
        self._work: queue.Queue[list[_Batch] | None] = queue.Queue(maxsize=4 * CORES)
        self._trouble: BaseException | None = None
        self._turns = Turns()
        self._folders: list[tuple[bytes, Entry]] = []
        self._first_by_group: dict[bytes, tuple[bytes, Entry, tuple[bytes, ...]]] = {}
        self._links: list[tuple[bytes, bytes, Entry, _Batch]] = []
        self._kept_at = context.clock.monotonic()

    def run(self) -> RestoreOutcome:
        """Restore; raises Stopped, or trouble with the target. Damage goes into the outcome."""
        point = self._point
        self._context.progress.phase(Phase.RESTORE, point.files, point.size)
        self._context.tell(Phase.RESTORE)
        self._target.begin([root.name for root in point.roots])
        threads = [
            threading.Thread(target=self._run_worker, name=f"restore {number}", daemon=True)
            for number in range(CORES)
        ]
        for thread in threads:
            thread.start()
        try:
            for run in _runs(self._batches()):
                self._put(run)
        except BaseException as error:
            self._trouble = self._trouble or error
        self._end(threads)
        if self._trouble is not None:
            raise self._trouble
        self._finish()
        return self._outcome

    def _put(self, run: list[_Batch]) -> None:
        while self._trouble is None:
            self._keep_if_due()
            try:
                self._work.put(run, timeout=1.0)
                return
            except queue.Full:
                continue
        raise self._trouble

    def _keep_if_due(self) -> None:
        """Bring what is finished onto the medium now and then: a power cut then costs little."""
        now = self._context.clock.monotonic()
        if now - self._kept_at >= KEEP_EVERY_S:
            self._target.keep()
            self._kept_at = now

    def _end(self, threads: Sequence[threading.Thread]) -> None:
        """Let the workers finish; what they finish meanwhile is kept as well."""
        left = len(threads)
        while left:
            with contextlib.suppress(queue.Full):
                self._work.put(None, timeout=1.0)
                left -= 1
            self._keep_while_ending()
        for thread in threads:
            while thread.is_alive():
                thread.join(1.0)
                self._keep_while_ending()

    def _keep_while_ending(self) -> None:
        try:
            if self._trouble is None:
                self._keep_if_due()
        except BackupError as error:
            self._trouble = error

    # --- catalogue to batches

    def _batches(self) -> Iterator[_Batch]:
        for number, root in enumerate(self._point.roots):
            full = self._target.path(root.name, b"")
            self._outcome.roots[root.path] = full
            if not _means_itself(root.name):
                self._difference(full, "name-not-allowed")
            elif self._choice.everything:
                self._folder(full, self._point.roots[number].entry)
        for listing in self._listings():
            self._context.control.checkpoint()
            yield from self._folder_batches(listing)

    def _listings(self) -> Iterator[Listing]:
        try:
            longest = self._library.longest_listing
            yield from read_catalogue(self._point, self._library.chunk, longest=longest)
        except BackupError as error:
            if error.code not in (ErrorCode.OBJECT_DAMAGED, ErrorCode.OBJECT_MISSING):
                raise
            # Without its catalogue a point cannot say what is missing: that is no partial success.
            raise BackupError(
                ErrorCode.OBJECT_DAMAGED,
                name=str(error.parameters.get("name", "")),
                why="catalogue",
            ) from error

    def _folder_batches(self, listing: Listing) -> Iterator[_Batch]:
        root = self._point.roots[listing.root].name
        folder = self._target.path(root, listing.path)
        inside = root + b"/" + listing.path if listing.path else root
        wanted: list[Entry] = []
        everything = self._choice.everything
        for entry in listing.entries:
            here = inside + b"/" + entry.name
            if not everything and not self._choice.wants(here, folder=entry.kind is Kind.FOLDER):
                continue
            if _means_itself(here):
                wanted.append(entry)
            else:
                self._difference(folder + b"/" + entry.name, "name-not-allowed")
        if not wanted:
            return
        try:
            self._target.make_folder(folder)
        except CannotKeepError as error:
            for entry in wanted:
                self._difference(folder + b"/" + entry.name, str(error))
            return
        files = []
        for entry in wanted:
            if entry.kind is Kind.FILE:
                files.append(entry)
                continue
            path = folder + b"/" + entry.name
            if entry.kind is Kind.FOLDER:
                self._folder(path, entry)
            else:
                self._difference(path, self._target.make_special(path, entry))
        for start in range(0, len(files), _BATCH):
            yield _Batch(folder, listing, tuple(files[start : start + _BATCH]))

    def _folder(self, path: bytes, entry: Entry) -> None:
        try:
            self._target.make_folder(path)
        except CannotKeepError as error:
            self._difference(path, str(error))
        else:
            self._folders.append((path, entry))

    def _difference(self, path: bytes, reason: str | None) -> None:
        if reason is not None:
            with self._lock:
                self._outcome.differences[path] = reason
            self._context.progress.add(left_out=1)

    # --- workers

    def _run_worker(self) -> None:
        cache = ChunkCache(self._library)
        while (run := self._work.get()) is not None:
            try:
                for batch in run:
                    if self._trouble is None:
                        self._restore_batch(cache, batch)
            except BaseException as error:
                self._trouble = self._trouble or error

    def _restore_batch(self, cache: ChunkCache, batch: _Batch) -> None:
        """Restore files; small ones in turns, with their contents at hand before the turn."""
        small: list[tuple[Entry, memoryview]] = []
        chunks: set[int] = set()
        for entry in batch.entries:
            self._context.control.checkpoint()
            data = self._small_contents(cache, batch, entry)
            if data is None:
                self._restore_one(cache, batch, entry)
                continue
            small.append((entry, data))
            chunks.add(entry.extents[0])
            if len(chunks) > _CHUNKS_AT_HAND:
                # A few bytes of a chunk hold all of it in memory.
                self._put_small(batch, small)
                small, chunks = [], set()
        if small:
            self._put_small(batch, small)

    def _put_small(self, batch: _Batch, small: Sequence[tuple[Entry, memoryview]]) -> None:
        files = size_bytes = 0
        with self._turns.taken():
            for entry, data in small:
                path = batch.folder + b"/" + entry.name
                try:
                    reason = self._target.put(path, entry, data)
                except CannotKeepError as error:
                    self._difference(path, str(error))
                    continue
                if reason != EXISTS:
                    files, size_bytes = files + 1, size_bytes + entry.size
                self._difference(path, reason)
        with self._lock:
            self._outcome.files += files
            self._outcome.size_bytes += size_bytes
        self._context.progress.add(files=len(small), size_bytes=sum(e.size for e, _ in small))

    def _small_contents(self, cache: ChunkCache, batch: _Batch, entry: Entry) -> memoryview | None:
        """Give the contents of a file that lies in one chunk as nearly all do, or None."""
        numbers = entry.extents
        if len(numbers) != 3 or entry.size >= _SMALL_BYTES or numbers[0] == HOLE:
            return None
        if entry.link_group or entry.attributes or self._target.continuing:
            return None
        try:
            data = cache.get(batch.listing.chunks[numbers[0]])
        except BackupError:
            return None  # what is wrong with it is told where all files are restored
        end = numbers[1] + numbers[2]
        return memoryview(data)[numbers[1] : end] if end <= len(data) else None

    def _restore_one(self, cache: ChunkCache, batch: _Batch, entry: Entry) -> None:
        path = batch.folder + b"/" + entry.name
        if entry.link_group and self._is_further_name(path, entry, batch):
            return
        if self._target.already_done(path, entry):
            self._count(entry)
        else:
            self._difference(path, self._restore_file(cache, batch, entry, path))
        self._context.progress.add(files=1, size_bytes=entry.size)

    def _is_further_name(self, path: bytes, entry: Entry, batch: _Batch) -> bool:
        with self._lock:
            first = self._first_by_group.setdefault(
                entry.link_group, (path, entry, tuple(batch.listing.chunks))
            )
            if first[0] == path:
                return False
            self._links.append((path, first[0], entry, batch))
            return True

    def _count(self, entry: Entry) -> None:
        """Count a file that stands in the target now."""
        with self._lock:
            self._outcome.files += 1
            self._outcome.size_bytes += entry.size

    def _restore_file(
        self, cache: ChunkCache, batch: _Batch, entry: Entry, path: bytes
    ) -> str | None:
        """Give None, or the reason why the file is not as promised."""
        writer: FileWriter | None = None
        try:
            writer = self._target.create(path, entry)
            position, numbers = 0, entry.extents
            for at in range(0, len(numbers), 3):
                number, offset, length = numbers[at : at + 3]
                if number == HOLE:
                    writer.hole(position, length)
                else:
                    data = cache.get(batch.listing.chunks[number])
                    if offset + length > len(data):
                        return "extent-outside-chunk"
                    writer.write(position, memoryview(data)[offset : offset + length])
                position += length
            reason = writer.finish()
            if reason != EXISTS:
                self._count(entry)
            return reason
        except CannotKeepError as error:
            return str(error)
        except BackupError as error:
            if error.code is ErrorCode.OBJECT_MISSING:
                return "pack-missing"
            if error.code in _DAMAGE:
                return f"damaged:{error.parameters.get('name', '')}"
            raise
        finally:
            if writer is not None:
                writer.abort()

    # --- links and folders come last

    def _finish(self) -> None:
        cache = ChunkCache(self._library)
        for path, first, entry, batch in self._links:
            self._context.control.checkpoint()
            self._keep_if_due()
            same = self._first_by_group[entry.link_group]
            first_bad = first in self._outcome.differences
            linked = not first_bad and (
                _contents(entry, batch.listing.chunks) == _contents(same[1], same[2])
                or self._has_bytes_of(cache, first, entry, batch)
            )
            if linked:
                reason = self._target.link(first, path)
                if reason is None:
                    self._count(entry)
                self._difference(path, reason)
            else:
                self._difference(path, self._restore_file(cache, batch, entry, path))
            self._context.progress.add(files=1, size_bytes=entry.size)
        for path, entry in reversed(self._folders):
            self._difference(path, self._target.finish_folder(path, entry))
        self._target.finish()

    def _has_bytes_of(self, cache: ChunkCache, path: bytes, entry: Entry, batch: _Batch) -> bool:
        """Say whether a restored file holds what is promised of another name of it.

        Small files lie in one chunk with their neighbours: a folder that was read again alone has
        the same bytes in another chunk.
        """
        numbers = entry.extents
        if HOLE in numbers[0::3]:
            return False  # only large files have holes, and those are cut the same each time
        try:
            with open_plain(path) as file:
                for at in range(0, len(numbers), 3):
                    number, offset, length = numbers[at : at + 3]
                    data = memoryview(cache.get(batch.listing.chunks[number]))
                    if offset + length > len(data):
                        return False  # nor may it be asked for that many bytes
                    if file.read(length) != data[offset : offset + length]:
                        return False
                return not file.read(1)
        except (OSError, BackupError):
            return False


def _runs(batches: Iterable[_Batch]) -> Iterator[list[_Batch]]:
    """Put batches together until they are as large as a chunk.

    Small files share their chunks in this order: who restores a run opens each of them once.
    """
    run: list[_Batch] = []
    size = files = 0
    for batch in batches:
        run.append(batch)
        size += sum(entry.size for entry in batch.entries)
        files += len(batch.entries)
        if size >= _RUN_BYTES or files >= _RUN_FILES:
            yield run
            run, size, files = [], 0, 0
    if run:
        yield run


def _means_itself(path: bytes) -> bool:
    """Say whether this system takes each name in a path for what it is, not for a way elsewhere."""
    return os.name != "nt" or is_windows_path(path)


def _contents(entry: Entry, chunks: Sequence[bytes]) -> list[object]:
    """Give what tells whether two names of a file have the same contents."""
    return [
        chunks[value] if index % 3 == 0 and value != HOLE else value
        for index, value in enumerate(entry.extents)
    ]
