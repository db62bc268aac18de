"""What an order costs: fees by meter, from the public price list or from a dated table; no sums.

Fees depend on days and on what happens to a device, so they stand side by side and are not added.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import Offer


class Prices(Struct, frozen=True):
    """Amounts for one unit of each meter. `date` is the list's own (ISO 8601)."""

    currency: str
    amount_by_meter: dict[str, float]
    source: str
    date: str


class Fee(Struct, frozen=True):
    """One fee of an offer. `amount` is None when no list has it."""

    kind: str
    meter_id: str
    amount: float | None
    currency: str
    source: str
    date: str


def parse_prices(data: object, name: str) -> Prices:
    """Read a table of prices; PLAN_VALUE_WRONG names what is wrong in it."""
    if not isinstance(data, Mapping):
        raise _wrong(name, "", "")
    for key in ("source", "date", "currency"):
        if not isinstance(data.get(key), str):
            raise _wrong(name, key, data.get(key))
    listed = data.get("amount_by_meter")
    if not isinstance(listed, Mapping):
        raise _wrong(name, "amount_by_meter", listed)
    amounts = {}
    for meter, amount in listed.items():
        number = isinstance(amount, int | float) and not isinstance(amount, bool)
        if not number or not math.isfinite(amount) or amount < 0:
            raise _wrong(name, f"amount_by_meter.{meter}", amount)
        amounts[str(meter).lower()] = float(amount)
    return Prices(str(data["currency"]), amounts, str(data["source"]), str(data["date"]))


def fees(offer: Offer, live: Prices | None, table: Prices) -> tuple[Fee, ...]:
    """Join an offer's meters with the price list, and with the table where that has nothing."""
    found = []
    for meter in offer.meters:
        key = meter.meter_id.lower()
        prices = live if live is not None and key in live.amount_by_meter else table
        amount = prices.amount_by_meter.get(key)
        found.append(
            Fee(
                meter.kind,
                meter.meter_id,
                None if amount is None else amount * meter.multiplier,
                "" if amount is None else prices.currency,
                "" if amount is None else prices.source,
                "" if amount is None else prices.date,
            )
        )
    return tuple(found)


def _wrong(name: str, key: str, value: object) -> BackupError:
    return BackupError(ErrorCode.PLAN_VALUE_WRONG, path=name, key=key, value=str(value)[:200])
