"""What every Clock promises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from offline_backup_gui.adapters.clock import SystemClock
from offline_backup_gui.domain.ports import Clock
from tests.fakes import FakeClock

EVERY_CLOCK = pytest.mark.parametrize("clock", [SystemClock(), FakeClock()], ids=["real", "fake"])


@EVERY_CLOCK
def test_the_time_is_told_in_utc(clock: Clock) -> None:
    assert clock.now().utcoffset() == timedelta(0)


@EVERY_CLOCK
def test_waiting_lets_at_least_that_time_pass(clock: Clock) -> None:
    before, before_s = clock.now(), clock.monotonic()
    clock.wait(0.01)
    # Two clocks of one computer may differ by a little.
    assert clock.now() - before > timedelta(seconds=0.005)
    assert clock.monotonic() - before_s >= 0.01


@EVERY_CLOCK
def test_waiting_for_no_time_or_less_returns_at_once(clock: Clock) -> None:
    before = clock.monotonic()
    clock.wait(0)
    clock.wait(-5)
    assert clock.monotonic() - before < 1
