from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import Severity
from offline_backup_gui.domain.schedule import (
    next_run,
    parse_time,
    parse_times,
    schedule_findings,
)

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks jump by half an hour


def berlin(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


@pytest.mark.parametrize(
    ("text", "expected"), [("21:00", time(21)), ("0:05", time(0, 5)), (" 23:59 ", time(23, 59))]
)
def test_a_time_of_day_is_read(text: str, expected: time) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize("text", ["", "24:00", "21:60", "21", "9pm", "21:0", "-1:00", "٢١:٠٠"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BackupError):
        parse_time(text)
    (finding,) = schedule_findings(["21:00", text])
    assert finding.severity is Severity.BLOCKER
    assert finding.parameters["value"] == text


def test_times_are_sorted_and_kept_once() -> None:
    assert parse_times(["21:00", "6:30", "06:30"]) == (time(6, 30), time(21))


def test_the_next_run_is_later_today_or_tomorrow() -> None:
    times = parse_times(["06:30", "21:00"])
    assert next_run(times, berlin("2026-06-01T07:00"), BERLIN) == berlin("2026-06-01T21:00")
    assert next_run(times, berlin("2026-06-01T22:00"), BERLIN) == berlin("2026-06-02T06:30")


def test_a_run_that_is_due_right_now_is_not_the_next_one() -> None:
    at = berlin("2026-06-01T21:00")
    assert next_run([time(21)], at, BERLIN) == at + timedelta(days=1)


def test_the_zone_of_now_does_not_matter() -> None:
    now = datetime(2026, 6, 1, 18, 59, tzinfo=UTC)
    assert next_run([time(21)], now, BERLIN) == berlin("2026-06-01T21:00")


def test_a_time_that_the_clock_skips_runs_later_by_the_jump() -> None:
    found = next_run([time(2, 30)], berlin("2026-03-29T00:00"), BERLIN)
    assert found is not None
    assert found.isoformat() == "2026-03-29T03:30:00+02:00"


def test_a_time_that_comes_twice_runs_once_the_first_time() -> None:
    first = next_run([time(2, 30)], berlin("2026-10-25T00:00"), BERLIN)
    assert first is not None
    assert first.isoformat() == "2026-10-25T02:30:00+02:00"
    second = next_run([time(2, 30)], first, BERLIN)
    assert second is not None
    assert second.isoformat() == "2026-10-26T02:30:00+01:00"


def test_between_the_two_the_second_is_not_taken() -> None:
    now = berlin("2026-10-25T02:45")
    found = next_run([time(2, 30)], now, BERLIN)
    assert found is not None
    assert found.day == 26


def test_without_times_nothing_is_planned() -> None:
    assert next_run([], berlin("2026-06-01T07:00"), BERLIN) is None


def test_a_moment_without_a_zone_is_a_slip_of_ours() -> None:
    with pytest.raises(ValueError, match="aware"):
        next_run([time(1)], datetime(2026, 1, 1), BERLIN)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)),
    st.lists(st.times(), min_size=1, max_size=3),
    st.sampled_from([BERLIN, LORD_HOWE, UTC]),
)
def test_the_next_run_is_within_a_day_and_the_jump(
    moment: datetime, times: list[time], zone: ZoneInfo
) -> None:
    now = moment.replace(tzinfo=UTC)
    found = next_run(times, now, zone)
    assert found is not None
    assert timedelta(0) < found.astimezone(UTC) - now <= timedelta(days=1, hours=2)
