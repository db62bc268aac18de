"""Deadlines that come near, told once a channel, whatever restarts, clocks and time zones do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from offline_backup_gui.domain.deadlines import DueWarning, marks
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.shipment import Due
from offline_backup_gui.services.world import World

# The same event is written with other seconds in another answer, and with the end of its day, in
# the zone of this computer, when a person typed it. Two of one rule so near are the same deadline.
SAME_WITHIN = timedelta(hours=36)


class Reminders:
    """Remembers in the state database what was told, for every window and every run."""

    def __init__(self, world: World) -> None:
        self._world = world

    def fresh(self, plan_id: PlanId, due: Sequence[Due], channel: str) -> tuple[DueWarning, ...]:
        """Give what is to be told now, and count it as told.

        Each mark (7, 3, 1 days) is told once. After a long pause only the nearest is, and those
        before it count as told: a clock that is set back brings nothing again. A deadline that
        moves by more than `SAME_WITHIN` is a new one.
        """
        now = self._world.clock.now()
        return tuple(
            DueWarning(item, passed[-1])
            for item in due
            if (passed := marks(item, now)) and self._claim(plan_id, channel, item, passed)
        )

    def untell(self, plan_id: PlanId, warning: DueWarning, channel: str) -> None:
        """Take back that a warning was told: the channel did not deliver it."""
        what, at = _what(warning.due, warning.at_days), warning.due.at
        self._world.state.disclaim_due(plan_id, channel, what, at, SAME_WITHIN)

    def _claim(self, plan_id: PlanId, channel: str, item: Due, passed: Sequence[int]) -> bool:
        """Count all marks as told; say whether the nearest was not before."""
        claims = [
            self._world.state.claim_due(plan_id, channel, _what(item, days), item.at, SAME_WITHIN)
            for days in passed
        ]
        return claims[-1]


def _what(item: Due, days: int) -> str:
    return f"{item.what}@{days}"
