"""Packs while they are filled: slabs of memory, tickets for who waits, a lane for each target."""

from __future__ import annotations

import hashlib
import mmap
import queue
import threading
from collections.abc import Callable
from enum import Enum

from blake3 import blake3
from msgspec import Struct, field

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.ports import ObjectStore, ObjectWriter
from offline_backup_gui.formats.pack import HEADER_BYTES, MAX_ROWS, TRAILER_BYTES, Header, Row

SLAB_BYTES = 8 << 20
SLABS_A_LANE = 3
ROW_BYTES = 64  # one directory row, with room for what does not compress
PACK_OVERHEAD_BYTES = HEADER_BYTES + TRAILER_BYTES + 4096


class TicketState(Enum):
    """What became of an open pack."""

    OPEN = "open"
    SEALED = "sealed"
    LOST = "lost"


class Ticket:
    """The fate of one open pack; folders wait for it."""

    __slots__ = ("keys", "state", "waiting")

    def __init__(self) -> None:
        self.state = TicketState.OPEN
        self.keys: list[bytes] = []
        self.waiting: list[Callable[[Ticket], None]] = []


class Slab:
    """A stretch of a pack in memory, filled by many threads."""

    __slots__ = ("closed", "outstanding", "used", "view")

    def __init__(self) -> None:
        self.view = memoryview(mmap.mmap(-1, SLAB_BYTES))
        self.used = self.outstanding = 0
        self.closed = False


class OpenPack(Struct):
    """A pack being filled; `offset` is where the next slab begins in the file."""

    header: Header
    limit_bytes: int
    opened_at: float
    ticket: Ticket = field(default_factory=Ticket)
    rows: list[Row] = field(default_factory=list)
    offset: int = 0
    slab: Slab | None = None
    spoiled: bool = False
    writer: ObjectWriter | None = None
    hasher: blake3 = field(default_factory=blake3)
    md5: hashlib._Hash = field(default_factory=lambda: hashlib.md5(usedforsecurity=False))

    def size_with(self, stored_bytes: int) -> int:
        """Give the size of the finished pack if one more frame goes in."""
        used = self.offset + (self.slab.used if self.slab else 0)
        return used + stored_bytes + (len(self.rows) + 1) * ROW_BYTES + PACK_OVERHEAD_BYTES

    def takes(self, stored_bytes: int) -> bool:
        """Say whether one more frame fits: by size, and by how many a directory may list."""
        return len(self.rows) < MAX_ROWS and self.size_with(stored_bytes) <= self.limit_bytes


class Place(Struct, frozen=True):
    """Room for one frame: encrypt into `view`, then call `filled()` or, instead, `spoil()`."""

    header: Header
    number: int
    view: memoryview
    ticket: Ticket
    filled: Callable[[], None]
    spoil: Callable[[], None]


class LaneState(Enum):
    """What a lane is doing."""

    WRITING = "writing"
    FULL = "full"
    GONE = "gone"
    ENDED = "ended"


class Lane:
    """One target: its store, its open pack, its writer thread."""

    def __init__(
        self,
        home: str,
        store: ObjectStore,
        room: Callable[[], int],
        pack_bytes: int,
        reopen: Callable[[], bool] | None = None,
        *,
        with_md5: bool = False,
    ) -> None:
        self.home = home
        self.store = store
        self.room = room
        self.pack_bytes = pack_bytes
        self.reopen = reopen
        self.with_md5 = with_md5
        self.state = LaneState.WRITING
        self.trouble: BackupError | None = None
        self.pack: OpenPack | None = None
        self.free = [Slab() for _ in range(SLABS_A_LANE)]
        self.work: queue.SimpleQueue[tuple[OpenPack, Slab | None] | None] = queue.SimpleQueue()
        self.written_bytes = 0
        self.packs = 0
        self.room_measured = 0  # what the store said last, less the reserve
        self.room_claimed = 0  # packs that are closed but not written yet
        self.busy_since: float | None = None
        self.thread: threading.Thread | None = None

    @property
    def room_left(self) -> int:
        """Give the bytes for packs that are not begun yet."""
        return self.room_measured - self.room_claimed
