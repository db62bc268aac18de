"""What becomes of the holder's line: places to read from, and gaps with their reasons."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.adapters.shadow.answer import Located, places_of, read_answer
from offline_backup_gui.adapters.shadow.volumes import located
from offline_backup_gui.domain.shadow import ShadowGap, SourceGap, gap_of

C = "\\\\?\\Volume{11111111-1111-1111-1111-111111111111}\\"
D = "\\\\?\\Volume{22222222-2222-2222-2222-222222222222}\\"
DEVICE = "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy7"
ON_C = Located("C:\\Data", C, "Data")
ALL_C = Located("C:\\", C, "")
ON_D = Located("D:\\x\\y", D, "x\\y")


def line(**answer: object) -> bytes:
    return json.dumps(answer).encode() + b"\n"


def test_sources_are_read_below_the_device_of_their_volume() -> None:
    answer = read_answer(
        line(
            frozen=[{"volume": C, "device": DEVICE}], refused=[{"volume": D, "number": 0x8004231F}]
        )
    )
    found = places_of([ON_C, ALL_C, ON_D], answer)
    assert found.places == {"C:\\Data": DEVICE + "\\Data", "C:\\": DEVICE + "\\"}
    assert found.volumes == (C,)
    assert found.gaps == (SourceGap("D:\\x\\y", ShadowGap.NO_ROOM, 0x8004231F),)


def test_one_refusal_of_everything_is_a_gap_for_each_source() -> None:
    answer = read_answer(line(failed={"step": "SetContext", "number": -2147024891}))
    found = places_of([ON_C, ON_D], answer)
    assert not found.places
    assert {(gap.reason, gap.number) for gap in found.gaps} == {(ShadowGap.DENIED, 0x80070005)}


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\n",
        line(frozen=[{"volume": C, "device": DEVICE}])[:-9],
        line(frozen=[{"volume": C, "device": DEVICE}]).rstrip(),
        b"Access is denied.\r\n",
        b"Zugriff verweigert. \x84\x94\x81\r\n",
        line(frozen="all"),
        line(frozen=[{"volume": C}]),
        b"[" * 100_000 + b"\n",
    ],
)
def test_a_line_that_is_not_whole_or_not_ours_is_no_answer(said: bytes) -> None:
    assert read_answer(said) is None
    found = places_of([ON_C], None, ShadowGap.TIMED_OUT)
    assert found.gaps == (SourceGap("C:\\Data", ShadowGap.TIMED_OUT),)


@pytest.mark.parametrize(
    "device",
    ["C:\\Users\\x", "\\\\evil\\share", DEVICE + "\\..\\..", "", DEVICE + "x", DEVICE + "\n"],
)
def test_a_device_that_windows_would_not_name_so_is_never_read(device: str) -> None:
    found = places_of([ON_C], read_answer(line(frozen=[{"volume": C, "device": device}])))
    assert not found.places
    assert [gap.reason for gap in found.gaps] == [ShadowGap.UNKNOWN]


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fall(said: bytes) -> None:
    read_answer(said)
    read_answer(said + b"\n")


@pytest.mark.parametrize(
    ("path", "root", "below"),
    [
        ("C:\\Data\\Büro", "C:\\", "Data\\Büro"),
        ("C:\\", "C:\\", ""),
        ("c:\\data", "C:\\", "data"),
        ("D:\\Mounted\\disk\\deep", "D:\\Mounted\\disk\\", "deep"),
        ("\\\\?\\C:\\Data", "C:\\", "Data"),
    ],
)
def test_a_source_lies_below_the_root_of_its_volume(path: str, root: str, below: str) -> None:
    assert located("s", path, root, C) == Located("s", C, below)


def test_a_source_that_is_not_below_the_root_is_read_live() -> None:
    assert located("s", "E:\\x", "C:\\", C) == SourceGap("s", ShadowGap.NOT_SUPPORTED)
    assert located("s", "C:\\x", "C:\\", "") == SourceGap("s", ShadowGap.NOT_SUPPORTED)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (0x80070005, ShadowGap.DENIED),
        (-2147024891, ShadowGap.DENIED),
        (0x80042317, ShadowGap.TOO_MANY),
        (0x80042316, ShadowGap.BUSY),
        (0x8007007E, ShadowGap.NO_SERVICE),
        (0x80001234, ShadowGap.UNKNOWN),
    ],
)
def test_the_numbers_of_windows_have_reasons(number: int, reason: ShadowGap) -> None:
    assert gap_of(number) is reason
