"""One set of shadow copies through the Volume Shadow Copy service (vsbackup.h, vss.h).

The context is VSS_CTX_FILE_SHARE_BACKUP: no writers are asked, and Windows itself removes the set
when this process lets go of it or ends in any way, a kill included. What the files hold is what a
power cut at that moment would have left.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence

from msgspec import Struct

from offline_backup_gui.adapters.shadow.com import ComError, ComObject, Guid
from offline_backup_gui.adapters.windows_library import system_library
from offline_backup_gui.domain.shadow import PASSING

# The table of IVssBackupComponents as far as it is used; the order is the interface.
METHODS = (
    "QueryInterface",
    "AddRef",
    "Release",
    "GetWriterComponentsCount",
    "GetWriterComponents",
    "InitializeForBackup",
    "SetBackupState",
    "InitializeForRestore",
    "SetRestoreState",
    "GatherWriterMetadata",
    "GetWriterMetadataCount",
    "GetWriterMetadata",
    "FreeWriterMetadata",
    "AddComponent",
    "PrepareForBackup",
    "AbortBackup",
    "GatherWriterStatus",
    "GetWriterStatusCount",
    "FreeWriterStatus",
    "GetWriterStatus",
    "SetBackupSucceeded",
    "SetBackupOptions",
    "SetSelectedForRestore",
    "SetRestoreOptions",
    "SetAdditionalRestores",
    "SetPreviousBackupStamp",
    "SaveAsXML",
    "BackupComplete",
    "AddAlternativeLocationMapping",
    "AddRestoreSubcomponent",
    "SetFileRestoreStatus",
    "AddNewTarget",
    "SetRangesFilePath",
    "PreRestore",
    "PostRestore",
    "SetContext",
    "StartSnapshotSet",
    "AddToSnapshotSet",
    "DoSnapshotSet",
    "DeleteSnapshots",
    "ImportSnapshots",
    "BreakSnapshotSet",
    "GetSnapshotProperties",
    "Query",
    "IsVolumeSupported",
)
ASYNC_METHODS = ("QueryInterface", "AddRef", "Release", "Cancel", "Wait", "QueryStatus")
_FILE_SHARE_BACKUP = 0x10  # VSS_CTX_FILE_SHARE_BACKUP = VSS_VOLSNAP_ATTR_NO_WRITERS
_FINISHED = 0x0004230A  # VSS_S_ASYNC_FINISHED
_PENDING = 0x00042309  # VSS_S_ASYNC_PENDING
_TIMED_OUT = 0x800705B4  # HRESULT_FROM_WIN32(ERROR_TIMEOUT)
_NOT_SUPPORTED = 0x8004230C  # VSS_E_VOLUME_NOT_SUPPORTED
_LIMIT_MS = 240_000
_TRIES, _BETWEEN_S = 6, 10.0


class _Properties(ctypes.Structure):
    """VSS_SNAPSHOT_PROP of vss.h."""

    _fields_ = (
        ("snapshot", Guid),
        ("set", Guid),
        ("count", ctypes.c_int32),
        ("device", ctypes.c_void_p),
        ("volume", ctypes.c_void_p),
        ("machine", ctypes.c_void_p),
        ("service_machine", ctypes.c_void_p),
        ("exposed_name", ctypes.c_void_p),
        ("exposed_path", ctypes.c_void_p),
        ("provider", Guid),
        ("attributes", ctypes.c_int32),
        ("created", ctypes.c_int64),
        ("status", ctypes.c_int32),
    )


class Frozen(Struct, frozen=True):
    """A volume (by its GUID path) and the device that shows it as it was."""

    volume: str
    device: str


class Refused(Struct, frozen=True):
    """A volume that takes no part, and the HRESULT that says why."""

    volume: str
    number: int


class Service(Struct, frozen=True):
    """The three functions of the service; `text_at` reads a string of Windows at an address."""

    create: Callable[[], int]
    free_properties: Callable[[ctypes.Structure], None]
    text_at: Callable[[int], str]


class ShadowSet:
    """Shadow copies of several volumes, made at one moment; held until `release`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._components: ComObject | None = None

    def make(
        self, volumes: Sequence[str], wait: Callable[[float], None]
    ) -> tuple[list[Frozen], list[Refused]]:
        """Freeze what can be frozen. ComError when the service says no to everything."""
        for left in reversed(range(_TRIES)):
            try:
                return self._make(volumes)
            except ComError as error:
                self.release()
                if error.number not in PASSING or not left:
                    raise
                wait(_BETWEEN_S)
        raise AssertionError("the last try returns or raises")

    def _make(self, volumes: Sequence[str]) -> tuple[list[Frozen], list[Refused]]:
        components = self._components = ComObject(self._service.create(), METHODS)
        components.must("InitializeForBackup", ctypes.c_void_p())
        components.must("SetContext", ctypes.c_int32(_FILE_SHARE_BACKUP))
        # One set for all volumes: they are frozen at the same moment.
        components.must("StartSnapshotSet", ctypes.byref(Guid()))
        snapshots: dict[str, Guid] = {}
        refused: list[Refused] = []
        for volume in volumes:
            number = self._add(components, volume, snapshots)
            if number:
                refused.append(Refused(volume, number))
        if snapshots:
            self._do(components)
        return [Frozen(v, self._device(components, s)) for v, s in snapshots.items()], refused

    def _add(self, components: ComObject, volume: str, snapshots: dict[str, Guid]) -> int:
        supported, snapshot, none = ctypes.c_int32(), Guid(), Guid()
        name = ctypes.c_wchar_p(volume)
        number = components.call(
            "IsVolumeSupported", ctypes.byref(none), name, ctypes.byref(supported)
        )
        if number:
            return number
        if not supported.value:
            return _NOT_SUPPORTED
        number = components.call(
            "AddToSnapshotSet", name, ctypes.byref(none), ctypes.byref(snapshot)
        )
        if number in PASSING:
            raise ComError("AddToSnapshotSet", number)
        if not number:
            snapshots[volume] = snapshot
        return number

    def _do(self, components: ComObject) -> None:
        """Freeze, and wait until it is done."""
        address = ctypes.c_void_p()
        components.must("DoSnapshotSet", ctypes.byref(address))
        work = ComObject(address.value or 0, ASYNC_METHODS)
        try:
            work.must("Wait", ctypes.c_uint32(_LIMIT_MS))
            status = ctypes.c_int32()
            work.must("QueryStatus", ctypes.byref(status), ctypes.c_void_p())
            number = status.value & 0xFFFFFFFF
            if number == _PENDING:
                work.call("Cancel")
                raise ComError("DoSnapshotSet", _TIMED_OUT)
            if number != _FINISHED:
                raise ComError("DoSnapshotSet", number)
        finally:
            work.release()

    def _device(self, components: ComObject, snapshot: Guid) -> str:
        found = _Properties()
        components.must("GetSnapshotProperties", ctypes.byref(snapshot), ctypes.byref(found))
        try:
            return self._service.text_at(found.device)
        finally:
            self._service.free_properties(found)

    def release(self) -> None:
        """Let go; Windows removes the shadow copies."""
        components, self._components = self._components, None
        if components is not None:
            components.release()


def windows_service() -> Service:  # pragma: no cover - Windows only
    """Open the service of this computer, for this process alone: COM is set up here."""
    ole32, library = system_library("ole32"), system_library("vssapi")
    multithreaded, packet_privacy, identify, dynamic_cloaking = 0, 6, 2, 0x40
    ole32.CoInitializeEx(None, multithreaded)
    ole32.CoInitializeSecurity.argtypes = [
        ctypes.c_void_p,
        ctypes.c_int32,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_uint32,
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_void_p,
    ]
    ole32.CoInitializeSecurity(
        None, -1, None, None, packet_privacy, identify, None, dynamic_cloaking, None
    )

    def create() -> int:
        address = ctypes.c_void_p()
        number = library.CreateVssBackupComponentsInternal(ctypes.byref(address))
        if number or not address.value:
            raise ComError("CreateVssBackupComponents", number or 0x80004003)
        return address.value

    def free_properties(found: ctypes.Structure) -> None:
        library.VssFreeSnapshotPropertiesInternal(ctypes.byref(found))

    return Service(create, free_properties, ctypes.wstring_at)
