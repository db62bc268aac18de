"""Whether an agent is done with its staging location, asked by whoever is about to copy it."""

from __future__ import annotations

from collections.abc import Callable

from offline_backup_gui.domain.agents import Answer, Wait
from offline_backup_gui.domain.errors import BackupError, ErrorCode, Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.plan import DeploymentModel, Plan, Route
from offline_backup_gui.domain.staging_watch import (
    StagingProgress,
    StagingSample,
    StagingState,
    progress,
)
from offline_backup_gui.services.world import World

STILL_NEEDED_S = 15 * 60.0
_APART_S = 2.0  # between the two looks before a copy; Windows dates an open file only at its close
_WAIT_S = 0.25  # so that a wish to stop is heard soon


class Readiness:
    """Looks at what the agent left and asks the agent itself; nothing is ever changed."""

    def __init__(self, world: World) -> None:
        self._world = world

    def of(
        self, plan: Plan, checkpoint: Callable[[], None] = lambda: None
    ) -> StagingProgress | None:
        """Judge a plan's staging location by two looks; None for a plan that has none.

        The files' own times stand for the standstill that nobody watched, and a second look finds
        what grows without a new time. The agent is asked last: it may take a minute.
        """
        location = plan.agent.staging_location
        agents = plan.deployment_model is not DeploymentModel.STANDALONE
        if not agents or not location or plan.route is not Route.IMPORT_EXPORT:
            return None
        samples = [self.sample(location)]
        found = _judged(samples)
        if found.state is not StagingState.READY:
            return found
        pause(self._world, _APART_S, checkpoint)
        samples.append(self.sample(location))
        found = _judged(samples)
        if found.state is not StagingState.READY:
            return found
        return _judged(samples, self.agent_waits(plan))

    def sample(self, location: str) -> StagingSample:
        """Look once at what the agent has written."""
        files = self._world.staging.files(location)
        look = self._world.staging.look(location) if files is not None else None
        there = look is not None and look.there
        return StagingSample(
            self._world.clock.now(),
            tuple(files) if files is not None and there else None,
            look.free_bytes if look is not None else 0,
        )

    def agent_waits(self, plan: Plan) -> bool | None:
        """Ask the plan's agent whether it waits for the import job; None when it cannot say."""
        agent = self._world.agents.look(ask=True).of(plan.deployment_model)
        if agent is None or agent.answer is not Answer.READ:
            return None
        mine = {group.name for group in plan.groups}
        told = [job for job in agent.to_azure if not job.group or not mine or job.group in mine]
        if not told:
            return None
        return not any(job.runs for job in told) and any(job.wait is Wait.IMPORT for job in told)

    def findings(self, plan: Plan) -> list[Finding]:
        """Give what keeps the staging location from being copied now."""
        found = self.of(plan)
        if found is None or found.state is StagingState.READY:
            return []
        return [Finding(FindingCode.STAGING_NOT_READY, Severity.BLOCKER, _told(plan, found))]

    def admit(
        self,
        plan: Plan,
        checkpoint: Callable[[], None],
        *,
        unready: bool,
        tell: Callable[..., None],
    ) -> StagingProgress | None:
        """Let a copy begin: STAGING_NOT_READY, unless somebody took that upon themselves.

        Then it is an event of the job, and stays in its record.
        """
        found = self.of(plan, checkpoint)
        if found is None or found.state is StagingState.READY:
            return found
        if not unready:
            raise BackupError(ErrorCode.STAGING_NOT_READY, **_told(plan, found))
        tell(FindingCode.STAGING_NOT_READY, **_told(plan, found))
        return found


def pause(world: World, seconds: float, checkpoint: Callable[[], None]) -> None:
    """Wait, and hear a wish to stop meanwhile."""
    until = world.clock.monotonic() + seconds
    while (left := until - world.clock.monotonic()) > 0:
        checkpoint()
        world.clock.wait(min(left, _WAIT_S))


def _judged(samples: list[StagingSample], agent_waits: bool | None = None) -> StagingProgress:
    return progress(samples, still_needed_s=STILL_NEEDED_S, agent_waits=agent_waits, by_times=True)


def _told(plan: Plan, found: StagingProgress) -> dict[str, Parameter]:
    return {
        "path": plan.agent.staging_location,
        "state": found.state.value,
        "still_s": round(found.still_s),
        "needed_s": round(found.still_needed_s),
    }
