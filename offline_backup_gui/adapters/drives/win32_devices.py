"""The calls of cfgmgr32 about devices, as thin as can be: ejecting, and hearing of arrivals."""

from __future__ import annotations

import atexit
import ctypes
import uuid
from collections.abc import Callable
from ctypes import wintypes
from typing import Any, Protocol

from msgspec import Struct

from offline_backup_gui.adapters.drives.windows_tree import enclosure
from offline_backup_gui.adapters.files.win32 import RealWin32Files
from offline_backup_gui.adapters.windows_library import system_library

DISK_INTERFACE = uuid.UUID("53f56307-b6bf-11d0-94f2-00a0c91efb8b")
VOLUME_INTERFACE = uuid.UUID("53f5630d-b6bf-11d0-94f2-00a0c91efb8b")
# DEVPKEY_Device_InstanceId
_INSTANCE_ID = (uuid.UUID("78c34fc8-104a-4aca-9ea4-524d52996e57"), 256)
_PRESENT = 0
_REMOVE_VETOED = 0x17
_BUFFER_SMALL = 0x1A
_CAPABILITIES, _SERVICE = 0x10, 0x5  # CM_DRP_CAPABILITIES, CM_DRP_SERVICE
_REMOVABLE = 0x4  # CM_DEVCAP_REMOVABLE
_LOAD_DRIVER = "SeLoadDriverPrivilege"
_TRIES = 3
_NAME = 260
_INTERFACE_FILTER = 0
_MOST_ID = 200


class Veto(Struct, frozen=True):
    """Who refused a removal: PNP_VETO_TYPE and the name given with it."""

    kind: int
    name: str


class Devices(Protocol):
    """What letting go of drives and hearing of new ones need of Windows' device manager."""

    def disk_interfaces(self) -> list[str]:
        """Give the path of every disk that is there, to be opened."""

    def eject(self, interface: str) -> Veto | None:
        """Ask Windows to let go of the device with this disk; the veto when it refuses.

        None as well when nothing there may be unplugged alone, or Windows has no such call.
        """

    def listen(self, heard: Callable[[], None]) -> Callable[[], None]:
        """Call `heard`, on a thread of Windows, when disks or volumes come and go.

        Gives what ends the listening. Where Windows does not tell, nothing is ever heard.
        """


class _Guid(ctypes.Structure):
    _fields_ = (
        ("first", ctypes.c_uint32),
        ("second", ctypes.c_uint16),
        ("third", ctypes.c_uint16),
        ("rest", ctypes.c_ubyte * 8),
    )


class _PropertyKey(ctypes.Structure):
    _fields_ = (("group", _Guid), ("number", ctypes.c_uint32))


