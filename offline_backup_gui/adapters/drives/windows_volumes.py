"""One volume or network letter of Windows: what it is asked, and what came of it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

from msgspec import Struct

from offline_backup_gui.adapters.drives import bitlocker
from offline_backup_gui.adapters.drives import windows_bytes as ioctl
from offline_backup_gui.adapters.drives.win32 import (
    GENERIC_READ,
    Answer,
    Volume,
    VolumeText,
    Win32,
)
from offline_backup_gui.adapters.drives.windows_layout import Extent, parse_extents
from offline_backup_gui.domain.drive import Encryption

REMOVABLE, FIXED, REMOTE, MEMORY = 2, 3, 4, 6
_NO_ROOT = 1  # DRIVE_NO_ROOT_DIR
# A letter that `subst` gave to a folder: what lies there lies on the folder's own drive. And floppy
# drives, which virtual machines still have: asking one for its medium takes seconds each time.
_NO_DRIVE = re.compile(r"\\\?\?\\[A-Za-z]:\\|\\Device\\Floppy\d", re.IGNORECASE)
NO_MEDIUM_CODES = frozenset({21, 1112})  # ERROR_NOT_READY, ERROR_NO_MEDIA_IN_DRIVE
_UNRECOGNISED = 1005  # ERROR_UNRECOGNIZED_VOLUME
_LOCKED_BY_BITLOCKER = 0x80310000  # FVE_E_LOCKED_VOLUME
_READ_ONLY_VOLUME = 0x00080000
_ROOM = 4096
RECORDS_EVERY_S = 60.0
_SECTOR_BYTES = 4096  # a whole number of sectors on any disk


class Place(Struct, frozen=True):
    r"""A volume to ask about: the root to ask by, all its mounts, its name, \\?\Volume{GUID}\."""

    root: str
    mounts: tuple[str, ...]
    name: str = ""

    @property
    def letter(self) -> str:
        """Give the first letter, or an empty string."""
        return next((mount[0].upper() for mount in self.mounts if len(mount) == 3), "")


class VolumeFacts(Struct, frozen=True):
    """What a volume answered; sizes in bytes. `device` is the kernel's name for it."""

    place: Place
    kind: int
    label: str = ""
    volume_serial: int = 0
    file_system: str = ""
    size_bytes: int = 0
    free_bytes: int = 0
    read_only: bool = False
    encryption: Encryption = Encryption.UNKNOWN
    has_medium: bool = True
    share: str = ""
    device: str = ""
    extents: tuple[Extent, ...] = ()

    @property
    def disks(self) -> tuple[int, ...]:
        """Give the numbers of the disks it lies on, each once."""
        return tuple(dict.fromkeys(extent.disk for extent in self.extents))


def places(win32: Win32) -> list[Place]:
    """Give every volume with its mounts, and every letter that belongs to none of them."""
    found = [
        Place(_root(name, mounts), tuple(sorted(mounts, key=_letters_first)), name)
        for name, mounts in win32.volumes().items()
    ]
    known = {mount.upper() for place in found for mount in place.mounts}
    letters = [f"{letter}:\\" for letter in win32.letters()]
    return found + [Place(root, (root,)) for root in letters if root not in known]


def _letters_first(mount: str) -> tuple[int, str]:
    return len(mount), mount


def _root(name: str, mounts: tuple[str, ...]) -> str:
    # By its letter a volume is asked as people see it; by its name when it has none.
    return min((mount for mount in mounts if len(mount) == 3), default=name)


