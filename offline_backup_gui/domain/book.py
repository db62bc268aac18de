"""What the program remembers of one repository: a cache that drives and account can rebuild."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from typing import Protocol

from msgspec import Struct, field

LANDING = "landing"  # the home of packs that were proved in the landing container
VAULT = "vault"  # the home of packs that are in the vault container


class Reason(StrEnum):
    """Why something that was chosen is not, or not surely, in a restore point."""

    NOT_READABLE = "not-readable"
    ACCESS_DENIED = "access-denied"
    VANISHED = "vanished"
    CHANGED_WHILE_READ = "changed-while-read"
    SOCKET = "socket"
    DEVICE = "device"
    ATTRIBUTES_NOT_READABLE = "attributes-not-readable"
    ENCRYPTED_BY_WINDOWS = "encrypted-by-windows"
    CLOUD_PLACEHOLDER = "cloud-placeholder"
    REPARSE_POINT = "reparse-point"
    MOUNTED_VOLUME = "mounted-volume"
    EXTENDED_ATTRIBUTES = "extended-attributes"
    STREAMS_OF_LINK = "streams-of-link"
    PACK_LOST = "pack-lost"


class HomeState(StrEnum):
    """Where a drive stands: being written, sealed, or given up (its packs are planned again)."""

    OPEN = "open"
    SEALED = "sealed"
    LOST = "lost"


class Placement(Struct, frozen=True):
    """Where a chunk is: number of its pack, frame number, offset and sizes in bytes, codec."""

    pack: int
    frame: int
    offset: int
    stored_bytes: int
    plain_bytes: int
    codec: int


class PackFact(Struct, frozen=True):
    """One pack. `blake3` and `md5` are empty until they were computed from the medium."""

    number: int
    pack_id: bytes
    kind: int
    size_bytes: int
    blake3: bytes
    md5: bytes


class NewPack(Struct, frozen=True):
    """A pack that just appeared under its final name, with the places of its chunks."""

    pack_id: bytes
    kind: int
    size_bytes: int
    blake3: bytes
    homes: tuple[str, ...]
    rows: tuple[tuple[bytes, Placement], ...]  # chunk id (32 bytes), placement (pack is ignored)
    md5: bytes = b""


class CachedFolder(Struct, frozen=True):
    """A folder whose every chunk is in a finished pack.

    `stats` is what the scan saw, `listing` the bytes for the catalogue. `left_out` counts entries
    that must be tried again. `epoch` tells whether packs were lost since.
    """

    root: bytes
    path: bytes
    stats: bytes
    listing: bytes
    files: int
    size_bytes: int
    left_out: int
    epoch: int


class Home(Struct, frozen=True):
    """One drive of the repository, as last seen."""

    home: str
    serial: str
    label: str
    mount: str
    state: HomeState
    record: bytes = b""


class NotedPoint(Struct, frozen=True):
    """A restore point without its bytes; `done` once it is everywhere it has to be."""

    sequence: int
    point_id: str
    done: bool


class KeptPoint(Struct, frozen=True):
    """A restore point as written. It names every pack: a megabyte, in a large repository."""

    sequence: int
    point_id: str
    data: bytes
    done: bool


class Batch(Struct):
    """What one transaction adds."""

    packs: list[NewPack] = field(default_factory=list)
    folders: list[CachedFolder] = field(default_factory=list)


class Finder(Protocol):
    """Whoever knows where chunks are."""

    def find(self, chunk_id: bytes) -> Placement | None:
        """Give the place of a stored chunk, or None."""


class ChunkIndex(Finder, Protocol):
    """Which chunks are already stored, and where."""

    def use_homes(self, homes: Collection[str]) -> None:
        """Count only packs that have a copy in one of these homes as stored."""

    def all_here(self) -> bool:
        """Say whether every pack that has a copy anywhere has one in the homes that count."""

    def commit(self, batch: Batch) -> None:
        """Add packs, chunks and folders in one transaction."""

    def packs(self, home: str | None = None) -> Iterator[PackFact]:
        """Yield packs (with a copy in `home`), ordered by number."""

    def drop_copies(self, home: str, pack_ids: Iterable[bytes] | None = None) -> int:
        """Forget copies (all, or the named ones) in a home; give how many. Starts a new epoch."""


class CopyBook(Protocol):
    """Copies of packs in homes, and whether they were read back."""

    def add_copies(self, pack_ids: Iterable[bytes], home: str, *, proved: bool = True) -> None:
        """Note that known packs have a copy in a home."""

    def unverified(self, home: str) -> list[PackFact]:
        """List packs in a home that were not read back yet."""

    def verified(
        self, home: str, pack_id: bytes, md5: bytes, blake3: bytes, blocks: bytes = b""
    ) -> None:
        """Note that a copy was read back, with its hashes; `blocks`: MD5 of each 4 MiB, if wanted.

        They are kept for the drive manifest of an import job.
        """

    def blocks(self, pack_id: bytes) -> bytes:
        """Give the MD5s of a pack's blocks of 4 MiB; empty when they were never wanted."""


class FolderCache(Protocol):
    """Folders as the last run left them."""

    @property
    def epoch(self) -> int:
        """Give the number that grows whenever a stored pack was lost."""

    def folder(self, root: bytes, path: bytes) -> CachedFolder | None:
        """Give a folder by its root and the path below it."""

    def folders(self) -> Iterator[CachedFolder]:
        """Yield every folder, by root and path."""

    def replace_folders(self, folders: Iterable[CachedFolder]) -> None:
        """Have these folders and no others; nothing changes when the iteration fails."""

    def keep_only(self, root: bytes, paths: Collection[bytes]) -> None:
        """Forget folders of a root that are not there any more."""


class HomeBook(Protocol):
    """The drives of the repository."""

    def homes(self) -> list[Home]:
        """List every drive that was ever used, in the order of first use."""

    def put_home(self, home: Home) -> None:
        """Add or replace a drive."""


class PointBook(Protocol):
    """The chain of restore points."""

    def points(self) -> list[NotedPoint]:
        """List the points, oldest first, an unfinished one last."""

    def point(self, noted: NotedPoint) -> KeptPoint:
        """Give a listed point with its bytes; years of points are more than fits into memory."""

    def put_point(self, point: KeptPoint) -> None:
        """Add or replace a point."""


class Book(ChunkIndex, CopyBook, FolderCache, HomeBook, PointBook, Protocol):
    """All of it; one SQLite file in the state folder."""
