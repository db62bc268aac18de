"""The pieces of a restore: no chunk is opened by two workers, no worker gets all large files."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from offline_backup_gui.engine.restore_order import Batch, portions, runs
from offline_backup_gui.formats.catalogue import Entry, Listing

_KIB, _MIB = 1 << 10, 1 << 20
_CHUNK_BYTES, _FILE_BYTES = 4 * _MIB, 7 * _KIB


def _folders(files: int, empty: int = 0) -> Iterator[Batch]:
    """Give folders of 100 small files that lie one after the other in chunks of 4 MiB."""
    offset, chunk = 0, 0
    for start in range(0, files, 100):
        entries, chunks = [], []
        for number in range(start, min(files, start + 100)):
            if number % 100 < empty:
                entries.append(Entry(b"%d" % number))
                continue
            if offset + _FILE_BYTES > _CHUNK_BYTES:
                offset, chunk = 0, chunk + 1
            name = b"%032d" % chunk
            if name not in chunks:
                chunks.append(name)
            extents = [chunks.index(name), offset, _FILE_BYTES]
            entries.append(Entry(b"%d" % number, size=_FILE_BYTES, extents=extents))
            offset += _FILE_BYTES
        yield Batch(b"/to", Listing(0, b"%d" % start, chunks), tuple(entries))


def _chunks(run: list[Batch]) -> set[bytes]:
    return {
        batch.listing.chunks[entry.extents[0]]
        for batch in run
        for entry in batch.entries
        if entry.extents
    }


def _names(batches: Iterator[Batch]) -> list[bytes]:
    return [entry.name for batch in batches for entry in batch.entries]


def test_small_files_of_one_chunk_are_in_one_run() -> None:
    found = list(runs(_folders(20_000, empty=2)))
    assert _names(chain.from_iterable(found)) == _names(_folders(20_000, empty=2))
    assert all(batch.entries for run in found for batch in run)
    opened = [chunk for run in found for chunk in _chunks(run)]
    assert len(opened) == len(set(opened))
    sizes = [sum(entry.size for batch in run for entry in batch.entries) for run in found]
    assert all(8 * _MIB <= size <= 13 * _MIB for size in sizes[:-1])


def test_files_without_contents_come_in_runs_as_well() -> None:
    found = list(runs(_folders(50_000, empty=100)))
    assert _names(chain.from_iterable(found)) == _names(_folders(50_000, empty=100))
    assert max(sum(len(batch.entries) for batch in run) for run in found) <= 4_096 + 100


def test_large_files_of_a_folder_are_handed_out_one_by_one() -> None:
    large = [Entry(b"%d" % number, size=9 * _MIB, extents=[0, 0, 9 * _MIB]) for number in range(5)]
    small = [Entry(b"small %d" % number, size=10) for number in range(300)]
    found = list(portions([*large, *small]))
    assert [len(some) for some in found] == [1, 1, 1, 1, 1, 128, 128, 44]
    assert list(chain.from_iterable(found)) == [*large, *small]
    batches = (Batch(b"/to", Listing(0, b""), some) for some in found)
    assert [sum(len(batch.entries) for batch in run) for run in runs(batches)][:4] == [1, 1, 1, 1]
