"""How a question to the device itself is wrapped for Windows, and its answer unwrapped. Pure.

Layouts: ntddscsi.h (SCSI_PASS_THROUGH, 64-bit), ntdddisk.h (SENDCMDINPARAMS and the answer to
it), nvme.h with ntddstor.h (STORAGE_PROTOCOL_SPECIFIC_DATA). Answers that do not hold what they
claim are empty.
"""

from __future__ import annotations

import struct

from msgspec import Struct

from offline_backup_gui.adapters.drives.ata import SECTOR_BYTES
from offline_backup_gui.adapters.drives.scsi import AtaTask

IOCTL_SCSI_PASS_THROUGH = 0x4D004
SMART_SEND_DRIVE_COMMAND = 0x7C084
SMART_RCV_DRIVE_DATA = 0x7C088

# After it the driver resets the device, which breaks off whatever else is under way there: an idle
# disk that spins up first, and one that shingles behind a copy, may take more than ten seconds.
TIME_LIMIT_S = 20
_SENSE_BYTES = 32
_SENSE_BEGIN = 56
_DATA_BEGIN = 96
_DATA_IN, _DATA_UNSPECIFIED = 1, 2
_GOOD, _CHECK_CONDITION = 0, 2
_DRIVE_HEAD = 0xA0
_DRIVER_STATUS_END = 16
# StorageAdapterProtocolSpecificProperty and StorageDeviceProtocolSpecificProperty.
_OF_CONTROLLER, _OF_NAMESPACE = 49, 50
_NVME = 3
_IDENTIFY, _LOG_PAGE = 1, 2
_PROTOCOL_DATA_BYTES = 40


class ScsiAnswer(Struct, frozen=True):
    """What a SCSI command gave: data, and sense data where the device had something to say."""

    data: bytes = b""
    sense: bytes = b""


def scsi_question(command: bytes, data_bytes: int) -> bytes:
    """Wrap a CDB that reads `data_bytes` (0: none) into SCSI_PASS_THROUGH with its buffers."""
    head = struct.pack(
        "<H7B3xII4xQI16s4x",
        _SENSE_BEGIN,
        0,
        0,
        0,
        0,
        len(command),
        _SENSE_BYTES,
        _DATA_IN if data_bytes else _DATA_UNSPECIFIED,
        data_bytes,
        TIME_LIMIT_S,
        _DATA_BEGIN,
        _SENSE_BEGIN,
        command,
    )
    return head.ljust(_DATA_BEGIN + data_bytes, b"\0")


def scsi_answer(data: bytes, *, wants_sense: bool = False) -> ScsiAnswer:
    """Unwrap a filled SCSI_PASS_THROUGH; empty when the command did not end well.

    With `wants_sense`, a check condition is how the answer comes: registers in sense data.
    """
    if len(data) < _SENSE_BEGIN:
        return ScsiAnswer()
    status, sense_bytes = data[2], data[7]
    (transferred,) = struct.unpack_from("<I", data, 12)
    sense = data[_SENSE_BEGIN : _SENSE_BEGIN + min(sense_bytes, _SENSE_BYTES)]
    if wants_sense and status in (_GOOD, _CHECK_CONDITION):
        return ScsiAnswer(sense=sense)
    if status != _GOOD:
        return ScsiAnswer()
    return ScsiAnswer(data[_DATA_BEGIN : _DATA_BEGIN + transferred], sense)


def smart_question(task: AtaTask) -> bytes:
    """Wrap an ATA command into SENDCMDINPARAMS (33 bytes)."""
    middle, high = task.mark
    return struct.pack(
        "<I8BB3x4IB",
        SECTOR_BYTES if task.reads else 0,
        task.features,
        1,
        1,
        middle,
        high,
        _DRIVE_HEAD,
        task.command,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    )


def smart_answer(data: bytes) -> bytes:
    """Unwrap the sector of SENDCMDOUTPARAMS; empty when the driver reports trouble."""
    if len(data) < _DRIVER_STATUS_END + SECTOR_BYTES or data[4]:
        return b""
    return data[_DRIVER_STATUS_END : _DRIVER_STATUS_END + SECTOR_BYTES]


def smart_status(data: bytes) -> tuple[int, int] | None:
    """Unwrap the middle and high cylinder that RETURN STATUS gives back as IDEREGS."""
    if len(data) < _DRIVER_STATUS_END + 8 or data[4]:
        return None
    return data[_DRIVER_STATUS_END + 3], data[_DRIVER_STATUS_END + 4]


def nvme_questions(*, log_page: int | None, data_bytes: int) -> tuple[bytes, bytes]:
    """Wrap a question for a log page, or for Identify Controller when `log_page` is None.

    The second asks through the other one of controller and namespace: the documents put the
    controller's identity to the one and the health log to the other, and not every driver takes
    both.
    """
    kind, value = (_IDENTIFY, 1) if log_page is None else (_LOG_PAGE, log_page)
    ways = (_OF_CONTROLLER, _OF_NAMESPACE)
    first, second = (_nvme_question(way, kind, value, data_bytes) for way in ways)
    return (first, second) if log_page is None else (second, first)


def _nvme_question(property_id: int, kind: int, value: int, data_bytes: int) -> bytes:
    query = struct.pack(
        "<II10I",
        property_id,
        0,
        _NVME,
        kind,
        value,
        0,
        _PROTOCOL_DATA_BYTES,
        data_bytes,
        0,
        0,
        0,
        0,
    )
    return query.ljust(8 + _PROTOCOL_DATA_BYTES + data_bytes, b"\0")


def nvme_answer(data: bytes) -> bytes:
    """Unwrap STORAGE_PROTOCOL_DATA_DESCRIPTOR; empty when its offsets point elsewhere."""
    if len(data) < 8 + _PROTOCOL_DATA_BYTES:
        return b""
    protocol, _, _, _, offset, length = struct.unpack_from("<6I", data, 8)
    begin = 8 + offset
    if protocol != _NVME or offset < _PROTOCOL_DATA_BYTES or begin + length > len(data):
        return b""
    return data[begin : begin + length]
