"""Warnings at 7, 3 and 1 days: each once, whatever restarts and clocks do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.shipment import Due, DueName
from offline_backup_gui.services.reminders import SAME_WITHIN, Reminders
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


# --- midnight, summer time, other zones


@pytest.fixture
def zoned(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Let a test put this computer into other time zones."""
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


def put_into(zone: str, zoned: pytest.MonkeyPatch) -> None:
    zoned.setenv("TZ", zone)
    time.tzset()


def hours_of(end: datetime, days: int) -> Iterator[datetime]:
    """Give every third hour of the last days before a time, and of the day after."""
    at = end - timedelta(days=days)
    while at <= end + timedelta(days=1):
        yield at
        at += timedelta(hours=3)


def told_over(
    folder: Path, times: Iterator[datetime], due_at: list[datetime], zones: list[str], zoned: object
) -> list[int]:
    """Look at each time, each time from another zone, at a deadline that is written otherwise."""
    clock, seen = Turning(), []
    told = reminders(folder, clock)
    for number, now in enumerate(times):
        put_into(zones[number % len(zones)], zoned)  # type: ignore[arg-type]
        clock.day = (now - T0) / timedelta(days=1)
        item = Due(ITEM.what, due_at[number % len(due_at)], 0)
        seen += [one.at_days for one in told.fresh(PLAN, [item], "tray")]
    return seen


@pytest.mark.parametrize("seconds", [1, 90, 3600, 13 * 3600])
def test_a_deadline_at_midnight_is_told_once_whatever_its_seconds_are(
    tmp_path: Path, zoned: pytest.MonkeyPatch, seconds: int
) -> None:
    midnight = datetime(2026, 3, 15, tzinfo=UTC)
    written = [midnight - timedelta(seconds=seconds), midnight + timedelta(seconds=seconds)]
    times = hours_of(midnight, 9)
    assert told_over(tmp_path, times, written, ["UTC"], zoned) == [7, 3, 1]


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_the_change_of_summer_time_brings_no_warning_twice_and_loses_none(
    tmp_path: Path, zoned: pytest.MonkeyPatch, day: str
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    change = datetime.fromisoformat(f"{day}T02:30").replace(tzinfo=berlin)
    # Before the change, in its doubled hour, and as the end of its day.
    written = [change.astimezone(UTC), change.replace(fold=1).astimezone(UTC)]
    written.append(datetime.fromisoformat(f"{day}T23:59").replace(tzinfo=berlin).astimezone(UTC))
    times = hours_of(change.astimezone(UTC), 9)
    assert told_over(tmp_path, times, written, ["Europe/Berlin"], zoned) == [7, 3, 1]


def test_a_computer_that_travels_tells_each_warning_once(
    tmp_path: Path, zoned: pytest.MonkeyPatch
) -> None:
    zones = ["Pacific/Kiritimati", "UTC", "America/Los_Angeles", "Asia/Kolkata"]
    # The same day, typed in each of these places: its end there.
    ends = [datetime(2026, 3, 15, 23, 59, tzinfo=ZoneInfo(zone)).astimezone(UTC) for zone in zones]
    assert max(ends) - min(ends) < SAME_WITHIN
    times = hours_of(ends[1], 9)
    assert told_over(tmp_path, times, ends, zones, zoned) == [7, 3, 1]


def test_a_clock_set_back_over_midnight_tells_nothing_again(tmp_path: Path) -> None:
    clock, seen = Turning(), []
    for day in (6.9, 7.1, 6.5, 7.4, 11.01, 10.9, 11.2, 12.99, 13.01, 12.5, 13.6, 7.0):
        clock.day = day
        seen += [one.at_days for one in reminders(tmp_path, clock).fresh(PLAN, [ITEM], "tray")]
    assert seen == [7, 3, 1]


def test_each_rule_tells_for_itself(tmp_path: Path) -> None:
    clock = Turning()
    clock.day = 13.5
    other = Due(DueName.DRIVES_ARRIVE, ITEM.at, 0)
    told = reminders(tmp_path, clock)
    assert [one.due.what for one in told.fresh(PLAN, [ITEM, other], "tray")] == [
        DueName.TRACKING_NUMBER,
        DueName.DRIVES_ARRIVE,
    ]


def test_two_processes_that_look_at_once_tell_once(tmp_path: Path) -> None:
    clock = Turning()
    clock.day = 13.5
    near = Due(ITEM.what, ITEM.at + timedelta(seconds=40), 0)
    one, other = reminders(tmp_path, clock), reminders(tmp_path, clock)
    told = [*one.fresh(PLAN, [ITEM], "tray"), *other.fresh(PLAN, [near], "tray")]
    assert len(told) == 1
