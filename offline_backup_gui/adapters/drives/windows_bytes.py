"""Answers of Windows storage ioctls, from bytes to facts. Pure, and safe with hostile buffers.

Layouts are those of winioctl.h and ntddstor.h (Windows SDK). A buffer that is too short or makes no
sense gives "not known" for what it should have told, never an exception.
"""

from __future__ import annotations

import struct

from msgspec import Struct

from offline_backup_gui.adapters.drives.identity import (
    clean_serial,
    is_swapped,
    is_virtual_model,
    swapped,
)
from offline_backup_gui.domain.drive import Bus

# CTL_CODE values of winioctl.h.
IOCTL_STORAGE_QUERY_PROPERTY = 0x2D1400
IOCTL_STORAGE_GET_DEVICE_NUMBER = 0x2D1080
IOCTL_STORAGE_CHECK_VERIFY2 = 0x2D0800
IOCTL_STORAGE_PREDICT_FAILURE = 0x2D1100
IOCTL_STORAGE_EJECT_MEDIA = 0x2D4808
IOCTL_STORAGE_MEDIA_REMOVAL = 0x2D4804
IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS = 0x560000
IOCTL_DISK_GET_LENGTH_INFO = 0x7405C
IOCTL_DISK_GET_DRIVE_GEOMETRY_EX = 0x700A0
IOCTL_DISK_IS_WRITABLE = 0x70024
IOCTL_DISK_GET_DRIVE_LAYOUT_EX = 0x70050
IOCTL_DISK_GET_DISK_ATTRIBUTES = 0x700F0
IOCTL_STORAGE_GET_HOTPLUG_INFO = 0x2D0C14
FSCTL_LOCK_VOLUME = 0x90018
FSCTL_DISMOUNT_VOLUME = 0x90020

_PROPERTY_DEVICE = 0
_PROPERTY_DEVICE_ID = 2
_PROPERTY_SEEK_PENALTY = 7
_PROPERTY_ALIGNMENT = 6
# STORAGE_BUS_TYPE. Firewire, SSA, storage class memory and UFS have no name of their own here.
_BUS_BY_TYPE = {
    1: Bus.SCSI,
    2: Bus.SATA,  # ATAPI
    3: Bus.SATA,  # ATA
    6: Bus.SAN,  # Fibre Channel
    7: Bus.USB,
    8: Bus.RAID,
    9: Bus.SAN,  # iSCSI
    10: Bus.SAS,
    11: Bus.SATA,
    12: Bus.CARD,  # SD
    13: Bus.CARD,  # MMC
    14: Bus.VIRTUAL,
    15: Bus.IMAGE,  # a mounted disk image file (VHD)
    16: Bus.SPACES,
    17: Bus.NVME,
}
_DESCRIPTOR_BYTES = 36  # up to and without RawDeviceProperties
_LONGEST_TEXT = 256
_MOST_NAMES = 64
_GIVEN_NAMES = (3, 2)  # NAA, EUI-64


class DeviceDescriptor(Struct, frozen=True):
    """STORAGE_DEVICE_DESCRIPTOR: who made the device, and how it is attached."""

    model: str = ""
    serial: str = ""
    bus: Bus = Bus.UNKNOWN
    removable: bool = False  # the medium is, as in a stick or a card reader


class Sectors(Struct, frozen=True):
    """Sector sizes in bytes: what the device speaks in, and what it writes in."""

    logical_bytes: int = 512
    physical_bytes: int = 512


def device_query() -> bytes:
    """Give the STORAGE_PROPERTY_QUERY that asks for the device descriptor."""
    return _query(_PROPERTY_DEVICE)


def alignment_query() -> bytes:
    """Give the query that asks for sector sizes."""
    return _query(_PROPERTY_ALIGNMENT)


def device_id_query() -> bytes:
    """Give the query that asks for the worldwide names of the device (SCSI page 83h)."""
    return _query(_PROPERTY_DEVICE_ID)


def seek_penalty_query() -> bytes:
    """Give the query that asks whether the device has a moving head."""
    return _query(_PROPERTY_SEEK_PENALTY)


def _query(property_id: int) -> bytes:
    return struct.pack("<IIB3x", property_id, 0, 0)


