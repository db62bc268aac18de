"""What jobs give back: final state and the figures that the command line prints last."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode, Parameter
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.job import JobState
from offline_backup_gui.formats.point import LeftOut

if TYPE_CHECKING:  # a command that only says how it ended shall not wait for the engine
    from offline_backup_gui.engine.arrival import Arrival


class Finished(Struct, frozen=True):
    """A job that ran to its end: DONE or EXCEPTIONS, and what the command line prints last."""

    state: JobState
    outcome: dict[str, object]


def finished(bad: bool, outcome: dict[str, object], good: str, otherwise: str) -> Finished:
    """Give DONE with the word `good`, or EXCEPTIONS with the word `otherwise`."""
    state = JobState.EXCEPTIONS if bad else JobState.DONE
    return Finished(state, {"outcome": otherwise if bad else good, **outcome})


def shown(path: bytes) -> str:
    """Give a path for people and JSON: bytes that are no UTF-8 appear as \\xNN."""
    return path.decode("utf-8", "backslashreplace")


def exceptions_json(lines: Iterable[LeftOut]) -> list[dict[str, str]]:
    """Give the ledger as the command line prints it."""
    return [
        {"path": shown(line.path), "reason": line.reason, "detail": line.detail} for line in lines
    ]


def blocked(finding: Finding) -> BackupError:
    """Turn a blocking finding into the refusal it leads to."""
    parameters: dict[str, Parameter] = {"finding": finding.code.value, **finding.parameters}
    return BackupError(ErrorCode.PLAN_BLOCKED, **parameters)


def arrival_json(arrival: Arrival) -> dict[str, object]:
    """Give an arrival check as the command line prints it."""
    return {
        "expected": arrival.expected,
        "arrived": arrival.arrived,
        "bytes": arrival.size_bytes,
        "damaged": sorted(arrival.damaged),
        "missing": sorted(arrival.missing),
        "renamed": sorted(arrival.renamed),
        "found_as": dict(sorted(arrival.renamed.items())),
        "repaired_bytes": arrival.repaired_bytes,
        "affected_files": [shown(path) for path in arrival.affected_files],
        "lost_files": [shown(path) for path in arrival.lost_files],
    }
