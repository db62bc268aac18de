"""Warnings at 7, 3 and 1 days: each once, whatever restarts and clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.shipment import Due, DueName
from offline_backup_gui.services.reminders import Reminders
from tests.fakes import world_of

T0 = datetime(2026, 3, 1, tzinfo=UTC)
PLAN = PlanId("branch-042")
ITEM = Due(DueName.TRACKING_NUMBER, T0 + timedelta(days=14), 0)


class Turning:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.day = 0.0

    def now(self) -> datetime:
        return T0 + timedelta(days=self.day)


def reminders(folder: Path, clock: Turning) -> Reminders:
    """Give reminders on the state of a folder, as a new process would."""
    return Reminders(world_of(StateStore(folder), clock))


def test_the_first_look_warns_of_the_nearest_mark_only(tmp_path: Path) -> None:
    clock = Turning()
    clock.day = 12
    told = reminders(tmp_path, clock)
    assert [one.at_days for one in told.fresh(PLAN, [ITEM], "tray")] == [3]
    assert told.fresh(PLAN, [ITEM], "tray") == ()


def test_each_mark_is_told_once_over_the_whole_time_and_every_restart(tmp_path: Path) -> None:
    clock, seen = Turning(), []
    for hour in range(24 * 16):
        clock.day = hour / 24
        told = reminders(tmp_path, clock)  # a restart each hour
        seen += [one.at_days for one in told.fresh(PLAN, [ITEM], "tray")]
    assert seen == [7, 3, 1]


def test_each_channel_tells_for_itself(tmp_path: Path) -> None:
    clock = Turning()
    clock.day = 13.5
    told = reminders(tmp_path, clock)
    assert len(told.fresh(PLAN, [ITEM], "tray")) == 1
    assert len(told.fresh(PLAN, [ITEM], "mail")) == 1


def test_what_was_not_delivered_is_told_again(tmp_path: Path) -> None:
    clock = Turning()
    clock.day = 13.5
    told = reminders(tmp_path, clock)
    (warning,) = told.fresh(PLAN, [ITEM], "mail")
    told.untell(PLAN, warning, "mail")
    assert told.fresh(PLAN, [ITEM], "mail") == (warning,)
    assert told.fresh(PLAN, [ITEM], "mail") == ()


@pytest.mark.parametrize(("days", "expected"), [(0.4, []), (2, [3])])
def test_a_deadline_that_moves_to_another_day_is_new(
    tmp_path: Path, days: float, expected: list[int]
) -> None:
    clock = Turning()
    clock.day = 13.5
    told = reminders(tmp_path, clock)
    told.fresh(PLAN, [ITEM], "tray")
    moved = Due(ITEM.what, ITEM.at + timedelta(days=days), 2)
    assert [one.at_days for one in told.fresh(PLAN, [moved], "tray")] == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(days=st.lists(st.floats(0, 20), max_size=20))
def test_a_clock_that_jumps_brings_no_mark_twice_and_none_after_a_nearer_one(
    tmp_path_factory: pytest.TempPathFactory, days: list[float]
) -> None:
    clock, seen = Turning(), []
    told = reminders(tmp_path_factory.mktemp("state"), clock)
    for clock.day in days:
        seen += [one.at_days for one in told.fresh(PLAN, [ITEM], "tray")]
    assert seen == sorted(set(seen), reverse=True)
    nearest = [mark for mark in (7, 3, 1) if days and max(days) >= 14 - mark]
    assert not nearest or nearest[-1] in seen
