from __future__ import annotations

from typing import Any

import pytest

from offline_backup_gui.domain.device_layout import Layout, recognise
from offline_backup_gui.domain.device_rules import device_rules, may_be_formatted
from offline_backup_gui.domain.drive import Bus, Drive, Encryption
from offline_backup_gui.domain.findings import FindingCode, Severity
from offline_backup_gui.domain.plan import Route

DISK = recognise("E:", ("BlockBlob", "PageBlob"), ())
SHARE = recognise(r"\\10.1.2.3\contosodata_BlockBlob", ("Hot",), ())
PAGES = recognise(r"\\10.1.2.3\contosodata_PageBlob", (), ())
ACCOUNT = "https://contosodata.blob.core.windows.net"


def drive(layout: Layout | None, **changes: Any) -> Drive:
    facts = {"bus": Bus.USB, "encryption": Encryption.UNLOCKED, **changes}
    return Drive("S", "Disk", size_bytes=10, free_bytes=10, mounts=("E:",), layout=layout, **facts)


def found(
    given: Drive, route: Route | None, account: str = ACCOUNT, **more: bool
) -> dict[str, str]:
    practice = more.get("practice", False)
    rules = device_rules(given, route, account, practice=practice)
    return {finding.code.value: finding.severity.value for finding in rules}


def test_an_unlocked_disk_and_a_share_of_the_account_have_nothing_against_them() -> None:
    assert found(drive(DISK), Route.DATA_BOX_DISK) == {}
    assert found(drive(SHARE, encryption=Encryption.UNKNOWN), Route.DATA_BOX) == {}


@pytest.mark.parametrize(
    ("layout", "route", "code"),
    [
        (DISK, Route.IMPORT_EXPORT, FindingCode.DRIVE_IS_DATA_BOX),
        (SHARE, Route.IMPORT_EXPORT, FindingCode.DRIVE_IS_DATA_BOX),
        (None, Route.DATA_BOX_DISK, FindingCode.DRIVE_NOT_DATA_BOX_DISK),
        (SHARE, Route.DATA_BOX_DISK, FindingCode.DRIVE_NOT_DATA_BOX_DISK),
        (None, Route.DATA_BOX, FindingCode.DRIVE_NOT_DATA_BOX_SHARE),
        (DISK, Route.DATA_BOX, FindingCode.DRIVE_NOT_DATA_BOX_SHARE),
        (PAGES, Route.DATA_BOX, FindingCode.DEVICE_TAKES_NO_BLOCK_BLOBS),
    ],
)
def test_a_drive_of_another_route_is_blocked(
    layout: Layout | None, route: Route, code: FindingCode
) -> None:
    assert found(drive(layout), route) == {code: Severity.BLOCKER}


def test_a_share_of_another_account_is_blocked() -> None:
    other = "https://fabrikam.blob.core.windows.net"
    codes = found(drive(SHARE), Route.DATA_BOX, other)
    assert codes == {FindingCode.DEVICE_OTHER_ACCOUNT: Severity.BLOCKER}
    for practice in ("/srv/account", "http://127.0.0.1:10000/devstoreaccount1", ""):
        assert found(drive(SHARE), Route.DATA_BOX, practice) == {}


def test_a_locked_disk_is_told_how_its_tool_opens_it() -> None:
    locked = drive(None, encryption=Encryption.LOCKED)
    assert found(locked, Route.DATA_BOX_DISK) == {FindingCode.DEVICE_LOCKED: Severity.NOTE}


def test_bitlocker_off_and_things_at_the_root_are_warned_of() -> None:
    bad = drive(DISK, encryption=Encryption.NONE, first_folders=("mine",))
    assert found(bad, Route.DATA_BOX_DISK) == {
        FindingCode.DEVICE_BITLOCKER_OFF: Severity.WARNING,
        FindingCode.DEVICE_ROOT_NOT_CLEAN: Severity.WARNING,
    }


def test_practice_may_stand_for_a_device_without_its_layout() -> None:
    folder = drive(None, bus=Bus.FOLDER)
    codes = found(folder, Route.DATA_BOX_DISK, "/srv/account", practice=True)
    assert codes == {FindingCode.DRIVE_NOT_DATA_BOX_DISK: Severity.NOTE}


@pytest.mark.parametrize("route", [None, *Route])
def test_nothing_of_microsoft_is_ever_formatted(route: Route | None) -> None:
    assert not may_be_formatted(drive(DISK), route)
    assert not may_be_formatted(drive(SHARE), route)
    locked = drive(None, encryption=Encryption.LOCKED)
    assert may_be_formatted(locked, route) == (route in (None, Route.IMPORT_EXPORT))
