"""A stand-in for the shadow copy service: COM objects with real tables of real functions.

What a method gets is what travels through the binary interface, so a wrong place in the table or a
wrong layout of a structure shows here as it would on Windows.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field

from offline_backup_gui.adapters.shadow.vss import ASYNC_METHODS, Service

# The methods of IVssBackupComponents in the order of its table, after IUnknown, as the published
# vsbackup.h (mingw-w64) and the vtable of restic's vss_windows.go list them, independently.
PUBLISHED = (
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
    "DisableWriterClasses",
    "EnableWriterClasses",
    "DisableWriterInstances",
    "ExposeSnapshot",
    "RevertToSnapshot",
    "QueryRevertStatus",
)
_FINISHED = 0x0004230A
_P = ctypes.c_void_p


@dataclass
class Plan:
    """How the service behaves: HRESULTs by method, by volume, and in the end."""

    by_method: dict[str, list[int]] = field(default_factory=dict)
    unsupported: frozenset[str] = frozenset()
    by_volume: dict[str, int] = field(default_factory=dict)
    status: list[int] = field(default_factory=list)
    device: str = "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy{number}"


class StandIn:
    """The service; `calls` names what was called, `held` counts objects not given back."""

    def __init__(self, plan: Plan | None = None) -> None:
        self.plan = plan or Plan()
        self.calls: list[str] = []
        self.contexts: list[int] = []
        self.held = self.freed = 0
        self._keep: list[object] = []
        self._volumes: list[str] = []

    def service(self) -> Service:
        return Service(self._create, self._free, ctypes.wstring_at)

    def _answer(self, name: str) -> int:
        self.calls.append(name)
        planned = self.plan.by_method.get(name)
        return planned.pop(0) if planned else 0

    def _object(self, names: tuple[str, ...], known: dict[str, Callable[..., int]]) -> int:
        table = (ctypes.c_void_p * len(names))()
        for place, name in enumerate(names):
            made = known.get(name)
            if made is None:
                made = ctypes.CFUNCTYPE(ctypes.c_int32, _P)(self._not_meant(name))
            self._keep.append(made)
            table[place] = ctypes.cast(made, _P).value  # type: ignore[arg-type]
        this = ctypes.c_void_p(ctypes.addressof(table))
        self._keep += [table, this]
        self.held += 1
        return ctypes.addressof(this)

    def _not_meant(self, name: str) -> Callable[[int], int]:
        def called(_this: int) -> int:
            self.calls.append("WRONG " + name)
            return 0

        return called

    def _released(self, _this: int) -> int:
        self.calls.append("Release")
        self.held -= 1
        return 0

    def _create(self) -> int:
        self._volumes = []
        integer, text = ctypes.c_int32, ctypes.c_wchar_p
        kinds: dict[str, tuple[tuple[object, ...], Callable[..., int]]] = {
            "Release": ((), self._released),
            "InitializeForBackup": ((_P,), lambda _t, _xml: self._answer("InitializeForBackup")),
            "SetContext": ((integer,), self._set_context),
            "StartSnapshotSet": ((_P,), self._start),
            "AddToSnapshotSet": ((text, _P, _P), self._add),
            "DoSnapshotSet": ((_P,), self._do),
            "GetSnapshotProperties": ((_P, _P), self._properties),
            "IsVolumeSupported": ((_P, text, _P), self._supported),
        }
        made = {
            name: ctypes.CFUNCTYPE(integer, _P, *given)(function)  # type: ignore[arg-type]
            for name, (given, function) in kinds.items()
        }
        return self._object(("QueryInterface", "AddRef", "Release", *PUBLISHED), made)  # type: ignore[arg-type]

    def _set_context(self, _this: int, context: int) -> int:
        self.contexts.append(context)
        return self._answer("SetContext")

    def _start(self, _this: int, out: int) -> int:
        ctypes.memmove(out, b"S" * 16, 16)
        return self._answer("StartSnapshotSet")

    def _supported(self, _this: int, provider: int, volume: str, out: int) -> int:
        assert ctypes.string_at(provider, 16) == bytes(16)
        ctypes.c_int32.from_address(out).value = volume not in self.plan.unsupported
        return self._answer("IsVolumeSupported")

    def _add(self, _this: int, volume: str, provider: int, out: int) -> int:
        assert ctypes.string_at(provider, 16) == bytes(16)
        number = self.plan.by_volume.get(volume, 0) or self._answer("AddToSnapshotSet")
        if not number:
            self._volumes.append(volume)
            ctypes.memmove(out, bytes([len(self._volumes)]) * 16, 16)
        return _signed(number)

    def _do(self, _this: int, out: int) -> int:
        made = {
            "Release": ctypes.CFUNCTYPE(ctypes.c_int32, _P)(self._released),
            "Wait": ctypes.CFUNCTYPE(ctypes.c_int32, _P, ctypes.c_uint32)(
                lambda _t, _ms: self._answer("Wait")
            ),
            "Cancel": ctypes.CFUNCTYPE(ctypes.c_int32, _P)(lambda _t: self._answer("Cancel")),
            "QueryStatus": ctypes.CFUNCTYPE(ctypes.c_int32, _P, _P, _P)(self._status),
        }
        number = self._answer("DoSnapshotSet")
        if not number:
            ctypes.c_void_p.from_address(out).value = self._object(ASYNC_METHODS, made)  # type: ignore[arg-type]
        return _signed(number)

    def _status(self, _this: int, out: int, _reserved: int) -> int:
        status = self.plan.status.pop(0) if self.plan.status else _FINISHED
        ctypes.c_int32.from_address(out).value = _signed(status)
        return 0

    def _properties(self, _this: int, snapshot: int, out: int) -> int:
        """Fill VSS_SNAPSHOT_PROP at the offsets that the 64-bit ABI gives it."""
        number = ctypes.string_at(snapshot, 16)[0]
        text = ctypes.create_unicode_buffer(self.plan.device.format(number=number))
        self._keep.append(text)
        ctypes.memset(out, 0xEE, 128)
        ctypes.c_void_p.from_address(out + 40).value = ctypes.addressof(text)
        return self._answer("GetSnapshotProperties")

    def _free(self, found: ctypes.Structure) -> None:
        assert ctypes.sizeof(found) == 128
        self.freed += 1


def _signed(number: int) -> int:
    return number - (1 << 32) if number >= 1 << 31 else number
