"""Increments that run by themselves: set with the system once the first backup is in the vault."""

from __future__ import annotations

from datetime import datetime

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
        path = self._world.folder / "plans" / f"{plan_id}.toml"
        write_plan_file(plan, path)
        command = [*self._world.command, "increment", str(path), "--json"]
        return scheduler.put(plan_id, plan.schedule_times, command)

    def next_run(self, plan_id: PlanId) -> datetime | None:
        """Give when the system starts the next increment; None when it starts none."""
        kept = self._world.state.plan(plan_id)
        if kept is None or not self._world.scheduler.is_set(plan_id):
            return None
        now = self._world.clock.now()
        zone = now.astimezone().tzinfo
        assert zone is not None
        return next_run(parse_times(kept.plan.schedule_times), now, zone)
