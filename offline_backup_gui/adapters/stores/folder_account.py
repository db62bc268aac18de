"""A folder that stands for a storage account: practice, tests, a datacenter of one's own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.adapters.stores.held import HeldFolder, reachable
from offline_backup_gui.adapters.stores.names import checked_container, is_container_name
from offline_backup_gui.adapters.stores.trouble import Kind, Place
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import ObjectInfo, ObjectStore

_STEP_BYTES = 4 * 1024 * 1024


class FolderContainer(FolderStore):
    """A container of a folder account: keeps MD5s, takes objects over, proves stored bytes."""

    def __init__(self, root: Path, label: str | None = None) -> None:
        super().__init__(root, label, kind=Kind.ACCOUNT, keeps_md5=True)

    def adopt(self, source: ObjectStore, info: ObjectInfo) -> None:
        """Copy one object from another container, compared with `info`; OBJECT_DAMAGED.

        An object that is here already with the same size and MD5 is not copied again.
        """
        if info.md5 and info in self.objects(info.name):
            return
        writer = self.create(info.name, replace=True)
        try:
            offset = 0
            while piece := source.read(info.name, offset, _STEP_BYTES):
                writer.write(piece)
                offset += len(piece)
            if offset != info.size_bytes:
                raise self.place.damaged(info.name, f"{offset} bytes, not {info.size_bytes}")
            writer.commit(info.md5 or None)
        except BaseException:
            writer.abort()
            raise

    def prove(self, info: ObjectInfo) -> bool | None:
        """Say whether the stored bytes have this size and MD5; None when no MD5 is given."""
        if not info.md5:
            return None
        md5 = hashlib.md5(usedforsecurity=False)
        offset = 0
        while piece := self.read(info.name, offset, _STEP_BYTES):
            md5.update(piece)
            offset += len(piece)
        return offset == info.size_bytes and md5.digest() == info.md5


class FolderAccount:
    """An Account whose containers are the sub-folders with legal container names."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._place = Place(Kind.ACCOUNT, str(root), lambda: os.path.isdir(reachable(root)))

    def containers(self) -> Sequence[str]:
        """Name every container, sorted; ACCOUNT_NOT_FOUND when the folder is missing."""
        with self._place.watched():
            root = reachable(self._root)
            if not root.is_dir():
                raise self._not_found("")
            found = [entry.name for entry in root.iterdir() if entry.is_dir()]
        return sorted(name for name in found if is_container_name(name))

    def container(self, name: str, *, create: bool = False) -> FolderContainer:
        """Open a container; ACCOUNT_NOT_FOUND when it is missing and not to be created."""
        folder = self._root / checked_container(name)
        with self._place.watched():
            if create:
                HeldFolder.make(folder)
            elif not reachable(folder).is_dir():
                raise self._not_found(name)
        return FolderContainer(folder)

    def _not_found(self, container: str) -> BackupError:
        return BackupError(
            ErrorCode.ACCOUNT_NOT_FOUND, account=str(self._root), container=container
        )
