"""The container on a drive: a folder store that knows a full, pulled or exchanged medium."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.adapters.stores.held import HeldFolder, descended
from offline_backup_gui.adapters.stores.names import FILE_NAMES, ROOT_NAMES, checked_container
from offline_backup_gui.adapters.stores.practice import practice_size, used_bytes
from offline_backup_gui.adapters.stores.read_back import is_read_from_medium, open_past_cache
from offline_backup_gui.adapters.stores.trouble import Kind
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import RawReader


class Medium(Struct, frozen=True):
    """What tells one mounted medium from another at the same path."""

    device: int
    file_system_id: int
    node: str  # its entry below /sys, which disappears when the plug is pulled; "" when it has none

    @classmethod
    def at(cls, mount: Path) -> Medium:
        """Look at what is mounted; OSError when nothing answers."""
        device = os.stat(mount).st_dev
        # An unmounted drive leaves its empty folder behind, on the system disk: another device.
        file_system_id = os.statvfs(mount).f_fsid if hasattr(os, "statvfs") else 0
        node = ""
        if hasattr(os, "major"):
            node = f"/sys/dev/block/{os.major(device)}:{os.minor(device)}"
        return cls(device, file_system_id, node if node and os.path.exists(node) else "")


class FolderDriveStore(FolderStore):
    """A DriveStore in `mount/container`. The container's folder is made by the first object.

    On a device of Microsoft the container lies in `folders`, which are there and are never made.
    """

    def __init__(self, mount: Path, container: str, folders: Sequence[str] = ()) -> None:
        self._mount = mount
        self._folders = tuple(folders)
        self._container = checked_container(container)
        try:
            self._medium = Medium.at(mount)
            HeldFolder.hold(mount).close()
        except OSError as error:
            reason = error.strerror or str(error)
            raise BackupError(
                ErrorCode.DRIVE_NOT_FOUND, path=str(mount), drive=str(mount), reason=reason
            ) from error
        self._limit_bytes = practice_size(mount)
        self._used_bytes: int | None = None
        self._on_medium: bool | None = None  # asked once: another medium is another store
        self._lock = threading.Lock()
        root = mount.joinpath(*self._folders, container)
        super().__init__(root, str(mount), kind=Kind.DRIVE)

    def is_present(self) -> bool:
        """Say whether this very medium still answers at its path."""
        try:
            return Medium.at(self._mount) == self._medium
        except OSError:
            return False

    def room_bytes(self) -> int:
        """Give the bytes that may still be written; DRIVE_GONE."""
        with self.place.watched():
            self._assert_present()
            free = shutil.disk_usage(self._mount).free
            if self._limit_bytes is None:
                return free
            with self._lock:
                return min(free, max(0, self._limit_bytes - self._used()))

    def capacity_bytes(self) -> int:
        """Give the size of the medium in bytes; DRIVE_GONE."""
        with self.place.watched():
            self._assert_present()
            total = shutil.disk_usage(self._mount).total
            return total if self._limit_bytes is None else min(total, self._limit_bytes)

    def read_back(self, name: str) -> RawReader:
        """Open an object for verifying; OBJECT_MISSING, DRIVE_GONE."""
        if self._on_medium is None:
            self._on_medium = is_read_from_medium(self.root)
        return open_past_cache(self, name, on_medium=self._on_medium)

    def take(self, count: int) -> None:
        """Claim room on a practice drive; DRIVE_FULL when it is used up."""
        if self._limit_bytes is None:
            return
        with self.place.watched(), self._lock:
            used = self._used()
            if used + count > self._limit_bytes:
                raise self.place.full(os.strerror(errno.ENOSPC))
            self._used_bytes = used + count

    def give_back(self, count: int) -> None:
        """Return room of a practice drive."""
        with self._lock:
            if self._used_bytes is not None:
                self._used_bytes = max(0, self._used_bytes - count)

    def assert_here(self, folder: HeldFolder) -> None:
        """Raise DRIVE_GONE when the open folder or the path no longer lies on this medium."""
        self._assert_present()
        if folder.device() != self._medium.device:
            raise self.place.gone("another medium is mounted here")

    @contextmanager
    def for_writing(self) -> Iterator[HeldFolder]:
        """Hold the container's folder on this medium, made when it is missing."""
        with self._held_above() as above, above.inner(self._container, create=True) as top:
            yield top

    @contextmanager
    def for_reading(self) -> Iterator[HeldFolder | None]:
        """Hold the container's folder on this medium; None when no object was ever begun."""
        with self._held_above() as above:
            try:
                top = above.inner(self._container)
            except FileNotFoundError:
                yield None
                return
            with top:
                yield top

    @contextmanager
    def _held_above(self) -> Iterator[HeldFolder]:
        """Hold the folder that containers lie in."""
        with self._held_mount() as mount, descended(mount, self._folders, create=False) as above:
            yield above

    @contextmanager
    def _held_mount(self) -> Iterator[HeldFolder]:
        with HeldFolder.hold(self._mount) as mount:
            self.assert_here(mount)
            yield mount

    def _assert_present(self) -> None:
        if not self.is_present():
            raise self.place.gone("another medium, or none, is mounted here")

    def _used(self) -> int:
        # Walked once; afterwards every byte that comes or goes is counted here.
        if self._used_bytes is None:
            self._used_bytes = used_bytes(self._mount)
        return self._used_bytes


class VerbatimDriveStore(FolderDriveStore):
    """A DriveStore for files of others: they keep their names, whatever Windows takes as one."""

    naming = FILE_NAMES


class RootStore(VerbatimDriveStore):
    """The root of a drive itself, where a datacenter looks; the system's folders are not listed."""

    naming = ROOT_NAMES

    def __init__(self, mount: Path) -> None:
        super().__init__(mount, "root")
        self.root = mount

    def sweep(self) -> int:
        """Sweep nothing: what else lies at the root is not ours."""
        return 0

    @contextmanager
    def for_writing(self) -> Iterator[HeldFolder]:
        """Hold the root on this medium."""
        with self._held_mount() as mount:
            yield mount

    @contextmanager
    def for_reading(self) -> Iterator[HeldFolder | None]:
        """Hold the root on this medium."""
        with self._held_mount() as mount:
            yield mount
