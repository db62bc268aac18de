"""Puts folders together from files that finish in any order, and commits them with their packs."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from functools import partial

from msgspec import Struct, field

from offline_backup_gui.domain.book import Batch, Book, CachedFolder, NewPack
from offline_backup_gui.engine.open_pack import Ticket, TicketState
from offline_backup_gui.formats.catalogue import HOLE, Entry, Kind, Listing, encode_folder

# A piece of a file: (chunk id, or None for a hole; offset in the chunk; length)
Extent = tuple[bytes | None, int, int]
# What came of one file: its number in the folder; the entry, or None when left out; its pieces.
FileResult = tuple[int, Entry | None, list[Extent]]


class FolderJob(Struct, eq=False):
    """One folder whose files are being read; `remaining` counts files without a result."""

    root: bytes
    number: int  # of the root, in the plan's order
    path: bytes
    stats: bytes
    entries: list[Entry | None] = field(default_factory=list)
    extents: dict[int, list[Extent]] = field(default_factory=dict)
    tickets: set[Ticket] = field(default_factory=set)
    remaining: int = 1  # the scanner itself, until it handed out every file
    waiting_on: int = 0
    left_out: int = 0
    lost: bool = False


def listing_of(folder: FolderJob) -> Listing:
    """Give the finished listing of a folder, chunk ids in order of first use."""
    number_by_chunk: dict[bytes, int] = {}
    entries = []
    for index, entry in enumerate(folder.entries):
        if entry is None:
            continue
        flat: list[int] = []
        for chunk_id, offset, length in folder.extents.get(index, ()):
            number = HOLE
            if chunk_id is not None:
                number = number_by_chunk.setdefault(chunk_id, len(number_by_chunk))
            flat += (number, offset, length)
        entry.extents = flat
        entries.append(entry)
    if any(entry.stream for entry in entries):
        entries.sort(key=_place)  # streams stand behind their file
    return Listing(folder.number, folder.path, list(number_by_chunk), entries)


def _place(entry: Entry) -> tuple[bytes, bytes]:
    base, _, stream = entry.name.partition(b":") if entry.stream else (entry.name, b"", b"")
    return base, stream


class Assembler:
    """Owns the commits: a folder is committed when its last chunk is in a sealed pack."""

    def __init__(self, book: Book, on_committed: Callable[[Ticket], None]) -> None:
        self._book, self._on_committed = book, on_committed
        self._lock = threading.Lock()
        self._work: queue.SimpleQueue[tuple[NewPack, Ticket] | FolderJob | None] = (
            queue.SimpleQueue()
        )
        self.lost_folders = 0
        self._unsettled = 0
        self.trouble: BaseException | None = None
        self._epoch = book.epoch
        self._thread = threading.Thread(target=self._run, name="commits", daemon=True)
        self._thread.start()

    def begin(self, folder: FolderJob) -> FolderJob:
        """Count a folder that must end committed or lost."""
        with self._lock:
            self._unsettled += 1
        return folder

    def assert_all_settled(self) -> None:
        """Stop a pass that forgot a folder: the book would serve what it knew of it before."""
        if self._unsettled:
            raise RuntimeError(f"{self._unsettled} folders were neither stored nor lost")

    def more(self, folder: FolderJob) -> int:
        """Make room for one more entry of a folder that is still being handed out."""
        with self._lock:
            folder.entries.append(None)
            folder.remaining += 1
            return len(folder.entries) - 1

    def file_done(
        self,
        folder: FolderJob,
        index: int,
        entry: Entry | None,
        extents: list[Extent],
        tickets: set[Ticket],
    ) -> None:
        """Give the result of one file; None as entry leaves it out."""
        self.files_done(folder, [(index, entry, extents)], tickets)

    def files_done(
        self, folder: FolderJob, results: list[FileResult], tickets: set[Ticket]
    ) -> None:
        """Give the results of several files of a folder, and the open packs they wait for."""
        with self._lock:
            for index, entry, extents in results:
                folder.entries[index] = entry
                if extents:
                    folder.extents[index] = extents
                if entry is None or entry.unsure:
                    folder.left_out += 1
            folder.tickets |= tickets
            self._count_down(folder, len(results))

    def folder_handed_out(self, folder: FolderJob) -> None:
        """Say that the scanner gave every file of a folder to the workers."""
        with self._lock:
            self._count_down(folder, 1)

    def _count_down(self, folder: FolderJob, count: int) -> None:
        folder.remaining -= count
        if folder.remaining:
            return
        waiting = [ticket for ticket in folder.tickets if ticket.state is TicketState.OPEN]
        folder.lost = any(ticket.state is TicketState.LOST for ticket in folder.tickets)
        folder.waiting_on = len(waiting)
        for ticket in waiting:
            ticket.waiting.append(partial(self._ticket_settled, folder))
        if not waiting:
            self._finish(folder)

    def _ticket_settled(self, folder: FolderJob, ticket: Ticket) -> None:
        folder.waiting_on -= 1
        folder.lost |= ticket.state is TicketState.LOST
        if not folder.waiting_on:
            self._finish(folder)

    def _finish(self, folder: FolderJob) -> None:
        self._unsettled -= 1
        if folder.lost:
            self.lost_folders += 1
        else:
            self._work.put(folder)  # the listing is made without the lock, by who commits it

    def _cached(self, folder: FolderJob) -> CachedFolder:
        listing = listing_of(folder)
        sizes = [entry.size for entry in listing.entries if entry.kind is Kind.FILE]
        streams = sum(entry.stream for entry in listing.entries)
        return CachedFolder(
            folder.root,
            folder.path,
            folder.stats,
            encode_folder(listing),
            len(sizes) - streams,
            sum(sizes),
            folder.left_out,
            self._epoch,
        )

    def pack_done(self, pack: NewPack, ticket: Ticket) -> None:
        """Take a sealed (or, without size, lost) pack from a lane."""
        self._work.put((pack, ticket))

    def finish(self) -> None:
        """Commit what is left; raise what went wrong while committing."""
        self.close()
        if self.trouble is not None:
            raise self.trouble

    def close(self) -> None:
        """End the thread without raising; safe to call twice and after `finish`."""
        self._work.put(None)
        self._thread.join()

    def _run(self) -> None:
        ending = False
        # Settling a pack may finish folders, which come back through the queue: after the end was
        # announced, go on until nothing is left.
        while not (ending and self._work.empty()):
            items = [self._work.get()]
            while not self._work.empty():
                items.append(self._work.get())
            ending = ending or None in items
            try:
                self._commit([item for item in items if item is not None])
            except BaseException as error:
                self.trouble = self.trouble or error

    def _commit(self, items: list[tuple[NewPack, Ticket] | FolderJob]) -> None:
        batch, tickets = Batch(), []
        for item in items:
            if isinstance(item, FolderJob):
                batch.folders.append(self._cached(item))
                continue
            pack, ticket = item
            tickets.append(ticket)
            if ticket.state is not TicketState.LOST:
                batch.packs.append(pack)
        if self.trouble is None and (batch.packs or batch.folders):
            self._book.commit(batch)
        with self._lock:
            for ticket in tickets:
                if ticket.state is not TicketState.LOST:
                    ticket.state = TicketState.SEALED
        for ticket in tickets:
            self._on_committed(ticket)
            with self._lock:
                for settle in ticket.waiting:
                    settle(ticket)
                ticket.waiting.clear()
