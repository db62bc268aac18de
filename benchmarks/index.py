"""A book with 20,000,000 chunks: start, memory, look-ups, inserts at the end, size on disk."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.timing import in_own_process, median, peak_mb, save
from offline_backup_gui.adapters.state.book import SqliteBook
from offline_backup_gui.domain.book import Batch, NewPack, Placement

PACKS, CHUNKS_A_PACK = 80_000, 250
_HOMES = tuple(f"drive-{number}" for number in range(8))
_BUILT_AT_ONCE = 4_000  # many, so that the building does not take longer than the measuring
_LOOK_UPS, _COLD, _NEW_PACKS = 100_000, 5_000, 400


def chunk_ids(pack: int) -> Iterator[bytes]:
    """Give the ids of a made-up pack; the same number gives the same ids."""
    data = random.Random(pack).randbytes(32 * CHUNKS_A_PACK)
    return (data[at : at + 32] for at in range(0, len(data), 32))


def made_up(number: int) -> NewPack:
    """Give a pack of 1 GiB as a lane hands it over."""
    size = 4 << 20
    rows = tuple(
        (chunk_id, Placement(0, frame, frame * size, size - 7, size, 1))
        for frame, chunk_id in enumerate(chunk_ids(number))
    )
    pack_id = number.to_bytes(16, "big")
    return NewPack(pack_id, 0, 1 << 30, pack_id * 2, (_HOMES[number % len(_HOMES)],), rows)


def build(path: str, packs: int) -> dict[str, object]:
    """Fill a new book, many packs in a transaction."""
    book, begun = SqliteBook(Path(path)), time.perf_counter()
    for first in range(0, packs, _BUILT_AT_ONCE):
        last = min(packs, first + _BUILT_AT_ONCE)
        book.commit(Batch(packs=[made_up(number) for number in range(first, last)]))
        rate = last * CHUNKS_A_PACK / (time.perf_counter() - begun)
        print(f"  {last * CHUNKS_A_PACK:,} chunks, {rate:,.0f} a second", file=sys.stderr)
    book.close()
    return {"build_s": time.perf_counter() - begun, "peak_mb": peak_mb()}


def use(path: str, packs: int, turn: int) -> dict[str, object]:
    """Open a filled book and use it as a copy does; one process, so its peak memory counts."""
    chooser = random.Random(turn)
    _drop_from_cache(path)
    begun = time.perf_counter()
    book = SqliteBook(Path(path))
    book.use_homes(_HOMES)
    book.all_here()
    book.find(bytes(32))
    start_s = time.perf_counter() - begun
    known = [next(chunk_ids(number)) for number in chooser.choices(range(packs), k=_LOOK_UPS)]
    unknown = [chooser.randbytes(32) for _ in range(_LOOK_UPS)]
    rates = {"cold": _look_ups_a_second(book, known[:_COLD] + unknown[:_COLD])}
    subprocess.run(["cat", path], check=True, stdout=subprocess.DEVNULL)  # into the system's cache
    rates["hits"] = _look_ups_a_second(book, known)
    rates["misses"] = _look_ups_a_second(book, unknown)
    first = packs + turn * _NEW_PACKS
    fresh = [made_up(number) for number in range(first, first + _NEW_PACKS)]
    begun = time.perf_counter()
    for pack in fresh:
        book.commit(Batch(packs=[pack]))  # a transaction a pack, as a copy does
    inserts = _NEW_PACKS * CHUNKS_A_PACK / (time.perf_counter() - begun)
    book.close()
    return {
        "start_s": start_s,
        **{f"{name}_a_second": rate for name, rate in rates.items()},
        "inserts_a_second": inserts,
        "peak_mb": peak_mb(),
    }


def _look_ups_a_second(book: SqliteBook, ids: list[bytes]) -> float:
    begun = time.perf_counter()
    for chunk_id in ids:
        book.find(chunk_id)
    return len(ids) / (time.perf_counter() - begun)


def _drop_from_cache(path: str) -> None:
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def run(rounds: int, packs: int = PACKS, folder: str | None = None) -> dict[str, object]:
    """Build one book and use it in `rounds` fresh processes."""
    base = Path(tempfile.mkdtemp(prefix="index-", dir=folder))
    path = str(base / "book.db")
    try:
        built = in_own_process("benchmarks.index", "build", path, packs)
        size = sum(file.stat().st_size for file in base.iterdir())
        used = [
            in_own_process("benchmarks.index", "use", path, packs, turn) for turn in range(rounds)
        ]
    finally:
        shutil.rmtree(base)
    chunks = packs * CHUNKS_A_PACK
    figures = {
        "chunks": chunks,
        "packs": packs,
        "build_chunks_a_second": round(chunks / float(str(built["build_s"]))),
        "size_on_disk_mb": round(size / 1e6),
        "bytes_a_chunk": round(size / chunks, 1),
        "median": {key: median([float(str(one[key])) for one in used]) for key in used[0]},
        "each": used,
    }
    return save("index", rounds, figures)
