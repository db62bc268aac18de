"""What a finished copy says of itself, as the last reading to show; no Qt."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from offline_backup_gui.domain.job import Job, Lane, Phase, Reading


def final_reading(job: Job, last: Reading) -> Reading:
    """Give the reading of a finished copy: counters of a phase give way to those of the whole."""
    told = job.outcome
    files, size = _number(told, "files"), _number(told, "bytes")
    sealed = dict(_drives(told))
    return replace(
        last,
        phase=Phase.SEAL,
        files_done=files,
        files_total=files,
        bytes_done=size,
        bytes_total=size,
        scan_complete=True,
        stored_bytes=_number(told, "stored_bytes") or last.stored_bytes,
        rate_bytes_s=0.0,
        seconds_left=None,
        exceptions=len(tuple(exceptions(job))),
        lanes=tuple(_sealed(lane, sealed) for lane in last.lanes),
    )


def exceptions(job: Job) -> Iterator[tuple[str, str]]:
    """Give path and reason of everything that was left out, as the runner listed it."""
    for item in _items(job.outcome, "exceptions"):
        yield str(item.get("path", "")), str(item.get("reason", ""))


def _sealed(lane: Lane, sealed: dict[str, int]) -> Lane:
    stored = sealed.get(lane.path)
    if stored is None:
        return replace(lane, rate_bytes_s=0.0)
    return replace(
        lane,
        state="sealed",
        written_bytes=stored,
        verified_bytes=stored,
        to_verify_bytes=stored,
        rate_bytes_s=0.0,
    )


def _drives(told: dict[str, object]) -> Iterator[tuple[str, int]]:
    for item in _items(told, "drives"):
        if item.get("sealed"):
            yield str(item.get("path", "")), _number(item, "bytes")


def _items(told: dict[str, object], key: str) -> Iterator[dict[str, object]]:
    listed = told.get(key)
    if isinstance(listed, list):
        yield from (item for item in listed if isinstance(item, dict))


def _number(told: dict[str, object], key: str) -> int:
    value = told.get(key)
    return value if isinstance(value, int) else 0
