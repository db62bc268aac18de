"""Sources read from shadow copies while a job runs, and told when they are not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.job import Job
from offline_backup_gui.domain.plan import DeploymentModel
from offline_backup_gui.domain.shadow import ShadowPlaces
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.sessions import Sources
from offline_backup_gui.services.sources import sources_of
from offline_backup_gui.services.world import World

OPTION = "shadow_copies"


@contextmanager
def standing_sources(world: World, context: Context, job: Job, kept: KeptPlan) -> Iterator[Sources]:
    """Give a plan's sources for the length of a job; SOURCE_MISSING as `sources_of`.

    Practice reads live: one of its files is closed on purpose, and has to stay so.
    """
    sources = sources_of(kept.plan)
    # What an agent left in its staging location stands still already.
    own = kept.plan.deployment_model is DeploymentModel.STANDALONE
    wanted = own and kept.plan.shadow_copies and job.options.get(OPTION, True) and not kept.practice
    if not wanted:
        yield sources
        return
    names = [os.fsdecode(folder) for folder in sources.folders]
    view = world.shadow_copies.take(names, context.control.checkpoint)
    try:
        _tell(context, view.found)
        places = {
            os.fsencode(name): os.fsencode(place) for name, place in view.found.places.items()
        }
        yield replace(sources, places=places, whole=view.whole)
    finally:
        view.release()


def _tell(context: Context, found: ShadowPlaces) -> None:
    if found.places:
        context.tell(FindingCode.SHADOW_COPY_MADE, sources=tuple(found.places))
    for gap in found.gaps:
        context.tell(
            FindingCode.SHADOW_COPY_NOT_MADE,
            source=gap.source,
            reason=gap.reason.value,
            number=f"0x{gap.number:08X}",
        )
