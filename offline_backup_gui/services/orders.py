"""Orders and import jobs: placed once, whatever happens in between, and looked after.

What we asked for is written down before the request leaves, under a name that follows from the
form. After a kill, on this computer or another, the name is looked up before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.azure_doors import Desk
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import (
    Address,
    Contact,
    Credential,
    FoundOrder,
    JobRef,
    KeptOrder,
    KeptPickup,
    Offer,
    OrderForm,
    OrderSecrets,
    OrderState,
    Pickup,
    PickupAnswer,
    Verdict,
    next_number,
)
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.service_job import ServiceJob
from offline_backup_gui.domain.service_status import CANCELLED, ENDED, place
from offline_backup_gui.domain.shipment import ServiceFact, Source
from offline_backup_gui.services.azure import Azure
from offline_backup_gui.services.shipments import Shipments
from offline_backup_gui.services.world import World

# After these it is not known whether Azure took the order; only a look tells.
_UNSURE = frozenset(
    {
        ErrorCode.ORDER_NAME_TAKEN,
        ErrorCode.ORDER_UNCERTAIN,
        ErrorCode.AZURE_UNREACHABLE,
        ErrorCode.AZURE_BUSY,
    }
)
_MOST_NUMBERS = 99


class Placed(Struct, frozen=True):
    """An order that Azure has. `new` says whether this very call placed it."""

    found: FoundOrder
    new: bool


class Orders:
    """Every order of this computer, and what can be done with it."""

    def __init__(self, world: World, azure: Azure, shipments: Shipments) -> None:
        self._world, self._azure, self._shipments = world, azure, shipments

    # --- before ordering

    def offers(
        self,
        subscription: str,
        group: str,
        region: str,
        country: str,
        control: Control | None = None,
    ) -> Sequence[Offer]:
        """List every device for a country and region; only enabled ones can be ordered."""
        return self._azure.desk(control).offers(subscription, group, region, country)

    def check(
        self, form: OrderForm, secrets: OrderSecrets, control: Control | None = None
    ) -> Sequence[Verdict]:
        """Let Azure look at a form; nothing is ordered."""
        return self._azure.desk(control).validate(form, secrets)

    # --- ordering

    def place(
        self,
        form: OrderForm,
        secrets: OrderSecrets,
        *,
        another: bool = False,
        control: Control | None = None,
    ) -> Placed:
        """Place an order, or find the one that this form made before.

        A cancelled order is followed by a new one; one that ended only with `another`. Where the
        name is given, none can follow as long as Azure keeps the one before: JOB_NAME_KEPT.
        OFFER_NOT_THERE, ORDER_NOT_ACCEPTED, ORDER_NAME_TAKEN, ORDER_UNCERTAIN, AZURE_…
        """
        desk = self._azure.desk(control)
        number = next_number(self._of(form))
        while True:
            ref = form.ref(number)
            self._intend(form, ref)
            found = desk.order(ref)
            if found is None:
                return self._send(desk, form, secrets, ref)
            if found.marker != form.marker:
                raise _taken(form, found)
            self._note(found)
            over = found.job.status in (ENDED if another else CANCELLED)
            if not over or number >= _MOST_NUMBERS:
                return Placed(found, new=False)
            if form.job_name:
                raise _taken(form, found)
            number += 1

    def _send(self, desk: Desk, form: OrderForm, secrets: OrderSecrets, ref: JobRef) -> Placed:
        self._assert_offered(desk, form)
        bad = [one for one in desk.validate(form, secrets) if not one.good]
        if bad:
            told = tuple(f"{one.what}: {one.reason or one.verdict}" for one in bad)
            raise BackupError(ErrorCode.ORDER_NOT_ACCEPTED, name=ref.name, reasons=told)
        try:
            found = desk.place(form, secrets, ref)
        except BackupError as error:
            if error.code not in _UNSURE:
                self._put(ref, state=OrderState.REFUSED)
                raise
            again = self._look_again(desk, ref, error)
            if again.marker != form.marker:
                raise _taken(form, again) from error
            found = again
        self._note(found)
        return Placed(found, new=True)

    def _look_again(self, desk: Desk, ref: JobRef, error: BackupError) -> FoundOrder:
        try:
            found = desk.order(ref)
        except BackupError:
            found = None
        if found is None:
            raise BackupError(ErrorCode.ORDER_UNCERTAIN, name=ref.name) from error
        return found

    def _assert_offered(self, desk: Desk, form: OrderForm) -> None:
        offers = desk.offers(form.subscription, form.group, form.region, form.address.country)
        mine = [one for one in offers if one.sku == form.sku]
        wanted = form.model or form.sku
        offer = next((one for one in mine if one.model == wanted), None)
        if offer is None or not offer.enabled:
            there = tuple(one.model for one in mine if one.enabled)
            raise BackupError(
                ErrorCode.OFFER_NOT_THERE,
                model=wanted,
                country=form.address.country,
                region=form.region,
                reason=offer.reason if offer else "",
                offered=there or ("-",),
            )

    # --- afterwards

    def listed(
        self, subscription: str, group: str = "", control: Control | None = None
    ) -> Sequence[FoundOrder]:
        """List the orders of a subscription, whoever made them; without their details."""
        return self._azure.desk(control).orders(subscription, group)

    def old_jobs(self, subscription: str, control: Control | None = None) -> Sequence[ServiceJob]:
        """List jobs of the older Import/Export service; none where that service has gone."""
        try:
            return self._azure.old_jobs(control).jobs(subscription)
        except BackupError as error:
            if error.code in (ErrorCode.AZURE_NOT_FOUND, ErrorCode.AZURE_REFUSED):
                return ()
            raise

    def kept(self) -> Sequence[KeptOrder]:
        """List the orders this computer remembers, oldest first; no line is needed."""
        return self._world.state.orders()

    def of_plan(self, plan_id: PlanId) -> KeptOrder | None:
        """Give the newest order of a plan that is not over; no line is needed."""
        kept = [one for one in self.kept() if one.plan_id == plan_id and not one.closed]
        return kept[-1] if kept else None

    def named(self, name: str, subscription: str = "", group: str = "") -> JobRef:
        """Find an order by its name; ORDER_NOT_FOUND."""
        if subscription and group:
            return JobRef(subscription, group, name)
        for order in reversed(self.kept()):
            if order.ref.name.lower() == name.lower():
                return order.ref
        raise BackupError(ErrorCode.ORDER_NOT_FOUND, name=name)

    def show(self, ref: JobRef, control: Control | None = None) -> FoundOrder:
        """Read an order and remember what Azure says; ORDER_NOT_FOUND."""
        found = self._azure.desk(control).order(ref)
        if found is None:
            raise BackupError(ErrorCode.ORDER_NOT_FOUND, name=ref.name)
        self._note(found)
        return found

    def cancel(self, ref: JobRef, reason: str, control: Control | None = None) -> None:
        """Cancel; ORDER_NOT_CANCELLABLE when it is too late for that."""
        self._azure.desk(control).cancel(ref, reason)
        self._put(ref, state=OrderState.CANCELLED)

    def book_pickup(
        self, ref: JobRef, pickup: Pickup, control: Control | None = None
    ) -> PickupAnswer:
        """Let the carrier come, and remember it; PICKUP_UNCERTAIN when no answer came."""
        desk = self._azure.desk(control)
        before = self._keep_pickup(ref, KeptPickup(pickup, self._world.clock.now()))
        try:
            answer = desk.book_pickup(ref, pickup)
        except BackupError as error:
            if error.code is not ErrorCode.PICKUP_UNCERTAIN:
                self._keep_pickup(ref, before)  # nobody was asked
            raise
        self._keep_pickup(ref, KeptPickup(pickup, self._world.clock.now(), answer))
        return answer

    def _keep_pickup(self, ref: JobRef, pickup: KeptPickup | None) -> KeptPickup | None:
        """Remember it with the order, if this computer knows the order; give what was there."""
        order = self._order(ref)
        if order is None:
            return None
        self._world.state.put_order(replace(order, pickup=pickup))
        return order.pickup

    def mark_shipped(
        self, ref: JobRef, carrier: str, number: str, control: Control | None = None
    ) -> None:
        """Tell Azure that own drives are on their way."""
        desk = self._azure.desk(control)
        desk.mark_shipped(ref, carrier, number)
        found = desk.order(ref)
        if found is not None:
            self._note(found)

    def credentials(self, ref: JobRef, control: Control | None = None) -> Sequence[Credential]:
        """Give what opens the devices; secrets, for a file that only its owner reads."""
        return self._azure.desk(control).credentials(ref)

    def change_address(
        self, ref: JobRef, address: Address, contact: Contact, control: Control | None = None
    ) -> None:
        """Let the devices go elsewhere; ADDRESS_NOT_CHANGEABLE once they are on the way."""
        desk = self._azure.desk(control)
        desk.change_address(ref, address, contact)
        found = desk.order(ref)
        if found is not None:
            self._note(found)

    def answer(
        self,
        ref: JobRef,
        resolution: str,
        by_serial: Mapping[str, str],
        control: Control | None = None,
    ) -> None:
        """Answer an order that waits for its owner."""
        self._azure.desk(control).answer(ref, resolution, by_serial)

    # --- by hand

    def note_by_hand(self, form: OrderForm, ref: JobRef) -> None:
        """Remember an order that was placed in the portal."""
        self._put(ref, form=form, state=OrderState.BY_HAND)

    def note_status_of(self, plan_id: PlanId, status: str, at: datetime) -> bool:
        """Remember a status that was read in the portal for a plan, and for its order if there is
        one; say whether it is a word we know."""
        order = self.of_plan(plan_id)
        if order is None:
            return self._shipments.note_status(plan_id, status, at)
        return self.note_status(order.ref, status, at)

    def note_status(self, ref: JobRef, status: str, at: datetime) -> bool:
        """Remember a status that somebody read in the portal; the order's plan follows along."""
        order = self._order(ref)
        if order is None:
            raise BackupError(ErrorCode.ORDER_NOT_FOUND, name=ref.name)
        fact = ServiceFact(status, at, source=Source.YOU)
        typed = sorted((*order.typed, fact), key=lambda one: one.at or at)
        self._world.state.put_order(replace(order, typed=tuple(typed)))
        if order.plan_id is not None and self._world.state.plan(order.plan_id) is not None:
            return self._shipments.note_status(order.plan_id, status, at)
        return place(fact) is not None

    # --- what is remembered

    def _of(self, form: OrderForm) -> list[KeptOrder]:
        """Give the orders of this form by their number, as far as they follow each other."""
        kept = {order.ref.resource_id.lower(): order for order in self.kept()}
        found: list[KeptOrder] = []
        while len(found) < (1 if form.job_name else _MOST_NUMBERS):
            order = kept.get(form.ref(len(found) + 1).resource_id.lower())
            if order is None:
                break
            found.append(order)
        return found

    def _order(self, ref: JobRef) -> KeptOrder | None:
        wanted = ref.resource_id.lower()
        return next((o for o in self.kept() if o.ref.resource_id.lower() == wanted), None)

    def _intend(self, form: OrderForm, ref: JobRef) -> None:
        order = self._order(ref)
        if order is None or order.state is OrderState.REFUSED:
            self._put(ref, form=form, state=OrderState.INTENDED)

    def _put(self, ref: JobRef, *, state: OrderState, form: OrderForm | None = None) -> None:
        order = self._order(ref)
        if form is not None:
            order = KeptOrder(
                ref=ref,
                key=form.key,
                sku=form.sku,
                region=form.region,
                model=form.model,
                plan_id=form.plan_id,
                state=state,
                at=self._world.clock.now(),
            )
        if order is not None:
            self._world.state.put_order(replace(order, state=state))

    def _note(self, found: FoundOrder) -> None:
        order = self._order(found.ref)
        if order is None:
            return
        gone = found.job.status in CANCELLED
        seen = replace(
            order,
            state=OrderState.CANCELLED if gone else OrderState.PLACED,
            found=found.job,
            seen_at=self._world.clock.now(),
        )
        self._world.state.put_order(seen)
        if order.plan_id is not None and self._world.state.plan(order.plan_id) is not None:
            self._shipments.note_job(order.plan_id, found.job, Source.AZURE)


def _taken(form: OrderForm, found: FoundOrder) -> BackupError:
    """Say that another job has the name; where the name is given, no other would do."""
    name = found.ref.name
    if form.job_name:
        return BackupError(ErrorCode.JOB_NAME_KEPT, name=name, status=found.job.status)
    return BackupError(ErrorCode.ORDER_NAME_TAKEN, name=name)
