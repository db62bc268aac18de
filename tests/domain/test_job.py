from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import CONTINUABLE, ENDED, MOVES, JobState, move

states = st.sampled_from(list(JobState))


@given(states, states)
def test_a_job_moves_only_as_the_table_allows(now: JobState, to: JobState) -> None:
    if to is now or to in MOVES[now]:
        assert move(now, to) is to
        return
    with pytest.raises(BackupError) as caught:
        move(now, to)
    assert caught.value.code is ErrorCode.MOVE_NOT_ALLOWED
    assert caught.value.parameters == {"now": now.value, "to": to.value}


def test_every_state_has_its_moves_and_can_be_reached() -> None:
    assert set(MOVES) == set(JobState)
    assert frozenset().union(*MOVES.values()) | {JobState.WAITING} == set(JobState)


def test_what_is_done_stays_done() -> None:
    assert MOVES[JobState.DONE] == MOVES[JobState.EXCEPTIONS] == frozenset()


def test_only_an_ended_job_can_be_continued_and_then_it_runs() -> None:
    assert CONTINUABLE < ENDED
    for state in ENDED:
        assert (MOVES[state] == {JobState.RUNNING}) == (state in CONTINUABLE)


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.PAUSING, JobState.PAUSED])
def test_a_job_that_lives_can_be_stopped_and_can_be_interrupted(state: JobState) -> None:
    assert {JobState.STOPPING, JobState.INTERRUPTED} <= MOVES[state]
