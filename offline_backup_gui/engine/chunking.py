"""Cuts files into chunks: zero runs out first, then content-defined by FastCDC."""

from __future__ import annotations

from collections.abc import Iterator

from pyfastcdc import FastCDC

MIN_BYTES, AVERAGE_BYTES, MAX_BYTES = 256 << 10, 1 << 20, 4 << 20
PAGE_BYTES = 64 << 10
_ZEROS = bytes(PAGE_BYTES)


def chunker(seed: int, average: int = AVERAGE_BYTES) -> FastCDC:
    """Give a chunker; refuses the pure Python fallback, which runs at 0.5 % of the speed.

    One chunker serves one thread. The seed comes from the master key, so that the lengths of
    chunks do not betray known files.
    """
    if "cy" not in FastCDC.__module__:
        raise RuntimeError("the compiled part of pyfastcdc is missing")
    return FastCDC(
        avg_size=average,
        min_size=average // 4,
        max_size=average * 4,
        normalized_chunking=2,
        seed=seed,
    )


def zero_runs(data: memoryview, position: int) -> Iterator[tuple[int, int, bool]]:
    """Cut a buffer that stands at `position` of its file into (start, end, is hole) ranges.

    Only whole pages at multiples of 64 KiB of the file become holes.
    """
    size = len(data)
    start = 0
    page = -position % PAGE_BYTES
    while page + PAGE_BYTES <= size:
        end = page
        # First and last byte decide nearly always; comparing bytes objects is 20 times quicker
        # than comparing memoryviews.
        while (
            end + PAGE_BYTES <= size
            and data[end] == 0
            and data[end + PAGE_BYTES - 1] == 0
            and data[end : end + PAGE_BYTES].tobytes() == _ZEROS
        ):
            end += PAGE_BYTES
        if end > page:
            if page > start:
                yield start, page, False
            yield page, end, True
            start = page = end
        else:
            page += PAGE_BYTES
    if start < size:
        yield start, size, False


def cuts(cutter: FastCDC, data: memoryview) -> list[int]:
    """Give the end offsets of the chunks of a buffer."""
    return [chunk.offset + chunk.length for chunk in cutter.cut_buf(data)]


__all__ = ["AVERAGE_BYTES", "MAX_BYTES", "MIN_BYTES", "chunker", "cuts", "zero_runs"]
