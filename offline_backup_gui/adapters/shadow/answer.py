"""Reading what the holder of shadow copies says; pure."""

from __future__ import annotations

import re

import msgspec

from offline_backup_gui.domain.decoding import json_decoder
from offline_backup_gui.domain.shadow import ShadowGap, ShadowPlaces, SourceGap, gap_of

# How Windows names such devices; what else a process may print is never opened as a path.
_DEVICE = re.compile(r"\\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy\d{1,9}")
LONGEST_BYTES = 1 << 20


class Frozen(msgspec.Struct, frozen=True):
    """A volume and the device that shows it as it was."""

    volume: str
    device: str


class Refused(msgspec.Struct, frozen=True):
    """A volume that takes no part."""

    volume: str
    number: int


class Failed(msgspec.Struct, frozen=True):
    """The service said no to everything."""

    step: str
    number: int


class Answer(msgspec.Struct, frozen=True):
    """The one line of the holder."""

    frozen: list[Frozen] = []
    refused: list[Refused] = []
    failed: Failed | None = None


class Located(msgspec.Struct, frozen=True):
    """A source on a volume: the volume's GUID path, and the source below the volume's root."""

    source: str
    volume: str
    below: str


def read_answer(line: bytes) -> Answer | None:
    """Parse the line; None when it is not whole, not JSON, or not what the holder says."""
    if not line.endswith(b"\n"):
        return None
    try:
        return json_decoder(Answer).decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def places_of(
    located: list[Located], answer: Answer | None, ungiven: ShadowGap = ShadowGap.UNKNOWN
) -> ShadowPlaces:
    """Say where each source is read; `ungiven` is the reason where there is no answer at all."""
    devices = {
        one.volume: one.device
        for one in (answer.frozen if answer else [])
        if _DEVICE.fullmatch(one.device)
    }
    refused = {one.volume: one.number for one in (answer.refused if answer else [])}
    places: dict[str, str] = {}
    gaps: list[SourceGap] = []
    for one in located:
        if one.volume in devices:
            places[one.source] = devices[one.volume] + "\\" + one.below
        elif one.volume in refused:
            number = refused[one.volume]
            gaps.append(SourceGap(one.source, gap_of(number), number & 0xFFFFFFFF))
        elif answer is not None and answer.failed is not None:
            number = answer.failed.number
            gaps.append(SourceGap(one.source, gap_of(number), number & 0xFFFFFFFF))
        else:
            gaps.append(SourceGap(one.source, ungiven))
    volumes = tuple(dict.fromkeys(one.volume for one in located if one.volume in devices))
    return ShadowPlaces(places, volumes, tuple(gaps))
