"""Shadow copies: where sources are read instead of live, and why some are not."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field


class ShadowGap(StrEnum):
    """Why files of a source are read as they lie there, while others may write them."""

    DENIED = "denied"
    FILE_SYSTEM = "file-system"
    NETWORK = "network"
    NOT_SUPPORTED = "not-supported"
    NO_ROOM = "no-room"
    TOO_MANY = "too-many"
    BUSY = "busy"
    TIMED_OUT = "timed-out"
    NO_SERVICE = "no-service"
    UNKNOWN = "unknown"


class SourceGap(Struct, frozen=True):
    """A source without a shadow copy; `number` is what Windows answered, 0 when not asked."""

    source: str
    reason: ShadowGap
    number: int = 0


class ShadowPlaces(Struct, frozen=True):
    """Where to read each source (by the name it was given), which volumes were frozen, and gaps."""

    places: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    gaps: tuple[SourceGap, ...] = ()


# HRESULTs as vsserror.h and winerror.h define them.
_GAPS = {
    0x80070005: ShadowGap.DENIED,  # E_ACCESSDENIED
    0x80042308: ShadowGap.NOT_SUPPORTED,  # VSS_E_OBJECT_NOT_FOUND: no such volume
    0x8004230C: ShadowGap.NOT_SUPPORTED,  # VSS_E_VOLUME_NOT_SUPPORTED
    0x8004230E: ShadowGap.NOT_SUPPORTED,  # VSS_E_VOLUME_NOT_SUPPORTED_BY_PROVIDER
    0x8004231B: ShadowGap.NOT_SUPPORTED,  # VSS_E_UNSUPPORTED_CONTEXT
    0x8004232D: ShadowGap.NOT_SUPPORTED,  # VSS_E_VOLUME_NOT_LOCAL
    0x8004232F: ShadowGap.NOT_SUPPORTED,  # VSS_E_NOT_SUPPORTED
    0x80004001: ShadowGap.NO_SERVICE,  # E_NOTIMPL
    0x80070424: ShadowGap.NO_SERVICE,  # ERROR_SERVICE_DOES_NOT_EXIST
    0x80070422: ShadowGap.NO_SERVICE,  # ERROR_SERVICE_DISABLED
    0x8007007E: ShadowGap.NO_SERVICE,  # ERROR_MOD_NOT_FOUND
    0x80040154: ShadowGap.NO_SERVICE,  # REGDB_E_CLASSNOTREG
    0x80042304: ShadowGap.NO_SERVICE,  # VSS_E_PROVIDER_NOT_REGISTERED
    0x8004231F: ShadowGap.NO_ROOM,  # VSS_E_INSUFFICIENT_STORAGE
    0x80070070: ShadowGap.NO_ROOM,  # ERROR_DISK_FULL
    0x80042312: ShadowGap.TOO_MANY,  # VSS_E_MAXIMUM_NUMBER_OF_VOLUMES_REACHED
    0x80042317: ShadowGap.TOO_MANY,  # VSS_E_MAXIMUM_NUMBER_OF_SNAPSHOTS_REACHED
    0x8004231E: ShadowGap.TOO_MANY,  # VSS_E_MAXIMUM_DIFFAREA_ASSOCIATIONS_REACHED
    0x80042313: ShadowGap.BUSY,  # VSS_E_FLUSH_WRITES_TIMEOUT
    0x80042314: ShadowGap.BUSY,  # VSS_E_HOLD_WRITES_TIMEOUT
    0x80042316: ShadowGap.BUSY,  # VSS_E_SNAPSHOT_SET_IN_PROGRESS
    0x8004231D: ShadowGap.BUSY,  # VSS_E_VOLUME_IN_USE
}
# Trouble of a busy moment; another try some seconds later often goes well.
PASSING = frozenset({0x80042313, 0x80042314, 0x80042316})


def gap_of(number: int) -> ShadowGap:
    """Say what an HRESULT (unsigned) of the shadow copy service means."""
    return _GAPS.get(number & 0xFFFFFFFF, ShadowGap.UNKNOWN)
