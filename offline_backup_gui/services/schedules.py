"""Increments that run by themselves: set with the system once the first backup is in the vault."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from offline_backup_gui.domain.plan import Plan, PlanId
from offline_backup_gui.domain.schedule import next_run, parse_times
from offline_backup_gui.services.plan_file import write_plan_file
from offline_backup_gui.services.world import World


class Schedules:
    """Never promises a run that nothing would start."""

    def __init__(self, world: World) -> None:
        self._world = world

    def renew(self, plan: Plan) -> bool:
        """Set the plan's times with the system; False when nothing is (or can be) scheduled.

        Increments need the first backup in the vault; before that nothing is set.
        """
        scheduler, plan_id = self._world.scheduler, plan.plan_id
        proved = self._world.state.notes(plan_id).vault_proved_at is not None
        if not plan.schedule_times or not proved:
            scheduler.remove(plan_id)
            return False
        write_plan_file(plan, self._file(plan_id))
        return scheduler.put(plan_id, _times(plan), self._command(plan_id))

    def _file(self, plan_id: PlanId) -> Path:
        return self._world.folder / "plans" / f"{plan_id}.toml"

    def _command(self, plan_id: PlanId) -> list[str]:
        return [*self._world.command, "increment", str(self._file(plan_id)), "--json"]

    def next_run(self, plan_id: PlanId) -> datetime | None:
        """Give when the system starts the next increment; None when it starts none."""
        kept = self._world.state.plan(plan_id)
        if kept is None or not kept.plan.schedule_times:
            return None
        if not self._world.scheduler.is_set(plan_id, _times(kept.plan), self._command(plan_id)):
            return None
        now = self._world.clock.now()
        zone = now.astimezone().tzinfo
        assert zone is not None
        return next_run(parse_times(kept.plan.schedule_times), now, zone)


def _times(plan: Plan) -> tuple[str, ...]:
    """Give the times as the system takes them: "HH:MM", sorted, each once."""
    return tuple(f"{at:%H:%M}" for at in parse_times(plan.schedule_times))
