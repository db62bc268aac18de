"""What is to be done until a device of Microsoft leaves, as words keys in their order.

Sources: articles/databox/data-box-disk-deploy-picked-up.md, 2023-01-23;
includes/data-box-prepare-to-ship.md, 2022-07-21; data-box-deploy-picked-up.md, 2019-09-20.
"""

from __future__ import annotations

from offline_backup_gui.domain.device_layout import Device
from offline_backup_gui.domain.plan import Route

_STEPS = {
    Device.DISK: ("validate", "close", "eject", "cables", "label", "hand-over", "keep"),
    Device.SHARE: ("sessions", "validate", "prepare", "bom", "reference", "off", "label", "keep"),
}
_DEVICE_BY_ROUTE = {Route.DATA_BOX_DISK: Device.DISK, Route.DATA_BOX: Device.SHARE}


def ship_steps(device: Device) -> tuple[str, ...]:
    """Give the words keys of the steps."""
    return tuple(f"device.ship-{device.value}-{name}" for name in _STEPS[device])


def device_of(route: Route | None) -> Device | None:
    """Give the device of a route; None for drives of one's own."""
    return None if route is None else _DEVICE_BY_ROUTE.get(route)
