"""What lies on a Data Box Disk or a share of a Data Box, and what becomes of each file there."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from offline_backup_gui.domain.blob_door import BlobSeen
from offline_backup_gui.domain.book import Reason
from offline_backup_gui.domain.device_forecast import Forecast, alone
from offline_backup_gui.domain.device_forecast import Item as DeviceFile
from offline_backup_gui.domain.device_layout import Layout, is_of_the_system
from offline_backup_gui.domain.drive_manifest import Disposition
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.file_ports import SourceFiles
from offline_backup_gui.domain.taken_names import Fate
from offline_backup_gui.engine.ingest_items import Arriving, FileBytes, Item, Refused
from offline_backup_gui.engine.scan import Exclusions, inside, walk

OnHidden = Callable[[str, str], None]
_READ_BYTES = 1 << 20
NOT_A_FILE = "not-a-file"  # a link, a pipe: a device does not take them (published.BOX_NAMES)


class FoundFile(DeviceFile, frozen=True):
    """A file of a device with its time of change in ns, and its name in the system's bytes."""

    mtime_ns: int = 0
    raw: bytes = b""


def device_files(
    files: SourceFiles, mount: str, on_hidden: OnHidden, *, everything: bool = False
) -> Iterator[FoundFile]:
    """Yield every plain file below a mount, folder by folder; links are not followed.

    What cannot be listed, and links, go to `on_hidden(path, reason)`; the system's own folders not.
    """
    root = os.fsencode(mount)

    def hidden(path: bytes, reason: Reason, _detail: str) -> None:
        below = _text(os.path.relpath(path, root)).replace(os.sep, "/")
        if everything or not is_of_the_system(below):
            on_hidden(below, reason.value)

    for folder in walk(files, root, Exclusions(()), hidden):
        for child in folder.children:
            path = folder.path + b"/" + child.name if folder.path else child.name
            mode = child.stat.st_mode
            if child.stream or stat.S_ISDIR(mode):
                continue
            if not stat.S_ISREG(mode):
                on_hidden(_text(path), NOT_A_FILE)
                continue
            yield FoundFile(_text(path), child.stat.st_size, child.stat.st_mtime_ns, path)


def same_bytes(
    files: SourceFiles,
    path: bytes,
    size_bytes: int,
    blob: BlobSeen,
    checkpoint: Callable[[], None],
) -> bool | None:
    """Say whether a file has the bytes of a blob, by size and by the MD5 the account has noted.

    None when it noted none, or when the file cannot be read.
    """
    if size_bytes != blob.size_bytes:
        return False
    if not blob.md5:
        return None
    md5 = hashlib.md5(usedforsecurity=False)
    try:
        descriptor = files.open(path)
    except (OSError, BackupError):
        return None
    try:
        while piece := os.read(descriptor, _READ_BYTES):
            checkpoint()
            md5.update(piece)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return md5.digest() == blob.md5


class DeviceItems:
    """Gives the files of one device as they are to be read in."""

    def __init__(self, files: SourceFiles, mount: str, layout: Layout, drive: str) -> None:
        self._files, self._mount, self._layout = files, mount, layout
        self._drive = drive
        self.hidden: list[tuple[str, str]] = []

    def __iter__(self) -> Iterator[Item]:
        """Yield every file that is not Microsoft's or the system's own."""
        for file in device_files(self._files, self._mount, lambda *line: self.hidden.append(line)):
            found = alone(self._layout, file)
            if found.fate is not Fate.IGNORED:
                yield self._item(file, found)
        for path, reason in self.hidden:
            yield Refused(path, Fate.REFUSED, reason)

    def _item(self, file: FoundFile, found: Forecast) -> Item:
        if not found.arrives:
            reason = "" if found.flaw is None else found.flaw.value
            return Refused(file.path, found.fate, reason)
        return Arriving(
            file.path,
            found.container,
            found.name,
            found.blob_kind,
            file.size_bytes,
            self._fingerprint(file),
            partial(self._open, inside(os.fsencode(self._mount), file.raw)),
            disposition=Disposition.OVERWRITE,
            tier="" if found.tier is None else found.tier.value,
            fate=found.fate,
            wanted=file.path,
        )

    def _fingerprint(self, file: FoundFile) -> str:
        lines = (self._drive, file.path, str(file.size_bytes), str(file.mtime_ns))
        digest = hashlib.blake2b(digest_size=16)
        digest.update("\n".join(lines).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    @contextmanager
    def _open(self, path: bytes) -> Iterator[FileBytes]:
        descriptor = self._files.open(path)
        try:
            yield _Plain(descriptor)
        finally:
            os.close(descriptor)


class _Plain:
    """An open file, read from its beginning."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read_into(self, buffer: memoryview, /) -> int:
        data = os.read(self._descriptor, len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _text(path: bytes) -> str:
    return os.fsdecode(path) if os.name != "nt" else path.decode("utf-8", "surrogatepass")
