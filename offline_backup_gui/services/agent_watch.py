"""Follows an agent's seed into its vault, until its first recovery point is there."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from offline_backup_gui.domain.agent_seed import (
    AgentLink,
    ProtectedItem,
    SeedLook,
    SeedState,
    look,
    may_have_older_points,
    of_server,
    vault_link,
)
from offline_backup_gui.domain.agent_seed import kept as kept_look
from offline_backup_gui.domain.azure_doors import VaultWatch
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.formats.record import moment
from offline_backup_gui.services.mirror_places import MirrorPlaces
from offline_backup_gui.services.world import World


class AgentWatch:
    """Looks and remembers; only a proof changes what is safe to erase, and a proof stays."""

    def __init__(self, world: World) -> None:
        self._world = world

    def link(self, plan_id: PlanId, link: AgentLink) -> None:
        """Say which vault and which server's name in it belong to a plan; an old look is void.

        PLAN_NOT_FOUND; VALUE_NOT_UNDERSTOOD when it is no vault's resource id, or no name.
        """
        if self._world.state.plan(plan_id) is None:
            raise BackupError(ErrorCode.PLAN_NOT_FOUND, name=plan_id)
        state = self._world.state
        notes, link = state.notes(plan_id), vault_link(link.vault_id, link.server)
        seen = notes.agent_look if notes.agent_link == link else None
        if seen is not None and seen.state is SeedState.GONE:
            seen = None  # said anew: what the vault lists from here on is all there is
        state.put_notes(plan_id, replace(notes, agent_link=link, agent_look=seen))

    def linked(self, plan_id: PlanId) -> AgentLink | None:
        """Give which vault and server belong to a plan; None when nobody said so."""
        return self._world.state.notes(plan_id).agent_link

    def look(self, plan_id: PlanId, vaults: VaultWatch) -> SeedLook:
        """Look into the vault. AGENT_VAULT_NOT_SET; trouble of Azure leaves the last look."""
        state = self._world.state
        kept, notes = state.plan(plan_id), state.notes(plan_id)
        if kept is None:
            raise BackupError(ErrorCode.PLAN_NOT_FOUND, name=plan_id)
        if notes.agent_link is None:
            raise BackupError(ErrorCode.AGENT_VAULT_NOT_SET, name=kept.plan.name)
        link = notes.agent_link
        since = self._since(kept)
        own = of_server(vaults.protected_items(link.vault_id), link.server)
        items = [_with_fresh_point(one, vaults, since) for one in own]
        jobs = vaults.backup_jobs(link.vault_id, since)
        seen = look(items, jobs, link, since)
        known = kept_look(seen, notes.agent_look)
        state.put_notes(plan_id, replace(state.notes(plan_id), agent_look=known))
        return seen

    def _since(self, kept: KeptPlan) -> datetime:
        """Give when the newest journey began: a recovery point before it saw nothing of it."""
        places = MirrorPlaces(self._world.mirror_folder(kept.plan.mirror_id)).all()
        sealed = [moment(place.seal.finished) for place in places if place.seal is not None]
        return max([kept.created, *sealed])


def _with_fresh_point(item: ProtectedItem, vaults: VaultWatch, since: datetime) -> ProtectedItem:
    """Find the first recovery point of the journey among older ones."""
    if not item.item_id or not may_have_older_points(item, since):
        return item
    fresh = [at for at in vaults.point_times(item.item_id) if at >= since]
    return replace(item, fresh_point_at=min(fresh, default=None))