def parse_device(data: bytes) -> DeviceDescriptor:
    """Read a STORAGE_DEVICE_DESCRIPTOR."""
    if len(data) < _DESCRIPTOR_BYTES:
        return DeviceDescriptor()
    removable = data[10] != 0
    vendor, product, _, serial, bus = struct.unpack_from("<5I", data, 12)
    maker, name = _text(data, vendor), _text(data, product)
    if is_swapped(name):
        name = " ".join(swapped(_raw_text(data, product)).split())
    # Disks behind an ATA bridge give the bus as their maker.
    model = name if maker.upper() in {"", "ATA", "NVME", "USB"} else f"{maker} {name}".strip()
    told = _BUS_BY_TYPE.get(bus, Bus.UNKNOWN)
    if told is Bus.SCSI and not model:
        # Nobody there: this is what a driver answers that knows nothing of the device.
        told = Bus.UNKNOWN
    made_up = told is not Bus.IMAGE and is_virtual_model(model)
    return DeviceDescriptor(
        model=model,
        serial=clean_serial(_raw_text(data, serial), _raw_text(data, product)),
        bus=Bus.VIRTUAL if made_up else told,
        removable=removable,
    )


def parse_sectors(data: bytes) -> Sectors | None:
    """Read a STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR; None when it is none or has sizes no disk has."""
    if len(data) < 24:
        return None
    logical, physical = struct.unpack_from("<2I", data, 16)
    if not _is_sector(logical):
        return None
    return Sectors(logical, physical if _is_sector(physical) else logical)


def parse_geometry_sectors(data: bytes) -> Sectors | None:
    """Read the sector size of DISK_GEOMETRY_EX, physical ones taken to be alike; None: not told."""
    if len(data) < 24:
        return None
    (size,) = struct.unpack_from("<I", data, 20)
    return Sectors(size, size) if _is_sector(size) else None


def parse_rotational(data: bytes) -> bool | None:
    """Read a DEVICE_SEEK_PENALTY_DESCRIPTOR: True when the disk spins, None when not told."""
    return data[8] != 0 if len(data) >= 9 else None


def parse_disk_number(data: bytes) -> int | None:
    """Read a STORAGE_DEVICE_NUMBER: the N of PhysicalDriveN."""
    if len(data) < 12:
        return None
    (number,) = struct.unpack_from("<4xI", data)
    return None if number == 0xFFFFFFFF else int(number)


def parse_length(data: bytes) -> int:
    """Read GET_LENGTH_INFORMATION in bytes; 0 when not told."""
    return _size(data, 0)


def parse_geometry_size(data: bytes) -> int:
    """Read the disk size of DISK_GEOMETRY_EX in bytes; 0 when not told."""
    return _size(data, 24)


def parse_hot_plug(data: bytes) -> bool:
    """Read STORAGE_HOTPLUG_INFO: whether the device may be unplugged while Windows runs."""
    return len(data) >= 8 and data[6] != 0


def parse_device_id(data: bytes) -> str:
    """Read STORAGE_DEVICE_ID_DESCRIPTOR: the worldwide name of the device in hex, or nothing.

    Only names that an authority gave count (NAA, EUI-64), and only those of the device itself.
    """
    if len(data) < 12:
        return ""
    (claimed,) = struct.unpack_from("<I", data, 8)
    place = 12
    names: dict[int, str] = {}
    for _ in range(min(claimed, _MOST_NAMES)):
        if place + 16 > len(data):
            break
        _, kind, size, step, association = struct.unpack_from("<IIHHI", data, place)
        raw = data[place + 16 : place + 16 + size]
        if association == 0 and kind in _GIVEN_NAMES and len(raw) == size >= 8 and any(raw):
            names.setdefault(kind, raw.hex().upper())
        if step < 16:
            break
        place += step
    return next((names[kind] for kind in _GIVEN_NAMES if kind in names), "")


def parse_share(dos_device: str) -> str:
    r"""Give the UNC path behind the device name of a network letter, or an empty string.

    QueryDosDevice tells \Device\LanmanRedirector\;Z:000000000003e7\server\share, or
    \Device\Mup\;LanmanRedirector\;Z:...; the share comes after the last mark.
    """
    parts = [part for part in dos_device.split("\\") if part]
    marks = [place for place, part in enumerate(parts) if part.startswith(";")]
    share = parts[marks[-1] + 1 :] if marks else []
    return "\\\\" + "\\".join(share) if len(share) >= 2 else ""


def _size(data: bytes, offset: int) -> int:
    if len(data) < offset + 8:
        return 0
    return max(0, int(struct.unpack_from("<q", data, offset)[0]))


def _text(data: bytes, offset: int) -> str:
    """Read a NUL-ended ASCII text; 0 and offsets outside mean that there is none."""
    return " ".join(_raw_text(data, offset).split())


def _raw_text(data: bytes, offset: int) -> str:
    """Read a text with its padding, which tells whether letters are swapped."""
    if not _DESCRIPTOR_BYTES <= offset < len(data):
        return ""
    raw = data[offset : offset + _LONGEST_TEXT].split(b"\0", 1)[0]
    return "".join(chr(byte) if 32 <= byte < 127 else " " for byte in raw)


def _is_sector(size: int) -> bool:
    return 512 <= size <= 65536 and size & (size - 1) == 0
