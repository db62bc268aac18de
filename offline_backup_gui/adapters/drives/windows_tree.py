"""Which device to let go of with a disk: its enclosure, nothing that carries other things. Pure.

Sources: "Overview of the Removable Device Capability" and "How Container IDs are generated from the
removable device capability" of the Windows driver documentation: the nearest device upwards that
may be unplugged is the top of the physical device.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

# From the disk: its USB storage device, the composite device that one may be part of, a bus.
_FARTHEST = 4
# The services of Windows' hubs. One that may be unplugged carries keyboards and screens as well.
_HUBS = frozenset({"usbhub", "usbhub3"})


class DeviceTree(Protocol):
    """Windows' tree of devices; a node is a number as long as its device is there."""

    def node(self, interface: str) -> int | None:
        """Give the node of a disk, by the path it is opened by."""

    def parent(self, node: int) -> int | None:
        """Give the node a device hangs from."""

    def may_be_unplugged(self, node: int) -> bool:
        """Say whether the bus reports that the device is removable."""

    def service(self, node: int) -> str:
        """Name the service that drives a device, like "USBSTOR"; empty when not told."""


def enclosure(tree: DeviceTree, interface: str, disks: Sequence[str]) -> int | None:
    """Give the node that leaves with a disk; `disks` are the paths of all that are there.

    None when nothing there may be unplugged, and when another disk would be torn away with it: a
    dock with two disks, or the controller of a virtual machine, which counts as removable.
    """
    found = next((node for node in _upwards(tree, interface) if tree.may_be_unplugged(node)), None)
    if found is None:
        return None
    others = (other for other in disks if other.lower() != interface.lower())
    return None if any(found in _upwards(tree, other) for other in others) else found


def _upwards(tree: DeviceTree, interface: str) -> Iterator[int]:
    node = tree.node(interface)
    for _ in range(_FARTHEST):
        if node is None or tree.service(node).lower() in _HUBS:
            return
        yield node
        node = tree.parent(node)
