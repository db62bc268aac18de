"""Times of day at which increments run, and the next run after a moment; daylight saving counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity

_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")
_DAYS_AHEAD = 3  # a time of day exists, possibly shifted, on every one of them


def parse_time(text: str) -> time:
    """Read "HH:MM" (24 hours); PLAN_VALUE_WRONG when it is no time of day."""
    found = _TIME.fullmatch(text.strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise BackupError(ErrorCode.PLAN_VALUE_WRONG, key="schedule.times", value=text)
    return time(int(found[1]), int(found[2]))


def parse_times(texts: Iterable[str]) -> tuple[time, ...]:
    """Read several times of day; sorted, each once."""
    return tuple(sorted({parse_time(text) for text in texts}))


def schedule_findings(texts: Sequence[str]) -> tuple[Finding, ...]:
    """Tell of every time in a plan that is none."""
    findings = []
    for text in texts:
        try:
            parse_time(text)
        except BackupError:
            findings.append(
                Finding(FindingCode.SCHEDULE_TIME_WRONG, Severity.BLOCKER, {"value": text})
            )
    return tuple(findings)


def next_run(times: Sequence[time], now: datetime, zone: tzinfo) -> datetime | None:
    """Give the first run strictly after `now` (aware), in the zone; None without times.

    A time that the clock skips in spring runs as much later as the clock jumped; a time that
    comes twice in autumn runs once, the first time.
    """
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    if not times:
        return None
    today = now.astimezone(zone).date()
    moments = (
        _moment(today + timedelta(days=ahead), at, zone)
        for ahead in range(-1, _DAYS_AHEAD)
        for at in times
    )
    # Compared in UTC: two moments of one zone would be compared by their wall clocks.
    return min(
        (moment for moment in moments if moment.astimezone(UTC) > now.astimezone(UTC)),
        key=lambda moment: moment.astimezone(UTC),
    )


def _moment(day: date, at: time, zone: tzinfo) -> datetime:
    # Through UTC and back: a skipped wall time becomes the moment that really comes.
    return datetime.combine(day, at, zone).astimezone(UTC).astimezone(zone)
