"""SCSI commands that ask for health, and their answers: ATA behind a bridge (SAT), SAS. Pure.

Sources: SCSI/ATA Translation (SAT-4), clauses 12.2.2 and 12.2.3; SPC-5, clauses 4.4 (sense data)
and 7.3.8 (Informational Exceptions log page 2Fh).
"""

from __future__ import annotations

import struct

from msgspec import Struct

from offline_backup_gui.adapters.drives.report import SelfReport, report
from offline_backup_gui.domain.drive import Sign

IDENTIFY_DEVICE = 0xEC
SMART = 0xB0
SMART_READ_DATA, SMART_READ_THRESHOLDS, SMART_RETURN_STATUS = 0xD0, 0xD1, 0xDA
# What SMART commands carry in the middle and high cylinder, and what a failing disk gives back.
SMART_MARK = (0x4F, 0xC2)
_FAILING_MARK = (0xF4, 0x2C)
_PIO_IN, _NON_DATA = 4, 3
_FROM_DEVICE_IN_SECTORS = 0x0E  # T_DIR, BYT_BLOK, length in the sector count
_GIVE_REGISTERS = 0x20  # CK_COND
_INFORMATIONAL_EXCEPTIONS = 0x2F
LOG_BYTES = 252


class AtaTask(Struct, frozen=True):
    """An ATA command with its registers; `reads` says whether one sector comes back."""

    command: int
    features: int = 0
    reads: bool = True

    @property
    def mark(self) -> tuple[int, int]:
        """Give the middle and high cylinder."""
        return SMART_MARK if self.command == SMART else (0, 0)


def pass_through_16(task: AtaTask) -> bytes:
    """Give the CDB of ATA PASS-THROUGH (16)."""
    middle, high = task.mark
    protocol, flags, count = _transfer(task)
    return struct.pack(
        ">16B", 0x85, protocol << 1, flags, 0, task.features, 0, count, 0, 0, 0, middle, 0, high,
        0, task.command, 0,
    )  # fmt: skip


def pass_through_12(task: AtaTask) -> bytes:
    """Give the CDB of ATA PASS-THROUGH (12), which old bridges know instead."""
    middle, high = task.mark
    protocol, flags, count = _transfer(task)
    return struct.pack(
        ">12B", 0xA1, protocol << 1, flags, task.features, count, 0, middle, high, 0,
        task.command, 0, 0,
    )  # fmt: skip


def _transfer(task: AtaTask) -> tuple[int, int, int]:
    if task.reads:
        return _PIO_IN, _FROM_DEVICE_IN_SECTORS, 1
    return _NON_DATA, _GIVE_REGISTERS, 0


def log_sense() -> bytes:
    """Give the CDB that asks for the Informational Exceptions page, current values."""
    return struct.pack(">BBBBBBBHB", 0x4D, 0, 0x40 | _INFORMATIONAL_EXCEPTIONS, 0, 0, 0, 0,
                       LOG_BYTES, 0)  # fmt: skip


def parse_smart_status(sense: bytes) -> bool | None:
    """Read from the sense data of SMART RETURN STATUS whether a limit is exceeded; None: not told.

    Both forms of sense data are read: with descriptors, and the fixed one that some bridges give.
    """
    registers = _ata_registers(sense)
    if registers == SMART_MARK:
        return False
    return True if registers == _FAILING_MARK else None


def _ata_registers(sense: bytes) -> tuple[int, int] | None:
    """Give the middle and high cylinder out of sense data."""
    if len(sense) < 8:
        return None
    form = sense[0] & 0x7F
    if form in (0x72, 0x73):
        place = 8
        end = min(len(sense), 8 + sense[7])
        while place + 2 <= end:
            kind, length = sense[place], sense[place + 1]
            if kind == 0x09 and length >= 12 and place + 14 <= end:
                return sense[place + 9], sense[place + 11]
            place += 2 + length
        return None
    if form in (0x70, 0x71) and len(sense) >= 14 and sense[12:14] == b"\x00\x1d":
        # SAT-4 table 194: the command-specific bytes hold LBA low, middle and high.
        return sense[10], sense[11]
    return None


def parse_informational_exceptions(data: bytes) -> SelfReport:
    """Judge the Informational Exceptions page: additional sense code 5Dh predicts a failure."""
    if len(data) < 10 or data[0] & 0x3F != _INFORMATIONAL_EXCEPTIONS:
        return SelfReport()
    length, code, parameter_length = struct.unpack_from(">HHxB", data, 2)
    if code != 0 or parameter_length < 3 or length < 4 or len(data) < 11:
        return SelfReport()
    sense_code, qualifier = data[8], data[9]
    if sense_code == 0x5D:
        return report({Sign.VERDICT: qualifier}, verdict=True)
    if (sense_code, qualifier) == (0x0B, 0x01):
        return report({Sign.HOT: 0}, verdict=True)
    # Anything else is a warning of another kind: neither good nor failing.
    return report({}, verdict=sense_code == 0)
