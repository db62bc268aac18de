"""What a restore is asked for, the pieces it is done in, and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from offline_backup_gui.engine.context import Progress
from offline_backup_gui.formats.catalogue import Entry, Listing
from offline_backup_gui.formats.point import Point

_RUN_BYTES, _RUN_FILES = 8 << 20, 4096
_BATCH_FILES = 128


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


class Report:
    """Writes into an outcome from many threads."""

    def __init__(self, outcome: RestoreOutcome, progress: Progress) -> None:
        self._outcome, self._progress = outcome, progress
        self._lock = threading.Lock()

    def difference(self, path: bytes, reason: str | None) -> None:
        """Note why a path is not as promised; nothing when there is no reason."""
        if reason is not None:
            with self._lock:
                self._outcome.differences[path] = reason
            self._progress.add(left_out=1)

    def reason(self, path: bytes) -> str | None:
        """Give why a path is not as promised, or None."""
        return self._outcome.differences.get(path)

    def restored(self, files: int, size_bytes: int) -> None:
        """Count files that stand in the target now."""
        with self._lock:
            self._outcome.files += files
            self._outcome.size_bytes += size_bytes


_NO_STREAMS: dict[bytes, list[Entry]] = {}


class Batch(Struct, frozen=True):
    """Consecutive files of one folder, in the order of the catalogue.

    `folder` is its full path in the target. `streams` are the alternate streams of files by the
    name of the file, where the target has streams.
    """

    folder: bytes
    listing: Listing
    entries: tuple[Entry, ...]
    streams: dict[bytes, list[Entry]] = _NO_STREAMS


def portions(files: Sequence[Entry]) -> Iterator[tuple[Entry, ...]]:
    """Cut the files of a folder into batches: large files that lie together are no one's alone."""
    batch: list[Entry] = []
    size = 0
    for entry in files:
        batch.append(entry)
        size += entry.size
        if size >= _RUN_BYTES or len(batch) == _BATCH_FILES:
            yield tuple(batch)
            batch, size = [], 0
    if batch:
        yield tuple(batch)


def runs(batches: Iterable[Batch]) -> Iterator[list[Batch]]:
    """Put batches together until they are as large as some chunks, and end where a chunk begins.

    Small files share their chunks in this order: who restores a run opens each of them once, and
    nobody else does.
    """
    run: list[Batch] = []
    size = files = 0
    for batch in batches:
        if size >= _RUN_BYTES:
            before, batch = _at_chunk(batch)
            run += before
            files += sum(len(part.entries) for part in before)
        if run and (files >= _RUN_FILES or (size >= _RUN_BYTES and batch.entries)):
            yield run
            run, size, files = [], 0, 0
        if batch.entries:
            run.append(batch)
        size += sum(entry.size for entry in batch.entries)
        files += len(batch.entries)
    if run:
        yield run


def _at_chunk(batch: Batch) -> tuple[list[Batch], Batch]:
    """Part a batch before the first file that lies at the beginning of a chunk."""
    entries = batch.entries
    for index, entry in enumerate(entries):
        if entry.extents[1:2] == [0]:
            before = [replace(batch, entries=entries[:index])] if index else []
            return before, replace(batch, entries=entries[index:])
    return [batch], replace(batch, entries=())
