"""The calls about devices, against a stand-in for cfgmgr32 that refuses what Windows refuses."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from offline_backup_gui.adapters.drives import win32_devices
from offline_backup_gui.adapters.drives.win32_devices import RealDevices, Veto

SMALL, VETOED, NO_SUCH_NODE, NO_VALUE, DENIED = 0x1A, 0x17, 0xD, 0x25, 0x33
DISK, STORAGE, HUB = 3, 2, 1
PATH = "\\\\?\\usbstor#disk&ven_x#1#{53f56307-b6bf-11d0-94f2-00a0c91efb8b}"


class Cfgmgr:
    """One USB disk: disk 3 on storage device 2 on hub 1."""

    def __init__(self, paths: Sequence[str] = (PATH,)) -> None:
        self.paths = list(paths)
        self.arrives_meanwhile = 0
        self.result, self.kind, self.name = 0, 0, ""
        self.privileged = False
        self.ejected: list[int] = []

    def _text(self) -> str:
        return "".join(path + "\0" for path in self.paths) + "\0"

    def CM_Get_Device_Interface_List_SizeW(
        self, size: Any, group: Any, _id: None, flags: int
    ) -> int:
        assert bytes(group._obj).hex() == "0763f553bfb6d01194f200a0c91efb8b"
        assert flags == 0  # CM_GET_DEVICE_INTERFACE_LIST_PRESENT
        size._obj.value = len(self._text())
        return 0

    def CM_Get_Device_Interface_ListW(
        self, _group: object, _id: None, room: ctypes.Array[ctypes.c_wchar], size: object, _: int
    ) -> int:
        if self.arrives_meanwhile:
            self.arrives_meanwhile -= 1
            self.paths.append(f"{PATH}{self.arrives_meanwhile}")
        text = self._text()
        if len(text) > size.value:  # type: ignore[attr-defined]
            return SMALL
        room[: len(text)] = list(text)
        return 0

    def CM_Get_Device_Interface_PropertyW(
        self,
        path: ctypes.c_wchar_p,
        key: Any,
        _kind: object,
        room: ctypes.Array[ctypes.c_wchar],
        size: Any,
        _flags: int,
    ) -> int:
        assert key._obj.number == 256  # DEVPKEY_Device_InstanceId
        if path.value not in self.paths:
            return NO_VALUE
        room.value = f"USBSTOR\\{self.paths.index(path.value)}"
        size._obj.value = 2 * len(room.value) + 2
        return 0

    def CM_Locate_DevNodeW(self, node: Any, name: ctypes.Array[ctypes.c_wchar], _flags: int) -> int:
        if name.value != "USBSTOR\\0":
            return NO_SUCH_NODE
        node._obj.value = DISK
        return 0

    def CM_Get_DevNode_Registry_PropertyW(
        self,
        node: object,
        wanted: int,
        _kind: None,
        room: Any,
        size: Any,
        _flags: int,
    ) -> int:
        number = node.value  # type: ignore[attr-defined]
        if wanted == 0x5:  # CM_DRP_SERVICE
            name = {DISK: "disk", STORAGE: "USBSTOR", HUB: "USBHUB3"}[number]
            assert size._obj.value >= 2 * len(name) + 2
            room._obj.value = name
            return 0
        assert (wanted, size._obj.value) == (0x10, ctypes.sizeof(room._obj))  # CM_DRP_CAPABILITIES
        room._obj.value = {DISK: 0x10, STORAGE: 0x94, HUB: 0x94}[number]
        return 0

    def CM_Get_Parent(self, parent: Any, node: object, _flags: int) -> int:
        number = node.value  # type: ignore[attr-defined]
        if number == HUB:
            return NO_SUCH_NODE
        parent._obj.value = number - 1
        return 0

    def CM_Request_Device_EjectW(
        self,
        node: object,
        kind: Any,
        name: ctypes.Array[ctypes.c_wchar],
        size: int,
        _flags: int,
    ) -> int:
        if not self.privileged:
            return DENIED
        assert size >= 260  # MAX_PATH
        self.ejected.append(node.value)  # type: ignore[attr-defined]
        kind._obj.value, name.value = self.kind, self.name
        return self.result


class Privileges:
    """RealWin32Files as far as it enables privileges."""

    def __init__(self, library: Cfgmgr) -> None:
        self._library = library

    def enable(self, privileges: Sequence[str]) -> frozenset[str]:
        self._library.privileged |= "SeLoadDriverPrivilege" in privileges
        return frozenset(privileges)


Made = Callable[[Cfgmgr], RealDevices]


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> Made:
    def make(library: Cfgmgr) -> RealDevices:
        monkeypatch.setattr(win32_devices, "system_library", lambda _name: library)
        monkeypatch.setattr(win32_devices, "RealWin32Files", lambda: Privileges(library))
        return RealDevices()

    return make


def test_the_enclosure_of_a_usb_disk_is_ejected_from_a_remote_session_too(devices: Made) -> None:
    library = Cfgmgr()
    assert devices(library).eject(PATH) is None
    assert library.ejected == [STORAGE]


@pytest.mark.parametrize("result", [VETOED, 0])
def test_a_veto_is_told_whatever_the_call_says_of_itself(devices: Made, result: int) -> None:
    library = Cfgmgr()
    library.result, library.kind, library.name = result, 3, "notepad.exe"
    assert devices(library).eject(PATH) == Veto(3, "notepad.exe")


def test_a_veto_without_a_reason_is_one(devices: Made) -> None:
    library = Cfgmgr()
    library.result = VETOED
    assert devices(library).eject(PATH) == Veto(0, "")


def test_a_disk_that_left_is_not_ejected(devices: Made) -> None:
    library = Cfgmgr(())
    assert devices(library).eject(PATH) is None
    assert library.ejected == []


def test_a_disk_that_arrives_while_they_are_listed_is_listed_too(devices: Made) -> None:
    library = Cfgmgr()
    library.arrives_meanwhile = 1
    assert devices(library).disk_interfaces() == [PATH, f"{PATH}0"]
    library.arrives_meanwhile = 1000
    assert devices(library).disk_interfaces() == []


def test_a_windows_without_disks_or_without_ejecting_lists_and_ejects_nothing(
    devices: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert devices(Cfgmgr(())).disk_interfaces() == []
    monkeypatch.delattr(Cfgmgr, "CM_Request_Device_EjectW")
    assert devices(Cfgmgr()).eject(PATH) is None
