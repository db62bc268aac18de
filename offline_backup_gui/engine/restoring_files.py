"""Brings contents back, proved chunk by chunk: small files, large ones, their streams and names."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.library import ChunkCache, Library
from offline_backup_gui.engine.restore_order import Batch, Report
from offline_backup_gui.engine.target import NotMade, Target
from offline_backup_gui.engine.target_files import (
    EXISTS,
    CannotKeepError,
    FileWriter,
    Writer,
    open_plain,
)
from offline_backup_gui.formats.catalogue import HOLE, Entry, Listing

_SMALL_BYTES = 1 << 20
_CHUNKS_AT_HAND = 4
_DAMAGE = frozenset({ErrorCode.OBJECT_DAMAGED, ErrorCode.FORMAT_DAMAGED, ErrorCode.DRIVE_FAILING})
_APART = "name-apart"  # the reason of a further name that had to become a file of its own
_STREAM_AS_FILE = "stream-as-file"  # the reason where there are no streams


class FileRestorer:
    """What the workers of a restore share. A file is shown by its folder, `/` and its name."""

    def __init__(self, context: Context, library: Library, target: Target, report: Report) -> None:
        self._context, self._library = context, library
        self._target, self._report = target, report
        self._lock = threading.Lock()
        self._first_by_group: dict[bytes, tuple[bytes, Entry, tuple[bytes, ...]]] = {}
        self._links: list[tuple[bytes, bytes, Entry, Batch]] = []
        self._standing: set[bytes] = set()  # files with several names, of which one is there

    def restore(self, cache: ChunkCache, batch: Batch) -> None:
        """Restore files; small ones together, with their contents at hand before."""
        small: list[tuple[Entry, memoryview]] = []
        at_hand: dict[int, memoryview] = {}
        self._context.control.checkpoint()
        together = not self._target.continuing
        for entry in batch.entries:
            if not (together and _is_small(batch, entry)):
                self._context.control.checkpoint()
                self._restore_one(cache, batch, entry)
                continue
            data = self._small_contents(cache, batch, entry, at_hand)
            if data is None:
                continue
            small.append((entry, data))
            if len(at_hand) > _CHUNKS_AT_HAND:
                # A few bytes of a chunk hold all of it in memory.
                self._put_small(batch, small)
                small, at_hand = [], {}
        if small:
            self._put_small(batch, small)

    def _put_small(self, batch: Batch, small: Sequence[tuple[Entry, memoryview]]) -> None:
        files = size_bytes = 0
        for (entry, _), reason in zip(small, self._target.put(batch.folder, small), strict=True):
            if reason != EXISTS and not isinstance(reason, NotMade):
                files, size_bytes = files + 1, size_bytes + entry.size
            if reason is not None:
                self._report.difference(self._target.inside(batch.folder, entry.name), reason)
        self._report.restored(files, size_bytes)
        self._context.progress.add(files=len(small), size_bytes=sum(e.size for e, _ in small))

    def _small_contents(
        self, cache: ChunkCache, batch: Batch, entry: Entry, at_hand: dict[int, memoryview]
    ) -> memoryview | None:
        """Give the contents of a small file; None when they are damaged, which is told here."""
        number, offset, length = entry.extents
        data = at_hand.get(number)
        try:
            if data is None:
                data = at_hand[number] = memoryview(cache.get(batch.listing.chunks[number]))
        except BackupError as error:
            reason = _why(error)
        else:
            if offset + length <= len(data):
                return data[offset : offset + length]
            reason = "extent-outside-chunk"
        self._report.difference(self._target.inside(batch.folder, entry.name), reason)
        self._context.progress.add(files=1, size_bytes=entry.size)
        return None

    def _restore_one(self, cache: ChunkCache, batch: Batch, entry: Entry) -> None:
        path = self._target.inside(batch.folder, entry.name)
        if entry.link_group and self._is_further_name(path, entry, batch):
            return
        if self._target.already_done(path, entry):
            self._report.restored(1, entry.size)
            stands, reason = True, None
        else:
            stands, reason = self._restore_file(cache, batch, entry, path)
        if stands and entry.link_group:
            with self._lock:
                self._standing.add(path)
        self._report.difference(path, reason or (_STREAM_AS_FILE if entry.stream else None))
        self._context.progress.add(files=1, size_bytes=entry.size)

    def _is_further_name(self, path: bytes, entry: Entry, batch: Batch) -> bool:
        with self._lock:
            first = self._first_by_group.setdefault(
                entry.link_group, (path, entry, tuple(batch.listing.chunks))
            )
            if first[0] == path:
                return False
            self._links.append((path, first[0], entry, batch))
            return True

    def _restore_file(
        self, cache: ChunkCache, batch: Batch, entry: Entry, path: bytes
    ) -> tuple[bool, str | None]:
        """Say whether the file stands with its contents, and why it is not as promised."""
        writer: FileWriter | None = None
        streams = batch.streams.get(entry.name, ())
        try:
            writer = self._target.create(path, entry)
            reason = self._fill(cache, batch.listing, entry, writer)
            if reason is None:
                for stream in streams:
                    self._restore_stream(cache, batch, stream, writer.stream)
                reason = writer.finish()
                if reason != EXISTS:
                    self._report.restored(1, entry.size)
                    return True, reason
        except CannotKeepError as error:
            reason = str(error)
        finally:
            if writer is not None:
                writer.abort()
        for stream in streams:  # they are where their file is
            self._report.difference(self._target.inside(batch.folder, stream.name), reason)
        return False, reason

    def _fill(
        self, cache: ChunkCache, listing: Listing, entry: Entry, writer: Writer
    ) -> str | None:
        """Write the contents of an entry; give the reason when they are not to be had."""
        position, numbers = 0, entry.extents
        try:
            for at in range(0, len(numbers), 3):
                number, offset, length = numbers[at : at + 3]
                if number == HOLE:
                    writer.hole(position, length)
                else:
                    data = cache.get(listing.chunks[number])
                    if offset + length > len(data):
                        return "extent-outside-chunk"
                    writer.write(position, memoryview(data)[offset : offset + length])
                position += length
        except BackupError as error:
            return _why(error)
        return None

    def _restore_stream(
        self,
        cache: ChunkCache,
        batch: Batch,
        stream: Entry,
        begin: Callable[[bytes, Entry], Writer | None],
    ) -> None:
        """Write one stream through `begin(name, entry)`; what goes wrong is the stream's alone."""
        path = self._target.inside(batch.folder, stream.name)
        try:
            writer = begin(stream.name.partition(b":")[2], stream)
            if writer is None:
                self._report.difference(path, "no-streams")
                return
            try:
                self._report.difference(path, self._fill(cache, batch.listing, stream, writer))
                writer.close()
            finally:
                writer.abort()
        except CannotKeepError as error:
            self._report.difference(path, str(error))

    # --- after everything else

    def restore_folder_streams(
        self, cache: ChunkCache, folder: bytes, batch: Batch, streams: Sequence[Entry]
    ) -> None:
        """Write the streams of a finished folder."""
        for stream in streams:
            self._context.control.checkpoint()
            self._restore_stream(
                cache, batch, stream, lambda name, entry: self._target.stream(folder, name, entry)
            )

    def link_further_names(self, keep_if_due: Callable[[], None]) -> None:
        """Give files that are there their further names."""
        cache = ChunkCache(self._library)
        for path, first, entry, batch in self._links:
            self._context.control.checkpoint()
            keep_if_due()
            same = self._first_by_group[entry.link_group]
            linked = first in self._standing and (
                _contents(entry, batch.listing.chunks) == _contents(same[1], same[2])
                or self._has_bytes_of(cache, first, entry, batch)
            )
            if linked:
                refused = self._target.link(first, path)
                if refused is None:
                    self._report.restored(1, entry.size)
                    # What is wrong with the file is wrong with it under every name.
                    self._report.difference(path, self._report.reason(first))
                else:
                    # FAT and many shares know no second name: the file twice is better than once.
                    stands, reason = self._restore_file(cache, batch, entry, path)
                    apart = f"{_APART}: {refused}"
                    if stands:
                        reason = f"{reason}; {apart}" if reason else apart
                    self._report.difference(path, reason)
            else:
                self._report.difference(path, self._restore_file(cache, batch, entry, path)[1])
            self._context.progress.add(files=1, size_bytes=entry.size)

    def _has_bytes_of(self, cache: ChunkCache, path: bytes, entry: Entry, batch: Batch) -> bool:
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


def _is_small(batch: Batch, entry: Entry) -> bool:
    """Say whether a file lies in one chunk and has nothing special, as nearly all do."""
    numbers = entry.extents
    return not (
        len(numbers) != 3
        or entry.size >= _SMALL_BYTES
        or numbers[0] == HOLE
        or entry.link_group
        or entry.attributes
        or entry.stream
        or entry.name in batch.streams
    )


def _why(error: BackupError) -> str:
    """Give the reason why contents are not to be had; other trouble ends the restore."""
    if error.code is ErrorCode.OBJECT_MISSING:
        return "pack-missing"
    if error.code in _DAMAGE:
        return f"damaged:{error.parameters.get('name', '')}"
    raise error


def _contents(entry: Entry, chunks: Sequence[bytes]) -> list[object]:
    """Give what tells whether two names of a file have the same contents."""
    return [
        chunks[value] if index % 3 == 0 and value != HOLE else value
        for index, value in enumerate(entry.extents)
    ]
