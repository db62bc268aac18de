"""NVMe disks: the identity of the controller and its health log, from bytes to facts. Pure.

Layouts: NVM Express Base Specification 2.0, figures 207 (SMART / Health Information, log page 02h)
and 275 (Identify Controller).
"""

from __future__ import annotations

import struct

from msgspec import Struct

from offline_backup_gui.adapters.drives.report import SelfReport, report
from offline_backup_gui.domain.drive import Sign

HEALTH_LOG = 2
HEALTH_BYTES = 512
CONTROLLER_BYTES = 4096
_SPARE_LOW, _TOO_HOT, _DEGRADED, _READ_ONLY, _NO_BACKUP_POWER = 1, 2, 4, 8, 16


class Controller(Struct, frozen=True):
    """Who the disk is, as printed on it."""

    serial: str
    model: str


def parse_controller(data: bytes) -> Controller | None:
    """Read Identify Controller; None when it names nobody."""
    if len(data) < 72:
        return None
    serial, model = _text(data[4:24]), _text(data[24:64])
    return Controller(serial, model) if model else None


def parse_health_log(data: bytes) -> SelfReport:
    """Judge the health log (512 bytes); an empty or cut-off one says nothing."""
    if len(data) < HEALTH_BYTES:
        return SelfReport()
    warning, kelvin, spare, least, used = struct.unpack_from("<BHBBB", data)
    errors = int.from_bytes(data[160:176], "little")
    # No disk is at 0 kelvin and none has more than all of its spare: bridges hand out blank pages.
    if kelvin == 0 or spare > 100 or least > 100:
        return SelfReport()
    signs: dict[Sign, int] = {}
    if warning & _SPARE_LOW or spare < least:
        signs[Sign.SPARE] = spare
    if warning & (_DEGRADED | _READ_ONLY | _NO_BACKUP_POWER):
        signs[Sign.UNRELIABLE] = 0
    if warning & _TOO_HOT:
        signs[Sign.HOT] = 0
    if errors:
        signs[Sign.MEDIA_ERRORS] = min(errors, 2**63 - 1)
    if used >= 100:
        signs[Sign.WORN] = used
    return report(signs, verdict=True)


def _text(raw: bytes) -> str:
    plain = raw.replace(b"\0", b" ")
    if not all(32 <= byte < 127 for byte in plain):
        return ""
    return " ".join(plain.decode("ascii").split())
