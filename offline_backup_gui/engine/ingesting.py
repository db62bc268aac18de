"""Reads files of drives into an account as blobs: the datacenter's part, for drives of anybody.

Names are settled by one thread in the order of the drive; bytes are sent by several. Bytes that
differ from their hashes never get a name in the account.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct, field
from msgspec.structs import replace

from offline_backup_gui.domain.blob_door import BlobAccount, BlobSeen, BlobUpload, NewBlob
from offline_backup_gui.domain.drive_manifest import PIECE_BYTES, BlobKind, Disposition
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.taken_names import Fate, Held, TakenNames
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.ingest_items import (
    Arriving,
    FileBytes,
    Flawed,
    Item,
    Refused,
    is_zero,
)
from offline_backup_gui.engine.ingest_journal import Begun, IngestJournal

_THREADS = 8
_BATCH = 256
_PIECES_NAMED = 100
_DAMAGE = frozenset({ErrorCode.OBJECT_DAMAGED, ErrorCode.OBJECT_MISSING, ErrorCode.DRIVE_FAILING})


class Moved(Struct, frozen=True):
    """A file that came under another name than it asked for."""

    path: str
    wanted: str
    blob: str


class Ingested(Struct):
    """What was read in, and what was not with its reason."""

    blobs: int = 0
    page_blobs: int = 0
    size_bytes: int = 0
    already_there: int = 0
    replaced: list[str] = field(default_factory=list)
    renamed: list[Moved] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    damaged: list[Flawed] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Say whether everything came that should have come."""
        quiet = (Fate.IGNORED, Fate.ELSEWHERE, Fate.KEPT)
        return not self.damaged and all(each.fate in quiet for each in self.refused)


class Listing:
    """Which blobs are in the account; a container is listed when it is first asked about."""

    def __init__(self, account: BlobAccount) -> None:
        self._account = account
        self._seen: dict[str, dict[str, BlobSeen]] = {}

    def get(self, blob: str, /) -> Held | None:
        """Give who has a name, by container and name; None when nobody does."""
        seen = self.seen(blob)
        return None if seen is None else seen.held

    def seen(self, blob: str) -> BlobSeen | None:
        """Give a blob as it was when its container was listed."""
        container, _, name = blob.partition("/")
        if container not in self._seen:
            self._seen[container] = {each.name: each for each in self._account.blobs(container)}
        return self._seen[container].get(name)


