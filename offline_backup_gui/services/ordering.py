"""The order of a plan's devices: made from the wizard's answers, placed once or noted by hand.

Two acts with days between: the order keeps the plan, and the copy goes on with it when the
devices are there.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.order_fields import OrderFields, flaws
from offline_backup_gui.domain.orders import (
    BOX,
    DISK,
    Address,
    Contact,
    JobRef,
    KeptOrder,
    Offer,
    OrderForm,
    OrderSecrets,
    Verdict,
)
from offline_backup_gui.domain.plan import Draft, Route
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.prices import Fee
from offline_backup_gui.services.azure import Azure
from offline_backup_gui.services.orders import Orders
from offline_backup_gui.services.planning import Planning, plan_of
from offline_backup_gui.services.portal import write_portal_files
from offline_backup_gui.services.protection import Protection

SKU_BY_ROUTE = {Route.DATA_BOX_DISK: DISK, Route.DATA_BOX: BOX}
_TB = 10**12


def form_of(draft: Draft, need_bytes: int, *, placed: bool = False) -> OrderForm:
    """Make the form of a draft's order; ORDER_FORM_WRONG names what is missing in it.

    Of an order that was `placed` elsewhere only its place has to be known.
    """
    fields = draft.order
    account = draft.azure.account_id
    wanted = {
        "name": draft.name,
        "subscription": draft.azure.subscription,
        "resource_group": fields.group,
    }
    if not placed:
        wanted |= {"storage_account": account, "region": draft.azure.region}
    missing = [key for key, value in wanted.items() if not value.strip()]
    missing += [] if placed else [name for name, _ in flaws(fields)]
    if missing or draft.route not in SKU_BY_ROUTE:
        key = missing[0] if missing else "device"
        value = str(getattr(fields, key, ""))
        raise BackupError(ErrorCode.ORDER_FORM_WRONG, path=draft.name, key=key, value=value)
    return OrderForm(
        key=draft.name.strip(),
        subscription=draft.azure.subscription,
        group=fields.group,
        region=draft.azure.region,
        sku=SKU_BY_ROUTE[draft.route],
        storage_account=account,
        address=address_of(fields),
        contact=contact_of(fields),
        model=fields.model,
        expected_tb=max(1, -(-need_bytes // _TB)),
        plan_id=plan_of(draft).plan_id,
    )


def contact_of(fields: OrderFields) -> Contact:
    """Give who is called."""
    return Contact(
        fields.contact.strip(), fields.phone.strip(), fields.email_list, fields.extension.strip()
    )


def address_of(fields: OrderFields) -> Address:
    """Give where the devices go to."""
    return Address(
        street=fields.street.strip(),
        street2=fields.street2.strip(),
        city=fields.city.strip(),
        postal_code=fields.postal_code.strip(),
        country=fields.country,
        state=fields.state.strip(),
        company=fields.company.strip(),
        kind="Residential" if fields.residential else "Commercial",
    )


class Ordering:
    """What the wizard does with an order; `services.orders` looks after it afterwards."""

    def __init__(
        self, azure: Azure, orders: Orders, planning: Planning, protection: Protection
    ) -> None:
        self._azure, self._orders = azure, orders
        self._planning, self._protection = planning, protection

    def offers(
        self, draft: Draft, control: Control | None = None
    ) -> tuple[tuple[Offer, tuple[Fee, ...]], ...]:
        """List the devices of the draft's route for its address, with their fees."""
        place, fields = draft.azure, draft.order
        found = self._orders.offers(
            place.subscription, fields.group, place.region, fields.country, control
        )
        mine = [one for one in found if draft.route and one.sku == SKU_BY_ROUTE.get(draft.route)]
        return tuple(zip(mine, self._azure.fees(mine, control), strict=True))

    def check(
        self, draft: Draft, need_bytes: int, control: Control | None = None
    ) -> tuple[Verdict, ...]:
        """Let Azure look at the form; nothing is ordered."""
        return tuple(self._orders.check(form_of(draft, need_bytes), OrderSecrets(), control))

    def place(
        self, draft: Draft, need_bytes: int, control: Control | None = None
    ) -> tuple[KeptOrder, bool]:
        """Keep the plan and place its order; give the order and whether this call placed it.

        A second call, also after a kill, finds the order of the first one. As `Orders.place`.
        """
        form = form_of(draft, need_bytes)
        self._keep(draft)
        placed = self._orders.place(form, OrderSecrets(), control=control)
        self._planning.discard_draft()
        return self._kept(placed.found.ref), placed.new

    def note(
        self, draft: Draft, need_bytes: int, name: str, status: str, at: datetime
    ) -> KeptOrder:
        """Keep the plan with an order that was placed in the portal under a name."""
        form = form_of(draft, need_bytes, placed=True)
        self._keep(draft)
        ref = JobRef(form.subscription, form.group, name.strip())
        self._orders.note_by_hand(form, ref)
        self._orders.note_status(ref, status, at)
        self._planning.discard_draft()
        return self._kept(ref)

    def write_portal_files(self, draft: Draft, need_bytes: int, folder: Path) -> list[Path]:
        """Write what the portal asks for; TARGET_NOT_WRITABLE, ORDER_FORM_WRONG."""
        return write_portal_files(form_of(draft, need_bytes), folder)

    def _keep(self, draft: Draft) -> None:
        plan = plan_of(draft)
        self._planning.keep(plan, repository_id=draft.repository_id, practice=False)
        self._planning.follow_vault(draft)
        self._protection.bind(plan, draft.repository_id)

    def _kept(self, ref: JobRef) -> KeptOrder:
        wanted = ref.resource_id.lower()
        return next(o for o in self._orders.kept() if o.ref.resource_id.lower() == wanted)
