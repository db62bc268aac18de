"""Boot sectors and BitLocker's own records on a volume, from bytes to a state. Pure.

The records lie open on the disk whether the volume is locked or not, so they tell the state in any
language, without BitLocker's tools and without its key. Layout: libyal's description of the
BitLocker Drive Encryption format, and what real volumes show. Nothing here reads a key.
"""

from __future__ import annotations

import struct
from uuid import UUID

from msgspec import Struct

from offline_backup_gui.domain.drive import Encryption

SIGNATURE = b"-FVE-FS-"
BOOT_BYTES = 512
METADATA_BYTES = 8192  # more than any description of keys that was seen, a whole number of sectors
# The GUIDs of BitLocker volumes, and of those that are encrypted as they are written.
_IDENTIFIERS = frozenset(
    {
        UUID("4967d63b-2e29-4ad8-8399-f6a339e3d001").bytes_le,
        UUID("92a84d3b-dd80-4d0e-9e4e-b1e3284eaed8").bytes_le,
    }
)
_NAMES = {b"NTFS    ": "NTFS", b"EXFAT   ": "exFAT", b"ReFS\0\0\0\0": "ReFS"}
_ENCRYPTED = 4
_VMK, _VMK_VALUE = 2, 8
_CLEAR_KEY = 0
_MOST_ENTRIES = 256


class BootSector(Struct, frozen=True):
    """The first sector of a volume: its file system as written there, and BitLocker's places."""

    file_system: str = ""
    bitlocker: bool = False
    metadata_offsets: tuple[int, ...] = ()


def parse_boot_sector(data: bytes) -> BootSector:
    """Read the first sector (512 bytes or more) as it lies on the disk."""
    if len(data) < BOOT_BYTES or data[510:512] != b"\x55\xaa":
        # ReFS has no boot signature at the usual place.
        name = _NAMES.get(data[3:11], "") if data[3:7] == b"ReFS" else ""
        return BootSector(name)
    if data[3:11] == SIGNATURE:
        return BootSector("", True, _offsets(data, 176) if data[160:176] in _IDENTIFIERS else ())
    # BitLocker To Go looks like FAT32 to computers that do not know it.
    if data[3:11] == b"MSWIN4.1" and data[424:440] in _IDENTIFIERS:
        return BootSector("", True, _offsets(data, 440))
    if data[82:87] == b"FAT32":
        return BootSector("FAT32")
    if data[54:57] == b"FAT":
        return BootSector("FAT")
    return BootSector(_NAMES.get(data[3:11], ""))


def _offsets(data: bytes, place: int) -> tuple[int, ...]:
    return tuple(offset for offset in struct.unpack_from("<3Q", data, place) if 0 < offset < 2**62)


def parse_metadata(data: bytes) -> Encryption | None:
    """Read one of the three records: UNLOCKED (fully encrypted), CONVERTING, SUSPENDED; or None.

    Whether the volume is open at the moment does not stand there.
    """
    if len(data) < 112 or data[:8] != SIGNATURE:
        return None
    version, now, later = struct.unpack_from("<3H", data, 10)
    size, _, header = struct.unpack_from("<3I", data, 64)
    if version not in (1, 2) or not 48 <= header <= size:
        return None
    if (now, later) != (_ENCRYPTED, _ENCRYPTED):
        return Encryption.CONVERTING
    # A key in the clear is how protection is suspended.
    return Encryption.SUSPENDED if _has_clear_key(data, 64 + header, 64 + size) else (
        Encryption.UNLOCKED
    )  # fmt: skip


def _has_clear_key(data: bytes, place: int, end: int) -> bool:
    end = min(end, len(data))
    for _ in range(_MOST_ENTRIES):
        if place + 8 > end:
            return False
        size, kind, value, _version = struct.unpack_from("<4H", data, place)
        if size < 8 or place + size > end:
            return False
        if (kind, value) == (_VMK, _VMK_VALUE) and size >= 36:
            (protection,) = struct.unpack_from("<H", data, place + 8 + 26)
            if protection == _CLEAR_KEY:
                return True
        place += size
    return False


def state_of(boot: BootSector, record: Encryption | None, *, opened: bool) -> Encryption:
    """Put together what lies on the disk and whether Windows shows a file system."""
    if not boot.bitlocker:
        return Encryption.NONE
    if not opened:
        return Encryption.LOCKED
    # Encrypted and open; without a readable record that is all that is known.
    return record or Encryption.UNLOCKED
