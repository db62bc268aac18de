"""The staging location of an agent: check it before the agent begins, watch it while it writes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.places import is_inside, looks_windows, parts
from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.staging import (
    StagingReport,
)
from offline_backup_gui.domain.staging_watch import (
    StagedFile,
    StagingProgress,
    StagingSample,
    StagingState,
    progress,
)
from offline_backup_gui.services.readiness import STILL_NEEDED_S, Readiness, pause
from offline_backup_gui.services.real_place import real_place
from offline_backup_gui.services.shipments import Shipments
from offline_backup_gui.services.world import World

__all__ = ["STILL_NEEDED_S", "Staging", "kept"]

SAMPLE_EVERY_S = 30.0
_RATE_SAMPLES = 20


class Staging:
    """Looks, watches, and keeps others from deleting; it never changes anything there itself."""

    def __init__(self, world: World, shipments: Shipments) -> None:
        self._world, self._shipments = world, shipments
        self._readiness = Readiness(world)

    def check(self, location: str, sources: Sequence[str] = ()) -> StagingReport:
        """Look at a location (or none yet) and at every drive. May take seconds."""
        typed = location.strip()
        look = self._world.staging.look(typed) if typed else None
        staged: tuple[StagedFile, ...] = ()
        if look is not None and look.there and look.is_folder:
            staged = tuple(self._world.staging.files(typed) or ())
        resolved = {source: _real(source) for source in sources}
        return StagingReport(typed, tuple(self._drives()), look, staged, resolved)

    def _drives(self) -> Sequence[Drive]:
        try:
            return self._world.drive_source.drives()
        except BackupError as error:
            if error.code is not ErrorCode.DRIVES_UNANSWERED:
                raise
            return ()

    def sample(self, location: str) -> StagingSample:
        """Look once at what the agent has written."""
        return self._readiness.sample(location)

    def agent_waits(self, plan: Plan) -> bool | None:
        """Ask the plan's agent whether it waits for the import job; None when it cannot say."""
        return self._readiness.agent_waits(plan)

    def not_ready(self, plan: Plan) -> list[Finding]:
        """Give what keeps the plan's staging location from being copied now; may take a minute."""
        return self._readiness.findings(plan)

    def watch(
        self,
        location: str,
        on_progress: Callable[[StagingProgress], None],
        control: Control,
        *,
        need_bytes: int = 0,
        every_s: float = SAMPLE_EVERY_S,
        still_needed_s: float = STILL_NEEDED_S,
        agent_waits: Callable[[], bool | None] = lambda: None,
        once: bool = False,
    ) -> StagingProgress:
        """Look again and again until the location is ready, or `once`. Stopped when asked to."""
        samples: list[StagingSample] = []
        while True:
            control.checkpoint()
            samples.append(self.sample(location))
            found = self._progress(samples, still_needed_s, need_bytes, agent_waits)
            on_progress(found)
            if once or found.state is StagingState.READY:
                return found
            samples = kept(samples)
            pause(self._world, every_s, control.checkpoint)

    @staticmethod
    def _progress(
        samples: Sequence[StagingSample],
        still_needed_s: float,
        need_bytes: int,
        agent_waits: Callable[[], bool | None],
    ) -> StagingProgress:
        found = progress(samples, still_needed_s=still_needed_s, need_bytes=need_bytes)
        if found.state is not StagingState.READY:
            return found
        # Asking an agent may take a minute, and its word can only hold back.
        return progress(
            samples,
            still_needed_s=still_needed_s,
            need_bytes=need_bytes,
            agent_waits=agent_waits(),
        )

    def assert_not_needed(self, place: str) -> None:
        """Refuse what would delete at or around a staging location before the data is in its vault.

        STAGING_STILL_NEEDED names location and plan. Whoever deletes or formats asks first.
        """
        for kept_plan in self._world.state.plans():
            plan = kept_plan.plan
            location = plan.agent.staging_location
            if not location or not _touches(place, location):
                continue
            if not self._shipments.track(plan.plan_id).safe_to_erase:
                raise BackupError(
                    ErrorCode.STAGING_STILL_NEEDED, path=location, plan=plan.name, place=place
                )


def kept(samples: Sequence[StagingSample]) -> list[StagingSample]:
    """Give the samples that still tell something: the newest, and the start of its standstill."""
    answered = [sample for sample in samples if sample.files is not None]
    start = len(answered) - 1
    while start > 0 and answered[start - 1].agent_files == answered[-1].agent_files:
        start -= 1
    recent = answered[-_RATE_SAMPLES:]
    first = answered[start : start + 1]
    return [*(sample for sample in first if sample not in recent), *recent]


def _touches(place: str, location: str) -> bool:
    windows = looks_windows(place) or looks_windows(location)
    one, other = (parts(_real(path), windows=windows) for path in (place, location))
    return is_inside(one, other) or is_inside(other, one)


def _real(path: str) -> str:
    # A path of Windows means nothing to another system; a share that is silent is not asked.
    if not path or path.startswith("\\\\") or looks_windows(path) != (os.name == "nt"):
        return path
    return real_place(path)
