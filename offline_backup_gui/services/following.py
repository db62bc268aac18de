"""Asks Azure how the shipments of this computer stand: their orders, import jobs, and vaults."""

from __future__ import annotations

from collections.abc import Mapping

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import JobRef, OrderState
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.service_job import JobFamily, ServiceJob
from offline_backup_gui.domain.service_status import ENDED
from offline_backup_gui.domain.shipment import Source
from offline_backup_gui.domain.subscription import parse_resource_id
from offline_backup_gui.services.agent_watch import AgentWatch
from offline_backup_gui.services.azure import Azure
from offline_backup_gui.services.orders import Orders
from offline_backup_gui.services.shipments import Shipments
from offline_backup_gui.services.world import World

# When one plan meets these, the next would meet them too.
_OF_ALL = frozenset({ErrorCode.SIGN_IN_NEEDED, ErrorCode.AZURE_UNREACHABLE, ErrorCode.AZURE_BUSY})


class Following:
    """Looks and remembers; what does not answer leaves the last look as it was."""

    def __init__(
        self,
        world: World,
        azure: Azure,
        orders: Orders,
        shipments: Shipments,
        agents: AgentWatch,
    ) -> None:
        self._world, self._azure, self._orders = world, azure, orders
        self._shipments, self._agents = shipments, agents

    def ref(self, plan_id: PlanId) -> JobRef | None:
        """Give the order or import job that belongs to a plan; None when none is known."""
        order = self._orders.of_plan(plan_id)
        if order is not None:
            return order.ref
        job = self._job(plan_id)
        if job is None or job.family not in (JobFamily.DATA_BOX, JobFamily.OWN_DRIVES):
            return None
        place = parse_resource_id(job.resource_id)
        return JobRef(place.subscription, place.group, place.name)

    def asks(self, plan_id: PlanId) -> bool:
        """Say whether Azure knows something of this plan that can be asked for."""
        linked = self._world.state.notes(plan_id).agent_link is not None
        return linked or self.ref(plan_id) is not None or self._job(plan_id) is not None

    def unasked(self) -> Mapping[PlanId, BackupError]:
        """Name the plans that Azure was asked about before and is not now: nobody is signed in.

        A job that was only ever noted by hand needs no sign-in.
        """
        if self._azure.signed_in() is not None:
            return {}
        plans = [kept.plan for kept in self._world.state.plans()]
        trouble = BackupError(ErrorCode.SIGN_IN_NEEDED)
        asked = (one for one in plans if not one.destination.is_folder)
        return {one.plan_id: trouble for one in asked if self._was_asked(one.plan_id)}

    def _was_asked(self, plan_id: PlanId) -> bool:
        look = self._world.state.notes(plan_id).agent_look
        if look is not None and look.proved_at is None:
            return True
        order, kept = self._orders.of_plan(plan_id), self._world.state.service_job(plan_id)
        if order is not None and order.state is OrderState.BY_HAND:
            return False
        if order is None and (kept is None or kept.source is not Source.AZURE):
            return False
        return kept is None or kept.job.status not in ENDED

    def look(self, plan_id: PlanId, control: Control | None = None) -> None:
        """Ask about one plan. SIGN_IN_NEEDED, AZURE_…, ORDER_NOT_FOUND; Stopped."""
        self._look_at_job(plan_id, control)
        if self._world.state.notes(plan_id).agent_link is not None:
            self._agents.look(plan_id, self._azure.vaults(control))

    def look_at_all(self, control: Control | None = None) -> Mapping[PlanId, BackupError | None]:
        """Ask about every plan that Azure knows; give the trouble of each, None when it answered.

        One that shows that nothing can be asked is the trouble of all that follow. Nothing is asked
        and nothing told while nobody has signed in on this computer.
        """
        if self._azure.signed_in() is None:
            return {}
        found: dict[PlanId, BackupError | None] = {}
        for_all: BackupError | None = None
        for kept in self._world.state.plans():
            plan_id = kept.plan.plan_id
            if kept.plan.destination.is_folder:
                continue
            trouble: BackupError | None = None
            try:
                if not self.asks(plan_id):
                    continue
                if for_all is None:
                    self.look(plan_id, control)
            except BackupError as error:
                trouble = error
                for_all = error if error.code in _OF_ALL else None
            found[plan_id] = for_all or trouble
        return found

    def _look_at_job(self, plan_id: PlanId, control: Control | None) -> None:
        order = self._orders.of_plan(plan_id)
        if order is not None:
            self._orders.show(order.ref, control)
            return
        ref, job = self.ref(plan_id), self._job(plan_id)
        if ref is not None:
            found = self._azure.desk(control).order(ref)
            if found is None:
                raise BackupError(ErrorCode.ORDER_NOT_FOUND, name=ref.name)
            self._shipments.note_job(plan_id, found.job, Source.AZURE)
        elif job is not None:
            seen = self._azure.old_jobs(control).job(job.resource_id)
            self._shipments.note_job(plan_id, seen, Source.AZURE)

    def _job(self, plan_id: PlanId) -> ServiceJob | None:
        kept = self._world.state.service_job(plan_id)
        if kept is None or not kept.job.resource_id.lower().startswith("/subscriptions/"):
            return None
        return kept.job
