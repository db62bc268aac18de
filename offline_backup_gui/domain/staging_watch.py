"""What an agent has written to its staging location so far, and when that is ready. Pure.

Source of the two files: articles/backup/backup-azure-backup-import-export.md, 2015; later texts
only say that the staging location is ready.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

AGENT_ENDINGS = (".aibblob", ".baseblob")  # two files an agent leaves: its backup, and its base


class StagedFile(Struct, frozen=True):
    """One file below a staging location: its name from there, with "/", and its bytes so far.

    `modified_ns` is its own time of change, in ns since 1970; 0 where nobody asked for it.
    """

    name: str
    size_bytes: int
    modified_ns: int = 0

    @property
    def ending(self) -> str:
        """Give the ending in small letters when it is one of an agent, else nothing."""
        return next((end for end in AGENT_ENDINGS if self.name.lower().endswith(end)), "")


class StagingState(StrEnum):
    """How far the agent is with its staging location."""

    EMPTY = "empty"  # nothing of an agent is there
    GROWING = "growing"
    INCOMPLETE = "incomplete"  # still, and one of the two files is missing
    RESTING = "resting"  # both files, still, and not for long enough
    HELD = "held"  # both files, still, and the agent says that it is not done
    READY = "ready"
    UNREACHABLE = "unreachable"


class StagingSample(Struct, frozen=True):
    """The location at one moment; `files` is None when it did not answer."""

    at: datetime
    files: tuple[StagedFile, ...] | None
    free_bytes: int = 0

    @property
    def agent_files(self) -> tuple[StagedFile, ...]:
        """Give the files of the agent."""
        return tuple(file for file in self.files or () if file.ending)

    @property
    def size_bytes(self) -> int:
        """Give what the agent has written so far."""
        return sum(file.size_bytes for file in self.agent_files)


class StagingProgress(Struct, frozen=True):
    """What a row of samples shows. `rate` is in bytes a second over the samples that grew.

    `agent_waits` is what the agent itself says of waiting for the import job; None when it was
    not asked. `fits` says whether the room left takes what is missing of the need.
    """

    state: StagingState
    size_bytes: int = 0
    free_bytes: int = 0
    need_bytes: int = 0
    still_s: float = 0.0
    still_needed_s: float = 0.0
    rate: float = 0.0
    endings: tuple[str, ...] = ()
    agent_waits: bool | None = None

    @property
    def fits(self) -> bool:
        """Say whether the rest still has room."""
        return self.free_bytes >= self.need_bytes - self.size_bytes


def progress(
    samples: Sequence[StagingSample],
    *,
    still_needed_s: float,
    need_bytes: int = 0,
    agent_waits: bool | None = None,
    by_times: bool = False,
) -> StagingProgress:
    """Judge samples, oldest first. Ready takes evidence: both files, unchanged for long enough.

    What the agent says can only hold back: a location that still grows is not ready on its word.
    `by_times` believes the files' own times of change, for whoever cannot watch for so long.
    """
    if not samples:
        return StagingProgress(StagingState.UNREACHABLE, still_needed_s=still_needed_s)
    newest = samples[-1]
    if newest.files is None:
        return StagingProgress(
            StagingState.UNREACHABLE,
            need_bytes=need_bytes,
            still_needed_s=still_needed_s,
            agent_waits=agent_waits,
        )
    answered = [sample for sample in samples if sample.files is not None]
    still_s = _still_s(answered)
    if by_times:
        still_s = max(still_s, _still_by_times_s(newest))
    endings = tuple(sorted({file.ending for file in newest.agent_files}))
    return StagingProgress(
        _state(answered, endings, still_s, still_needed_s, agent_waits),
        newest.size_bytes,
        newest.free_bytes,
        need_bytes,
        still_s,
        still_needed_s,
        _rate(answered),
        endings,
        agent_waits,
    )


def _state(
    answered: Sequence[StagingSample],
    endings: tuple[str, ...],
    still_s: float,
    still_needed_s: float,
    agent_waits: bool | None,
) -> StagingState:
    if not endings:
        return StagingState.EMPTY
    if len(answered) > 1 and answered[-1].agent_files != answered[-2].agent_files:
        return StagingState.GROWING
    empty = any(file.size_bytes == 0 for file in answered[-1].agent_files)
    if len(endings) < len(AGENT_ENDINGS) or empty:
        return StagingState.INCOMPLETE
    if still_s < still_needed_s:
        return StagingState.RESTING
    return StagingState.HELD if agent_waits is False else StagingState.READY


def _still_s(answered: Sequence[StagingSample]) -> float:
    """Give for how long the agent's files have been as they are now."""
    newest = answered[-1]
    since = newest.at
    for sample in reversed(answered):
        if sample.agent_files != newest.agent_files:
            break
        since = sample.at
    return (newest.at - since).total_seconds()


def _still_by_times_s(newest: StagingSample) -> float:
    """Give how long ago the agent's newest file changed; nothing for a time that is to come."""
    times = [file.modified_ns for file in newest.agent_files]
    if not times or not all(times):
        return 0.0
    return max(0.0, newest.at.timestamp() - max(times) / 1e9)


def _rate(answered: Sequence[StagingSample]) -> float:
    first, last = answered[0], answered[-1]
    passed = (last.at - first.at).total_seconds()
    return max(0.0, (last.size_bytes - first.size_bytes) / passed) if passed > 0 else 0.0
