"""One container as a folder: its objects are files, its unfinished objects hidden `.part` files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from offline_backup_gui.adapters.stores import properties
from offline_backup_gui.adapters.stores.folder_writer import PART_SUFFIX, FolderWriter
from offline_backup_gui.adapters.stores.held import Found, HeldFolder, descended, let_go, reachable
from offline_backup_gui.adapters.stores.names import OBJECT_NAMES, Naming
from offline_backup_gui.adapters.stores.trouble import Kind, Place
from offline_backup_gui.domain.ports import ObjectInfo


class FolderStore:
    """An ObjectStore in one folder. `keeps_md5` stores MD5s as an account does; drives do not."""

    naming: Naming = OBJECT_NAMES

    def __init__(
        self,
        root: Path,
        label: str | None = None,
        *,
        kind: Kind = Kind.ACCOUNT,
        keeps_md5: bool = False,
    ) -> None:
        self.root = root
        self.keeps_md5 = keeps_md5
        self._label = str(root) if label is None else label
        self.place = Place(kind, self._label, self.is_present)

    @property
    def label(self) -> str:
        """Name the store for people."""
        return self._label

    def is_present(self) -> bool:
        """Say whether the folder still answers."""
        return os.path.isdir(reachable(self.root))

    def objects(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Yield finished objects whose name begins with `prefix`, sorted; one folder at a time."""
        self.naming.prefix(prefix)
        with self.place.watched(), self.for_reading() as top:
            if top is not None:
                yield from self._walk(top, top, (), prefix)

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """Give bytes of an object, short at its end; OBJECT_MISSING when it is not a plain file."""
        if offset < 0 or (length is not None and length < 0):
            raise ValueError("offset and length cannot be negative")
        with self.opened(name) as descriptor:
            size = os.fstat(descriptor).st_size
            count = max(0, size - offset) if length is None else max(0, min(length, size - offset))
            return _read(descriptor, offset, count)

    def create(self, name: str, *, replace: bool = False) -> FolderWriter:
        """Begin an object; what an earlier, broken attempt left under this name is removed."""
        parts = self.naming.parts(name)
        with self.place.watched(name), self.for_writing() as top:
            parent = self._parent(top, parts, create=True)
            try:
                return FolderWriter(self, parent, name, replace=replace)
            except BaseException:
                parent.close()
                raise

    def delete(self, name: str) -> None:
        """Remove an object and its stored MD5; no trouble when it is not there."""
        parts = self.naming.parts(name)
        with self.place.watched(name), self.for_reading() as top, suppress(FileNotFoundError):
            if top is None:
                return
            if self.keeps_md5:
                properties.forget_md5(top, parts)
            with descended(top, parts[:-1], create=False) as parent:
                freed = parent.status(parts[-1]).st_size
                parent.remove(parts[-1])
                self.give_back(freed)
                parent.flush()

    def sweep(self) -> int:
        """Remove what broken attempts left behind; give the count. Only with no writer at work."""
        with self.place.watched(), self.for_reading() as top:
            return 0 if top is None else self._swept(top)

    # What a drive refines.

    def take(self, count: int) -> None:
        """Claim room before bytes are written; a full practice drive refuses here."""

    def give_back(self, count: int) -> None:
        """Return room that was claimed and is not used after all."""

    def assert_here(self, folder: HeldFolder) -> None:
        """Raise when an open folder is no longer the one at its path."""
        if not self.is_present():
            raise self.place.gone(f"{folder.path} is not there any more")

    @contextmanager
    def for_writing(self) -> Iterator[HeldFolder]:
        """Hold the container's own folder for changing it."""
        with HeldFolder.hold(self.root) as top:
            yield top

    @contextmanager
    def for_reading(self) -> Iterator[HeldFolder | None]:
        """Hold the container's own folder; None when it was never made."""
        with self.for_writing() as top:
            yield top

    # What readers share.

    @contextmanager
    def opened(self, name: str, extra_flags: int = 0) -> Iterator[int]:
        """Open an object's file for reading; OBJECT_MISSING when there is no plain file."""
        parts = self.naming.parts(name)
        with self.place.watched(name), self.for_reading() as top:
            if top is None:
                raise self.place.missing(name)
            try:
                with descended(top, parts[:-1], create=False) as parent:
                    descriptor = parent.open_plain(parts[-1], extra_flags)
            except OSError as error:
                if self.place.is_not_plain(error):
                    raise self.place.missing(name) from error
                raise
            try:
                yield descriptor
            finally:
                let_go(descriptor)

    def _parent(self, top: HeldFolder, parts: tuple[str, ...], *, create: bool) -> HeldFolder:
        here = top.inner(".") if len(parts) == 1 else top.inner(parts[0], create=create)
        for part in parts[1:-1]:
            with here:
                here = here.inner(part, create=create)
        return here

    def _walk(
        self, top: HeldFolder, folder: HeldFolder, above: tuple[str, ...], prefix: str
    ) -> Iterator[ObjectInfo]:
        for found in folder.found():
            parts = (*above, found.name)
            name = "/".join(parts)
            if not self.naming.allows(name):
                continue
            if found.is_folder:
                if (name + "/").startswith(prefix) or prefix.startswith(name + "/"):
                    with folder.inner(found.name) as inner:
                        yield from self._walk(top, inner, parts, prefix)
            elif name.startswith(prefix):
                md5 = properties.stored_md5(top, parts) if self.keeps_md5 else None
                yield ObjectInfo(name, found.size_bytes, md5)

    def _swept(self, folder: HeldFolder, above: str = "") -> int:
        count = 0
        for found in folder.found():
            if found.is_folder:
                # Where no object can be, no attempt at one was left; a foreign drive may be deep.
                name = above + found.name
                place = name.removeprefix(properties.PROPERTIES).removeprefix("/")
                if not place or self.naming.allows(place):
                    with folder.inner(found.name) as inner:
                        count += self._swept(inner, name + "/")
            elif _is_part(found):
                folder.remove(found.name)
                self.give_back(found.size_bytes)
                count += 1
        # A killed run may have given a name that is not on the medium yet, and this one counts on
        # every name it finds.
        folder.flush()
        return count


def _is_part(found: Found) -> bool:
    return found.name.startswith(".") and found.name.endswith(PART_SUFFIX)


def _read(descriptor: int, offset: int, count: int) -> bytes:
    os.lseek(descriptor, offset, os.SEEK_SET)
    pieces: list[bytes] = []
    while count > 0:
        piece = os.read(descriptor, count)
        if not piece:
            break
        pieces.append(piece)
        count -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
