"""Where volumes and partitions lie on the disks of Windows, from bytes to facts. Pure.

Layouts are those of winioctl.h (Windows SDK), 64-bit. What is cut off or makes no sense is left
out; offsets and counts are never believed beyond the bytes that are there.
"""

from __future__ import annotations

import struct
import uuid

from msgspec import Struct

from offline_backup_gui.domain.drive import PartitionStyle

_STYLES = {0: PartitionStyle.MBR, 1: PartitionStyle.GPT, 2: PartitionStyle.NONE}
_PARTITIONS_BEGIN, _PARTITION_BYTES = 48, 144
_MOST_PARTITIONS = 256
_MOST_EXTENTS, _EXTENT_BYTES = 1024, 24
# Logical Disk Manager, which makes dynamic disks: data and metadata partitions, and the MBR type.
_DYNAMIC_GPT = frozenset(
    {
        uuid.UUID("af9b60a0-1431-4f62-bc68-3311714a69ad"),
        uuid.UUID("5808c8aa-7e8f-42e0-85d2-e1e90434cfb3"),
    }
)
_DYNAMIC_MBR = 0x42
_OFFLINE, _READ_ONLY = 1, 2


class Extent(Struct, frozen=True):
    """A piece of a volume: the number of the disk, and its place there in bytes."""

    disk: int
    offset_bytes: int
    length_bytes: int


class Layout(Struct, frozen=True):
    """How a disk is divided. `disk_id` is the GPT GUID or the MBR signature, as Linux writes it."""

    style: PartitionStyle = PartitionStyle.UNKNOWN
    disk_id: str = ""
    dynamic: bool = False


class DiskAttributes(Struct, frozen=True):
    """What Windows was told to do with the disk."""

    offline: bool = False
    read_only: bool = False


def parse_extents(data: bytes) -> tuple[Extent, ...]:
    """Read VOLUME_DISK_EXTENTS: the pieces of a volume, in its own order."""
    if len(data) < 8:
        return ()
    (claimed,) = struct.unpack_from("<I", data)
    there = min(claimed, (len(data) - 8) // _EXTENT_BYTES, _MOST_EXTENTS)
    pieces = (struct.unpack_from("<I4xqq", data, 8 + n * _EXTENT_BYTES) for n in range(there))
    return tuple(
        Extent(number, offset, length)
        for number, offset, length in pieces
        if offset >= 0 and length >= 0
    )


def parse_layout(data: bytes) -> Layout:
    """Read DRIVE_LAYOUT_INFORMATION_EX."""
    if len(data) < 8:
        return Layout()
    code, claimed = struct.unpack_from("<2I", data)
    style = _STYLES.get(code, PartitionStyle.UNKNOWN)
    types = _types(data, style, claimed)
    dynamic = bool(_DYNAMIC_GPT.intersection(types)) or _DYNAMIC_MBR in types
    return Layout(style, _disk_id(data, style), dynamic)


def _disk_id(data: bytes, style: PartitionStyle) -> str:
    if style is PartitionStyle.GPT and len(data) >= 24:
        found = uuid.UUID(bytes_le=data[8:24])
        return str(found) if found.int else ""
    if style is PartitionStyle.MBR and len(data) >= 12:
        (signature,) = struct.unpack_from("<I", data, 8)
        return f"{signature:08x}" if signature else ""
    return ""


def _types(data: bytes, style: PartitionStyle, claimed: int) -> set[uuid.UUID | int]:
    there = max(0, len(data) - _PARTITIONS_BEGIN) // _PARTITION_BYTES
    types: set[uuid.UUID | int] = set()
    for index in range(min(claimed, there, _MOST_PARTITIONS)):
        place = _PARTITIONS_BEGIN + index * _PARTITION_BYTES + 32
        if style is PartitionStyle.GPT:
            types.add(uuid.UUID(bytes_le=data[place : place + 16]))
        elif style is PartitionStyle.MBR:
            types.add(data[place])
    return types


def parse_disk_attributes(data: bytes) -> DiskAttributes:
    """Read GET_DISK_ATTRIBUTES; nothing told counts as neither offline nor read-only."""
    if len(data) < 16:
        return DiskAttributes()
    (bits,) = struct.unpack_from("<Q", data, 8)
    return DiskAttributes(bool(bits & _OFFLINE), bool(bits & _READ_ONLY))
