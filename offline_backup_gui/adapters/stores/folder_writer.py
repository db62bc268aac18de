"""Writes one object into a folder: hidden while it grows, flushed, then given its name."""

from __future__ import annotations

import hashlib
import os
from contextlib import AbstractContextManager
from typing import Protocol

from offline_backup_gui.adapters.stores import properties
from offline_backup_gui.adapters.stores.held import HeldFolder, let_go
from offline_backup_gui.adapters.stores.trouble import Place

PART_SUFFIX = ".part"
# Flushing now and then bounds the memory that dirty pages take, and shows trouble early. Even every
# 16 MiB it costs a tenth of the speed on a fast disk (1,360 against 1,550 MB/s).
_FLUSH_EVERY_BYTES = 64 * 1024 * 1024


class Host(Protocol):
    """What a writer asks of the store it writes for."""

    place: Place
    keeps_md5: bool

    def take(self, count: int) -> None:
        """Claim room before bytes are written."""

    def give_back(self, count: int) -> None:
        """Return room that was claimed and is not used after all."""

    def assert_here(self, folder: HeldFolder) -> None:
        """Raise when an open folder is no longer the one at its path."""

    def for_writing(self) -> AbstractContextManager[HeldFolder]:
        """Hold the container's own folder for changing it."""


class FolderWriter:
    """An ObjectWriter. Takes over `parent`, the open folder the object will lie in."""

    def __init__(self, store: Host, parent: HeldFolder, name: str, *, replace: bool) -> None:
        self._store = store
        self._parent = parent
        self._name = name
        self._leaf = name.rsplit("/", 1)[-1]
        self._part = f".{self._leaf}{PART_SUFFIX}"
        self._replace = replace
        self._md5 = hashlib.md5(usedforsecurity=False) if store.keeps_md5 else None
        self._written = 0
        self._unflushed = 0
        self._remove_part()
        self._fd = parent.open_new(self._part)
        self._open = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append bytes without copying them; DRIVE_FULL, DRIVE_GONE."""
        view = memoryview(data).cast("B")
        self._store.take(len(view))
        self._written += len(view)
        self._unflushed += len(view)
        if self._md5 is not None:
            self._md5.update(view)
        with self._store.place.watched(self._name):
            while len(view):
                view = view[os.write(self._fd, view) :]
            if self._unflushed >= _FLUSH_EVERY_BYTES:
                _flush_data(self._fd)
                self._unflushed = 0

    def commit(self, md5: bytes | None = None) -> None:
        """Flush, then give the object its name. A store that keeps MD5s refuses a wrong one."""
        try:
            own = self._md5.digest() if self._md5 is not None else None
            if own is not None and md5 is not None and own != md5:
                raise self._store.place.damaged(self._name, "md5 differs from what was written")
            with self._store.place.watched(self._name):
                self._publish(own)
        except BaseException:
            self.abort()
            raise
        self._open = False
        self._parent.close()

    def abort(self) -> None:
        """Throw the bytes away; a drive that is gone keeps its hidden rest until the next try."""
        if not self._open:
            return
        self._open = False
        self._close_file()
        try:
            self._parent.remove(self._part)
        except OSError:
            pass
        else:
            self._store.give_back(self._written)
        self._parent.close()

    def _publish(self, own_md5: bytes | None) -> None:
        os.fsync(self._fd)
        _drop_from_cache(self._fd)
        mine = os.fstat(self._fd)
        self._close_file()
        self._store.assert_here(self._parent)
        found = self._parent.status(self._part)
        if (found.st_ino, found.st_size) != (mine.st_ino, mine.st_size):
            # Another writer of the same name swept our file away; the name is theirs.
            raise self._store.place.exists(self._name)
        replaced = self._size_of_old()
        try:
            if own_md5 is None:
                self._parent.publish(self._part, self._leaf, replace=self._replace)
            else:
                self._publish_with_md5(own_md5)
        except FileExistsError as error:
            raise self._store.place.exists(self._name) from error
        self._store.give_back(replaced)

    def _publish_with_md5(self, md5: bytes) -> None:
        parts = tuple(self._name.split("/"))
        with self._store.for_writing() as top:
            if self._replace:
                properties.forget_md5(top, parts)
            self._parent.publish(self._part, self._leaf, replace=self._replace)
            properties.store_md5(top, parts, md5)

    def _size_of_old(self) -> int:
        if not self._replace:
            return 0
        try:
            return self._parent.status(self._leaf).st_size
        except FileNotFoundError:
            return 0

    def _remove_part(self) -> None:
        try:
            stale = self._parent.status(self._part).st_size
        except FileNotFoundError:
            return
        self._parent.remove(self._part)
        self._store.give_back(stale)

    def _close_file(self) -> None:
        descriptor, self._fd = self._fd, -1
        if descriptor >= 0:
            let_go(descriptor)  # every byte that counts was flushed before


def _flush_data(descriptor: int) -> None:
    if hasattr(os, "fdatasync"):
        os.fdatasync(descriptor)
        _drop_from_cache(descriptor)


def _drop_from_cache(descriptor: int) -> None:
    # Read-back must find the medium, and a server must keep its own cache.
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