class _Filter(ctypes.Structure):
    """CM_NOTIFY_FILTER for a class of interfaces; the union is as large as an instance id."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("kind", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("interface", _Guid),
        ("rest", ctypes.c_ubyte * (_MOST_ID * 2 - ctypes.sizeof(_Guid))),
    )


# DWORD CALLBACK(HCMNOTIFICATION, PVOID, CM_NOTIFY_ACTION, PCM_NOTIFY_EVENT_DATA, DWORD). On 64-bit
# Windows there is one calling convention, so CFUNCTYPE, which exists everywhere, will do.
_Callback = ctypes.CFUNCTYPE(
    ctypes.c_uint32,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_uint32,
)


class RealDevices:
    """The calls of cfgmgr32. Made on Windows only."""

    def __init__(self) -> None:
        # Any: prototypes are set call by call, and Wine lacks some of them.
        self._library: Any = system_library("cfgmgr32")

    def disk_interfaces(self) -> list[str]:
        """Give CM_Get_Device_Interface_ListW for disks."""
        group, size = _guid(DISK_INTERFACE), wintypes.ULONG()
        for _ in range(_TRIES):
            if self._library.CM_Get_Device_Interface_List_SizeW(
                ctypes.byref(size), ctypes.byref(group), None, _PRESENT
            ):
                return []
            room = ctypes.create_unicode_buffer(size.value + 1)
            result = self._library.CM_Get_Device_Interface_ListW(
                ctypes.byref(group), None, room, size, _PRESENT
            )
            if result == 0:
                return [path for path in "".join(room[: size.value]).split("\0") if path]
            if result != _BUFFER_SMALL:
                break
            # Another disk arrived between the two calls.
        return []

    def eject(self, interface: str) -> Veto | None:
        """Call CM_Request_Device_EjectW for what leaves with the disk."""
        if not hasattr(self._library, "CM_Request_Device_EjectW"):
            return None
        node = enclosure(self, interface, self.disk_interfaces())
        if node is None:
            return None
        # Without it Windows refuses who sits at another place than the console, like an
        # administrator over Remote Desktop, who has it but not switched on.
        RealWin32Files().enable([_LOAD_DRIVER])
        kind, name = ctypes.c_int(), ctypes.create_unicode_buffer(_NAME)
        result = self._library.CM_Request_Device_EjectW(
            wintypes.DWORD(node), ctypes.byref(kind), name, _NAME, 0
        )
        # Some drivers' refusal comes as a success with the veto beside it.
        vetoed = result == _REMOVE_VETOED or kind.value
        return Veto(kind.value, name.value) if vetoed else None

    def node(self, interface: str) -> int | None:
        """Give CM_Locate_DevNodeW for the instance of an interface."""
        group, number = _INSTANCE_ID
        key = _PropertyKey(_guid(group), number)
        kind, size = wintypes.ULONG(), wintypes.ULONG(_MOST_ID * 2)
        room = ctypes.create_unicode_buffer(_MOST_ID + 1)
        if self._library.CM_Get_Device_Interface_PropertyW(
            ctypes.c_wchar_p(interface),
            ctypes.byref(key),
            ctypes.byref(kind),
            room,
            ctypes.byref(size),
            0,
        ):
            return None
        node = wintypes.DWORD()
        failed = self._library.CM_Locate_DevNodeW(ctypes.byref(node), room, 0)
        return None if failed else node.value

    def parent(self, node: int) -> int | None:
        """Give CM_Get_Parent."""
        parent = wintypes.DWORD()
        failed = self._library.CM_Get_Parent(ctypes.byref(parent), wintypes.DWORD(node), 0)
        return None if failed else parent.value

    def may_be_unplugged(self, node: int) -> bool:
        """Ask for CM_DRP_CAPABILITIES."""
        bits = wintypes.DWORD()
        return self._told(node, _CAPABILITIES, bits) and bool(bits.value & _REMOVABLE)

    def service(self, node: int) -> str:
        """Ask for CM_DRP_SERVICE."""
        room = ctypes.create_unicode_buffer(_NAME)
        return room.value if self._told(node, _SERVICE, room) else ""

    def _told(self, node: int, wanted: int, room: ctypes.Array[Any] | wintypes.DWORD) -> bool:
        size = wintypes.ULONG(ctypes.sizeof(room))
        failed = self._library.CM_Get_DevNode_Registry_PropertyW(
            wintypes.DWORD(node), wanted, None, ctypes.byref(room), ctypes.byref(size), 0
        )
        return not failed

    def listen(self, heard: Callable[[], None]) -> Callable[[], None]:
        """Call CM_Register_Notification for disks and for volumes."""
        library = self._library
        if not hasattr(library, "CM_Register_Notification"):
            return _nothing

        def called(*_facts: object) -> int:
            heard()
            return 0

        callback = _Callback(called)
        handles: list[ctypes.c_void_p] = []
        for group in (DISK_INTERFACE, VOLUME_INTERFACE):
            wanted = _Filter(ctypes.sizeof(_Filter), 0, _INTERFACE_FILTER, 0, _guid(group))
            handle = ctypes.c_void_p()
            if not library.CM_Register_Notification(
                ctypes.byref(wanted), None, callback, ctypes.byref(handle)
            ):
                handles.append(handle)

        def end() -> None:
            # Waits for a call that is under way, so `callback` has to live until here.
            while handles:
                library.CM_Unregister_Notification(handles.pop())
            _keep(callback)
            atexit.unregister(end)

        # A call that comes while Python goes down would take the program along.
        atexit.register(end)
        return end


def _nothing() -> None:
    return


def _keep(_value: object) -> None:
    """Name a value, so that it lives as long as the caller."""


def _guid(value: uuid.UUID) -> _Guid:
    return _Guid.from_buffer_copy(value.bytes_le)