class Records:
    """What was read of BitLocker lately: each look would be real reading, past any cache."""

    def __init__(
        self, every_s: float = RECORDS_EVERY_S, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._every_s = every_s
        self._now = now
        self._lock = threading.Lock()
        self._kept: dict[object, tuple[float, Encryption]] = {}

    def state(self, key: object, read: Callable[[], Encryption]) -> Encryption:
        """Give the state kept under a key, or read it; a state that is not known is not kept."""
        with self._lock:
            at, kept = self._kept.get(key, (0.0, Encryption.UNKNOWN))
        if kept is not Encryption.UNKNOWN and self._now() - at < self._every_s:
            return kept
        found = read()
        with self._lock:
            self._kept[key] = (self._now(), found)
        return found


def read_volume(win32: Win32, place: Place, records: Records) -> VolumeFacts:
    """Ask Windows about one volume. May hang with the device."""
    kind = win32.drive_type(place.root)
    if kind not in {REMOVABLE, FIXED, REMOTE, MEMORY}:
        return VolumeFacts(place, kind)
    dos_name = f"{place.letter}:" if place.letter else place.name.strip("\\?")
    device = win32.dos_device(dos_name)
    if _NO_DRIVE.match(device):
        return VolumeFacts(place, _NO_ROOT)
    text = win32.volume_text(place.root)
    size, free = win32.space(place.root) or (0, 0)
    extents = () if kind == REMOTE else _extents(win32, place)
    has_medium = text.code not in NO_MEDIUM_CODES
    return VolumeFacts(
        place=place,
        kind=kind,
        label=text.label,
        volume_serial=text.serial,
        file_system="RAW" if text.code == _UNRECOGNISED else text.file_system,
        size_bytes=size,
        free_bytes=free,
        read_only=bool(text.flags & _READ_ONLY_VOLUME),
        encryption=_encryption(win32, extents, text, records) if has_medium else Encryption.UNKNOWN,
        has_medium=has_medium,
        share=ioctl.parse_share(device) if kind == REMOTE else "",
        device=device,
        extents=extents,
    )


def _extents(win32: Win32, place: Place) -> tuple[Extent, ...]:
    path = f"\\\\.\\{place.letter}:" if place.letter else place.name.rstrip("\\")
    volume = win32.open(path)
    if isinstance(volume, Answer):
        return ()
    try:
        return extents_of(volume)
    finally:
        volume.close()


def extents_of(volume: Volume) -> tuple[Extent, ...]:
    """Ask an open volume where it lies."""
    answer = volume.control(ioctl.IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, b"", _ROOM)
    extents = parse_extents(answer.data)
    if extents:
        return extents
    # Some volumes, and Wine, tell no extents but know their disk.
    one = ioctl.parse_disk_number(
        volume.control(ioctl.IOCTL_STORAGE_GET_DEVICE_NUMBER, b"", _ROOM).data
    )
    return () if one is None else (Extent(one, -1, 0),)


def _encryption(
    win32: Win32, extents: tuple[Extent, ...], text: VolumeText, records: Records
) -> Encryption:
    """Tell BitLocker's state from the bytes on the disk, below the filter that decrypts them.

    Windows' own word counts when it says locked, whatever the bytes look like.
    """
    if text.code == _LOCKED_BY_BITLOCKER:
        return Encryption.LOCKED
    # BitLocker knows no volumes of several pieces, and without a place nothing can be read.
    if len(extents) != 1 or extents[0].offset_bytes < 0:
        return Encryption.UNKNOWN
    key = (extents[0], text)  # unlocking a volume or formatting it gives another text
    return records.state(key, lambda: _on_disk(win32, extents[0], opened=not text.code))


def _on_disk(win32: Win32, extent: Extent, *, opened: bool) -> Encryption:
    """Read the state where the volume lies; UNKNOWN without an administrator's rights."""
    disk = win32.open(f"\\\\.\\PhysicalDrive{extent.disk}", GENERIC_READ)
    if isinstance(disk, Answer):
        return Encryption.UNKNOWN
    try:
        begin = extent.offset_bytes
        sector = disk.read(begin, _SECTOR_BYTES)
        if sector.code or len(sector.data) < bitlocker.BOOT_BYTES:
            return Encryption.UNKNOWN
        boot = bitlocker.parse_boot_sector(sector.data)
        record = None
        for offset in boot.metadata_offsets:
            if record is None and offset < extent.length_bytes:
                found = disk.read(begin + offset, bitlocker.METADATA_BYTES)
                record = bitlocker.parse_metadata(found.data)
        return bitlocker.state_of(boot, record, opened=opened)
    finally:
        disk.close()