class Ingesting:
    """Reads in one drive after the other; names settled for one count for the next.

    `dry` sends and writes nothing: `done` then says what would become of everything, by the same
    rules, as far as that can be known without reading the files.
    """

    def __init__(self, context: Context, account: BlobAccount, *, dry: bool = False) -> None:
        self._context, self._account, self._dry = context, account, dry
        self._first: dict[str, Arriving] = {}  # dry: what would be in the account by then
        self._there = Listing(account)
        self.names = TakenNames(self._there)
        self.done = Ingested()
        self._made: set[str] = set()
        self._paged: set[str] = set()
        self._colliding: list[tuple[Arriving, str]] = []

    def drive(self, items: Iterable[Item], journal: IngestJournal, label: str) -> None:
        """Read in everything of one drive that can be; trouble of the account ends it."""
        with journal, ThreadPoolExecutor(_THREADS, thread_name_prefix="ingest") as pool:
            waiting = iter(items)
            while batch := list(itertools.islice(waiting, _BATCH)):
                self._context.control.checkpoint()
                orders = list(self._settle(batch, journal, label))
                journal.begin(
                    Begun(each.fingerprint, new.container, new.name, fate.value)
                    for each, new, fate in orders
                    if not new.resumed
                )
                for _, new, _ in orders:
                    self._make(new)
                results = pool.map(lambda order: self._send(order[0], order[1]), orders)
                finished = []
                for (each, new, fate), sent in zip(orders, results, strict=True):
                    self._note(each, new, fate, sent)
                    if isinstance(sent, bytes):
                        line = Begun(each.fingerprint, new.container, new.name, fate.value)
                        finished.append(replace(line, md5=sent))
                journal.finish(finished)
            self._compare()

    def end(self) -> None:
        """Clear away what earlier, broken runs left of page blobs."""
        for container in () if self._dry else sorted(self._paged):
            self._account.sweep(container)

    # --- names

    def _settle(
        self, batch: Iterable[Item], journal: IngestJournal, label: str
    ) -> Iterator[tuple[Arriving, NewBlob, Fate]]:
        for item in batch:
            if isinstance(item, Refused):
                self.done.refused.append(item)
            elif isinstance(item, Flawed):
                self._flawed(item)
            elif (order := self._order(item, journal, label)) is not None:
                yield order

    def _order(
        self, item: Arriving, journal: IngestJournal, label: str
    ) -> tuple[Arriving, NewBlob, Fate] | None:
        owner = f"{label}{item.path}"
        before = journal.begun(item.fingerprint)
        # What an earlier run decided counts unless another file got the name in this one.
        if before is not None and self.names.owner(before.container, before.name) in ("", owner):
            fate, seen = Fate(before.fate), self._there.seen(f"{before.container}/{before.name}")
            if seen is not None and not seen.whole:
                seen = self._account.settled(before.container, before.name)
            # A copy that failed leaves a shell without bytes of anybody.
            failed = seen is not None and not seen.whole and seen.kind is item.kind
            # A name that was free then is ours now; one that had a blob needs the line that ends.
            if seen is not None and not failed and (before.done or fate is not Fate.REPLACES):
                same = self._is_there(item, before, seen, journal)
                if isinstance(same, Flawed):
                    self._context.progress.add(files=1)
                    self._flawed(same)
                    return None
                if same:
                    self.names.claim(before.container, before.name, item.kind, owner)
                    self._already(item, before)
                    return None
            replaceable = seen is None or seen.held.bar(item.kind) is None
            if seen is None or failed or (fate is Fate.REPLACES and replaceable):
                self.names.claim(before.container, before.name, item.kind, owner)
                again = failed or fate is Fate.REPLACES
                return item, _new(item, before.name, replace=again, resumed=True), fate
        settled = self.names.settle(item.container, item.name, item.kind, item.disposition, owner)
        if settled.fate is Fate.COLLIDES:
            self._colliding.append((item, settled.taken_by))
            return None
        if settled.fate in (Fate.KEPT, Fate.REFUSED):
            reason = "" if settled.bar is None else settled.bar.value
            other = settled.taken_by or item.blob
            self.done.refused.append(Refused(item.path, settled.fate, reason, other))
            self._context.progress.add(files=1, size_bytes=item.size_bytes)
            return None
        over = settled.fate is Fate.REPLACES
        fate = settled.fate if settled.fate is not Fate.AS_IS else item.fate
        return item, _new(item, settled.name, replace=over, resumed=False), fate

    def _is_there(
        self, item: Arriving, before: Begun, seen: BlobSeen, journal: IngestJournal
    ) -> bool | Flawed:
        """Say whether a blob has the bytes of a file; the file is read where no line tells."""
        if (seen.kind, seen.size_bytes) != (item.kind, item.size_bytes):
            return False
        if before.done and before.md5:
            if before.md5 == seen.md5:
                self._context.progress.add(size_bytes=item.size_bytes)
            return before.md5 == seen.md5
        md5 = self._read(item, _Compared())
        if isinstance(md5, Flawed):
            return md5
        if md5 == seen.md5:
            journal.finish([replace(before, md5=md5)])
        return md5 == seen.md5

    def _already(self, item: Arriving, before: Begun) -> None:
        self.done.already_there += 1
        if item.kind is BlobKind.PAGE:
            self._paged.add(before.container)  # a kill may have left the source of its copy
        self._moved(item, Fate(before.fate), f"{before.container}/{before.name}")
        self._context.progress.add(files=1)

    def _compare(self) -> None:
        """Tell files that have another's name and its bytes too, as every drive has the keys."""
        for item, other in self._colliding:
            self._context.control.checkpoint()
            there = self._md5_there(item)
            flaw: Flawed | None = None
            if there:
                read = self._read(item, _Compared())
                if read == there:
                    self.done.already_there += 1
                    self._context.progress.add(files=1)
                    continue
                flaw = read if isinstance(read, Flawed) else None
            self._context.progress.add(files=1)
            if flaw is not None:
                self._flawed(flaw)
            else:
                self.done.refused.append(Refused(item.path, Fate.COLLIDES, "", other))
        self._colliding.clear()

    def _md5_there(self, item: Arriving) -> bytes:
        """Give the MD5 of the blob that got an item's name, if it is of the same size and kind."""
        first = self._first.get(item.blob)
        if first is not None:
            same = (first.kind, first.size_bytes) == (item.kind, item.size_bytes)
            read = self._read(first, _Compared()) if same else b""
            return read if isinstance(read, bytes) else b""
        seen = self._account.blob(item.container, item.name)
        if seen is None or (seen.kind, seen.size_bytes) != (item.kind, item.size_bytes):
            return b""
        return seen.md5

    def _make(self, new: NewBlob) -> None:
        if new.container not in self._made and not self._dry:
            self._account.make_container(new.container)
            self._made.add(new.container)
        if new.kind is BlobKind.PAGE:
            self._paged.add(new.container)

    # --- bytes

    def _send(self, item: Arriving, new: NewBlob) -> Flawed | bytes:
        """Send one file; gives its MD5, or what is wrong: then nothing is in the account."""
        if self._dry:
            if item.disposition is Disposition.OVERWRITE:
                self._first[f"{new.container}/{new.name}"] = item
            return b""
        return self._read(item, self._account.upload(new))

    def _read(self, item: Arriving, upload: BlobUpload) -> Flawed | bytes:
        try:
            with item.open() as file:
                sending = _Sending(self._context, item, file, upload)
                flaw = sending.run()
            if flaw is not None:
                return flaw
            upload.finish(sending.md5)
            return sending.md5
        except BackupError as error:
            if error.code not in _DAMAGE:
                raise
            return Flawed(item.path, item.blob, error.code.value)
        except OSError as error:
            why = error.strerror or type(error).__name__
            return Flawed(item.path, item.blob, f"unreadable: {why}")
        finally:
            upload.abort()

    def _note(self, item: Arriving, new: NewBlob, fate: Fate, sent: Flawed | bytes) -> None:
        self._context.progress.add(files=1)
        if isinstance(sent, Flawed):
            self._flawed(sent)
            return
        self.done.blobs += 1
        self.done.page_blobs += new.kind is BlobKind.PAGE
        self.done.size_bytes += item.size_bytes
        blob = f"{new.container}/{new.name}"
        if fate is Fate.REPLACES:
            self.done.replaced.append(blob)
        self._moved(item, fate, blob)

    def _moved(self, item: Arriving, fate: Fate, blob: str) -> None:
        """Note a file that has another name, by the rules or because its own is taken."""
        if Fate.RENAMED in (fate, item.fate):
            self.done.renamed.append(Moved(item.path, item.wanted or item.blob, blob))

    def _flawed(self, flaw: Flawed) -> None:
        self.done.damaged.append(flaw)
        self._context.tell(ErrorCode.OBJECT_DAMAGED, name=flaw.blob or flaw.path)


