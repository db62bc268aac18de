"""What a source file becomes in the catalogue, and how one tells that it changed while read."""

from __future__ import annotations

import os
import stat

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.file_ports import SourceFiles
from offline_backup_gui.domain.file_traits import Child, Info
from offline_backup_gui.engine.ledger import Ledger
from offline_backup_gui.engine.scan import kept_time, shown
from offline_backup_gui.formats.catalogue import Entry, Kind

_HAS_BLOCKS = hasattr(os.stat_result, "st_blocks")
_KINDS = {stat.S_IFDIR: Kind.FOLDER, stat.S_IFLNK: Kind.SYMLINK, stat.S_IFIFO: Kind.FIFO}


def source_missing(root: bytes) -> BackupError:
    """Give the trouble with a source that is not there, or not a folder that can be listed."""
    return BackupError(ErrorCode.SOURCE_MISSING, path=shown(root))


def is_sparse(info: Info) -> bool:
    """Say whether a file has holes: fewer blocks than its size needs."""
    return _HAS_BLOCKS and info.st_blocks * 512 < info.st_size


def unchanged(before: Info, after: Info) -> bool:
    """Say whether a file is still what it was when the scan saw it."""
    return (
        before.st_size == after.st_size
        and before.st_mtime_ns == after.st_mtime_ns
        and before.st_ino == after.st_ino
    )


def entry_of(child: Child) -> Entry:
    """Begin the catalogue entry of a name."""
    info = child.stat
    mode = info.st_mode
    kind = _KINDS.get(stat.S_IFMT(mode), Kind.FILE)
    if child.stream:
        kind = Kind.FILE  # an open stream of a folder shows what the folder is
    return Entry(
        name=child.name,
        kind=kind,
        mode=stat.S_IMODE(mode),
        uid=info.st_uid,
        gid=info.st_gid,
        size=info.st_size if kind is Kind.FILE else 0,
        mtime_ns=kept_time(info.st_mtime_ns),
        sparse=kind is Kind.FILE and is_sparse(info),
        stream=child.stream,
    )


def add_traits(
    files: SourceFiles,
    entry: Entry,
    child: Child,
    opened: int | bytes,
    path: bytes,
    ledger: Ledger,
) -> None:
    """Complete an entry with what is known beyond bytes; what hides goes into the ledger."""
    traits = files.traits(opened, child.stat)
    entry.attributes, entry.windows = traits.attributes, traits.windows
    for reason, detail in child.lacks + traits.lacks:
        entry.unsure = True
        ledger.add(path, reason, detail)
