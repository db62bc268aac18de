"""Days by disk against days by line, as spans that add up from published and estimated steps."""

from __future__ import annotations

from msgspec import Struct

from offline_backup_gui.domain.published import Origin
from offline_backup_gui.domain.routes import RouteFacts, Step, StepName

# The slower end of what a server reads, encrypts and writes to one drive at a time. Our estimate.
COPY_RATE_LEAST = 100_000_000
_DAY_S = 86_400
_AFTER_COPYING = frozenset({StepName.SHIPPING, StepName.RECEIVING, StepName.PROCESSING})


class Stretch(Struct, frozen=True):
    """One stretch of the way in calendar days; without an origin it is our own estimate."""

    name: StepName
    least_days: int
    most_days: int
    origin: Origin | None

    def as_json(self) -> dict[str, object]:
        """Give the shape the command line prints."""
        return {
            "name": self.name.value,
            "least_days": self.least_days,
            "most_days": self.most_days,
            "source": self.origin.document if self.origin else None,
            "date": self.origin.date if self.origin else None,
        }


class DaysByDisk(Struct, frozen=True):
    """The whole way by disk, from the order or the first copied byte until Azure has the data."""

    stretches: tuple[Stretch, ...]

    @property
    def least(self) -> int:
        """Give the days when everything goes well."""
        return sum(stretch.least_days for stretch in self.stretches)

    @property
    def most(self) -> int:
        """Give the days at the slow end of every stretch."""
        return sum(stretch.most_days for stretch in self.stretches)

    def as_json(self) -> dict[str, object]:
        """Give the shape the command line prints."""
        return {
            "least": self.least,
            "most": self.most,
            "steps": [stretch.as_json() for stretch in self.stretches],
        }


def days_by_disk(facts: RouteFacts, size_bytes: int) -> DaysByDisk:
    """Add up preparation, delivery, copying, shipping and reading in, in this order."""
    before = [_stretch(step) for step in facts.steps if step.name not in _AFTER_COPYING]
    after = [_stretch(step) for step in facts.steps if step.name in _AFTER_COPYING]
    copying = Stretch(
        StepName.COPYING,
        _whole_days(size_bytes, facts.copy_rate_most),
        _whole_days(size_bytes, min(COPY_RATE_LEAST, facts.copy_rate_most)),
        facts.copy_rate_origin,
    )
    return DaysByDisk((*before, copying, *after))


def days_by_line(size_bytes: int, line_mbps: float) -> float:
    """Give the days over a line of so many megabits a second that carries nothing else."""
    return size_bytes * 8 / (line_mbps * 1_000_000) / _DAY_S


def _stretch(step: Step) -> Stretch:
    if not step.business:
        return Stretch(step.name, step.least_days, step.most_days, step.origin)
    return Stretch(
        step.name,
        # At best the stretch starts on a Monday, at worst a weekend falls into every five days.
        step.least_days + 2 * ((step.least_days - 1) // 5),
        step.most_days + 2 * -(-step.most_days // 5),
        step.origin,
    )


def _whole_days(size_bytes: int, rate_bytes_s: int) -> int:
    return max(1, -(-size_bytes // (rate_bytes_s * _DAY_S)))
