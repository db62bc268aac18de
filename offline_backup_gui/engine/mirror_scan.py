"""Finds the files that are to travel as they are, and what cannot; before a byte is copied."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from offline_backup_gui.domain.blob_names import BlobNames, RefusedFile, refused_findings
from offline_backup_gui.domain.book import Reason
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.ledger import Ledger
from offline_backup_gui.engine.mirror_state import MirrorOrder, SourceFile
from offline_backup_gui.engine.scan import Exclusions, ScannedFolder, below, inside, shown, walk
from offline_backup_gui.engine.source import source_missing


class Found(Struct, frozen=True):
    """What is to travel, what cannot, and what is left out with its reason."""

    files: list[SourceFile]
    refused: list[RefusedFile]
    ledger: Ledger


def prefixes_of(folders: Sequence[bytes]) -> tuple[bytes, ...]:
    """Give each plain folder a name of its own: its last part, numbered when it is taken."""
    names: list[bytes] = []
    folded: set[bytes] = set()
    for folder in folders:
        base = os.path.basename(folder.rstrip(b"/\\")).rstrip(b":") or b"root"
        name, number = base, 1
        while _folded(name) in folded:
            number += 1
            name = b"%s (%d)" % (base, number)
        folded.add(_folded(name))
        names.append(name)
    return tuple(names)


def _folded(name: bytes) -> bytes:
    return name.decode("utf-8", "backslashreplace").casefold().encode()


def scan(context: Context, order: MirrorOrder, *, counting: bool = True) -> Found:
    """List every file; SOURCE_MISSING when a source is not there. `counting` shows progress."""
    ledger = Ledger(order.sources.places)
    found = Found([], [], ledger)
    names, size_bytes = BlobNames(order.kind), 0
    for folder, prefix, place in _folders(context, order, ledger):
        context.control.checkpoint()
        for child in folder.children:
            path = below(folder.path, child.name)
            info = child.stat
            if stat.S_ISDIR(info.st_mode):
                continue
            full = inside(place, path)
            refusal = context.files.refusal(info)
            if refusal is not None or not stat.S_ISREG(info.st_mode):
                ledger.add(full, *(refusal or (Reason.NOT_READABLE, "not a file")))
                continue
            taken = names.take(below(prefix, path), info.st_size)
            if isinstance(taken, RefusedFile):
                found.refused.append(taken)
                continue
            found.files.append(SourceFile(full, taken, info.st_size, info.st_mtime_ns))
            size_bytes += info.st_size
        if counting:
            context.progress.totals(len(found.files), size_bytes, complete=False)
    return found


def assert_none_refused(context: Context, found: Found) -> None:
    """Raise PLAN_BLOCKED when a file cannot become a blob; every reason is told before."""
    findings = refused_findings(found.refused)
    for finding in findings[1:]:
        context.tell(finding.code, **finding.parameters)
    if findings:
        first = findings[0]
        raise BackupError(ErrorCode.PLAN_BLOCKED, finding=first.code.value, **first.parameters)


def assert_not_empty(order: MirrorOrder, found: Found) -> None:
    """Raise PLAN_BLOCKED when nothing is to travel: every copy on the drives would be removed.

    A staging location that was cleaned up, or a mount point with nothing in it, is no wish for
    that.
    """
    if not found.files:
        path = ", ".join(map(shown, order.sources.folders))
        raise BackupError(ErrorCode.PLAN_BLOCKED, finding=FindingCode.SOURCE_EMPTY.value, path=path)


def assert_no_source_vanished(order: MirrorOrder, found: Found, copies: Collection[str]) -> None:
    """Raise PLAN_BLOCKED when one of several sources has no file left whose copies there are.

    A share that is not mounted looks like that. Whoever wants the copies gone takes the folder
    out of the plan.
    """
    for folder, prefix in zip(order.sources.folders, order.prefixes, strict=True):
        if not prefix:
            continue
        head = f"{shown(prefix)}/"
        if any(file.name.startswith(head) for file in found.files):
            continue
        count = sum(name.startswith(head) for name in copies)
        if count:
            raise BackupError(
                ErrorCode.PLAN_BLOCKED,
                finding=FindingCode.SOURCE_EMPTIED.value,
                path=shown(folder),
                count=count,
            )


def _folders(
    context: Context, order: MirrorOrder, ledger: Ledger
) -> Iterator[tuple[ScannedFolder, bytes, bytes]]:
    sources = order.sources
    for root, prefix in zip(sources.folders, order.prefixes, strict=True):
        place = sources.places.get(root, root)

        def on_trouble(
            path: bytes, reason: Reason, detail: str, place: bytes = place, root: bytes = root
        ) -> None:
            if path == place:
                # A share that is not there must never become an empty copy.
                raise source_missing(root)
            ledger.add(path, reason, detail)

        for folder in walk(context.files, root, Exclusions(sources.exclude), on_trouble, place):
            yield folder, prefix, place
