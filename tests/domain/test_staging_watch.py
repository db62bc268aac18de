"""What an agent has written so far: growing, standing still, ready by evidence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from offline_backup_gui.domain.staging_watch import (
    StagedFile,
    StagingProgress,
    StagingSample,
    StagingState,
    progress,
)

START = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
GB = 10**9
BOTH = (StagedFile("job/a.AIBBlob", 40 * GB), StagedFile("job/a.BaseBlob", 1 * GB))


def at(minute: float, *files: StagedFile, free: int = 100 * GB) -> StagingSample:
    return StagingSample(START + timedelta(minutes=minute), files, free)


def silent(minute: float) -> StagingSample:
    return StagingSample(START + timedelta(minutes=minute), None)


def after(*samples: StagingSample, waits: bool | None = None, need: int = 50 * GB) -> (
    StagingProgress
):  # fmt: skip
    return progress(samples, still_needed_s=600, need_bytes=need, agent_waits=waits)


def test_nothing_of_an_agent_is_empty_whatever_else_lies_there() -> None:
    assert after(at(0)).state is StagingState.EMPTY
    assert after(at(0, StagedFile("note.txt", 5))).state is StagingState.EMPTY


def test_growing_is_told_with_its_rate_and_whether_the_rest_fits() -> None:
    one, two = StagedFile("a.aibblob", 6 * GB), StagedFile("a.aibblob", 12 * GB)
    found = after(at(0, one), at(1, two, free=38 * GB))
    assert (found.state, found.rate, found.size_bytes) == (StagingState.GROWING, 1e8, 12 * GB)
    assert found.fits
    assert not after(at(0, one), at(1, two, free=38 * GB - 1)).fits


def test_ready_needs_both_files_and_the_whole_time_without_a_change() -> None:
    assert after(at(0, *BOTH), at(9.99, *BOTH)).state is StagingState.RESTING
    assert after(at(0, *BOTH), at(10, *BOTH)).state is StagingState.READY
    assert after(at(0, *BOTH)).state is StagingState.RESTING


def test_times_of_files_count_as_standstill_for_whoever_asks_for_it() -> None:
    def files(*minutes: float) -> tuple[StagedFile, ...]:
        times = [int((START + timedelta(minutes=m)).timestamp() * 1e9) for m in minutes]
        return tuple(
            StagedFile(file.name, file.size_bytes, time)
            for file, time in zip(BOTH, times, strict=True)
        )

    def judged(*samples: StagingSample) -> StagingProgress:
        return progress(samples, still_needed_s=600, by_times=True)

    ready = at(0, *files(-30, -10))
    assert judged(ready).state is StagingState.READY
    assert judged(ready).still_s == 600
    assert after(ready).state is StagingState.RESTING  # whoever can watch believes only that
    assert judged(at(0, *files(-30, -9.9))).state is StagingState.RESTING
    # A clock that goes ahead, and a time nobody knows, prove nothing.
    assert judged(at(0, *files(-30, 5))).state is StagingState.RESTING
    assert judged(at(0, *BOTH)).state is StagingState.RESTING
    # Growing between two looks counts more than any time.
    grown = StagedFile(BOTH[0].name, BOTH[0].size_bytes + 1, files(-30, -30)[0].modified_ns)
    assert judged(at(-1, *files(-30, -30)), at(0, grown, BOTH[1])).state is StagingState.GROWING


@pytest.mark.parametrize("kept", [0, 1])
def test_one_file_alone_is_never_ready(kept: int) -> None:
    found = after(at(0, BOTH[kept]), at(60, BOTH[kept]))
    assert found.state is StagingState.INCOMPLETE


def test_an_empty_file_is_no_evidence() -> None:
    hollow = (BOTH[0], StagedFile("job/a.BaseBlob", 0))
    assert after(at(0, *hollow), at(60, *hollow)).state is StagingState.INCOMPLETE


def test_a_change_in_between_starts_the_time_anew_even_when_it_is_taken_back() -> None:
    more = (StagedFile("job/a.AIBBlob", 41 * GB), BOTH[1])
    found = after(at(0, *BOTH), at(8, *more), at(16, *BOTH), at(20, *BOTH))
    assert (found.state, found.still_s) == (StagingState.RESTING, 240)


def test_a_second_server_that_begins_beside_the_first_is_growth() -> None:
    second = StagedFile("job2/b.AIBBlob", 1)
    assert after(at(0, *BOTH), at(30, *BOTH, second)).state is StagingState.GROWING


def test_the_word_of_the_agent_holds_back_and_never_pushes() -> None:
    still = at(0, *BOTH), at(30, *BOTH)
    assert after(*still, waits=False).state is StagingState.HELD
    assert after(*still, waits=True).state is StagingState.READY
    assert after(*still, waits=None).state is StagingState.READY
    assert after(at(0, *BOTH), at(1, *BOTH), waits=True).state is StagingState.RESTING
    assert after(at(0, BOTH[0]), at(30, BOTH[0]), waits=True).state is StagingState.INCOMPLETE


def test_a_location_that_does_not_answer_is_said_and_does_not_lose_the_time_before() -> None:
    assert after().state is StagingState.UNREACHABLE
    assert after(at(0, *BOTH), silent(20)).state is StagingState.UNREACHABLE
    assert after(at(0, *BOTH), silent(5), at(10, *BOTH)).state is StagingState.READY
