"""Descriptors of Windows as text, taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.sddl import Ace, parse_sddl

# Published: the examples of "Security Descriptor String Format" and "ACE Strings".
EXAMPLE = "O:AOG:DAD:(A;;RPWPCCDCLCSWRCWDWOGA;;;S-1-0-0)"
CONDITION = 'D:(XA; ;FX;;;S-1-1-0; (@User.Title=="PM" && (@User.Division=="Finance")))'


def test_the_published_example_is_taken_apart() -> None:
    found = parse_sddl(EXAMPLE)
    assert (found.owner, found.group, found.protected) == ("AO", "DA", False)
    mask = 0x10 | 0x20 | 1 | 2 | 4 | 8 | 0x20000 | 0x40000 | 0x80000 | 0x10000000
    assert found.aces == (Ace(True, frozenset(), mask, "S-1-0-0"),)


def test_a_condition_with_brackets_does_not_end_the_entry() -> None:
    found = parse_sddl(CONDITION.replace("; ;", ";;"))
    assert found.aces == (Ace(True, frozenset(), 0x1200A0, "S-1-1-0"),)


def test_marks_numbers_and_the_list_of_the_auditor_are_read() -> None:
    found = parse_sddl(
        "O:BAG:SYD:PAI(D;OICI;0x1f01ff;;;BG)(A;OICIIOID;FA;;;CO)S:AI(AU;OICISA;FA;;;WD)"
    )
    assert found.protected
    assert found.aces is not None
    assert [(ace.allows, sorted(ace.marks), ace.mask) for ace in found.aces] == [
        (False, ["CI", "OI"], 0x1F01FF),
        (True, ["CI", "ID", "IO", "OI"], 0x1F01FF),
    ]


def test_an_empty_list_lets_nobody_in_and_no_list_everybody() -> None:
    assert parse_sddl("O:SYD:P").aces == ()
    assert parse_sddl("O:SYD:NO_ACCESS_CONTROL").aces is None
    assert parse_sddl("O:SYG:SY").aces is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "X:SY",
        "O:",
        "O:SYO:SY",
        "D:(A;;FA;;;SY",
        "D:A;;FA;;;SY)",
        "D:(A;;FA;;SY)",
        "D:(A;;F;;;SY)",
        "D:(A;;ZZ;;;SY)",
        "D:(Q;;FA;;;SY)",
        "D:(A;XX;FA;;;SY)",
        "D:(A;;FA;;;somebody)",
        "D:(A;;FA;;;SY)x(A;;FA;;;BA)",
        "zzO:SY",
        "D:" + "(A;;FA;;;SY)" * 50_000,
        "Zugriff verweigert",
    ],
)
def test_what_is_no_descriptor_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_sddl(text)


@given(st.text(alphabet="OGDSYBAWF:();PI015-x", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_sddl(text)
    except ValueError:
        return
