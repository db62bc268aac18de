"""ATA disks: IDENTIFY DEVICE and the SMART sectors, from bytes to facts. Pure, on any system.

Layouts: ATA/ATAPI Command Set (ACS-3), clauses 7.12.7 (IDENTIFY DEVICE) and 7.48 (SMART); the
attribute table is the one of ATA-3 that all makers kept. Bytes that are too short, empty or
broken give None, never an exception: bridges like to make answers up.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from msgspec import Struct

from offline_backup_gui.adapters.drives.identity import swapped
from offline_backup_gui.adapters.drives.report import SelfReport, report
from offline_backup_gui.domain.drive import Sign

SECTOR_BYTES = 512
_ATTRIBUTES = 30
_ATTRIBUTE_BYTES = 12
# Which raw values count bad sectors. Only their lower two bytes do: some makers keep other
# counters above them (Fujitsu in 5 and 197; smartmontools shows "raw16(raw16)").
_BAD_BY_ATTRIBUTE = {5: Sign.REALLOCATED, 197: Sign.PENDING, 198: Sign.UNCORRECTABLE}
_COUNT = 0xFFFF


class AtaIdentity(Struct, frozen=True):
    """What the disk is; sizes in bytes. `rotational` is None when it does not say."""

    serial: str
    model: str
    firmware: str
    size_bytes: int
    logical_bytes: int
    physical_bytes: int
    rotational: bool | None
    smart: bool


class Attribute(Struct, frozen=True):
    """One line of the SMART table; `raw` are 48 bits in the maker's own meaning."""

    number: int
    value: int
    raw: int
    predicts_failure: bool


def parse_identify(data: bytes) -> AtaIdentity | None:
    """Read IDENTIFY DEVICE (512 bytes); None when no ATA disk answered."""
    if len(data) < SECTOR_BYTES:
        return None
    words = struct.unpack_from("<256H", data)
    # Bit 15 of word 0 means a disc drive. The checksum is there when the signature 0xA5 is.
    if words[0] & 0x8000 or (words[255] & 0xFF == 0xA5 and sum(data[:SECTOR_BYTES]) % 256):
        return None
    serial, model = _text(data, 20, 40), _text(data, 54, 94)
    if not model:
        return None
    logical = _logical_bytes(words)
    sectors = _words(words, 100, 4) if words[83] & 0x0400 else _words(words, 60, 2)
    return AtaIdentity(
        serial=serial,
        model=model,
        firmware=_text(data, 46, 54),
        size_bytes=sectors * logical,
        logical_bytes=logical,
        physical_bytes=logical << (words[106] & 0xF if _is_told(words[106], 13) else 0),
        rotational=_rotational(words[217]),
        smart=bool(words[82] & 1 and words[85] & 1),
    )


def _logical_bytes(words: tuple[int, ...]) -> int:
    if not _is_told(words[106], 12):
        return 512
    size = _words(words, 117, 2) * 2
    return size if 512 <= size <= 65536 and size & (size - 1) == 0 else 512


def _is_told(word: int, bit: int) -> bool:
    # Bits 15 and 14 say whether a word means anything: 0 and 1.
    return word & 0xC000 == 0x4000 and bool(word >> bit & 1)


def _rotational(word: int) -> bool | None:
    if word == 1:
        return False
    return True if 0x0401 <= word <= 0xFFFE else None


def _words(words: tuple[int, ...], first: int, count: int) -> int:
    return sum(words[first + place] << (16 * place) for place in range(count))


def _text(data: bytes, begin: int, end: int) -> str:
    raw = data[begin:end].replace(b"\0", b" ")
    if not all(32 <= byte < 127 for byte in raw):
        return ""
    return " ".join(swapped(raw.decode("ascii")).split())


def parse_attributes(data: bytes) -> tuple[Attribute, ...] | None:
    """Read SMART READ DATA (512 bytes); None when its checksum is wrong or nothing is in it."""
    if not _is_whole(data):
        return None
    found = []
    for place in range(_ATTRIBUTES):
        begin = 2 + place * _ATTRIBUTE_BYTES
        number, flags, value = struct.unpack_from("<BHB", data, begin)
        if number:
            raw = int.from_bytes(data[begin + 5 : begin + 11], "little")
            found.append(Attribute(number, value, raw, bool(flags & 1)))
    return tuple(found) or None


def parse_thresholds(data: bytes) -> Mapping[int, int] | None:
    """Read SMART READ THRESHOLDS (512 bytes): the limit by attribute number, or None."""
    if not _is_whole(data):
        return None
    found = {}
    for place in range(_ATTRIBUTES):
        number, limit = struct.unpack_from("<BB", data, 2 + place * _ATTRIBUTE_BYTES)
        if number:
            found[number] = limit
    return found or None


def _is_whole(data: bytes) -> bool:
    sector = data[:SECTOR_BYTES]
    # A sector of one byte repeated has a right sum as well.
    return len(sector) == SECTOR_BYTES and sum(sector) % 256 == 0 and len(set(sector)) > 1


def judge_smart(
    attributes: tuple[Attribute, ...] | None,
    thresholds: Mapping[int, int] | None,
    *,
    exceeded: bool | None = None,
) -> SelfReport:
    """Judge the SMART answers; `exceeded` is the disk's own verdict, None when it gave none.

    Only attributes that predict failure count against their limit: the others tell age.
    """
    signs: dict[Sign, int] = {Sign.VERDICT: 0} if exceeded else {}
    for attribute in attributes or ():
        limit = (thresholds or {}).get(attribute.number, 0)
        # 0xFE and 0xFF are limits for tests of the maker; values of 0 and above 253 mean nothing.
        usable = 0 < limit < 0xFE and 0 < attribute.value <= 253
        if usable and attribute.predicts_failure and attribute.value <= limit:
            signs.setdefault(Sign.ATTRIBUTE, attribute.number)
        sign = _BAD_BY_ATTRIBUTE.get(attribute.number)
        if sign and attribute.raw & _COUNT:
            signs[sign] = attribute.raw & _COUNT
    told = exceeded is not None or bool(attributes and thresholds)
    return report(signs, verdict=told)
