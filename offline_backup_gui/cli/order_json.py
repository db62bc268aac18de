"""What `order` and `import-job` print as JSON."""

from __future__ import annotations

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.tracking import view_json
from offline_backup_gui.domain.orders import FoundOrder, KeptOrder, KeptPickup
from offline_backup_gui.domain.prices import Fee
from offline_backup_gui.services.job_views import view_of


def fee_json(fee: Fee) -> dict[str, object]:
    """Give one fee of an offer; the amount is null where nobody knows it."""
    return {
        "kind": fee.kind,
        "meter": fee.meter_id,
        "amount": fee.amount,
        "currency": fee.currency,
        "source": fee.source,
        "date": fee.date,
    }


def found_json(call: Call, found: FoundOrder) -> dict[str, object]:
    """Give an order as Azure has it, with everything that follows from it."""
    view = view_of(found.job, call.services.world.clock.now())
    return {
        "name": found.ref.name,
        "resource_id": found.ref.resource_id,
        "cancellable": found.cancellable,
        **view_json(view),
    }


def listed_json(found: FoundOrder) -> dict[str, object]:
    """Give one line of Azure's list."""
    return {
        "name": found.ref.name,
        "resource_id": found.ref.resource_id,
        "sku": found.job.sku,
        "status": found.job.status,
        "cancellable": found.cancellable,
    }


def kept_json(kept: KeptOrder) -> dict[str, object]:
    """Give one order as this computer remembers it."""
    return {
        "name": kept.ref.name,
        "resource_id": kept.ref.resource_id,
        "sku": kept.sku,
        "asked": kept.state.value,
        "at": kept.at.isoformat(),
        "status": kept.found.status if kept.found else None,
        "seen_at": kept.seen_at.isoformat() if kept.seen_at else None,
        "noted": [
            {"status": one.status, "at": one.at.isoformat() if one.at else None}
            for one in kept.typed
        ],
        "pickup": _pickup_json(kept.pickup),
    }


def _pickup_json(pickup: KeptPickup | None) -> dict[str, object] | None:
    if pickup is None:
        return None
    answer = pickup.answer
    return {
        "from": pickup.wanted.start.isoformat(),
        "until": pickup.wanted.end.isoformat(),
        "place": pickup.wanted.place,
        "asked_at": pickup.asked_at.isoformat(),
        "confirmation": answer.confirmation if answer else None,
        "ready_by": answer.ready_by if answer else None,
    }
