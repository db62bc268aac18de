"""What the registry tells about drives, from recorded values."""

from __future__ import annotations

from offline_backup_gui.adapters.drives.windows_registry import (
    Needed,
    forbidding,
    needed,
    policies,
)
from offline_backup_gui.adapters.windows_library import RegistryValue

MEMORY = r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management"
FVE = r"SYSTEM\CurrentControlSet\Policies\Microsoft\FVE"


def test_page_files_and_the_start_device_are_found() -> None:
    values: dict[tuple[str, str], RegistryValue] = {
        (r"SYSTEM\Setup", "SystemPartition"): "\\Device\\HarddiskVolume2",
        (MEMORY, "ExistingPageFiles"): ["\\??\\C:\\pagefile.sys", "\\??\\d:\\pagefile.sys", "odd"],
    }
    assert needed(lambda key, name: values.get((key, name))) == Needed(
        "\\Device\\HarddiskVolume2", "CD"
    )


def test_a_registry_that_tells_nothing_or_nonsense_needs_nothing() -> None:
    assert needed(lambda key, name: None) == Needed()
    assert needed(lambda key, name: 7) == Needed()
    assert policies(lambda key, name: "1") == frozenset()


def test_a_policy_counts_when_its_value_is_one() -> None:
    values: dict[tuple[str, str], RegistryValue] = {
        (FVE, "RDVDenyWriteAccess"): 1,
        (FVE, "FDVDenyWriteAccess"): 0,
    }
    assert policies(lambda key, name: values.get((key, name))) == {"bitlocker-removable"}


def test_each_policy_covers_its_own_drives() -> None:
    every = frozenset(
        {"write-protect", "removable-write", "bitlocker-removable", "bitlocker-fixed"}
    )
    assert forbidding(every, removable=True, encrypted=True) == "write-protect"
    assert forbidding(every, removable=False, encrypted=True) == ""
    assert forbidding(every, removable=False, encrypted=False) == "bitlocker-fixed"
    only = frozenset({"bitlocker-removable"})
    assert forbidding(only, removable=True, encrypted=False) == "bitlocker-removable"
    assert forbidding(only, removable=True, encrypted=True) == ""
