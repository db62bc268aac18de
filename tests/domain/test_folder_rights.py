"""Which folders are closed to everybody but administrators."""

from __future__ import annotations

import pytest

from offline_backup_gui.domain.folder_rights import Fault, RightsFault, judge, judge_mode
from offline_backup_gui.domain.sddl import parse_sddl

CLOSED = "O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
USER = "S-1-5-21-1004336348-1177238915-682003330-1107"
# What a folder gets below C:\ProgramData when nothing is said (made after the list of that folder).
PLAIN = (
    "O:BAG:S-1-5-21-1004336348-1177238915-682003330-513D:AI"
    "(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIIOID;GA;;;CO)"
    "(A;OICIID;0x1200a9;;;BU)(A;CIID;DCLCRPCR;;;BU)"
)
# Recorded: Wine 8, a folder made with CLOSED.
WINE = (
    "O:S-1-5-21-0-0-0-1000G:S-1-5-21-0-0-0-513D:(A;OICI;FA;;;SY)(A;OICI;FA;;;S-1-5-21-0-0-0-1000)"
)


def faults(text: str, *more: str) -> list[str]:
    return [fault.fault.value for fault in judge(parse_sddl(text), more)]


@pytest.mark.parametrize(
    "text",
    [
        CLOSED,
        "O:SYD:P(A;OICI;FA;;;S-1-5-18)(A;OICI;FA;;;S-1-5-32-544)",
        "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;OW)(A;OICIIO;GA;;;CO)",
        "O:BAD:P(D;OICI;FA;;;BG)(A;OICI;FA;;;BA)",
        "O:BAD:P",
    ],
)
def test_a_folder_for_administrators_and_the_system_alone_has_no_fault(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (PLAIN, ["addable", "readable", "inherits"]),
        (CLOSED.replace("O:BA", f"O:{USER}"), ["owner"]),
        (CLOSED.replace("O:BA", ""), ["owner"]),
        (CLOSED.replace("PAI", ""), ["inherits"]),
        ("O:BAD:NO_ACCESS_CONTROL", ["open", "inherits"]),
        (CLOSED + "(A;OICI;0x1301bf;;;BU)", ["changeable"]),
        (CLOSED + f"(A;;FA;;;{USER})", ["changeable"]),
        (CLOSED + "(A;;WDWO;;;AU)", ["changeable"]),
        (CLOSED + "(A;OICI;DC;;;WD)", ["changeable"]),
        (CLOSED + "(A;CI;DC;;;WD)", ["addable"]),
        (CLOSED + "(A;OICI;GR;;;IU)", ["readable"]),
        (CLOSED + "(XA;OICI;FR;;;WD;(@User.x))", ["readable"]),
        (CLOSED + "(A;;GA;;;S-1-15-2-1)", ["changeable"]),
    ],
)
def test_every_way_to_be_open_is_a_fault(text: str, wrong: list[str]) -> None:
    assert faults(text) == wrong


def test_an_account_that_is_trusted_besides_may_own_and_change() -> None:
    assert faults(WINE) == ["owner", "changeable", "inherits"]
    assert faults(WINE, "S-1-5-21-0-0-0-1000") == ["inherits"]


@pytest.mark.parametrize(
    ("mode", "owner", "wrong"),
    [
        (0o40700, 1000, []),
        (0o40700, 0, []),
        (0o40755, 1000, [Fault(RightsFault.READABLE)]),
        (0o40701, 1000, [Fault(RightsFault.READABLE)]),
        (0o40775, 1000, [Fault(RightsFault.ADDABLE)]),
        (0o41777, 0, [Fault(RightsFault.ADDABLE)]),
        (0o40700, 1001, [Fault(RightsFault.OWNER, "1001")]),
    ],
)
def test_a_folder_of_linux_is_judged_by_owner_and_mode(
    mode: int, owner: int, wrong: list[Fault]
) -> None:
    assert judge_mode(mode, owner, 1000) == wrong
