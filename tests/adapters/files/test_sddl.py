"""Security descriptors between bytes and text, on what Windows and its documents give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.adapters.files.sddl import CannotSayError, descriptor_of, sddl_of

# (source, bytes as they were given, text)
RECORDED = [
    (
        "Wine 8, GetKernelObjectSecurity of a file in drive_c",
        "010004801400000030000000000000004c000000010500000000000515000000000000000000000000000000"
        "e803000001050000000000051500000000000000000000000000000001020000020054000300000000001400"
        "ff011f0001010000000000051200000000002400ff011f000105000000000005150000000000000000000000"
        "00000000e803000000001400a9001200010100000000000100000000",
        "O:S-1-5-21-0-0-0-1000G:S-1-5-21-0-0-0-513"
        "D:(A;;FA;;;SY)(A;;FA;;;S-1-5-21-0-0-0-1000)(A;;0x1200a9;;;WD)",
    ),
    (
        "MS-DTYP 2.5.1.4 and 2.4.6 put together by hand: AUDIT and ALLOW for a domain's group",
        "0100149c" + "14000000" + "24000000" + "34000000" + "50000000"
        "010200000000000520000000" + "20020000" + "010200000000000520000000" + "21020000"
        "02001c0001000000" + "02c81400" + "ff010f00" + "010100000000000100000000"
        "02001c0001000000" + "00031400" + "bf010000" + "01010000000000050b000000",
        "O:BAG:BUD:PAI(A;OICI;0x1bf;;;AU)S:AI(AU;IOSAFA;0xf01ff;;;WD)",
    ),
    ("a null list", "0100048000000000000000000000000000000000", "D:NO_ACCESS_CONTROL"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "text"), [row[1:] for row in RECORDED], ids=[row[0] for row in RECORDED]
)
def test_recorded_descriptors_are_said_and_made_again(data: str, text: str) -> None:
    raw = bytes.fromhex(data)
    assert sddl_of(raw) == text
    assert sddl_of(descriptor_of(text)) == text
    assert len(descriptor_of(text)) == len(raw)


def test_no_word_means_another_group_in_another_domain() -> None:
    for number in (500, 501, 512, 513, 514, 515, 516, 517, 518, 519, 520, 553):
        text = f"O:S-1-5-21-1-2-3-{number}"
        assert sddl_of(descriptor_of(text)) == text
    for word in ("DA", "DU", "LA", "LG", "EA", "DC"):
        with pytest.raises(ValueError, match="identity"):
            descriptor_of(f"O:{word}")


_sids = st.builds(
    lambda authority, subs: "-".join(["S-1", str(authority), *map(str, subs)]),
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 2**32 - 1), max_size=15),
)
_guid = st.uuids().map(str)
_flags = st.lists(st.sampled_from(["OI", "CI", "NP", "IO", "ID"]), unique=True).map(
    lambda found: "".join(flag for flag in ("OI", "CI", "NP", "IO", "ID") if flag in found)
)
_rights = st.integers(0, 2**32 - 1).map(lambda n: f"0x{n:x}")
_plain = st.tuples(st.sampled_from("AD"), _flags, _rights, st.just(""), st.just(""), _sids)
_objects = st.tuples(st.sampled_from(["OA", "OD"]), _flags, _rights, _guid, _guid, _sids)
_aces = st.lists(st.one_of(_plain, _objects).map(lambda parts: f"({';'.join(parts)})"), max_size=9)
_texts = st.builds(
    lambda owner, group, control, aces: f"O:{owner}G:{group}D:{control}{''.join(aces)}",
    _sids,
    _sids,
    st.sampled_from(["", "P", "AI", "PAI", "ARAI", "PARAI"]),
    _aces,
)


@given(text=_texts)
def test_every_descriptor_that_can_be_said_comes_back(text: str) -> None:
    data = descriptor_of(text)
    again = sddl_of(data)
    assert sddl_of(descriptor_of(again)) == again
    assert descriptor_of(again) == data


@given(data=st.binary(max_size=300), text=_texts, at=st.integers(0, 400), byte=st.integers(0, 255))
def test_wrong_bytes_are_refused_and_nothing_else(
    data: bytes, text: str, at: int, byte: int
) -> None:
    changed = bytearray(descriptor_of(text))
    changed[at % len(changed)] = byte
    for found in (data, bytes(changed), bytes(changed[: at % len(changed)])):
        try:
            said = sddl_of(found)
        except ValueError:
            continue
        assert sddl_of(descriptor_of(said)) == said


@given(text=st.text(alphabet="OGDSPAIR:()-;0123456789xWYBU", max_size=60))
def test_wrong_text_is_refused_and_nothing_else(text: str) -> None:
    try:
        data = descriptor_of(text)
    except ValueError:
        return
    assert descriptor_of(sddl_of(data)) == data


def test_a_condition_is_more_than_can_be_said() -> None:
    sid = "010100000000000512000000"
    ace = "09001c00" + "ff011f00" + sid + "61727478" + "00000000"
    data = "0100048000000000000000000000000014000000" + "0200240001000000" + ace
    with pytest.raises(CannotSayError):
        sddl_of(bytes.fromhex(data))
