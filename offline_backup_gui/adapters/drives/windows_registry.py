"""What the registry of Windows tells about drives: what it starts from, and forbidden writing."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from offline_backup_gui.adapters.windows_library import RegistryValue, machine_value

_SETUP = r"SYSTEM\Setup"
_MEMORY = r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management"
_PAGE_FILE = re.compile(r"(?:\\\?\?\\)?([A-Za-z]):\\")
_REMOVABLE = r"SOFTWARE\Policies\Microsoft\Windows\RemovableStorageDevices"
# GUID_DEVINTERFACE_DISK-like class that the policy "Removable Disks" is written under.
_REMOVABLE_DISKS = _REMOVABLE + r"\{53f5630d-b6bf-11d0-94f2-00a0c91efb8b}"
_BITLOCKER = r"SYSTEM\CurrentControlSet\Policies\Microsoft\FVE"
# Name of the policy, key and value; each is on when the value is 1. StorageDevicePolicies is
# described in KB555443, the others in the administrative templates RemovableStorage.admx and
# VolumeEncryption.admx.
_POLICIES = (
    (
        "write-protect",
        r"SYSTEM\CurrentControlSet\Control\StorageDevicePolicies",
        "WriteProtect",
    ),
    ("removable-write", _REMOVABLE_DISKS, "Deny_Write"),
    ("all-removable", _REMOVABLE, "Deny_All"),
    ("bitlocker-removable", _BITLOCKER, "RDVDenyWriteAccess"),
    ("bitlocker-fixed", _BITLOCKER, "FDVDenyWriteAccess"),
)
Read = Callable[[str, str], RegistryValue]


class Needed(Struct, frozen=True):
    """The device Windows starts from, and the letters of page files."""

    start_device: str = ""
    page_letters: str = ""


def needed(read: Read | None = None) -> Needed:
    r"""Give what Windows needs; `read` gives a value below HKEY_LOCAL_MACHINE, or None."""
    read = read or machine_value
    start = read(_SETUP, "SystemPartition")
    files = read(_MEMORY, "ExistingPageFiles")
    names = [name for name in files if isinstance(name, str)] if isinstance(files, list) else []
    found = (_PAGE_FILE.match(name) for name in names)
    letters = {match[1].upper() for match in found if match}
    return Needed(start if isinstance(start, str) else "", "".join(sorted(letters)))


def policies(read: Read | None = None) -> frozenset[str]:
    """Name the policies that are on and keep drives from being written to."""
    read = read or machine_value
    return frozenset(name for name, key, value in _POLICIES if read(key, value) == 1)


def forbidding(names: frozenset[str], *, removable: bool, encrypted: bool) -> str:
    """Give the policy that forbids writing to a drive, or an empty string.

    `removable` means removable media and what is attached by USB; `encrypted` is by BitLocker.
    """
    if "write-protect" in names and removable:
        return "write-protect"
    if removable:
        wanted = ["all-removable", "removable-write"]
        wanted += [] if encrypted else ["bitlocker-removable"]
    else:
        wanted = [] if encrypted else ["bitlocker-fixed"]
    return next((name for name in wanted if name in names), "")
