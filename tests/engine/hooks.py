"""Stores that call back before each operation, so that a test can bring trouble at any moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

from offline_backup_gui.adapters.stores.drive import FolderDriveStore
from offline_backup_gui.adapters.stores.folder_account import FolderContainer
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.ports import (
    DriveStore,
    ObjectInfo,
    ObjectStore,
    ObjectWriter,
    RawReader,
)

# (operation, object name or prefix, label of the store)
Hook = Callable[[str, str, str], None]


class HookedWriter:
    """Calls back before `write` and `commit`."""

    def __init__(self, inner: ObjectWriter, hook: Hook, name: str, label: str) -> None:
        self._inner, self._hook, self._name, self._label = inner, hook, name, label

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._hook("write", self._name, self._label)
        self._inner.write(data)

    def commit(self, md5: bytes | None = None) -> None:
        self._hook("commit", self._name, self._label)
        self._inner.commit(md5)
        self._hook("committed", self._name, self._label)

    def abort(self) -> None:
        self._inner.abort()


class HookedReader:
    """Calls back before each read of a read-back."""

    def __init__(self, inner: RawReader, hook: Hook, name: str, label: str) -> None:
        self._inner, self._hook, self._name, self._label = inner, hook, name, label

    @property
    def past_cache(self) -> bool:
        return self._inner.past_cache

    def read_into(self, buffer: memoryview) -> int:
        self._hook("read_back", self._name, self._label)
        return self._inner.read_into(buffer)

    def __enter__(self) -> HookedReader:
        self._inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inner.__exit__(kind, error, trace)


class HookedDrive(FolderDriveStore):
    """A drive store with a hook."""

    def __init__(self, mount: Path, container: str, hook: Hook) -> None:
        super().__init__(mount, container)
        self._hook = hook

    def create(self, name: str, *, replace: bool = False) -> ObjectWriter:  # type: ignore[override]
        self._hook("create", name, self.label)
        return HookedWriter(super().create(name, replace=replace), self._hook, name, self.label)

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        self._hook("read", name, self.label)
        return super().read(name, offset, length)

    def objects(self, prefix: str = "") -> Iterator[ObjectInfo]:
        self._hook("objects", prefix, self.label)
        return super().objects(prefix)

    def delete(self, name: str) -> None:
        self._hook("delete", name, self.label)
        super().delete(name)

    def room_bytes(self) -> int:
        self._hook("room", "", self.label)
        return super().room_bytes()

    def read_back(self, name: str) -> RawReader:
        return HookedReader(super().read_back(name), self._hook, name, self.label)


class HookedContainer(FolderContainer):
    """A container of a folder account with a hook."""

    def __init__(self, root: Path, hook: Hook) -> None:
        super().__init__(root)
        self._hook = hook

    def create(self, name: str, *, replace: bool = False) -> ObjectWriter:  # type: ignore[override]
        self._hook("create", name, self.label)
        return HookedWriter(super().create(name, replace=replace), self._hook, name, self.label)

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        self._hook("read", name, self.label)
        return super().read(name, offset, length)

    def objects(self, prefix: str = "") -> Iterator[ObjectInfo]:
        self._hook("objects", prefix, self.label)
        return super().objects(prefix)

    def adopt(self, source: ObjectStore, info: ObjectInfo) -> None:
        self._hook("adopt", info.name, self.label)
        super().adopt(source, info)


class HookedDoor:
    """A DriveDoor whose stores call back; opening does, too."""

    def __init__(self, hook: Hook) -> None:
        self._hook = hook

    def open(self, mount: str, container: str) -> DriveStore:
        self._hook("open", container, mount)
        return HookedDrive(Path(mount), container, self._hook)

    def release(self, mount: str) -> Sequence[Finding]:
        return ()


class AtCall:
    """A hook that acts once, at the n-th call that fits."""

    def __init__(
        self,
        number: int,
        act: Callable[[], None],
        *,
        operation: str = "",
        name: str = "",
        label: str = "",
    ) -> None:
        self._number, self._act = number, act
        self._operation, self._name, self._label = operation, name, label
        self._lock = threading.Lock()
        self.calls = 0

    @property
    def acted(self) -> bool:
        return self.calls >= self._number

    def __call__(self, operation: str, name: str, label: str) -> None:
        if self._operation not in ("", operation) or self._label not in ("", label):
            return
        if not name.startswith(self._name):
            return
        with self._lock:
            self.calls += 1
            now = self.calls == self._number
        if now:
            self._act()
