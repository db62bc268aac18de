"""One physical disk of Windows: what it is asked, and what came of it."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable

from msgspec import Struct, field

from offline_backup_gui.adapters.drives import windows_bytes as ioctl
from offline_backup_gui.adapters.drives.win32 import (
    GENERIC_READ,
    GENERIC_WRITE,
    Answer,
    Volume,
    Win32,
)
from offline_backup_gui.adapters.drives.windows_health import Told, ask_disk
from offline_backup_gui.adapters.drives.windows_layout import (
    DiskAttributes,
    Layout,
    parse_disk_attributes,
    parse_layout,
)
from offline_backup_gui.adapters.drives.windows_volumes import NO_MEDIUM_CODES

_DISK = re.compile(r"PhysicalDrive(\d{1,5})", re.ASCII | re.IGNORECASE)
# Numbers have gaps after unplugging. As many are tried where Windows does not name its disks.
_TRIED_DISKS = 64
_WRITE_PROTECTED = 19
_ROOM = 4096
_LAYOUT_ROOM = 48 + 144 * 256
# Asking for health wakes a disk and stops its queue for a moment, so it is not done at each look.
HEALTH_EVERY_S = 900.0


class Disk(Struct, frozen=True):
    """One physical disk, by its number; `size_bytes` is 0 when it does not tell."""

    number: int
    device: ioctl.DeviceDescriptor
    sectors: ioctl.Sectors = field(default_factory=ioctl.Sectors)
    size_bytes: int = 0
    has_medium: bool = True
    read_only: bool = False
    hot_plug: bool = False
    rotational: bool | None = None
    attributes: DiskAttributes = field(default_factory=DiskAttributes)
    layout: Layout = field(default_factory=Layout)
    worldwide_name: str = ""
    fingerprint: str = ""  # changes when another disk takes the number


def disk_path(number: int) -> str:
    """Give the path a disk is opened by."""
    return f"\\\\.\\PhysicalDrive{number}"


def disk_numbers(win32: Win32) -> list[int]:
    """Give the numbers of all disks.

    A pool of Storage Spaces hides its disks and keeps their numbers, so the next one may have any.
    """
    named = [match for name in win32.dos_devices() if (match := _DISK.fullmatch(name))]
    if named:
        return sorted({int(match[1]) for match in named})
    numbers = []
    for number in range(_TRIED_DISKS):
        disk = win32.open(disk_path(number))
        if not isinstance(disk, Answer):
            disk.close()
            numbers.append(number)
    return numbers


def read_disk(win32: Win32, number: int) -> Disk | None:
    """Ask Windows about one physical disk; None when there is none. May hang with the device."""
    path = disk_path(number)
    # The size wants a handle that may read, which only an administrator gets.
    disk = win32.open(path, GENERIC_READ)
    if isinstance(disk, Answer):
        disk = win32.open(path)
    if isinstance(disk, Answer):
        return None
    try:
        return _read_open_disk(disk, number)
    finally:
        disk.close()


def _read_open_disk(disk: Volume, number: int) -> Disk:
    def ask(code: int, question: bytes = b"", room: int = _ROOM) -> Answer:
        return disk.control(code, question, room)

    query = ioctl.IOCTL_STORAGE_QUERY_PROPERTY
    size = ioctl.parse_length(ask(ioctl.IOCTL_DISK_GET_LENGTH_INFO).data)
    sectors = ioctl.parse_sectors(ask(query, ioctl.alignment_query()).data)
    if not size or sectors is None:
        # The size wants rights; and drivers of USB bridges often do not tell how sectors lie.
        geometry = ask(ioctl.IOCTL_DISK_GET_DRIVE_GEOMETRY_EX).data
        size = size or ioctl.parse_geometry_size(geometry)
        sectors = sectors or ioctl.parse_geometry_sectors(geometry)
    descriptor = ask(query, ioctl.device_query()).data
    layout = ask(ioctl.IOCTL_DISK_GET_DRIVE_LAYOUT_EX, b"", _LAYOUT_ROOM).data
    found = parse_layout(layout)
    identity = f"{size} {found.disk_id}".encode() + descriptor
    return Disk(
        number=number,
        device=ioctl.parse_device(descriptor),
        sectors=sectors or ioctl.Sectors(),
        size_bytes=size,
        has_medium=ask(ioctl.IOCTL_STORAGE_CHECK_VERIFY2).code not in NO_MEDIUM_CODES,
        read_only=ask(ioctl.IOCTL_DISK_IS_WRITABLE).code == _WRITE_PROTECTED,
        hot_plug=ioctl.parse_hot_plug(ask(ioctl.IOCTL_STORAGE_GET_HOTPLUG_INFO).data),
        rotational=ioctl.parse_rotational(ask(query, ioctl.seek_penalty_query()).data),
        attributes=parse_disk_attributes(ask(ioctl.IOCTL_DISK_GET_DISK_ATTRIBUTES).data),
        layout=found,
        worldwide_name=ioctl.parse_device_id(ask(query, ioctl.device_id_query()).data),
        fingerprint=hashlib.sha256(identity).hexdigest(),
    )


def ask_for_health(win32: Win32, disk: Disk) -> Told:
    """Ask a disk about itself. May hang with the device; nothing is written to it.

    The driver wants a handle that may write before it passes questions on.
    """
    opened = win32.open(disk_path(disk.number), GENERIC_READ | GENERIC_WRITE)
    if isinstance(opened, Answer):
        opened = win32.open(disk_path(disk.number), GENERIC_READ)
    if isinstance(opened, Answer):
        return Told()
    try:
        return ask_disk(opened, disk.device)
    finally:
        opened.close()


class HealthMemory:
    """What disks told of themselves, until it is old or another disk has the number."""

    def __init__(
        self, every_s: float = HEALTH_EVERY_S, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._every_s = every_s
        self._now = now
        self._lock = threading.Lock()
        self._told: dict[str, tuple[float, Told]] = {}

    def recall(self, disk: Disk) -> Told | None:
        """Give what a disk told lately, or None when it is time to ask."""
        with self._lock:
            at, told = self._told.get(_key(disk), (0.0, None))
        return told if told is not None and self._now() - at < self._every_s else None

    def last(self, disk: Disk) -> Told:
        """Give what a disk told last, however long ago: its own serial must not come and go."""
        with self._lock:
            return self._told.get(_key(disk), (0.0, Told()))[1]

    def keep(self, disk: Disk, told: Told) -> None:
        """Remember what a disk told."""
        with self._lock:
            self._told[_key(disk)] = (self._now(), told)

    def forget_all_but(self, disks: list[Disk]) -> None:
        """Forget disks that are gone: the next one with their number is asked anew."""
        keys = {_key(disk) for disk in disks}
        with self._lock:
            self._told = {key: told for key, told in self._told.items() if key in keys}


def _key(disk: Disk) -> str:
    return f"{disk.number}:{disk.fingerprint}"