class _Compared:
    """Takes the place of an upload where only the MD5 is wanted."""

    def piece(self, offset: int, data: bytes, block_id: str | None = None) -> None:
        """Send nothing."""

    def finish(self, md5: bytes) -> None:
        """Make nothing."""

    def abort(self) -> None:
        """Do nothing."""


class _Sending:
    """Reads a file once, compares every piece with its hash, and sends what is right."""

    def __init__(
        self, context: Context, item: Arriving, file: FileBytes, upload: BlobUpload
    ) -> None:
        self._context, self._item, self._file, self._upload = context, item, file, upload
        self._whole = hashlib.md5(usedforsecurity=False)
        self._at = 0  # what of the file was read
        self._hashed = 0  # what of the blob is in `_whole`
        self.md5 = b""

    def run(self) -> Flawed | None:
        """Send every piece; gives those that differ, and sends none after the first of them."""
        item = self._item
        wrong: list[tuple[int, int]] = []
        for number, piece in enumerate(item.cut()):
            self._context.control.checkpoint()
            self._take(piece.offset - self._at)
            data = self._take(piece.length)
            if len(data) < piece.length:
                return Flawed(item.path, item.blob, "short", (number,), (piece.offset,))
            if piece.md5 and hashlib.md5(data, usedforsecurity=False).digest() != piece.md5:
                wrong.append((number, piece.offset))
            if wrong:
                continue
            self._zeros(piece.offset)
            self._whole.update(data)
            self._hashed = piece.offset + piece.length
            if item.kind is BlobKind.BLOCK or not is_zero(piece, data):
                self._upload.piece(piece.offset, data, piece.block_id)
        if wrong:
            numbers, offsets = zip(*wrong[:_PIECES_NAMED], strict=True)
            return Flawed(item.path, item.blob, "hash", numbers, offsets)
        return self._length()

    def _length(self) -> Flawed | None:
        item = self._item
        self._zeros(item.size_bytes)
        self.md5 = self._whole.digest()
        if item.pieces is None and self._take(1):
            return Flawed(item.path, item.blob, "long")
        self._take(item.size_bytes - self._at)
        if self._at < item.size_bytes:
            return Flawed(item.path, item.blob, "short")
        if item.md5 and item.md5 != self.md5:
            return Flawed(item.path, item.blob, "content-md5")
        return None

    def _zeros(self, upto: int) -> None:
        """Hash the gap before a page range, which the blob has as zeros."""
        gap = upto - self._hashed
        while gap > 0:
            step = min(gap, PIECE_BYTES)
            self._whole.update(bytes(step))
            gap -= step
        self._hashed = max(self._hashed, upto)

    def _take(self, count: int) -> bytes:
        """Read on; short at the end of the file. What is only passed over is thrown away."""
        parts = bytearray(max(0, count) if count <= PIECE_BYTES else PIECE_BYTES)
        view, filled, left = memoryview(parts), 0, count
        while left > 0:
            if filled == len(view):
                filled = 0
            got = self._file.read_into(view[filled : filled + min(left, len(view) - filled)])
            if not got:
                break
            self._context.progress.add(size_bytes=got)
            filled, left, self._at = filled + got, left - got, self._at + got
        return bytes(view[:filled])


def _new(item: Arriving, name: str, *, replace: bool, resumed: bool) -> NewBlob:
    return NewBlob(
        item.container,
        name,
        item.kind,
        item.size_bytes,
        item.fingerprint,
        item.headers,
        item.metadata,
        item.tier,
        replace,
        resumed,
    )
