"""Increments by schedule: set, kept true, never promised when nothing would start them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.adapters.schedule import CronScheduler
from offline_backup_gui.domain.plan import PlanId
from tests.services.branch import Branch


@dataclass
class Watched:
    """A scheduler of cron that notes what it was asked to set."""

    cron: CronScheduler
    set: list[tuple[Sequence[str], Sequence[str]]] = field(default_factory=list)

    def put(self, plan_id: PlanId, times: Sequence[str], command: Sequence[str]) -> bool:
        self.set.append((times, command))
        return self.cron.put(plan_id, times, command)

    def is_set(self, plan_id: PlanId, times: Sequence[str], command: Sequence[str]) -> bool:
        return self.cron.is_set(plan_id, times, command)

    def remove(self, plan_id: PlanId) -> None:
        self.cron.remove(plan_id)


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    (tmp_path / "cron").mkdir()
    return Branch(tmp_path, scheduler=Watched(CronScheduler(tmp_path / "cron")))


def test_increments_are_set_once_the_backup_is_in_the_vault_and_run_this_program(
    branch: Branch,
) -> None:
    schedules, plan = branch.services.schedules, branch.plan
    assert not schedules.renew(plan)
    assert schedules.next_run(plan.plan_id) is None
    branch.to_vault()
    assert schedules.next_run(plan.plan_id) is not None
    watched = branch.world.scheduler
    assert isinstance(watched, Watched)
    times, command = watched.set[-1]
    assert times == ("21:00",)
    assert list(command[: len(branch.world.command)]) == list(branch.world.command)
    assert command[len(branch.world.command)] == "increment"
    assert Path(command[len(branch.world.command) + 1]).is_file()


def test_times_are_given_to_the_system_as_it_takes_them(branch: Branch) -> None:
    branch.to_vault()
    plan = replace(branch.plan, schedule_times=("9:05", "21:00", "09:05"))
    branch.services.planning.keep(plan)
    watched = branch.world.scheduler
    assert isinstance(watched, Watched)
    assert watched.set[-1][0] == ("09:05", "21:00")
    assert branch.services.schedules.next_run(plan.plan_id) is not None


def test_a_schedule_that_somebody_changed_is_no_promise(branch: Branch, tmp_path: Path) -> None:
    branch.to_vault()
    (file,) = (tmp_path / "cron").iterdir()
    file.write_text(file.read_text().replace("increment", "true"))
    assert branch.services.schedules.next_run(branch.plan.plan_id) is None
